//! Whether a document is a JSON Schema (draft 2020-12, and what older drafts share with it): each keyword that the standard defines
//! has the form that it defines. Owns no validation of documents; keywords that nobody defines are allowed, as the standard says.

use serde_json::Value as Json;

/// The types that JSON Schema names.
const TYPES: [&str; 7] = [
    "array", "boolean", "integer", "null", "number", "object", "string",
];

/// How deep schemas are looked at: nobody writes deeper ones, and the walk is recursive.
const DEPTH: usize = 64;

/// What is wrong with a schema, each with where.
pub fn problems(schema: &Json) -> Vec<String> {
    let mut problems = Vec::new();
    walk(schema, schema, "#", DEPTH, &mut problems);
    problems
}

fn walk(root: &Json, schema: &Json, at: &str, depth: usize, problems: &mut Vec<String>) {
    let Json::Object(keywords) = schema else {
        if !schema.is_boolean() {
            problems.push(format!(
                "{at}: expected a schema, an object or a boolean, got {schema}"
            ));
        }
        return;
    };
    if depth == 0 {
        problems.push(format!("{at}: it is nested more than {DEPTH} deep"));
        return;
    }
    for (keyword, value) in keywords {
        let place = format!("{at}/{keyword}");
        let mut wrong = |expected: &str| {
            problems.push(format!("{place}: expected {expected}, got {value}"));
        };
        match keyword.as_str() {
            "type" => {
                let known = |it: &Json| it.as_str().is_some_and(|it| TYPES.contains(&it));
                let fine = match value {
                    Json::Array(types) => !types.is_empty() && types.iter().all(known),
                    other => known(other),
                };
                if !fine {
                    wrong(&format!("one of {} or a list of these", TYPES.join(", ")));
                }
            }
            "properties" | "patternProperties" | "$defs" | "definitions" | "dependentSchemas" => {
                match value {
                    Json::Object(schemas) => {
                        for (name, schema) in schemas {
                            let place = format!("{place}/{name}");
                            walk(root, schema, &place, depth - 1, problems);
                        }
                    }
                    _ => wrong("an object of schemas"),
                }
            }
            "additionalProperties"
            | "propertyNames"
            | "not"
            | "if"
            | "then"
            | "else"
            | "contains"
            | "unevaluatedProperties"
            | "unevaluatedItems"
            | "additionalItems" => {
                walk(root, value, &place, depth - 1, problems);
            }
            "items" if value.is_object() || value.is_boolean() => {
                walk(root, value, &place, depth - 1, problems);
            }
            "items" | "prefixItems" | "allOf" | "anyOf" | "oneOf" => match value {
                Json::Array(schemas) if !schemas.is_empty() => {
                    for (position, schema) in schemas.iter().enumerate() {
                        let place = format!("{place}/{position}");
                        walk(root, schema, &place, depth - 1, problems);
                    }
                }
                _ => wrong("a list of schemas that is not empty"),
            },
            "required" => {
                let names: Option<Vec<&str>> = value
                    .as_array()
                    .and_then(|it| it.iter().map(Json::as_str).collect());
                match names {
                    Some(names) if is_a_set(&names) => {}
                    _ => wrong("a list of names, each once"),
                }
            }
            "enum" if !value.as_array().is_some_and(|it| !it.is_empty()) => {
                wrong("a list of values that is not empty");
            }
            "minimum" | "maximum" | "exclusiveMinimum" | "exclusiveMaximum"
                if !value.is_number() =>
            {
                wrong("a number");
            }
            "multipleOf" if !value.as_f64().is_some_and(|it| it > 0.0) => {
                wrong("a number above zero");
            }
            "minLength" | "maxLength" | "minItems" | "maxItems" | "minProperties"
            | "maxProperties" | "minContains" | "maxContains"
                if !value.is_u64() =>
            {
                wrong("a whole number from 0");
            }
            "title" | "description" | "format" | "pattern" | "$id" | "$schema" | "$comment"
            | "$anchor" | "contentEncoding" | "contentMediaType"
                if !value.is_string() =>
            {
                wrong("a text");
            }
            "uniqueItems" | "deprecated" | "readOnly" | "writeOnly" if !value.is_boolean() => {
                wrong("true or false");
            }
            "$ref" => match value.as_str() {
                Some("#") => {}
                Some(path) => match path.strip_prefix('#') {
                    Some(pointer) if root.pointer(pointer).is_none() => {
                        wrong("a place in this schema");
                    }
                    Some(_) => {}
                    None => wrong("a place in this schema: nothing else is fetched"),
                },
                None => wrong("a text"),
            },
            _ => {}
        }
    }
}

fn is_a_set(names: &[&str]) -> bool {
    names
        .iter()
        .enumerate()
        .all(|(position, name)| names.iter().position(|it| it == name) == Some(position))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn schemas_of_real_plugins_are_fine() {
        let schema = json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "type": "object", "additionalProperties": false, "required": ["a"],
            "properties": {
                "a": {"type": ["string", "null"], "pattern": "^x", "minLength": 1, "default": 5},
                "b": {"type": "array", "items": {"$ref": "#/$defs/b"}, "x-own": []},
                "c": true
            },
            "$defs": {"b": {"anyOf": [{"enum": [1, "x"]}, {"type": "integer", "minimum": 0}]}}
        });
        assert_eq!(problems(&schema), [""; 0]);
    }

    #[test]
    fn each_keyword_has_its_form() {
        for (schema, place) in [
            (json!([]), "#: expected a schema"),
            (json!({"type": "text"}), "#/type: expected one of"),
            (
                json!({"properties": []}),
                "#/properties: expected an object",
            ),
            (
                json!({"properties": {"a": 1}}),
                "#/properties/a: expected a schema",
            ),
            (
                json!({"required": ["a", "a"]}),
                "#/required: expected a list of names",
            ),
            (json!({"required": true}), "#/required"),
            (json!({"enum": []}), "#/enum"),
            (json!({"items": {"minLength": -1}}), "#/items/minLength"),
            (json!({"anyOf": []}), "#/anyOf"),
            (json!({"$ref": "#/$defs/none"}), "#/$ref: expected a place"),
            (json!({"$ref": "other.json"}), "nothing else is fetched"),
            (
                json!({"additionalProperties": "no"}),
                "#/additionalProperties",
            ),
        ] {
            let problems = problems(&schema);
            assert!(
                problems.iter().any(|it| it.contains(place)),
                "{place}: {problems:?}"
            );
        }
    }
}
