//! Tests of `#[derive(Table)]` and of what the SDK does around it: schema, projection, plans, errors. Refuses a network.
#![allow(
    clippy::unwrap_used,
    missing_docs,
    reason = "tests panic, and their plugin is no library"
)]

use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use serde_json::{Value, json};
use trawl_sdk::schema::{self, Type, param};
use trawl_sdk::table::{About, Ask, Endpoint, Planned, Plugin, Read, Rows, Table};
use trawl_sdk::testing::{Harness, Query, type_of};
use trawl_sdk::types::{ErrorCode, Param, Placement, Pushed};
use trawl_sdk::{Error, Timestamp, Transport};

struct Everything;

impl Plugin for Everything {
    fn about() -> About {
        About::new("everything", "1.2.3", "Rows of every type")
            .cluster_key("tenant")
            .fact("license", "Apache-2.0")
            .endpoint(
                Endpoint::http("api", "The API")
                    .sends(["accept"])
                    .receives(["link"]),
            )
            .endpoint(Endpoint::aws("logs", "Logs"))
    }

    fn tables() -> Vec<&'static dyn Table<Self>> {
        vec![Thing::table(), Empty::table()]
    }

    fn connect(_: &str, _: Rc<dyn Transport>) -> Result<Self, Error> {
        Ok(Self)
    }
}

fn arguments() -> Vec<Param> {
    vec![param("count", &Type::Int64, false, true, "how many")]
}

/// Things of every type.
///
/// This paragraph is for readers of the code.
#[derive(Table, Clone)]
#[table(name = "", aliases("thing"), key(r#type, whole), required(r#type | real), placement = per_row)]
#[table(calls("GET /things/{id}", "POST /things"), arguments = arguments)]
struct Thing {
    /// What
    /// it is
    r#type: String,
    /// Whether
    flag: bool,
    /// A number
    whole: i64,
    /// A small number
    small: Option<i32>,
    /// A real number
    real: f64,
    /// When
    at: Option<Timestamp>,
    /// How long
    span: Duration,
    /// Texts
    words: Vec<String>,
    /// Lists of lists
    grid: Vec<Vec<i64>>,
    /// Labels
    labels: BTreeMap<String, String>,
    /// Numbers by name
    counts: BTreeMap<String, Option<i64>>,
    /// A document
    #[column(shape = "struct<a: long, b: list<string>>")]
    doc: Value,
    /// As it came
    #[column(name = "raw_doc")]
    raw: Option<Box<serde_json::value::RawValue>>,
    /// Whose
    cluster: Option<String>,
    #[column(skip)]
    _hidden: u64,
}

fn thing(number: i64) -> Thing {
    Thing {
        r#type: "t".into(),
        flag: true,
        whole: number,
        small: None,
        real: 0.5,
        at: Some(Timestamp::from_seconds(1)),
        span: Duration::from_millis(5),
        words: vec!["a".into(), "b".into()],
        grid: vec![vec![1], vec![]],
        labels: BTreeMap::from([("app".into(), "x".into())]),
        counts: BTreeMap::from([("one".into(), Some(1)), ("none".into(), None)]),
        doc: json!({"a": 7, "b": ["c"]}),
        raw: Some(serde_json::value::to_raw_value(&json!([1.50])).unwrap()),
        cluster: Some("prod".into()),
        _hidden: 0,
    }
}

impl Read<Everything> for Thing {
    type Part = i64;

    fn plan(_: &Everything, ask: &mut Ask<'_>) -> Result<Planned<i64>, Error> {
        let count = ask.arguments.count("count")?.unwrap_or(3);
        ask.filters.texts("type");
        Ok(Planned::parts(0..i64::try_from(count).unwrap(), "counts").rows(count))
    }

    fn read(_: &Everything, number: &i64, rows: &mut Rows<'_>) -> Result<(), Error> {
        rows.put(&thing(*number))
    }

    fn has(_: &Everything, column: &str) -> bool {
        column != "cluster"
    }
}

/// Nothing
#[derive(Table)]
#[table(calls("POST / Logs.Describe"), endpoint = "logs", placement = connection)]
struct Empty {
    /// Nothing
    nothing: Option<i64>,
}

impl Read<Everything> for Empty {
    type Part = ();

    fn plan(_: &Everything, _: &mut Ask<'_>) -> Result<Planned<()>, Error> {
        Ok(Planned::nothing())
    }

    fn read(_: &Everything, (): &(), rows: &mut Rows<'_>) -> Result<(), Error> {
        rows.put(&Self { nothing: None })
    }
}

fn harness() -> Harness<Everything> {
    Harness::new(Vec::new(), &json!({})).unwrap()
}

#[test]
fn the_struct_is_the_schema() {
    let detail = harness().table(&Query::of("")).unwrap();
    let mut fields = detail.schema.fields.iter().cloned().peekable();
    let mut said = Vec::new();
    while let Some(root) = fields.peek().cloned() {
        let of = type_of(&mut fields);
        let null = if root.nullable { "?" } else { "" };
        let description = root.description.unwrap_or_default();
        said.push(format!("{}: {of}{null} - {description}", root.name));
    }
    assert_eq!(
        said,
        [
            "type: string - What it is",
            "flag: bool - Whether",
            "whole: long - A number",
            "small: long? - A small number",
            "real: real - A real number",
            "at: datetime? - When",
            "span: timespan - How long",
            "words: list<string> - Texts",
            "grid: list<list<long>> - Lists of lists",
            "labels: map<string, string> - Labels",
            "counts: map<string, long> - Numbers by name",
            "doc: dynamic? - A document",
            "raw_doc: dynamic? - As it came",
        ]
    );
    assert_eq!(detail.placement, Placement::PerRow);
    assert_eq!(detail.primary_key, ["type", "whole"]);
    assert_eq!(detail.required_filters, [["type", "real"]]);
    assert_eq!(detail.description.as_deref(), Some("Things of every type"));
    let doc = detail
        .schema
        .fields
        .iter()
        .find(|field| field.name == "doc")
        .unwrap();
    assert_eq!(
        doc.metadata,
        [(
            schema::SHAPE_KEY.to_owned(),
            "struct<a: long, b: list<string>>".to_owned()
        )]
    );
}

#[test]
fn the_description_collects_what_the_tables_call() {
    let description = harness().description().clone();
    assert_eq!(
        (description.name.as_str(), description.version.as_str()),
        ("everything", "1.2.3")
    );
    assert_eq!(description.cluster_key.as_deref(), Some("tenant"));
    let said: Vec<_> = description
        .endpoints
        .iter()
        .map(|it| {
            let operations = it.operations.iter();
            let operations =
                operations.map(|op| format!("{:?} {} {:?}", op.method, op.path, op.action));
            (
                it.name.as_str(),
                it.kind.as_str(),
                operations.collect::<Vec<_>>(),
            )
        })
        .collect();
    assert_eq!(
        said,
        [
            (
                "api",
                "http",
                vec![
                    "Method::Get /things/{id} None".to_owned(),
                    "Method::Post /things None".to_owned()
                ]
            ),
            (
                "logs",
                "aws",
                vec!["Method::Post / Some(\"Logs.Describe\")".to_owned()]
            ),
        ]
    );
}

#[test]
fn rows_are_written_as_the_projection_wants_them() {
    let ran = harness()
        .run(&Query::of("").argument("count", 1_i64))
        .unwrap();
    assert_eq!(
        ran.rows,
        [json!({
            "type": "t", "flag": true, "whole": 0, "small": null, "real": 0.5, "at": 1_000_000_000,
            "span": 5_000_000, "words": ["a", "b"], "grid": [[1], []], "labels": {"app": "x"},
            "counts": {"one": 1, "none": null}, "doc": {"a": 7, "b": ["c"]}, "raw_doc": [1.5],
        })]
    );
    let query = Query::of("thing")
        .columns(["whole", "type"])
        .path("doc", ["a"], Type::Int64)
        .path("raw_doc", ["x"], Type::Int64)
        .path("labels", ["app"], Type::Utf8)
        .path("labels", ["nope"], Type::Utf8)
        .path("counts", ["one"], Type::Int64)
        .path("type", ["x"], Type::Utf8);
    let ran = harness().run(&query.argument("count", 1_i64)).unwrap();
    assert_eq!(
        ran.text(),
        "{\"whole\":0,\"type\":\"t\",\"doc.a\":7,\"raw_doc.x\":null,\"labels.app\":\"x\",\"labels.nope\":null,\"counts.one\":1,\
         \"type.x\":null}\n"
    );
}

#[test]
fn limits_go_down_when_all_conditions_are_taken() {
    let run = |query: &Query| {
        let ran = harness().run(query).unwrap();
        (ran.plan.limit, ran.plan.partitions.len(), ran.rows.len())
    };
    let query = Query::of("").columns(["whole"]).limit(2);
    assert_eq!(run(&query), (Pushed::Exact, 1, 2));
    assert_eq!(
        run(&query.clone().equal("type", "t")),
        (Pushed::Exact, 1, 2)
    );
    assert_eq!(
        run(&query.clone().equal("real", 0.5)),
        (Pushed::NotPushed, 1, 3)
    );
    assert_eq!(
        run(&query.clone().sort("whole", Type::Int64, true)),
        (Pushed::NotPushed, 1, 3)
    );
    assert_eq!(run(&query.clone().partitions(2)), (Pushed::Inexact, 2, 3));
    assert_eq!(
        run(&Query::of("").columns(["whole"]).partitions(9)),
        (Pushed::NotPushed, 3, 3)
    );
    let none = harness().run(&Query::of("empty")).unwrap();
    assert_eq!(
        (none.rows.len(), none.plan.explain.as_str()),
        (0, "nothing is asked: no row can match")
    );
}

#[test]
fn what_a_plugin_does_not_have_is_told() {
    for (query, code, message) in [
        (
            Query::of("nope"),
            ErrorCode::NotFound,
            "expected a table of everything (its default table, empty), got `nope`",
        ),
        (
            Query::of("").argument("cont", 1_i64),
            ErrorCode::InvalidQuery,
            "expected the arguments count, got `cont`",
        ),
        (
            Query::of("").argument("count", "x"),
            ErrorCode::InvalidQuery,
            "expected a whole number as `count`, got a text",
        ),
        (
            Query::of("empty").columns(["some"]),
            ErrorCode::InvalidQuery,
            "expected a column of `empty` (nothing), got `some`",
        ),
    ] {
        let error = harness().run(&query).unwrap_err();
        assert_eq!((error.code, error.message.as_str()), (code, message));
    }
    let foreign = trawl_sdk::plan::table_token("other", &1).unwrap();
    let output = trawl_sdk::testing::Collected::default();
    let error = trawl_sdk::Session::scan(harness().session(), &foreign, &output).unwrap_err();
    assert_eq!(error.code, ErrorCode::Internal);
}
