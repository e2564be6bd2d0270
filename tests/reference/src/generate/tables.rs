//! Small random tables: columns of every type, with nulls, ties and values at the ends.

use serde_json::Value as Json;

use super::pools;
use super::rng::Rng;
use super::view::{Col, Use};
use crate::convert::{moment, quantity};
use crate::table::{Column, Row, Table, Tables};
use crate::ty::Ty;
use crate::value::Value;

/// The names of the tables.
pub const NAMES: [&str; 4] = ["t1", "t2", "t3", "t4"];

/// The columns that every table has.
pub fn columns() -> Vec<Col> {
    let entry = Ty::Struct(vec![
        ("t".to_owned(), Ty::String),
        ("v".to_owned(), Ty::Long),
    ]);
    let fields = Ty::Struct(vec![
        ("a".to_owned(), Ty::Long),
        ("b".to_owned(), Ty::String),
        ("c".to_owned(), Ty::list(Ty::Long)),
    ]);
    vec![
        Col::new("id", Ty::Long).usable(Use::Tame),
        Col::new("k", Ty::String),
        Col::new("n", Ty::Long).usable(Use::Tame),
        Col::new("l", Ty::Long),
        Col::new("f", Ty::Real).usable(Use::Tame),
        Col::new("r", Ty::Real),
        Col::new("b", Ty::Bool),
        Col::new("s", Ty::String),
        Col::new("u", Ty::String),
        Col::new("d", Ty::Datetime),
        Col::new("z", Ty::Timespan),
        Col::new("q", Ty::Quantity),
        Col::new("dy", Ty::Dynamic),
        Col::new("xs", Ty::list(Ty::Long)),
        Col::new("ss", Ty::list(Ty::String)),
        Col::new("es", Ty::list(entry)),
        Col::new("m", Ty::Map(Box::new(Ty::String))),
        Col::new("st", fields),
    ]
}

/// The tables of a query.
pub fn tables(rng: &mut Rng) -> Tables {
    let cols = columns();
    let columns: Vec<Column> = cols
        .iter()
        .map(|col| Column::new(col.name.clone(), col.ty.clone()))
        .collect();
    let mut tables = Tables::new();
    for name in NAMES {
        let rows = match rng.below(10) {
            0 => 0,
            1 => 1,
            2 => rng.between(13, 30),
            _ => rng.between(2, 12),
        };
        let row = |id: usize, rng: &mut Rng| -> Row {
            cols.iter().map(|col| cell(rng, &col.name, id)).collect()
        };
        let table = Table {
            columns: columns.clone(),
            rows: (0..rows).map(|id| row(id, rng)).collect(),
        };
        tables.insert(name.to_owned(), table);
    }
    tables
}

fn cell(rng: &mut Rng, column: &str, id: usize) -> Value {
    if column == "id" {
        return Value::Long(i64::try_from(id).unwrap_or(0));
    }
    if rng.chance(14) {
        return Value::Null;
    }
    match column {
        "k" => Value::Text(rng.text(&pools::KEYS)),
        "n" => small(rng),
        "l" if rng.chance(60) => Value::Long(*rng.choose(&pools::EXTREME).unwrap_or(&0)),
        "l" => small(rng),
        "f" => Value::Real(*rng.choose(&pools::TAME).unwrap_or(&0.0)),
        "r" => Value::Real(*rng.choose(&pools::WILD).unwrap_or(&0.0)),
        "b" => Value::Bool(rng.chance(50)),
        "s" => Value::Text(rng.text(&pools::TEXTS)),
        "u" => Value::Text(meaning(rng)),
        "d" => moment::parse(&rng.text(&pools::MOMENTS)).map_or(Value::Null, Value::Datetime),
        "z" => Value::Timespan(span(rng)),
        "q" => quantity::parse(&rng.text(&pools::QUANTITIES)).map_or(Value::Null, Value::Quantity),
        "dy" => document(rng),
        "xs" => list(rng, small),
        "ss" => list(rng, |rng| Value::Text(rng.text(&pools::KEYS))),
        "es" => list(rng, |rng| {
            let t = nullable(rng, |rng| Value::Text(rng.text(&pools::KEYS)));
            let v = nullable(rng, small);
            Value::Struct(vec![("t".to_owned(), t), ("v".to_owned(), v)])
        }),
        "m" => labels(rng),
        _ => {
            let a = nullable(rng, small);
            let b = nullable(rng, |rng| Value::Text(rng.text(&pools::TEXTS)));
            let c = nullable(rng, |rng| list(rng, small));
            Value::Struct(vec![
                ("a".to_owned(), a),
                ("b".to_owned(), b),
                ("c".to_owned(), c),
            ])
        }
    }
}

fn nullable(rng: &mut Rng, value: impl Fn(&mut Rng) -> Value) -> Value {
    if rng.chance(15) {
        Value::Null
    } else {
        value(rng)
    }
}

fn small(rng: &mut Rng) -> Value {
    Value::Long(*rng.choose(&pools::SMALL).unwrap_or(&0))
}

fn span(rng: &mut Rng) -> i64 {
    const SPANS: [i64; 9] = [
        0,
        1,
        60_000_000_000,
        -300_000_000_000,
        3_600_000_000_000,
        5_400_000_000_000,
        250_000_000,
        86_400_000_000_000,
        -1,
    ];
    *rng.choose(&SPANS).unwrap_or(&0)
}

fn list(rng: &mut Rng, item: impl Fn(&mut Rng) -> Value) -> Value {
    let length = rng.below(5);
    Value::List((0..length).map(|_| nullable(rng, &item)).collect())
}

fn labels(rng: &mut Rng) -> Value {
    let mut entries = Vec::new();
    for (key, values) in [
        ("app", ["web", "db", "api"]),
        ("tier", ["front", "back", ""]),
        ("x.y/z", ["1", "2", "1"]),
    ] {
        if rng.chance(60) {
            entries.push((key.to_owned(), Value::Text(rng.text(&values))));
        }
    }
    Value::Map(entries)
}

/// A text that means something to some function.
fn meaning(rng: &mut Rng) -> String {
    match rng.below(10) {
        0 => rng.text(&pools::NUMBERS),
        1 => rng.text(&pools::TRUTHS),
        2 => rng.text(&pools::TIMES),
        3 => rng.text(&pools::SPANS),
        4 => rng.text(&pools::QUANTITIES),
        5 => rng.text(&pools::DOCUMENTS),
        6 => rng.text(&pools::IMAGES),
        7 => rng.text(&pools::VERSIONS),
        8 => rng.text(&pools::ADDRESSES),
        _ => rng.text(&pools::BASE64),
    }
}

/// Documents: objects with the same fields of different types, lists and scalars.
fn document(rng: &mut Rng) -> Value {
    const FIELDS: [&[&str]; 5] = [
        &["1", "2", "\"2\"", "2.5", "null", "true", "\"x\""],
        &[
            "\"x\"",
            "\"y\"",
            "\"true\"",
            "\"2026-01-31\"",
            "\"1h\"",
            "7",
            "null",
        ],
        &[
            "[1,2,3]",
            "[]",
            "[\"a\",null,2]",
            "[{\"t\":\"a\",\"v\":1},{\"t\":\"b\"}]",
            "5",
            "null",
        ],
        &["{\"e\":true}", "{\"e\":\"500m\"}", "{}", "{\"e\":[1]}", "3"],
        &["\"500m\"", "\"2Gi\"", "1", "\"x\""],
    ];
    if rng.chance(25) {
        let text = rng.text(&pools::DOCUMENTS);
        return serde_json::from_str(&text).map_or(Value::Null, Value::document);
    }
    let mut fields = serde_json::Map::new();
    for (name, values) in ["a", "b", "c", "d", "g"].iter().zip(FIELDS) {
        if rng.chance(75) {
            let value: Json = serde_json::from_str(&rng.text(values)).unwrap_or_default();
            fields.insert((*name).to_owned(), value);
        }
    }
    Value::Dynamic(Json::Object(fields))
}
