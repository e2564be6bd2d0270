//! Owns the rows of custom resources: the columns their definition adds, after `customresource/tableconvertor` of
//! apiextensions-apiserver.

use serde_json::{Value, json};

use super::json_path;
use crate::clock::{human_duration, parse_s};
use crate::objects::custom::Definition;

/// `columnDefinitions` of a version's table.
pub(super) fn columns(definition: &Definition, version: &str) -> Vec<Value> {
    let mut columns = vec![json!({
        "name": "Name", "type": "string", "format": "name",
        "description": "Name must be unique within a namespace.", "priority": 0,
    })];
    columns.extend(added(definition, version).iter().map(|column| {
        let description = column["description"].as_str().map_or_else(
            || {
                let path = column["jsonPath"].as_str().unwrap_or_default();
                format!("Custom resource definition column (in JSONPath format): {path}")
            },
            str::to_owned,
        );
        json!({
            "name": column["name"], "type": column["type"], "format": "", "description": description,
            "priority": column["priority"].as_i64().unwrap_or(0),
        })
    }));
    columns
}

/// What a definition adds to the name; the age when it says nothing.
fn added(definition: &Definition, version: &str) -> Vec<Value> {
    let columns = definition
        .version(version)
        .map_or(&[] as &[Value], |version| version.columns);
    if !columns.is_empty() {
        return columns.to_vec();
    }
    vec![json!({
        "name": "Age", "type": "date", "jsonPath": ".metadata.creationTimestamp",
        "description": "CreationTimestamp is a timestamp representing the server time when this object was created.",
    })]
}

/// The cells of an object.
pub(super) fn cells(
    definition: &Definition,
    version: &str,
    object: &Value,
    now_s: i64,
) -> Vec<Value> {
    let mut cells = vec![object["metadata"]["name"].clone()];
    cells.extend(added(definition, version).iter().map(|column| {
        let path = column["jsonPath"].as_str().unwrap_or_default();
        json_path::find(path, object)
            .map_or(Value::Null, |value| cell(&column["type"], value, now_s))
    }));
    cells
}

fn cell(kind: &Value, value: &Value, now_s: i64) -> Value {
    match (kind.as_str().unwrap_or_default(), value) {
        ("string", Value::String(_)) => value.clone(),
        ("string", other) => json!(other.to_string()),
        ("integer" | "number", Value::Number(_)) | ("boolean", Value::Bool(_)) => value.clone(),
        ("date", Value::String(text)) => parse_s(text).map_or_else(
            || json!("<invalid>"),
            |then| json!(human_duration(now_s.saturating_sub(then))),
        ),
        _ => Value::Null,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::objects::custom::definitions;

    #[test]
    fn cells_follow_the_columns_of_the_definition() {
        let find = |plural: &str, version: &str| {
            definitions()
                .iter()
                .find(|found| found.plural == plural && found.version(version).is_some())
                .unwrap()
        };
        let applications = find("applications", "v1alpha1");
        let object =
            json!({"metadata": {"name": "x"}, "status": {"sync": {"status": "OutOfSync"}}});
        let row = cells(applications, "v1alpha1", &object, 0);
        assert_eq!(row[..3], [json!("x"), json!("OutOfSync"), Value::Null]);
        let columns = columns(applications, "v1alpha1");
        assert_eq!(columns.len(), row.len());
        assert_eq!(columns[1]["name"], "Sync Status");
        assert_eq!(columns[3]["priority"], 10);
        let routes = find("virtualservices", "v1beta1");
        let object = json!({
            "metadata": {"name": "x", "creationTimestamp": "1970-01-01T00:00:00Z"}, "spec": {"hosts": ["a", "b"]},
        });
        assert_eq!(
            cells(routes, "v1beta1", &object, 90),
            [
                json!("x"),
                Value::Null,
                json!("[\"a\",\"b\"]"),
                json!("90s")
            ]
        );
        assert_eq!(
            cells(find("appprojects", "v1alpha1"), "v1alpha1", &object, 90),
            [json!("x"), json!("90s")]
        );
    }
}
