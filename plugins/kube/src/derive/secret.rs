//! Owns what of a secret's annotations may be shown; refuses every annotation that can repeat a value.

use std::collections::BTreeMap;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use super::{document, input};
use crate::kinds::Value;

/// Annotations in which tools keep the object as it was applied, packed or not. (kubectl; kapp; the rancher, banzai and
/// shipper object sets.)
const APPLIED: [&str; 5] = [
    "kubectl.kubernetes.io/last-applied-configuration",
    "kapp.k14s.io/original",
    "objectset.rio.cattle.io/applied",
    "banzaicloud.com/last-applied",
    "last-applied-configuration",
];

/// A value that is shorter than this many bytes says nothing, and would be found in any text.
const LEAST_VALUE: usize = 4;

/// The annotations without those that hold the secret as it was applied, or one of its values. Inputs: the annotations, the data.
pub(crate) fn harmless_annotations(inputs: &[Option<&str>]) -> Value {
    let Some(mut annotations) = input::<BTreeMap<String, String>>(inputs, 0) else {
        return Value::Null;
    };
    let data: BTreeMap<String, String> = input(inputs, 1).unwrap_or_default();
    let decoded = data.values().filter_map(|value| {
        let bytes = BASE64_STANDARD.decode(value).ok()?;
        String::from_utf8(bytes).ok()
    });
    let values: Vec<String> = decoded.chain(data.values().cloned()).collect();
    let repeats = |text: &str| {
        let mut values = values.iter().map(|value| value.trim());
        values.any(|value| value.len() >= LEAST_VALUE && text.contains(value))
    };
    annotations.retain(|key, text| !is_applied(key) && !holds_values(text) && !repeats(text));
    document(&annotations)
}

fn is_applied(key: &str) -> bool {
    APPLIED.iter().any(|known| key.ends_with(known))
}

/// Whether a text is, or begins as, a document: a tool that nobody listed may keep the object too.
fn holds_values(text: &str) -> bool {
    let text = text.trim_start();
    text.starts_with(['{', '['])
        || ["data:", "stringData:", "\ndata", "\nstringData"]
            .iter()
            .any(|part| text.contains(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn annotations_that_repeat_a_value_are_left_out() {
        let annotations = serde_json::json!({
            "kubectl.kubernetes.io/last-applied-configuration": r#"{"data":{"password":"aHVudGVyMg=="}}"#,
            "objectset.rio.cattle.io/applied": "H4sIAAAA",
            "example.com/copy": " {\"stringData\": {\"password\": \"hunter2\"}}",
            "example.com/manifest": "kind: Secret\ndata:\n  password: aHVudGVyMg==",
            "example.com/owner": "team-a",
            "reloader/match": "true",
        })
        .to_string();
        let shown = harmless_annotations(&[Some(&annotations), None]);
        assert_eq!(
            shown,
            Value::Json(r#"{"example.com/owner":"team-a","reloader/match":"true"}"#.into())
        );
        let copies = r#"{"a":"hunter2","b":"x aHVudGVyMg== y","c":"xy"}"#;
        let data = r#"{"password":"aHVudGVyMg==","short":"eHk="}"#;
        assert_eq!(
            harmless_annotations(&[Some(copies), Some(data)]),
            Value::Json(r#"{"c":"xy"}"#.into())
        );
        assert_eq!(harmless_annotations(&[None]), Value::Null);
        assert_eq!(harmless_annotations(&[Some("5")]), Value::Null);
    }
}
