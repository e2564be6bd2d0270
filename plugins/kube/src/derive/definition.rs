//! Owns what is computed of a custom resource definition; refuses its schemas.

use serde::Deserialize;

use super::{document, input};
use crate::kinds::Value;

#[derive(Deserialize)]
struct Version {
    name: String,
    #[serde(default)]
    served: bool,
    #[serde(default)]
    storage: bool,
}

#[derive(Deserialize)]
struct Condition {
    #[serde(rename = "type")]
    of: String,
    #[serde(default)]
    status: String,
}

/// The versions that the API serves. Inputs: all versions.
pub(crate) fn served_versions(inputs: &[Option<&str>]) -> Value {
    let versions: Vec<Version> = input(inputs, 0).unwrap_or_default();
    let served = versions.iter().filter(|version| version.served);
    document(&served.map(|version| &version.name).collect::<Vec<_>>())
}

/// The version that objects are stored as. Inputs: all versions.
pub(crate) fn storage_version(inputs: &[Option<&str>]) -> Value {
    let versions: Vec<Version> = input(inputs, 0).unwrap_or_default();
    let stored = versions.into_iter().find(|version| version.storage);
    stored.map_or(Value::Null, |version| Value::Text(version.name))
}

/// Whether the API serves it. Inputs: the conditions.
pub(crate) fn established(inputs: &[Option<&str>]) -> Value {
    let conditions: Vec<Condition> = input(inputs, 0).unwrap_or_default();
    let holds = |condition: &Condition| condition.of == "Established" && condition.status == "True";
    Value::Bool(conditions.iter().any(holds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions() {
        let versions = r#"[{"name":"v1","served":true,"storage":true,"schema":{"a":1}},{"name":"v1beta1","served":false},{"name":"v1alpha1","served":true}]"#;
        let served = Value::Json(r#"["v1","v1alpha1"]"#.into());
        assert_eq!(served_versions(&[Some(versions)]), served);
        assert_eq!(storage_version(&[Some(versions)]), Value::Text("v1".into()));
        assert_eq!(served_versions(&[None]), Value::Json("[]".into()));
        assert_eq!(storage_version(&[Some("[]")]), Value::Null);
    }

    #[test]
    fn a_definition_is_established_by_its_condition() {
        let is = |status: &str| {
            format!(
                r#"[{{"type":"NamesAccepted","status":"True"}},{{"type":"Established","status":"{status}"}}]"#
            )
        };
        assert_eq!(established(&[Some(&is("True"))]), Value::Bool(true));
        assert_eq!(established(&[Some(&is("False"))]), Value::Bool(false));
        assert_eq!(established(&[None]), Value::Bool(false));
    }
}
