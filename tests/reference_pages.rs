//! The reference under `docs/language/`: a page for every operator and function, made from what the planner says of them, with
//! results that come from running the examples. `UPDATE_EXPECT=1` rewrites pages that are stale and deletes those left over.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::{Path, PathBuf};

use serde_json::Value as Json;
use trawl_exec::{Engine, QueryRequest, encode};
use trawl_plan::functions::{Group, aggregate, scalar};
use trawl_plan::operators::{self, Family, Operator};

/// First line of each page.
const MADE: &str = "<!-- Made by tests/reference_pages.rs from engine/plan/src; UPDATE_EXPECT=1 rewrites it. -->\n\n";
/// Rows that the examples of aggregates run over.
const ROWS: &str = "datatable(x: long) [1, 2, 2, null]";

/// A page of a function of either kind.
struct Function {
    name: &'static str,
    group: &'static str,
    signature: &'static str,
    summary: &'static str,
    notes: &'static str,
    examples: &'static [(&'static str, &'static str)],
    /// Of a group, not of a row.
    is_aggregate: bool,
}

/// Heading of the functions of a group.
const AGGREGATES: &str = "Aggregates";

fn functions() -> Vec<Function> {
    let aggregates = aggregate::ALL.iter().map(|f| Function {
        name: f.name,
        group: AGGREGATES,
        signature: f.signature,
        summary: f.summary,
        notes: f.notes,
        examples: f.examples,
        is_aggregate: true,
    });
    let scalars = scalar::ALL.iter().map(|f| Function {
        name: f.name,
        group: f.group.title(),
        signature: f.signature,
        summary: f.summary,
        notes: f.notes,
        examples: f.examples,
        is_aggregate: false,
    });
    aggregates.chain(scalars).collect()
}

/// Prose in lines of the width that the other pages have.
fn wrapped(prose: &str) -> String {
    const WIDTH: usize = 130;
    let mut text = String::new();
    let mut used = 0;
    for word in prose.split_whitespace() {
        let width = word.chars().count();
        if used > 0 && used + 1 + width > WIDTH {
            text.push('\n');
            used = 0;
        } else if used > 0 {
            text.push(' ');
            used += 1;
        }
        text.push_str(word);
        used += width;
    }
    text
}

/// A sentence or code within a cell of a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

fn page_link(name: &str) -> String {
    format!("[{name}]({name}.md)")
}

/// Links to the other pages of a group.
fn see_also(text: &mut String, name: &str, others: impl Iterator<Item = &'static str>) {
    let links: Vec<String> = others
        .filter(|other| *other != name)
        .map(page_link)
        .collect();
    if !links.is_empty() {
        write!(text, "\n## See also\n{}\n", wrapped(&links.join(" · "))).unwrap();
    }
}

async fn operator_page(engine: &Engine, operator: &Operator) -> String {
    let Operator {
        name,
        syntax,
        summary,
        notes,
        ..
    } = operator;
    let mut text = format!("{MADE}# {name}\n{summary}\n\n```\n{syntax}\n```\n");
    for alias in operator.aliases {
        write!(text, "\n`{alias}` is another word for it.\n").unwrap();
    }
    write!(text, "\n{}\n\n## Examples\n", notes.trim()).unwrap();
    for (position, example) in operator.examples.iter().enumerate() {
        let place = format!("{name}, {}", example.title);
        let table = support::example(engine, &place, example.query).await;
        let gap = if position == 0 { "" } else { "\n" };
        let (title, query) = (example.title, example.query);
        write!(
            text,
            "{gap}{title}:\n\n```trawl\n{query}\n```\n```text\n{table}```\n"
        )
        .unwrap();
    }
    let family = operators::ALL
        .iter()
        .filter(|other| other.family == operator.family);
    see_also(&mut text, name, family.map(|other| other.name));
    text
}

fn operators_index() -> String {
    let mut text = format!(
        "{MADE}# Operators\n{}\n",
        wrapped(
            "A query is a source, then operators, each behind a `|`: each takes rows and gives rows. In the syntax, capitals are \
             parts, `[…]` may be left out and `…` repeats."
        )
    );
    for family in Family::ALL {
        write!(
            text,
            "\n## {}\n| word | does |\n|---|---|\n",
            family.title()
        )
        .unwrap();
        for operator in operators::ALL
            .iter()
            .filter(|operator| operator.family == family)
        {
            let mut names = page_link(operator.name);
            for alias in operator.aliases {
                write!(names, ", `{alias}`").unwrap();
            }
            writeln!(text, "| {names} | {} |", cell(operator.summary)).unwrap();
        }
    }
    text
}

async fn function_page(engine: &Engine, function: &Function, all: &[Function]) -> String {
    let Function {
        name,
        signature,
        summary,
        notes,
        ..
    } = function;
    let mut text = format!(
        "{MADE}# {name}\n{summary}\n\n```\n{signature}\n```\n\n{}\n\n## Examples\n",
        wrapped(notes)
    );
    if function.is_aggregate {
        write!(text, "Over the rows of `{ROWS}`:\n\n").unwrap();
    }
    text.push_str("| expression | value |\n|---|---|\n");
    for (expression, _) in function.examples {
        let query = if function.is_aggregate {
            format!("{ROWS} | summarize v = {expression}")
        } else {
            format!("print v = {expression}")
        };
        let value = value(engine, &query).await;
        writeln!(
            text,
            "| `{}` | `{}` |",
            cell(expression),
            cell(&value.to_string())
        )
        .unwrap();
    }
    let group = all.iter().filter(|other| other.group == function.group);
    see_also(&mut text, name, group.map(|other| other.name));
    text
}

fn functions_index(all: &[Function]) -> String {
    let mut text = format!(
        "{MADE}# Functions\n{}\n\n{}\n",
        wrapped(
            "A function of a row gives null when an argument is null, and for what cannot be computed, unless its page says \
             otherwise; a dynamic argument converts to the type that is wanted. On the pages, `[, x]` may be left out, `…` \
             repeats, and values are written as in JSON."
        ),
        wrapped(
            "Aggregates stand in [summarize](../operators/summarize.md) and [make-series](../operators/make-series.md), the \
             others wherever an expression can."
        )
    );
    let groups = [AGGREGATES].into_iter().chain(Group::ALL.map(Group::title));
    for group in groups {
        write!(text, "\n## {group}\n| function | gives |\n|---|---|\n").unwrap();
        for function in all.iter().filter(|function| function.group == group) {
            let Function {
                name,
                signature,
                summary,
                ..
            } = function;
            writeln!(
                text,
                "| [`{}`]({name}.md) | {} |",
                cell(signature),
                cell(summary)
            )
            .unwrap();
        }
    }
    text
}

/// The only value of a query of one row.
async fn value(engine: &Engine, query: &str) -> Json {
    let mut answer = match engine.query(QueryRequest::new(query)).await {
        Ok(answer) => answer,
        Err(error) => panic!("{query}: {error}"),
    };
    let (mut out, mut first) = (Vec::new(), true);
    while let Some(batch) = answer.next().await.unwrap() {
        encode::rows_json(&batch, answer.columns(), "\n", &mut first, &mut out);
    }
    let row: Json = serde_json::from_slice(&out).unwrap();
    row["v"].clone()
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/language")
}

/// What is there, by its path below `docs/language/`.
fn pages_on_disk() -> BTreeSet<String> {
    let mut pages = BTreeSet::new();
    for part in ["operators", "functions"] {
        let Ok(entries) = std::fs::read_dir(folder().join(part)) else {
            continue;
        };
        for entry in entries {
            let name = entry.unwrap().file_name().into_string().unwrap();
            pages.insert(format!("{part}/{name}"));
        }
    }
    pages
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_operator_and_function_has_a_page_that_is_fresh() {
    let fleet = support::fleet().await;
    let engine = support::engine(&fleet);
    let mut pages = BTreeMap::new();
    for operator in operators::ALL {
        let path = format!("operators/{}.md", operator.name);
        pages.insert(path, operator_page(&engine, operator).await);
    }
    pages.insert("operators/README.md".to_owned(), operators_index());
    let all = functions();
    for function in &all {
        let path = format!("functions/{}.md", function.name);
        pages.insert(path, function_page(&engine, function, &all).await);
    }
    pages.insert("functions/README.md".to_owned(), functions_index(&all));

    let update = std::env::var_os("UPDATE_EXPECT").is_some();
    let mut wrong = Vec::new();
    for (name, text) in &pages {
        let path = folder().join(name);
        if std::fs::read_to_string(&path).ok().as_ref() == Some(text) {
            continue;
        }
        wrong.push(format!("{name} is missing or stale"));
        if update {
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, text).unwrap();
        }
    }
    for name in pages_on_disk()
        .iter()
        .filter(|name| !pages.contains_key(*name))
    {
        wrong.push(format!("{name} is left over"));
        if update {
            std::fs::remove_file(folder().join(name)).unwrap();
        }
    }
    assert!(
        update || wrong.is_empty(),
        "UPDATE_EXPECT=1 makes them anew:\n{}",
        wrong.join("\n")
    );
}
