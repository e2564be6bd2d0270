//! What the checks work on: the tables of the plugin, each with a query that reads it and the rows that it gives. Owns how such a
//! query is found: the table's name alone where that is recorded, else the beginning of a case.

use serde_json::Value as Json;
use trawl_exec::Pushdown;
use trawl_host::types::{TableDetail, TableInfo};
use trawl_lang::ast::{Branch, OpKind, Source};
use trawl_plan::Type;
use trawl_plan::virtuals::is_virtual;

use crate::case::CaseFile;
use crate::error::Error;
use crate::exchange::Asked;
use crate::server::Answered;
use crate::subject::{Subject, World};
use crate::told::{Bag, How, QUERY_TIMEOUT, ROWS, Told};

/// Everything that a check may look at.
pub struct Suite {
    /// The plugin with its remote.
    pub subject: Subject,
    /// Its tables.
    pub tables: Vec<Table>,
    /// The project's cases.
    pub cases: Vec<CaseFile>,
}

/// A table of the plugin.
pub struct Table {
    /// As a query writes it.
    pub name: String,
    /// What the catalogue says.
    pub info: TableInfo,
    /// What `table-schema` says without arguments, or why it does not.
    pub detail: Result<TableDetail, String>,
    /// A query that reads it, or why there is none.
    pub base: Result<Base, Unread>,
}

/// Why nothing can be tried on a table.
#[derive(Debug, Clone)]
pub enum Unread {
    /// Nothing that is recorded reads it; what to do.
    NotRecorded(String),
    /// It was read, and failed although the remote answered as recorded.
    Broken(String),
}

/// A query that reads a table, and what it gives.
pub struct Base {
    /// The query.
    pub query: String,
    /// Its columns that are the table's own.
    pub columns: Vec<(String, Type)>,
    /// Its rows as the language alone makes them.
    pub rows: Vec<Json>,
    /// The same without their order.
    pub bag: Bag,
    /// The exchanges of the tape that it was made of, in the order in which they were asked for, with what was asked.
    pub exchanges: Vec<(usize, Asked)>,
    /// What the plugin says is missing of it.
    pub gaps: Vec<String>,
    /// How the rows differ when the plugin is offered all it may take over; none when they do not.
    pub difference: Option<String>,
}

impl Suite {
    /// A suite on a subject.
    ///
    /// # Errors
    /// When no world can be made.
    pub async fn new(subject: Subject, cases: Vec<CaseFile>) -> Result<Self, Error> {
        let bare = subject.bare(Vec::new(), None).await?;
        // What the plugin cannot say of its tables is for the check of the catalogue to tell.
        let infos = bare.connection.known_tables().await.unwrap_or_default();
        let world = subject.world(Vec::new()).await?;
        let mut tables = Vec::new();
        for info in infos {
            let name = written(&subject.name, &info.path);
            let detail = bare.connection.table_schema(&info.path, &[]).await;
            let detail = detail.map_err(|error| error.to_string());
            let names = names(&subject.name, &info);
            let base = base(&subject, &world, &names, &info, &detail, &cases).await;
            tables.push(Table {
                name,
                info,
                detail,
                base,
            });
        }
        Ok(Self {
            subject,
            tables,
            cases,
        })
    }

    /// How a query is run when nothing else is said.
    pub fn how(&self, pushdown: Pushdown) -> How {
        how(&self.subject, pushdown)
    }

    /// Runs a query in a world that has seen nothing yet.
    ///
    /// # Errors
    /// When no world can be made.
    pub async fn ask(&self, world: &World, query: &str, pushdown: Pushdown) -> Told {
        world.server.rewind();
        world.ask(query, self.how(pushdown)).await
    }
}

fn how(subject: &Subject, pushdown: Pushdown) -> How {
    How {
        pushdown,
        timeout: QUERY_TIMEOUT,
        now_ns: subject.now_ns,
    }
}

/// A table as queries write it. The default plugin's need no prefix.
fn written(plugin: &str, path: &[String]) -> String {
    let words = std::iter::once(plugin).chain(path.iter().map(String::as_str));
    let words: Vec<String> = words.map(crate::literal::name).collect();
    words.join(".")
}

/// All texts that name a table.
fn names(plugin: &str, info: &TableInfo) -> Vec<String> {
    let plain = |path: &[String]| {
        let words = std::iter::once(plugin).chain(path.iter().map(String::as_str));
        words.collect::<Vec<_>>().join(".")
    };
    let mut names = vec![plain(&info.path), info.path.join(".")];
    for alias in &info.aliases {
        names.push(plain(std::slice::from_ref(alias)));
        names.push(alias.clone());
    }
    names
}

/// The first query that reads the table.
async fn base(
    subject: &Subject,
    world: &World,
    names: &[String],
    info: &TableInfo,
    detail: &Result<TableDetail, String>,
    cases: &[CaseFile],
) -> Result<Base, Unread> {
    let needs_arguments = info.params.iter().any(|param| param.required);
    let needs_filters = detail
        .as_ref()
        .is_ok_and(|detail| !detail.required_filters.is_empty());
    let mut candidates = Vec::new();
    if !needs_arguments && !needs_filters {
        candidates.push(written(&subject.name, &info.path));
    }
    let queries = cases.iter().flat_map(|file| &file.cases);
    for case in queries {
        for candidate in beginnings(&case.query, names) {
            if !candidates.contains(&candidate) {
                candidates.push(candidate);
            }
        }
    }
    let (mut broken, mut unrecorded, mut empty) = (None, None, None);
    for query in candidates {
        match read(subject, world, query).await {
            // Rows show more than none do.
            Ok(base) if base.rows.is_empty() => empty = empty.or(Some(base)),
            Ok(base) => return Ok(base),
            Err(Unread::Broken(why)) => broken = broken.or(Some(why)),
            Err(Unread::NotRecorded(what)) => unrecorded = unrecorded.or(Some(what)),
        }
    }
    match (empty, broken, unrecorded) {
        (Some(base), _, _) => Ok(base),
        (None, Some(why), _) => Err(Unread::Broken(why)),
        (None, None, Some(what)) => Err(Unread::NotRecorded(what)),
        (None, None, None) => Err(Unread::NotRecorded(format!(
            "it needs {}: add a case whose query reads it",
            if needs_arguments {
                "arguments"
            } else {
                "conditions"
            }
        ))),
    }
}

/// Reads a table both ways.
async fn read(subject: &Subject, world: &World, query: String) -> Result<Base, Unread> {
    let missing = |told: &Told| {
        let asked = told.unrecorded();
        let first = asked.first()?;
        Some(Unread::NotRecorded(format!(
            "`{query}` asks for {first}, which is not recorded"
        )))
    };
    world.server.rewind();
    let pushed = world.ask(&query, how(subject, Pushdown::Everything)).await;
    if let Some(missing) = missing(&pushed) {
        return Err(missing);
    }
    if !pushed.is_read() {
        return Err(Unread::Broken(format!("`{query}`: {}", pushed.why())));
    }
    if pushed.cut {
        return Err(too_many(&query));
    }
    let mut exchanges: Vec<(usize, Asked)> = Vec::new();
    for seen in &pushed.seen {
        if let Answered::Truly(number) = seen.answered
            && !exchanges.iter().any(|(known, _)| *known == number)
        {
            exchanges.push((number, seen.asked.clone()));
        }
    }
    world.server.rewind();
    let plain = world.ask(&query, how(subject, Pushdown::Nothing)).await;
    if plain.cut {
        return Err(too_many(&query));
    }
    let gaps: Vec<String> = [&pushed, &plain]
        .iter()
        .flat_map(|told| told.gaps())
        .map(str::to_owned)
        .collect();
    let (bag, difference) = if plain.is_read() {
        let bag = plain.bag();
        // Of what is said to be incomplete other rows may come the other way.
        let difference = pushed.bag().difference(&bag).filter(|_| gaps.is_empty());
        (bag, difference)
    } else {
        (pushed.bag(), None)
    };
    let columns = pushed.columns.iter();
    let columns = columns.filter(|column| !is_virtual(&column.name));
    Ok(Base {
        columns: columns
            .map(|column| (column.name.clone(), column.ty.clone()))
            .collect(),
        rows: if plain.is_read() {
            plain.rows
        } else {
            pushed.rows
        },
        bag,
        exchanges,
        gaps,
        difference,
        query,
    })
}

/// Of a part of a table nothing can be said of the whole.
fn too_many(query: &str) -> Unread {
    Unread::NotRecorded(format!(
        "`{query}` gives more than {ROWS} rows, which are not compared: add a case whose conditions leave fewer"
    ))
}

/// The beginnings of a query that read one of these tables and do no more than leave out rows.
fn beginnings(text: &str, names: &[String]) -> Vec<String> {
    let parsed = trawl_lang::parse(text);
    let Some(query) = parsed.file.and_then(|file| file.query) else {
        return Vec::new();
    };
    let Source::Branch(Branch::Table(table)) = &query.source else {
        return Vec::new();
    };
    let path: Vec<&str> = table.path.iter().map(|it| it.name.as_str()).collect();
    if !names.contains(&path.join(".")) {
        return Vec::new();
    }
    let until = |end: u32| {
        let end = usize::try_from(end).ok()?;
        text.get(..end).map(|text| text.trim().to_owned())
    };
    let mut found: Vec<String> = until(table.span.end).into_iter().collect();
    for op in &query.ops {
        let OpKind::Where(_) = op.kind else { break };
        found.extend(until(op.span.end));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cases_begin_with_queries_that_read_a_table() {
        let names = ["logs.lines".to_owned()];
        let text =
            "logs.lines(app = \"x\") | where level == \"error\" | where n > 1 | summarize count()";
        assert_eq!(
            beginnings(text, &names),
            [
                "logs.lines(app = \"x\")",
                "logs.lines(app = \"x\") | where level == \"error\"",
                "logs.lines(app = \"x\") | where level == \"error\" | where n > 1",
            ]
        );
        assert!(beginnings("logs.labels | take 1", &names).is_empty());
        assert!(beginnings("print x = 1", &names).is_empty());
    }
}
