//! What the SDKs for JavaScript and Python make of types, conditions, pages, errors and the cache: two guests that do the same, one
//! text that both must give. `UPDATE_EXPECT=1` rewrites it from the JavaScript one.

#![allow(clippy::expect_used, reason = "a test fails by panicking")]

#[path = "../common/mod.rs"]
mod common;
mod remote;
mod told;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use common::{PATIENCE, context, host, options};
use remote::Remote;
use told::Told;
use trawl_connect::{Approval, Endpoint, Method, Operation};
use trawl_fleet::{EndpointSpec, HttpSpec};
use trawl_host::types::{
    Argument, ArgumentValue, Column, CompareExpr, CompareOp, DataType, DecimalType, Expr, Field,
    InSetExpr, Literal, PathStep, ScanRequest, SortKey, TextExpr, TextOp, TextPart, TimeUnit,
    TimestampType,
};
use trawl_host::{Connection, ConnectionSpec, Limits, Plugin};

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn connect(plugin: &Plugin, remote: &Remote, config: &str) -> Connection {
    let operation = |method, path: &str| Operation {
        method,
        path: path.into(),
        action: None,
    };
    let approval = Approval {
        operations: vec![
            operation(Method::Get, "/{rest...}"),
            operation(Method::Post, "/search"),
        ],
        request_headers: vec!["content-type".into()],
        response_headers: vec!["x-count".into()],
        ..Approval::default()
    };
    let spec = HttpSpec {
        url: remote.url(),
        ..HttpSpec::default()
    };
    let endpoint = Endpoint::new(EndpointSpec::Http(spec), approval);
    plugin.connect(ConnectionSpec {
        name: "lab/typed".into(),
        config: config.into(),
        endpoints: BTreeMap::from([("api".to_owned(), endpoint)]),
    })
}

fn field(name: &str, data_type: DataType, children: u32) -> Field {
    Field {
        name: name.into(),
        data_type,
        nullable: true,
        children,
        description: None,
        metadata: vec![],
    }
}

fn column(name: &str, data_type: DataType) -> Column {
    Column {
        name: name.into(),
        path: vec![],
        output: vec![field(name, data_type, 0)],
    }
}

/// A part of the documents of `v`, as this.
fn part(name: &str, path: Vec<PathStep>, output: Vec<Field>) -> Column {
    let mut output = output;
    output[0].name = name.into();
    Column {
        name: "v".into(),
        path,
        output,
    }
}

fn datetime() -> DataType {
    DataType::Timestamp(TimestampType {
        unit: TimeUnit::Nanosecond,
        zone: Some("UTC".into()),
    })
}

fn quantity() -> DataType {
    DataType::Decimal128(DecimalType {
        precision: 38,
        scale: 9,
    })
}

fn list_of(item: DataType) -> Vec<Field> {
    vec![field("list", DataType::Array, 1), field("item", item, 0)]
}

fn request(table: &str, projection: Vec<Column>, arguments: Vec<Argument>) -> ScanRequest {
    ScanRequest {
        projection,
        arguments,
        ..common::request(table)
    }
}

fn scalar(name: &str, value: Literal) -> Argument {
    Argument {
        name: name.into(),
        value: ArgumentValue::Scalar(value),
    }
}

fn text(name: &str, parts: Vec<TextPart>) -> Argument {
    Argument {
        name: name.into(),
        value: ArgumentValue::Template(parts),
    }
}

fn words(name: &str, words: &str) -> Argument {
    text(name, vec![TextPart::Text(words.into())])
}

/// Everything that is asked of a guest, as text.
async fn told(wasm: &Path) -> String {
    let wasm = std::fs::read(wasm).expect("the component is read");
    let plugin = host()
        .load("typed", &wasm, options(Limits::default()))
        .await
        .expect("it loads");
    let remote = Remote::start();
    let connection = connect(&plugin, &remote, "{\"word\": \"right\"}");
    let mut told = Told::new(connection, &remote);

    let refused = connect(&plugin, &remote, "{\"word\": \"wrong\"}").within(context(PATIENCE));
    told.says(
        "a configuration that is wrong",
        refused.tables().await.map(|_| String::new()),
    );
    types(&mut told).await;
    conditions(&mut told).await;
    for path in ["first", "again", "odd", "null"] {
        let title = format!("pages of /{path}");
        told.rows(
            &title,
            &request(
                "pages",
                vec![column("item", DataType::Utf8)],
                vec![words("path", path)],
            ),
        )
        .await;
    }
    for how in [
        "throw", "typed", "misfit", "missing", "row", "object", "objects", "item", "text",
        "nothing", "way", "optional", "null", "endpoint", "large", "deep", "broken", "503", "403",
        "302", "404/../x",
    ] {
        let asked = request(
            "fails",
            vec![column("n", DataType::Int64)],
            vec![words("how", how)],
        );
        told.rows(&format!("a failure: {how}"), &asked).await;
    }
    let notes = request(
        "notes",
        vec![column("n", DataType::Int64), column("when", datetime())],
        vec![],
    );
    told.rows("notes, values that do not fit, and the cache", &notes)
        .await;
    told.rows("once more, from the cache", &notes).await;
    told.rows(
        "a table that is not there",
        &request("nowhere", vec![], vec![]),
    )
    .await;
    told.rows(
        "a column that is not there",
        &request("own", vec![column("nope", DataType::Utf8)], vec![]),
    )
    .await;
    told.text()
}

async fn types(told: &mut Told<'_>) {
    let own = vec![
        column("text", DataType::Utf8),
        column("whole", DataType::Int64),
        column("real", DataType::Float64),
        column("at", datetime()),
        column("span", DataType::Duration(TimeUnit::Nanosecond)),
        column("amount", quantity()),
        column("flag", DataType::Boolean),
        Column {
            output: list_of(DataType::Utf8),
            ..column("list", DataType::Array)
        },
        Column {
            output: vec![
                field("map", DataType::Dictionary, 2),
                Field {
                    nullable: false,
                    ..field("key", DataType::Utf8, 0)
                },
                field("value", DataType::Int64, 0),
            ],
            ..column("map", DataType::Dictionary)
        },
        Column {
            output: vec![
                field("parts", DataType::Object, 2),
                field("name", DataType::Utf8, 0),
                field("size", DataType::Int64, 0),
            ],
            ..column("parts", DataType::Object)
        },
        column("doc", DataType::Json),
    ];
    told.rows("values of the plugin's own", &request("own", own, vec![]))
        .await;
    told.rows("no columns at all", &request("own", vec![], vec![]))
        .await;

    let x = || vec![PathStep::Key("x".into())];
    let of = |name: &str, data_type| part(name, x(), vec![field("", data_type, 0)]);
    let casts = vec![
        part("as it is", x(), vec![field("", DataType::Json, 0)]),
        of("bool", DataType::Boolean),
        of("long", DataType::Int64),
        of("byte", DataType::Uint8),
        of("real", DataType::Float64),
        of("string", DataType::Utf8),
        of("datetime", datetime()),
        of("day", DataType::Date32),
        of("timespan", DataType::Duration(TimeUnit::Millisecond)),
        of("quantity", quantity()),
        part("list", x(), list_of(DataType::Int64)),
    ];
    told.rows(
        "the cast table, of parts of documents",
        &request("documents", casts, vec![]),
    )
    .await;

    let key = |name: &str| PathStep::Key(name.into());
    let paths = vec![
        part(
            "a.b[1]",
            vec![key("x"), key("a"), key("b"), PathStep::Index(1)],
            vec![field("", DataType::Utf8, 0)],
        ),
        part(
            "[*].k",
            vec![key("x"), PathStep::Every, key("k")],
            list_of(DataType::Int64),
        ),
        part(
            "[*].k as json",
            vec![key("x"), PathStep::Every, key("k")],
            vec![field("", DataType::Json, 0)],
        ),
    ];
    told.rows(
        "paths below documents",
        &request("documents", paths, vec![]),
    )
    .await;
}

async fn conditions(told: &mut Told<'_>) {
    let numbers = |count| {
        vec![column("n", DataType::Int64), column("args", DataType::Utf8)]
            .into_iter()
            .take(count)
            .collect::<Vec<_>>()
    };
    let count = |n| scalar("count", Literal::Int64(n));
    let compare = |op, left, right| Expr::Compare(CompareExpr { op, left, right });
    let utf8 = |text: &str| Expr::Value(Literal::Utf8(text.into()));
    let prefix = |negated| {
        Expr::TextMatch(TextExpr {
            value: 0,
            op: TextOp::Prefix,
            pattern: "p".into(),
            ignore_case: false,
            negated,
        })
    };
    let set = |negated| {
        Expr::InSet(InSetExpr {
            value: 0,
            items: vec![
                Literal::Utf8("a".into()),
                Literal::Int64(i64::MAX),
                Literal::TimestampNs(5),
            ],
            negated,
        })
    };
    let args = Column {
        path: vec![PathStep::Key("k".into()), PathStep::Every],
        ..column("args", DataType::Utf8)
    };

    let mut every_form = request("numbers", numbers(1), vec![count(0)]);
    every_form.refs = vec![args, column("n", DataType::Int64)];
    every_form.filters.nodes = vec![
        Expr::ColumnRef(0),
        Expr::ColumnRef(1),
        utf8("exact"),
        Expr::Value(Literal::Null),
        compare(CompareOp::Eq, 0, 2),
        compare(CompareOp::Lt, 2, 1),
        compare(CompareOp::Ne, 0, 3),
        set(false),
        set(true),
        prefix(false),
        prefix(true),
        Expr::IsNull(0),
        Expr::Negate(4),
        Expr::Negate(5),
        Expr::Negate(7),
        Expr::Negate(9),
        Expr::AllOf(vec![4]),
        Expr::AllOf(vec![4, 7]),
        Expr::AnyOf(vec![4, 7]),
        Expr::AnyOf(vec![4, 5]),
        compare(CompareOp::Eq, 0, 1),
        Expr::Negate(11),
    ];
    every_form.filters.roots = (4..22).chain([1]).collect();
    told.plan("every form of a condition", &every_form).await;

    let mut asked = request(
        "numbers",
        numbers(2),
        vec![
            count(10_000),
            scalar("since", Literal::TimestampNs(1_795_249_575_123_456_789)),
            text(
                "text",
                vec![
                    TextPart::Text("a ".into()),
                    TextPart::Bound(Literal::Utf8("b".into())),
                ],
            ),
        ],
    );
    asked.limit = Some(2);
    told.rows("a limit over exact conditions, and arguments", &asked)
        .await;

    let mut many = request("numbers", numbers(1), vec![count(10_000)]);
    told.count("batches", &many).await;
    many.limit = Some(5_000);
    told.count("batches up to a limit", &many).await;
    many.limit = Some(1);
    many.refs = numbers(1);
    many.sort = vec![SortKey {
        column: 0,
        descending: false,
        nulls_first: false,
    }];
    told.plan("a limit under an order", &many).await;
    many.sort.clear();
    many.filters.nodes = vec![
        Expr::ColumnRef(0),
        utf8("inexact"),
        compare(CompareOp::Eq, 0, 1),
    ];
    many.filters.roots = vec![2];
    told.plan("a limit over an inexact condition", &many).await;
    let bound = text("path", vec![TextPart::Bound(Literal::Utf8("b".into()))]);
    told.rows(
        "a value where none is taken",
        &request("pages", vec![], vec![bound]),
    )
    .await;
}

async fn check(guest: &str) {
    let Some(wasm) =
        trawl_programs::projects::component(&repository().join("tests/guests").join(guest))
    else {
        return;
    };
    let found = told(&wasm).await;
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/languages/told.txt");
    if std::env::var_os("UPDATE_EXPECT").is_some() && guest == "typed-js" {
        std::fs::write(&path, &found).expect("it is written");
    }
    let expected = std::fs::read_to_string(&path).expect("it is read");
    let parts = found.split("\n== ").zip(expected.split("\n== "));
    let wrong: Vec<_> = parts
        .filter(|(found, expected)| found != expected)
        .map(|(found, expected)| format!("{guest} says\n{found}expected was\n{expected}"))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(found.len(), expected.len(), "{guest}: {found}");
}

#[tokio::test]
async fn javascript() {
    check("typed-js").await;
}

#[tokio::test]
async fn python() {
    check("typed-python").await;
}
