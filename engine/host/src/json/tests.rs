//! Tests of the JSON rows: right ones as they are, broken ones by their message.

use super::*;
use arrow::datatypes::Schema;
use arrow::util::display::{ArrayFormatter, FormatOptions};

fn of(data_type: DataType, nullable: bool) -> SchemaRef {
    Arc::new(Schema::new(vec![Field::new("c", data_type, nullable)]))
}

fn text(schema: &SchemaRef, lines: &str) -> Result<Vec<String>, String> {
    let batch = decode(schema, lines.as_bytes()).map_err(|failure| failure.message)?;
    let options = FormatOptions::new().with_null("null");
    let format = ArrayFormatter::try_new(batch.column(0).as_ref(), &options).unwrap();
    Ok((0..batch.num_rows())
        .map(|row| format.value(row).to_string())
        .collect())
}

fn objects() -> DataType {
    let a = Field::new("a", DataType::Int8, false);
    DataType::Struct(vec![a].into())
}

fn maps() -> DataType {
    let key = Field::new("key", DataType::Utf8, false);
    let value = Field::new("value", DataType::Utf8, true);
    let entries = Field::new("entries", DataType::Struct(vec![key, value].into()), false);
    DataType::Map(Arc::new(entries), false)
}

#[test]
fn values_of_every_type() {
    let utc = DataType::Timestamp(TimeUnit::Millisecond, Some("+00:00".into()));
    let cases: Vec<(DataType, &str, &str)> = vec![
        (DataType::Boolean, "true", "true"),
        (DataType::Int8, "-128", "-128"),
        (
            DataType::UInt64,
            "18446744073709551615",
            "18446744073709551615",
        ),
        (
            DataType::UInt64,
            "\"18446744073709551615\"",
            "18446744073709551615",
        ),
        (DataType::Float64, "1e3", "1000.0"),
        (DataType::Float64, "\"NaN\"", "NaN"),
        (DataType::Utf8, "\"gr\\u00fcn\"", "grün"),
        (DataType::Binary, "\"AQID\"", "010203"),
        (DataType::Date32, "\"2024-02-29\"", "2024-02-29"),
        (
            utc.clone(),
            "\"2024-02-29T12:00:00Z\"",
            "2024-02-29T12:00:00Z",
        ),
        (utc, "0", "1970-01-01T00:00:00Z"),
        (DataType::Decimal128(6, 2), "\"-1.25\"", "-1.25"),
        (DataType::Decimal128(6, 2), "3", "3.00"),
        (
            DataType::new_list(DataType::Int8, true),
            "[1,null,3]",
            "[1, null, 3]",
        ),
        (objects(), "{\"a\":1,\"unknown\":[]}", "{a: 1}"),
        (maps(), "{\"b\":\"x\",\"a\":null}", "{b: x, a: null}"),
        (DataType::Int8, "null", "null"),
        (objects(), "null", "null"),
        (maps(), "null", "null"),
        (DataType::Null, "1", "null"),
    ];
    for (data_type, value, expected) in cases {
        let lines = format!("\n{{\"c\": {value}}}\n\n");
        let found = text(&of(data_type.clone(), true), &lines);
        assert_eq!(found, Ok(vec![expected.to_owned()]), "{data_type} {value}");
    }
}

#[test]
fn json_keeps_its_text() {
    let mark = HashMap::from([(schema::TYPE_KEY.into(), schema::TYPE_JSON.into())]);
    let field = Field::new("c", DataType::Utf8, true).with_metadata(mark);
    let schema = Arc::new(Schema::new(vec![field]));
    let lines = "{\"c\":{\"z\":1.10,\"a\":[12345678901234567890123]}}\n{\"c\":null}\n{}";
    assert_eq!(
        text(&schema, lines).unwrap(),
        [
            "{\"z\":1.10,\"a\":[12345678901234567890123]}",
            "null",
            "null"
        ]
    );
}

#[test]
fn what_is_wrong_names_line_and_column() {
    let cases: Vec<(DataType, bool, &str, &str)> = vec![
        (
            DataType::Int8,
            true,
            "{\"c\":1}\n{\"c\":128}",
            "line 2, column `c`: expected Int8, found 128",
        ),
        (DataType::Int8, false, "{}", "declared without null"),
        (
            DataType::Utf8,
            true,
            "{\"c\":1}",
            "expected a string, found 1",
        ),
        (DataType::Binary, true, "{\"c\":\"!\"}", "base64"),
        (
            DataType::Decimal128(3, 2),
            true,
            "{\"c\":\"abc\"}",
            "expected Decimal128(3, 2)",
        ),
        (objects(), true, "{\"c\":{}}", "`c.a`: a value is missing"),
        (
            objects(),
            true,
            "{\"c\":[]}",
            "expected an object, found []",
        ),
        (
            maps(),
            true,
            "{\"c\":{\"k\":1}}",
            "`c.value`: expected a string",
        ),
        (DataType::Utf8, true, "{\"c\":", "line 1 is no JSON object"),
        (DataType::Utf8, true, "[1]", "line 1 is no JSON object"),
    ];
    for (data_type, nullable, lines, expected) in cases {
        let message = text(&of(data_type, nullable), lines).unwrap_err();
        assert!(message.contains(expected), "{message}");
    }
    let failure = decode(&of(DataType::Utf8, true), b"{\"c\":\"\xff\"}").unwrap_err();
    assert!(
        failure.message.contains("not UTF-8 (at byte 6)"),
        "{failure:?}"
    );
}

#[test]
fn deep_nesting_is_an_error_not_a_crash() {
    let lines = format!("{{\"c\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000));
    assert!(text(&of(DataType::Utf8, true), &lines).is_err());
}
