//! Every encoding of one answer: what its reader reads.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;

use arrow::array::{Int64Array, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Schema};
use arrow::ipc::reader::StreamReader;
use serde_json::{Value as Json, json};
use trawl_plan::{Render, RenderKind, Type};

use trawl_exec::encode::record_line;
use trawl_exec::{AnswerColumn, Encoding, Status, Summary, Target, TargetError};

fn columns() -> Vec<AnswerColumn> {
    let columns = [
        ("name", Type::String),
        ("doc", Type::Dynamic),
        ("n", Type::Long),
    ];
    let columns = columns.map(|(name, ty)| AnswerColumn {
        name: name.to_owned(),
        ty,
    });
    columns.to_vec()
}

fn batch() -> RecordBatch {
    let fields = [
        ("anything", DataType::Utf8),
        ("else", DataType::Utf8),
        ("here", DataType::Int64),
    ];
    let fields = fields.map(|(name, ty)| Field::new(name, ty, true));
    RecordBatch::try_new(
        Arc::new(Schema::new(fields.to_vec())),
        vec![
            Arc::new(StringArray::from(vec!["a,b\n", "ü"])),
            Arc::new(StringArray::from(vec![Some("{\"x\":1}"), None])),
            Arc::new(Int64Array::from(vec![Some(7), None])),
        ],
    )
    .unwrap()
}

fn target(cluster: &str, status: Status) -> Target {
    Target {
        cluster: Some(cluster.to_owned()),
        connection: None,
        clusters: vec![],
        source: "kube".to_owned(),
        table: "pods".to_owned(),
        status,
        error: (status == Status::Failed).then(|| TargetError {
            code: "unavailable".to_owned(),
            message: "nobody — answers\n".to_owned(),
            hint: None,
        }),
        notes: vec![],
        rows: 0,
        requests: 0,
        bytes: 0,
        elapsed_ms: 0,
        age_ms: None,
    }
}

fn summary(render: Option<Render>) -> Summary {
    Summary {
        render,
        ..Summary::default()
    }
}

/// A whole answer of twice the same batch.
fn encoded(encoding: Encoding, summary: &Summary) -> Vec<u8> {
    let mut encoder = encoding.encoder(&columns()).unwrap();
    let mut out = Vec::new();
    encoder.head(&mut out).unwrap();
    encoder.rows(&batch(), &mut out).unwrap();
    encoder.rows(&batch(), &mut out).unwrap();
    encoder.tail(summary, &mut out).unwrap();
    out
}

fn text(encoding: Encoding) -> String {
    String::from_utf8(encoded(encoding, &summary(None))).unwrap()
}

fn rows() -> [Json; 2] {
    [
        json!({ "name": "a,b\n", "doc": { "x": 1 }, "n": 7 }),
        json!({ "name": "ü", "doc": null, "n": null }),
    ]
}

#[test]
fn names_lead_back_to_their_encodings() {
    for encoding in Encoding::ALL {
        assert_eq!(Encoding::named(encoding.name()), Some(encoding));
    }
    assert_eq!(Encoding::named("xml"), None);
}

#[test]
fn a_document_has_columns_rows_and_what_it_ends_with() {
    let document: Json = serde_json::from_str(&text(Encoding::Json)).unwrap();
    let [first, second] = rows();
    assert_eq!(document["rows"], json!([first, second, first, second]));
    assert_eq!(
        document["columns"][1],
        json!({ "name": "doc", "type": "dynamic" })
    );
    let keys: Vec<&String> = document.as_object().unwrap().keys().collect();
    assert_eq!(
        keys,
        ["columns", "rows", "completeness", "warnings", "stats"]
    );
}

#[test]
fn lines_end_with_one_that_says_how_complete_they_are() {
    let text = text(Encoding::Ndjson);
    let lines: Vec<Json> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines[..2], rows());
    assert_eq!(lines.len(), 5);
    assert_eq!(lines[4]["$completeness"]["complete"], true);
    assert_eq!(lines[4]["$stats"]["rows"], 0);
}

#[test]
fn csv_is_names_and_rows_alone() {
    let row = "\"a,b\n\",\"{\"\"x\"\":1}\",7\r\nü,,\r\n";
    assert_eq!(text(Encoding::Csv), format!("name,doc,n\r\n{row}{row}"));
}

#[test]
fn arrow_has_the_languages_types_beside_its_own() {
    let bytes = encoded(Encoding::Arrow, &summary(None));
    let reader = StreamReader::try_new(bytes.as_slice(), None).unwrap();
    let schema = reader.schema();
    assert_eq!(schema.field(1).name(), "doc");
    assert_eq!(schema.field(1).metadata()["trawl.type"], "dynamic");
    let batches: Vec<RecordBatch> = reader.map(Result::unwrap).collect();
    assert_eq!(batches.len(), 2);
    assert_eq!(batches[0].columns(), batch().columns());
    // Without its last marker a stream was cut, and its reader can tell that from one that has ended.
    assert_eq!(bytes[bytes.len() - 8..], [255, 255, 255, 255, 0, 0, 0, 0]);
}

#[test]
fn events_have_a_line_of_data_each() {
    let text = text(Encoding::Events);
    let events: Vec<(&str, Json)> = text
        .split_terminator("\n\n")
        .map(|event| {
            let (name, data) = event.split_once('\n').unwrap();
            let data = serde_json::from_str(data.strip_prefix("data: ").unwrap()).unwrap();
            (name.strip_prefix("event: ").unwrap(), data)
        })
        .collect();
    let names: Vec<&str> = events.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, ["schema", "rows", "rows", "completeness"]);
    assert_eq!(events[1].1, json!(rows()));
    assert_eq!(events[3].1["completeness"]["asked"], 0);
}

#[test]
fn a_wish_to_be_shown_is_there_only_where_a_query_has_one() {
    let wish = Render {
        kind: RenderKind::Timechart,
        sparkline: None,
    };
    let read = |text: &[u8]| serde_json::from_slice::<Json>(text).unwrap();
    let with = read(&encoded(Encoding::Json, &summary(Some(wish.clone()))));
    let without = read(&encoded(Encoding::Json, &summary(None)));
    let lines = encoded(Encoding::Ndjson, &summary(Some(wish)));
    let last = lines
        .split(|byte| *byte == b'\n')
        .rfind(|line| !line.is_empty());
    let kind = json!({ "kind": "timechart" });
    assert_eq!(with["render"], kind);
    assert_eq!(without.get("render"), None);
    assert_eq!(read(last.unwrap())["$render"], kind);
}

#[test]
fn a_record_is_one_line_of_ascii_and_says_what_had_no_room() {
    let mut summary = summary(None);
    for number in 0..40 {
        let status = if number % 2 == 0 {
            Status::Ok
        } else {
            Status::Failed
        };
        let target = target(&format!("c{number}"), status);
        summary.completeness.targets.push(target);
    }
    summary.warnings = vec!["ü".to_owned(), "\u{1b}[31m".to_owned()];
    let whole = record_line(&summary, 1 << 20);
    assert!(
        whole.bytes().all(|byte| (b' '..=b'~').contains(&byte)),
        "{whole}"
    );
    let read: Json = serde_json::from_str(&whole).unwrap();
    assert_eq!(read, json!(summary));

    for (bytes, listed) in [(whole.len() - 1, 20), (2_500, 10), (100, 0)] {
        let short = record_line(&summary, bytes);
        let read: Json = serde_json::from_str(&short).unwrap();
        let targets = read["completeness"]["targets"].as_array().unwrap();
        assert_eq!(targets.len(), listed, "{short}");
        assert!(targets.iter().all(|target| target["status"] == "failed"));
        assert_eq!(
            read["left_out"],
            json!({ "targets": 40 - listed, "warnings": 2 })
        );
        assert!(short.len() <= bytes || listed == 0, "{}", short.len());
    }
}
