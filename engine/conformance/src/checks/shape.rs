//! Whether a document has the shape that its column promises: a query that names a field beyond it is refused before anything is
//! asked, so that a field which the shape leaves out can never be read.

use serde_json::Value as Json;
use trawl_plan::Type;

/// Where a document does not fit, and how; nothing where it does. Absent parts and nulls fit everywhere.
pub fn misfit(document: &Json, shape: &Type, at: &str) -> Option<String> {
    let wrong = |what: &str| {
        Some(format!(
            "`{at}` should be {what} by its shape, and holds {}",
            kind(document)
        ))
    };
    match (shape, document) {
        (_, Json::Null) | (Type::Dynamic | Type::Null, _) => None,
        (Type::Struct(fields), Json::Object(members)) => {
            members.iter().find_map(|(name, value)| {
                match fields.iter().find(|(known, _)| known == name) {
                    Some((_, ty)) => misfit(value, ty, &format!("{at}.{name}")),
                    None => Some(format!(
                        "`{at}.{name}` occurs, and the shape of the column does not have it"
                    )),
                }
            })
        }
        (Type::Map(ty), Json::Object(members)) => members
            .iter()
            .find_map(|(name, value)| misfit(value, ty, &format!("{at}.{name}"))),
        (Type::List(ty), Json::Array(items)) => items
            .iter()
            .find_map(|item| misfit(item, ty, &format!("{at}[*]"))),
        (Type::Struct(_), _) => wrong("an object"),
        (Type::Map(_), _) => wrong("a map"),
        (Type::List(_), _) => wrong("a list"),
        (Type::String, Json::String(_)) | (Type::Bool, Json::Bool(_)) => None,
        (Type::Long | Type::Real | Type::Quantity, Json::Number(_)) => None,
        (Type::Quantity | Type::Datetime | Type::Timespan, Json::String(_)) => None,
        // Numbers that JSON does not have come as texts.
        (Type::Real, Json::String(_)) => None,
        (ty, _) => wrong(&format!("of the type {ty}")),
    }
}

fn kind(value: &Json) -> &'static str {
    match value {
        Json::Null => "null",
        Json::Bool(_) => "a boolean",
        Json::Number(_) => "a number",
        Json::String(_) => "a text",
        Json::Array(_) => "a list",
        Json::Object(_) => "an object",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use trawl_plan::parse_type;

    #[test]
    fn documents_fit_their_shape_or_it_is_said_where_not() {
        let shape = parse_type(
            "struct<phase: string, conditions: list<struct<n: long>>, labels: map<string, string>>",
        )
        .unwrap();
        let fits =
            json!({"phase": "x", "conditions": [{"n": 1}, {"n": null}, {}], "labels": {"a": "b"}});
        assert_eq!(misfit(&fits, &shape, "status"), None);
        for (document, expected) in [
            (json!({"other": 1}), "`status.other` occurs"),
            (
                json!({"phase": 1}),
                "`status.phase` should be of the type string",
            ),
            (json!({"conditions": {"n": 1}}), "should be a list"),
            (
                json!({"conditions": [{"m": 1}]}),
                "`status.conditions[*].m` occurs",
            ),
            (json!([]), "should be an object"),
        ] {
            let wrong = misfit(&document, &shape, "status").unwrap();
            assert!(wrong.contains(expected), "{wrong}");
        }
    }
}
