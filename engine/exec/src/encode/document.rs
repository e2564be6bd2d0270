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
    if let Some(render) = &summary.render {
        out.extend_from_slice(b",\n\"render\":");
        json(render, out);
    }
    out.extend_from_slice(b"}\n");
}

/// Appends the last line of NDJSON.
pub fn ndjson_tail(summary: &Summary, out: &mut Vec<u8>) {
    out.extend_from_slice(b"{\"$completeness\":");
    json(&summary.completeness, out);
    out.extend_from_slice(b",\"$warnings\":");
    json(&summary.warnings, out);
    if let Some(render) = &summary.render {
        out.extend_from_slice(b",\"$render\":");
        json(render, out);
    }
    out.extend_from_slice(b"}\n");
}

/// Appends a value as JSON; writing to memory cannot fail.
fn json<T: Serialize + ?Sized>(value: &T, out: &mut Vec<u8>) {
    let _ = serde_json::to_writer(out, value);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::answer::Stats;
    use crate::completeness::Completeness;
    use trawl_plan::{Render, RenderKind};

    fn summary(render: Option<Render>) -> Summary {
        Summary {
            verified: None,
            completeness: Completeness::of(&[], 0, false),
            warnings: vec![],
            stats: Stats {
                elapsed_ms: 0,
                rows: 0,
                bytes_decoded: 0,
                requests: 0,
                guest_cpu_ms: 0,
                peak_memory: 0,
            },
            render,
        }
    }

    #[test]
    fn a_wish_to_be_shown_is_there_only_where_a_query_has_one() {
        let wish = Render {
            kind: RenderKind::Timechart,
            sparkline: None,
        };
        let (mut with, mut without, mut lines) = (Vec::new(), Vec::new(), Vec::new());
        json_head(&[], &mut with);
        json_tail(&summary(Some(wish.clone())), &mut with);
        json_head(&[], &mut without);
        json_tail(&summary(None), &mut without);
        ndjson_tail(&summary(Some(wish)), &mut lines);
        let read = |text: &[u8]| serde_json::from_slice::<serde_json::Value>(text).unwrap();
        let kind = serde_json::json!({"kind": "timechart"});
        assert_eq!(read(&with)["render"], kind);
        assert_eq!(read(&without).get("render"), None);
        assert_eq!(read(&lines)["$render"], kind);
    }
}
