//! The rows every table claims to have: a number `n` and a text `s`, right or broken in one place.

use crate::trawl::source::types::{Batch, DataType, Field, Node};

/// Columns of every table.
pub(crate) fn fields() -> Vec<Field> {
    vec![
        crate::field("n", DataType::Int64, false),
        crate::field("s", DataType::Utf8, true),
    ]
}

/// Rows `from..to`, as they should be.
pub(crate) fn batch(from: i64, to: i64) -> Batch {
    let texts: Vec<String> = (from..to).map(|number| format!("row {number}")).collect();
    rows(from..to, &texts)
}

/// A row for each text, with its number from 0.
pub(crate) fn texts(texts: &[String]) -> Batch {
    rows(0..texts.len() as i64, texts)
}

fn rows(numbers: std::ops::Range<i64>, texts: &[String]) -> Batch {
    let mut offsets = vec![0_i32];
    let mut end = 0;
    for text in texts {
        end += text.len() as i32;
        offsets.push(end);
    }
    let rows = texts.len() as u64;
    Batch {
        rows,
        nodes: vec![
            Node {
                len: rows,
                nulls: 0,
            },
            Node {
                len: rows,
                nulls: 0,
            },
        ],
        buffers: vec![
            vec![],
            numbers.flat_map(i64::to_le_bytes).collect(),
            vec![],
            offsets
                .iter()
                .flat_map(|offset| offset.to_le_bytes())
                .collect(),
            texts.concat().into_bytes(),
        ],
    }
}

/// Three rows with one thing wrong, by its name; none for a name that is not known.
pub(crate) fn broken(how: &str) -> Option<Batch> {
    let mut batch = batch(0, 3);
    let offsets = |values: [i32; 4]| {
        values
            .iter()
            .flat_map(|value| value.to_le_bytes())
            .collect::<Vec<u8>>()
    };
    match how {
        "short-buffer" => batch.buffers[1].truncate(20),
        "missing-buffer" => batch.buffers.truncate(4),
        "surplus-buffer" => batch.buffers.push(vec![1]),
        "missing-node" => batch.nodes.truncate(1),
        "wrong-count" => batch.nodes[1].len = 2,
        "wrong-nulls" => batch.nodes[1].nulls = 2,
        "null-in-n" => {
            batch.nodes[0].nulls = 1;
            batch.buffers[0] = vec![0b101];
        }
        "huge-rows" => batch.rows = u64::MAX,
        "huge-length" => {
            batch.rows = 1 << 20;
            batch.nodes[0].len = 1 << 20;
            batch.nodes[1].len = 1 << 20;
        }
        "descending-offsets" => batch.buffers[3] = offsets([0, 10, 5, 15]),
        "overlapping-offsets" => batch.buffers[3] = offsets([0, -5, 5, 15]),
        "far-offsets" => batch.buffers[3] = offsets([0, 5, 10, i32::MAX]),
        "first-offset" => batch.buffers[3] = offsets([3, 5, 10, 15]),
        "invalid-utf8" => batch.buffers[4] = vec![0xff; 15],
        "split-utf8" => batch.buffers[4] = "ü".repeat(8).into_bytes()[..15].to_vec(),
        "undeclared-schema" => {
            batch.nodes.push(Node { len: 3, nulls: 0 });
            batch.buffers.extend([vec![], vec![0; 24]]);
        }
        _ => return None,
    }
    Some(batch)
}
