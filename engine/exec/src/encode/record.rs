//! What an answer ends with as one line of ASCII of bounded length, for where only a header can say it. What has no room is left out, and
//! it is said how much of it.

use std::fmt::Write as _;

use serde_json::{Value as Json, json};

use crate::answer::Summary;
use crate::completeness::Target;

/// The record on one line that any HTTP header can hold, at most `bytes` long: whole, else without warnings, with as many of the targets
/// that did not answer as there is room for, and with `left_out`, how many targets and warnings are not in it.
pub fn record_line(summary: &Summary, bytes: usize) -> String {
    let whole = ascii(&json!(summary));
    if whole.len() <= bytes {
        return whole;
    }
    let mut short = Summary {
        // They quote remotes and have no length of their own.
        warnings: Vec::new(),
        ..summary.clone()
    };
    let targets = std::mem::take(&mut short.completeness.targets);
    let all = targets.len();
    let unanswered = targets
        .into_iter()
        .filter(|target| !target.status.answered());
    let mut listed: Vec<Target> = unanswered.collect();
    loop {
        short.completeness.targets.clone_from(&listed);
        let mut record = json!(short);
        if let Some(record) = record.as_object_mut() {
            let left_out = json!({ "targets": all.saturating_sub(listed.len()), "warnings": summary.warnings.len() });
            record.insert("left_out".to_owned(), left_out);
        }
        let line = ascii(&record);
        if line.len() <= bytes || listed.is_empty() {
            return line;
        }
        listed.truncate(listed.len() / 2);
    }
}

/// JSON with every character beyond printable ASCII escaped.
fn ascii(value: &Json) -> String {
    let mut line = String::new();
    for character in value.to_string().chars() {
        if character.is_ascii() && !character.is_ascii_control() {
            line.push(character);
            continue;
        }
        let mut units = [0; 2];
        for unit in character.encode_utf16(&mut units) {
            // Writing to a text cannot fail.
            let _ = write!(line, "\\u{unit:04x}");
        }
    }
    line
}
