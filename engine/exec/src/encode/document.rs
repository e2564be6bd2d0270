//! What stands around the rows of an answer: the result contract, in the one place from which every door takes it.

use serde::Serialize;

use crate::answer::{AnswerColumn, Summary};

/// Appends what comes before the rows of a JSON document; rows are separated by `,` and a line break.
pub fn json_head(columns: &[AnswerColumn], out: &mut Vec<u8>) {
    out.extend_from_slice(b"{\"columns\":");
    json(columns, out);
    out.extend_from_slice(b",\n\"rows\":[\n");
}

/// Appends what comes after the rows of a JSON document.
pub fn json_tail(summary: &Summary, out: &mut Vec<u8>) {
    out.extend_from_slice(b"\n],\n\"completeness\":");
    json(&summary.completeness, out);
    out.extend_from_slice(b",\n\"warnings\":");
    json(&summary.warnings, out);
    if let Some(verified) = &summary.verified {
        out.extend_from_slice(b",\n\"verified\":");
        json(verified, out);
    }
    out.extend_from_slice(b",\n\"stats\":");
    json(&summary.stats, out);
    out.extend_from_slice(b"}\n");
}

/// Appends the last line of NDJSON.
pub fn ndjson_tail(summary: &Summary, out: &mut Vec<u8>) {
    out.extend_from_slice(b"{\"$completeness\":");
    json(&summary.completeness, out);
    out.extend_from_slice(b",\"$warnings\":");
    json(&summary.warnings, out);
    out.extend_from_slice(b"}\n");
}

/// Appends a value as JSON; writing to memory cannot fail.
fn json<T: Serialize + ?Sized>(value: &T, out: &mut Vec<u8>) {
    let _ = serde_json::to_writer(out, value);
}
