//! Tests of the column batches: right ones as they are, broken ones by their message.

use super::*;
use arrow::array::{AsArray, Int32Array, MapArray, StringArray};
use arrow::datatypes::{Int64Type, Schema};

fn one(field: Field) -> SchemaRef {
    Arc::new(Schema::new(vec![field]))
}

fn node(len: u64, nulls: u64) -> Node {
    Node { len, nulls }
}

fn offsets(values: &[i32]) -> Vec<u8> {
    values
        .iter()
        .flat_map(|value| value.to_le_bytes())
        .collect()
}

fn longs(values: &[i64]) -> Vec<u8> {
    values
        .iter()
        .flat_map(|value| value.to_le_bytes())
        .collect()
}

#[test]
fn a_buffer_is_not_copied() {
    let values = longs(&[1, 2, 3]);
    let address = values.as_ptr();
    let batch = Batch {
        rows: 3,
        nodes: vec![node(3, 0)],
        buffers: vec![vec![], values],
    };
    let batch = decode(&one(Field::new("n", DataType::Int64, false)), batch).unwrap();
    let column = batch.column(0).as_primitive::<Int64Type>();
    assert_eq!(column.values(), &[1, 2, 3]);
    assert_eq!(column.values().inner().as_ptr(), address);
}

#[test]
fn a_map_gets_its_entries() {
    let key = Field::new("key", DataType::Utf8, false);
    let value = Field::new("value", DataType::Int32, true);
    let entries = Field::new("entries", DataType::Struct(vec![key, value].into()), false);
    let schema = one(Field::new(
        "labels",
        DataType::Map(Arc::new(entries), false),
        true,
    ));
    let batch = Batch {
        rows: 3,
        nodes: vec![node(3, 1), node(2, 0), node(2, 1)],
        buffers: vec![
            vec![0b101],
            offsets(&[0, 2, 2, 2]),
            vec![],
            offsets(&[0, 1, 3]),
            b"abb".to_vec(),
            vec![0b01],
            [7_i32.to_le_bytes(), [0; 4]].concat(),
        ],
    };
    let batch = decode(&schema, batch).unwrap();
    let map: &MapArray = batch.column(0).as_map();
    assert_eq!(map.keys().as_ref(), &StringArray::from(vec!["a", "bb"]));
    assert_eq!(
        map.values().as_ref(),
        &Int32Array::from(vec![Some(7), None])
    );
    assert!(batch.column(0).is_null(1));
}

#[test]
fn rows_without_columns_are_counted() {
    let schema = Arc::new(Schema::empty());
    let batch = |rows| Batch {
        rows,
        nodes: vec![],
        buffers: vec![],
    };
    assert_eq!(decode(&schema, batch(5)).unwrap().num_rows(), 5);
    assert!(
        decode(&schema, batch(u64::MAX))
            .unwrap_err()
            .message
            .contains("at most")
    );
}

#[test]
fn what_is_broken_names_its_column() {
    let text = || one(Field::new("t", DataType::Utf8, true));
    let number = || one(Field::new("n", DataType::Int64, false));
    let list = || {
        let item = Arc::new(Field::new("item", DataType::Int64, true));
        one(Field::new("l", DataType::List(item), true))
    };
    let texts = |starts: &[i32], bytes: &[u8]| vec![vec![], offsets(starts), bytes.to_vec()];
    let two = || vec![node(2, 0)];
    type Case = (
        &'static str,
        SchemaRef,
        Vec<Node>,
        Vec<Vec<u8>>,
        &'static str,
    );
    let cases: Vec<Case> = vec![
        (
            "no node",
            number(),
            vec![],
            vec![],
            "`n`: the batch has no node",
        ),
        ("no buffer", number(), two(), vec![], "no validity buffer"),
        (
            "no values",
            number(),
            two(),
            vec![vec![]],
            "no values buffer",
        ),
        (
            "short",
            number(),
            two(),
            vec![vec![], vec![0; 15]],
            "15 bytes; expected 16",
        ),
        (
            "long",
            number(),
            two(),
            vec![vec![], vec![0; 999]],
            "999 bytes; expected 16",
        ),
        (
            "length",
            number(),
            vec![node(3, 0)],
            vec![vec![], vec![0; 24]],
            "expected 2 values, found 3",
        ),
        (
            "huge",
            number(),
            vec![node(u64::MAX, 0)],
            vec![vec![], vec![0; 16]],
            "expected 2 values",
        ),
        (
            "null",
            number(),
            vec![node(2, 1)],
            vec![vec![1], vec![0; 16]],
            "declared without null",
        ),
        (
            "no bits",
            text(),
            vec![node(2, 1)],
            texts(&[0, 0, 0], b""),
            "validity buffer is empty",
        ),
        (
            "count",
            text(),
            vec![node(2, 2)],
            vec![vec![1], offsets(&[0, 0, 0]), vec![]],
            "the validity buffer has 1",
        ),
        ("descending", text(), two(), texts(&[0, 3, 1], b"a"), "`t`"),
        ("negative", text(), two(), texts(&[0, -1, 1], b"a"), "`t`"),
        (
            "first",
            text(),
            two(),
            texts(&[1, 1, 1], b"a"),
            "go from 1 to 1",
        ),
        (
            "last",
            text(),
            two(),
            texts(&[0, 1, -5], b"a"),
            "go from 0 to -5",
        ),
        (
            "beyond",
            text(),
            two(),
            texts(&[0, 1, i32::MAX], b"a"),
            "1 bytes; expected 2147483647",
        ),
        ("utf8", text(), two(), texts(&[0, 1, 2], b"\xff\xfe"), "`t`"),
        (
            "split",
            text(),
            two(),
            texts(&[0, 1, 2], "ü".as_bytes()),
            "`t`",
        ),
        (
            "items",
            list(),
            vec![node(2, 0), node(1, 0)],
            vec![vec![], offsets(&[0, 1, 2]), vec![], vec![0; 8]],
            "`l.item`: expected 2 values, found 1",
        ),
        (
            "surplus",
            number(),
            two(),
            vec![vec![], vec![0; 16], vec![]],
            "0 nodes and 1 buffers more",
        ),
    ];
    for (name, schema, nodes, buffers, expected) in cases {
        let batch = Batch {
            rows: 2,
            nodes,
            buffers,
        };
        let message = decode(&schema, batch).unwrap_err().message;
        assert!(message.contains(expected), "{name}: {message}");
    }
}
