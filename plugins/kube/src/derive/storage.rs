//! Owns what kubectl shows of volumes and claims: printPersistentVolume and printPersistentVolumeClaim of
//! pkg/printers/internalversion/printers.go, v1.36.

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::input;
use crate::kinds::Value;

/// kubectl's STATUS: the phase, or Terminating. Inputs: the phase, and the time of deletion.
pub(crate) fn volume_state(inputs: &[Option<&str>]) -> Value {
    if input::<IgnoredAny>(inputs, 1).is_some() {
        return Value::Text("Terminating".to_owned());
    }
    input::<String>(inputs, 0).map_or(Value::Null, Value::Text)
}

#[derive(Deserialize)]
struct Claim {
    #[serde(default)]
    namespace: String,
    #[serde(default)]
    name: String,
}

/// kubectl's CLAIM: `namespace/name`. Inputs: the reference.
pub(crate) fn claim(inputs: &[Option<&str>]) -> Value {
    match input::<Claim>(inputs, 0) {
        Some(claim) => Value::Text(format!("{}/{}", claim.namespace, claim.name)),
        None => Value::Null,
    }
}

/// kubectl's STORAGECLASS. Inputs: the annotation that came before the field, and the field.
pub(crate) fn storage_class(inputs: &[Option<&str>]) -> Value {
    let annotated: Option<String> = input(inputs, 0);
    let class = annotated.or_else(|| input(inputs, 1));
    class.map_or(Value::Null, Value::Text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_claims_and_classes() {
        let text = |text: &str| Value::Text(text.into());
        let deleted = Some("\"2026-11-21T08:00:00Z\"");
        assert_eq!(volume_state(&[Some("\"Bound\""), None]), text("Bound"));
        assert_eq!(
            volume_state(&[Some("\"Bound\""), deleted]),
            text("Terminating")
        );
        assert_eq!(volume_state(&[None, None]), Value::Null);
        assert_eq!(
            claim(&[Some(r#"{"namespace":"a","name":"b","uid":"x"}"#)]),
            text("a/b")
        );
        assert_eq!(claim(&[None]), Value::Null);
        assert_eq!(
            storage_class(&[Some("\"old\""), Some("\"new\"")]),
            text("old")
        );
        assert_eq!(storage_class(&[None, Some("\"new\"")]), text("new"));
        assert_eq!(storage_class(&[None, None]), Value::Null);
    }
}
