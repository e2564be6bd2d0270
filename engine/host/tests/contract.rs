//! Contract 0.1 is frozen: its shapes are those that are kept, and the component that was built of them runs.

#![allow(clippy::unwrap_used)] // Clippy knows `#[test]` functions only, not their helpers.

mod common;

use std::fs;
use std::path::{Path, PathBuf};

use arrow::array::AsArray;
use arrow::datatypes::Int64Type;
use common::{PATIENCE, connect, context, limits, options, request, scan, server};
use trawl_host::types::{Argument, ArgumentValue, Literal};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn kept() -> PathBuf {
    root().join("tests/guests/kept")
}

/// A contract's text without comments and empty lines: what it says of shapes.
fn shapes(wit: &str) -> Vec<&str> {
    wit.lines()
        .map(|line| line.split_once("//").map_or(line, |(code, _)| code).trim())
        .filter(|line| !line.is_empty())
        .collect()
}

/// The first line of today's contract that is not as it was frozen. A function that was added to an interface that the host
/// implements is none: old components do not call it.
fn first_change(frozen: &str, today: &str) -> Option<String> {
    const IMPORTED: [&str; 5] = [
        "interface http {",
        "interface output {",
        "interface state {",
        "interface logging {",
        "interface clock {",
    ];
    let mut frozen = shapes(frozen).into_iter().peekable();
    let mut interface = "";
    for line in shapes(today) {
        if frozen.next_if_eq(&line).is_some() {
            if line.starts_with("interface ") {
                interface = line;
            }
            continue;
        }
        let is_function = line.contains(": func(") && line.ends_with(';');
        if !(is_function && IMPORTED.contains(&interface)) {
            let expected = frozen.next().unwrap_or("nothing");
            return Some(format!("`{line}` instead of `{expected}`"));
        }
    }
    frozen
        .next()
        .map(|line| format!("nothing instead of `{line}`"))
}

#[test]
fn the_shapes_of_0_1_do_not_change() {
    let frozen = fs::read_to_string(kept().join("contract-0.1.wit")).unwrap();
    let today = fs::read_to_string(root().join("wit/source.wit")).unwrap();
    assert_eq!(
        first_change(&frozen, &today),
        None,
        "0.1 is frozen: make 0.2, as wit/README.md says, and leave the shapes of wit/source.wit as they are"
    );
}

#[test]
fn a_changed_shape_is_found_and_an_added_function_is_none() {
    let frozen = fs::read_to_string(kept().join("contract-0.1.wit")).unwrap();
    for (what, with, expected) in [
        (
            "now-us: func() -> s64;",
            "now-us: func() -> s64;\n  zone: func() -> string;",
            None,
        ),
        (
            "/// Microseconds since the Unix epoch.",
            "/// Other words.",
            None,
        ),
        (
            "now-us: func() -> s64;",
            "now-us: func() -> s64; // in UTC",
            None,
        ),
        (
            "now-us: func() -> s64;",
            "now-us: func() -> u64;",
            Some("`}` instead of `now-us: func() -> s64;`"),
        ),
        (
            "now-us: func() -> s64;",
            "",
            Some("`}` instead of `now-us: func() -> s64;`"),
        ),
        (
            "describe: func() -> description;",
            "describe: func() -> description;\n  close: func();",
            Some("`close: func();` instead"),
        ),
        (
            "  enum pushed {",
            "  enum pushed {\n    perhaps,",
            Some("`perhaps,` instead of `exact,`"),
        ),
        (
            "max-partitions: u32,",
            "max-partitions: u32,\n    more: bool,",
            Some("`more: bool,` instead of `}`"),
        ),
        (
            "package trawl:source@0.1.0;",
            "package trawl:source@0.1.1;",
            Some("`package trawl:source@0.1.1;` instead"),
        ),
        (
            "import clock;",
            "",
            Some("`export source;` instead of `import clock;`"),
        ),
    ] {
        assert!(frozen.contains(what), "{what}");
        let found = first_change(&frozen, &frozen.replacen(what, with, 1));
        match (found, expected) {
            (None, None) => {}
            (Some(found), Some(expected)) => {
                assert!(found.starts_with(expected), "{what} → {with}: {found}")
            }
            (found, _) => panic!("{what} → {with}: {found:?}"),
        }
    }
}

#[tokio::test]
async fn the_component_of_0_1_runs() {
    let wasm = fs::read(kept().join("contract-0.1.wasm")).unwrap();
    assert!(wasm.len() < 400 << 10);
    let inspection = trawl_host::inspect(&wasm).unwrap();
    assert!(inspection.fits(), "{inspection:?}");
    assert_eq!(inspection.contract.as_deref(), Some("0.1.0"));
    let host = common::host();
    let plugin = host.load("kept", &wasm, options(limits())).await.unwrap();
    assert_eq!((plugin.name(), plugin.version()), ("kept", "0.1.0"));
    let description = plugin.description();
    assert_eq!(description.cluster_key.as_deref(), Some("label"));
    assert_eq!(description.endpoints[0].operations[0].path, "/rows");

    let (url, _events) = server("first\nsecond\n").await;
    let connection = connect(&plugin, "{}", Some(url)).within(context(PATIENCE));
    let tables = connection.tables().await.unwrap();
    let names: Vec<&str> = tables.iter().map(|table| table.path[0].as_str()).collect();
    assert_eq!(names, ["lines", "more"]);
    assert_eq!(tables[0].params[0].name, "greeting");
    let detail = connection
        .table_schema(&["lines".into()], &[])
        .await
        .unwrap();
    assert_eq!((detail.schema.fields.len(), detail.notes.len()), (2, 1));

    let mut wanted = request("lines");
    wanted.arguments = vec![Argument {
        name: "greeting".into(),
        value: ArgumentValue::Scalar(Literal::Utf8("hello".into())),
    }];
    for time in 1..=2 {
        let context = context(PATIENCE);
        let batches = scan(&connection, &wanted, context.clone()).await.unwrap();
        let numbers: Vec<i64> = batches
            .iter()
            .flat_map(|batch| {
                batch
                    .column(0)
                    .as_primitive::<Int64Type>()
                    .values()
                    .to_vec()
            })
            .collect();
        assert_eq!(numbers, [1, 2, 3, 4, 5, 6]);
        let first = batches[0].column(1).as_string::<i32>().value(0).to_owned();
        assert_eq!(first, format!("hello 200 first\nsecond true {time}"));
        assert_eq!(context.stats.gaps()[0].message, "all that there is");
        assert_eq!(context.stats.progress().rows_read, 6);
        let line = &context.stats.log_lines()[0].message;
        assert!(line.starts_with(&format!("scan {time}, at 1")), "{line}");
    }
}
