//! Tests of the schemas: right ones as they are, broken ones by their message.

use super::*;
use types::DataType as Wit;

fn field(name: &str, data_type: Wit, children: u32) -> types::Field {
    types::Field {
        name: name.into(),
        data_type,
        nullable: name != "key",
        children,
        description: None,
        metadata: vec![],
    }
}

fn timestamp() -> Wit {
    Wit::Timestamp(types::TimestampType {
        unit: types::TimeUnit::Nanosecond,
        zone: Some("UTC".into()),
    })
}

#[test]
fn every_type_survives_the_way_there_and_back() {
    let decimal = Wit::Decimal128(types::DecimalType {
        precision: 38,
        scale: -3,
    });
    let flat = [
        Wit::Null,
        Wit::Boolean,
        Wit::Int8,
        Wit::Int16,
        Wit::Int32,
        Wit::Int64,
        Wit::Uint8,
        Wit::Uint16,
        Wit::Uint32,
        Wit::Uint64,
        Wit::Float32,
        Wit::Float64,
        Wit::Utf8,
        Wit::Binary,
        Wit::Json,
        Wit::Date32,
        Wit::Time64(types::TimeUnit::Nanosecond),
        timestamp(),
        Wit::Duration(types::TimeUnit::Second),
        decimal,
    ];
    for data_type in flat {
        let fields = vec![field("a", data_type, 0)];
        assert_eq!(wit_fields(&arrow_field(&fields).unwrap()), Ok(fields));
    }
    let nested = vec![
        field("o", Wit::Object, 3),
        field("labels", Wit::Dictionary, 2),
        field("key", Wit::Utf8, 0),
        field("value", Wit::Json, 0),
        field("list", Wit::Array, 1),
        field("item", Wit::Object, 0),
        field("at", timestamp(), 0),
    ];
    let arrow = arrow_field(&nested).unwrap();
    assert_eq!(wit_fields(&arrow), Ok(nested));
    let DataType::Struct(children) = arrow.data_type() else {
        panic!("{arrow}")
    };
    assert!(
        matches!(children[0].data_type(), DataType::Map(entries, false) if entries.name() == "entries")
    );
}

#[test]
fn what_cannot_be_is_refused_with_the_field_named() {
    let time = Wit::Time64(types::TimeUnit::Second);
    let decimal = Wit::Decimal128(types::DecimalType {
        precision: 3,
        scale: -128,
    });
    let cases = [
        (
            vec![field("a", Wit::Int8, 1), field("b", Wit::Int8, 0)],
            "`a` has 1 children",
        ),
        (
            vec![field("a", Wit::Array, 0)],
            "`a` has 0 children; its type has 1",
        ),
        (
            vec![field("a", Wit::Object, u32::MAX)],
            "ends in the middle: field `a`",
        ),
        (
            vec![field("a", Wit::Int8, 0), field("a", Wit::Int8, 0)],
            "`a` occurs twice",
        ),
        (
            vec![
                field("o", Wit::Object, 2),
                field("a", Wit::Int8, 0),
                field("a", Wit::Int8, 0),
            ],
            "`o.a` occurs twice",
        ),
        (
            vec![field("t", time, 0)],
            "expected microsecond or nanosecond",
        ),
        (vec![field("d", decimal, 0)], "`d` is a decimal(3, -128)"),
        (
            vec![
                field("m", Wit::Dictionary, 2),
                field("k", Wit::Utf8, 0),
                field("v", Wit::Utf8, 0),
            ],
            "`m` is a dictionary whose key",
        ),
        (vec![field("a", Wit::Array, 1); 40], "levels deep"),
        (
            vec![field("a", Wit::Int8, 0); limits::SCHEMA_FIELDS + 1],
            "at most 4096",
        ),
    ];
    for (fields, expected) in cases {
        let message = arrow_schema(&types::Schema { fields }).unwrap_err().message;
        assert!(message.contains(expected), "{message}");
    }
    assert!(arrow_field(&[]).is_err());
}

#[test]
fn a_guest_cannot_set_the_hosts_metadata() {
    let mut fields = vec![field("a", Wit::Utf8, 0)];
    fields[0].metadata = vec![
        (TYPE_KEY.into(), TYPE_JSON.into()),
        ("unit".into(), "bytes".into()),
    ];
    let arrow = arrow_field(&fields).unwrap();
    assert!(!is_json(&arrow));
    assert_eq!(arrow.metadata().get("unit").unwrap(), "bytes");
}

#[test]
fn types_the_contract_lacks_are_refused() {
    let arrow = Field::new("x", DataType::LargeUtf8, true);
    assert!(
        wit_fields(&arrow)
            .unwrap_err()
            .message
            .contains("`x` is a LargeUtf8")
    );
}
