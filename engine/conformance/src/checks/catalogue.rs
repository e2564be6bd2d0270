//! `catalogue`: the list of tables, which nobody has to be asked for.

use std::collections::BTreeSet;

use futures::FutureExt;
use trawl_host::types::TableInfo;
use trawl_lang::words;

use super::{Check, Findings};
use crate::error::Error;
use crate::report::Finding;
use crate::suite::Suite;

/// The check.
pub const CHECK: Check = Check {
    name: "catalogue",
    rule: "The first page of `tables` lists the tables that every connection has, and neither it nor `open` asks the remote anything; names can be written in a query and mean one table each.",
    tried: "`open` and `tables` are called with a remote that counts what it is asked, and the names, aliases, parameters and descriptions of the tables are read.",
    help: "List the tables of every connection from what the plugin knows, give each a description, and leave what only the remote knows to further pages.",
    run,
};

fn run(suite: &Suite) -> Findings<'_> {
    look(suite).boxed_local()
}

async fn look(suite: &Suite) -> Result<Vec<Finding>, Error> {
    let bare = suite.subject.bare(Vec::new(), None).await?;
    let mut tally = CHECK.tally("", "facts");
    let listed = bare.connection.known_tables().await;
    let asked: Vec<String> = bare
        .server
        .log()
        .iter()
        .map(|seen| seen.asked.to_string())
        .collect();
    tally.tried((!asked.is_empty()).then(|| {
        format!(
            "`open` and the first page of `tables` asked the remote for {}",
            asked.join(", ")
        )
    }));
    match listed {
        Err(error) => tally.tried(Some(format!("the tables cannot be listed: {error}"))),
        Ok(tables) => {
            tally.tried(tables.is_empty().then(|| "there is no table".to_owned()));
            for wrong in of_tables(&tables) {
                tally.tried(wrong);
            }
        }
    }
    Ok(tally.findings())
}

/// A line for each fact: nothing, or what is wrong with it.
fn of_tables(tables: &[TableInfo]) -> Vec<Option<String>> {
    let (mut facts, mut known) = (Vec::new(), BTreeSet::new());
    for table in tables {
        let name = table.path.join(".");
        let shown = if name.is_empty() {
            "the default table"
        } else {
            &name
        };
        facts.push((!known.insert(name.clone())).then(|| format!("{shown} is listed twice")));
        for alias in &table.aliases {
            facts.push(
                (!known.insert(alias.clone()))
                    .then(|| format!("{shown}: the alias `{alias}` is another table's name too")),
            );
        }
        let words_of = table.path.iter().chain(&table.aliases);
        for word in words_of.filter(|word| !words::is_word(word)) {
            facts.push(Some(format!(
                "{shown}: `{word}` is no word of the language; expected letters, digits and underscores, no digit first"
            )));
        }
        let description = table.description.as_deref().unwrap_or_default();
        facts.push(
            description
                .trim()
                .is_empty()
                .then(|| format!("{shown} has no description: one sentence on what a row is")),
        );
        let mut names = BTreeSet::new();
        let mut optional = false;
        for param in &table.params {
            let name = &param.name;
            facts.push(
                (!names.insert(name))
                    .then(|| format!("{shown}: two parameters are called `{name}`")),
            );
            facts.push(
                (!words::is_plain_name(name)).then(|| {
                    format!("{shown}: the parameter `{name}` cannot be written in a query")
                }),
            );
            facts.push((param.positional && param.required && optional).then(|| {
                format!("{shown}: the parameter `{name}` has to be given and stands behind one that need not be")
            }));
            optional |= param.positional && !param.required;
        }
    }
    facts
}

#[cfg(test)]
mod tests {
    use super::*;
    use trawl_host::types::{DataType, Param};

    fn table(path: &str) -> TableInfo {
        TableInfo {
            path: vec![path.to_owned()],
            aliases: Vec::new(),
            params: Vec::new(),
            description: Some("A thing a row.".to_owned()),
        }
    }

    fn param(name: &str, required: bool) -> Param {
        Param {
            name: name.to_owned(),
            data_type: DataType::Utf8,
            required,
            positional: true,
            description: None,
        }
    }

    #[test]
    fn what_is_wrong_with_a_list_is_named() {
        let fine = TableInfo {
            params: vec![param("a", true), param("b", false)],
            ..table("things")
        };
        assert!(
            of_tables(std::slice::from_ref(&fine))
                .iter()
                .all(Option::is_none)
        );
        for (expected, tables) in [
            ("listed twice", vec![fine.clone(), fine.clone()]),
            (
                "another table's name",
                vec![
                    fine.clone(),
                    TableInfo {
                        aliases: vec!["things".into()],
                        ..table("b")
                    },
                ],
            ),
            ("no word of the language", vec![table("a-b")]),
            (
                "no description",
                vec![TableInfo {
                    description: None,
                    ..table("a")
                }],
            ),
            (
                "two parameters",
                vec![TableInfo {
                    params: vec![param("a", true), param("a", true)],
                    ..table("a")
                }],
            ),
            (
                "stands behind one",
                vec![TableInfo {
                    params: vec![param("a", false), param("b", true)],
                    ..table("a")
                }],
            ),
        ] {
            let facts = of_tables(&tables);
            let wrong: Vec<&String> = facts.iter().flatten().collect();
            assert!(
                wrong.iter().any(|it| it.contains(expected)),
                "{expected}: {wrong:?}"
            );
        }
    }
}
