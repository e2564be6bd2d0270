//! Owns the way from a schema of OpenAPI v3, as Kubernetes writes it, to a type; refuses documents.
//!
//! What the schema leaves open is `dynamic`: an int-or-string, an object that keeps unknown fields, a resource within a resource.

use std::collections::BTreeMap;

use serde_json::Value;
use trawl_sdk::schema::Type;

/// How deep a schema is read; deeper it is `dynamic`. Kubernetes' own go to 15, and the language's types end at 32.
const DEPTH: usize = 24;

/// Parts of one kind that are read, the rest is `dynamic`: the largest operators' kinds have some thousand.
const PARTS: usize = 20_000;

/// The schema that quantities have by name.
const QUANTITY: &str = "io.k8s.apimachinery.pkg.api.resource.Quantity";

pub(super) struct Reader<'s> {
    schemas: &'s BTreeMap<String, Value>,
    /// The schemas that are being read: one that contains itself ends in `dynamic`.
    open: Vec<&'s str>,
    depth: usize,
    parts: usize,
}

impl<'s> Reader<'s> {
    pub(super) fn new(schemas: &'s BTreeMap<String, Value>) -> Self {
        Self {
            schemas,
            open: Vec::new(),
            depth: 0,
            parts: 0,
        }
    }

    /// The type of a schema's values.
    pub(super) fn of(&mut self, schema: &'s Value) -> Type {
        self.parts = self.parts.saturating_add(1);
        if self.depth >= DEPTH || self.parts > PARTS {
            return Type::Json;
        }
        self.depth += 1;
        let of = self.within(schema);
        self.depth -= 1;
        of
    }

    fn within(&mut self, schema: &'s Value) -> Type {
        if let Some(reference) = reference(schema) {
            return self.named(reference);
        }
        let marked = |mark: &str| schema.get(mark) == Some(&Value::Bool(true));
        if marked("x-kubernetes-int-or-string")
            || marked("x-kubernetes-preserve-unknown-fields")
            || marked("x-kubernetes-embedded-resource")
        {
            return Type::Json;
        }
        let word = |key: &str| schema.get(key).and_then(Value::as_str);
        match (word("type"), word("format")) {
            (Some("boolean"), _) => Type::Bool,
            (Some("integer"), _) => Type::Int64,
            (Some("number"), _) => Type::Float64,
            (Some("string"), Some("date-time")) => Type::Timestamp,
            (Some("string"), _) => Type::Utf8,
            (Some("array"), _) => match schema.get("items") {
                Some(items) => Type::list(self.of(items)),
                None => Type::Json,
            },
            (Some("object"), _) => self.object(schema),
            _ => Type::Json,
        }
    }

    fn object(&mut self, schema: &'s Value) -> Type {
        match (schema.get("properties"), schema.get("additionalProperties")) {
            (Some(Value::Object(fields)), None | Some(Value::Bool(false)))
                if !fields.is_empty() =>
            {
                let fields = fields.iter();
                Type::Object(
                    fields
                        .map(|(name, of)| (name.clone(), self.of(of)))
                        .collect(),
                )
            }
            (None, Some(values @ Value::Object(_))) => Type::map(self.of(values)),
            _ => Type::Json,
        }
    }

    fn named(&mut self, name: &'s str) -> Type {
        if name == QUANTITY {
            return Type::Quantity;
        }
        let Some(schema) = self.schemas.get(name) else {
            return Type::Json;
        };
        if self.open.contains(&name) {
            return Type::Json;
        }
        self.open.push(name);
        let of = self.of(schema);
        self.open.pop();
        of
    }
}

/// The name of the schema that this one only refers to. Kubernetes wraps a reference in `allOf` to give it a description.
fn reference(schema: &Value) -> Option<&str> {
    let direct = schema.get("$ref").or_else(|| {
        let all = schema.get("allOf")?.as_array()?;
        match all.as_slice() {
            [one] => one.get("$ref"),
            _ => None,
        }
    });
    direct?.as_str()?.strip_prefix("#/components/schemas/")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn schemas_become_types() {
        let schemas = BTreeMap::from([
            (QUANTITY.to_owned(), json!({"type": "string"})),
            (
                "Tree".to_owned(),
                json!({"type": "object", "properties": {
                    "below": {"type": "array", "items": {"$ref": "#/components/schemas/Tree"}},
                    "name": {"type": "string"}}}),
            ),
            (
                "Time".to_owned(),
                json!({"type": "string", "format": "date-time"}),
            ),
        ]);
        for (schema, expected) in [
            (json!({"type": "string"}), "string"),
            (json!({"type": "string", "format": "byte"}), "string"),
            (json!({"type": "integer", "format": "int32"}), "long"),
            (json!({"type": "integer"}), "long"),
            (json!({"type": "number", "format": "double"}), "real"),
            (json!({"type": "boolean"}), "bool"),
            (json!({"x-kubernetes-int-or-string": true}), "dynamic"),
            (
                json!({"type": "object", "x-kubernetes-preserve-unknown-fields": true,
                       "properties": {"a": {"type": "string"}}}),
                "dynamic",
            ),
            (json!({"type": "object"}), "dynamic"),
            (json!({"type": "object", "properties": {}}), "dynamic"),
            (json!({"type": "array"}), "dynamic"),
            (json!({}), "dynamic"),
            (json!(true), "dynamic"),
            (
                json!({"type": "array", "items": {"type": "integer"}}),
                "list<long>",
            ),
            (
                json!({"type": "object", "additionalProperties": {"type": "string"}}),
                "map<string, string>",
            ),
            (
                json!({"type": "object", "properties": {
                    "at": {"allOf": [{"$ref": "#/components/schemas/Time"}], "description": "When"},
                    "cpu": {"$ref": format!("#/components/schemas/{QUANTITY}")},
                    "gone": {"$ref": "#/components/schemas/Gone"}}}),
                "struct<at: datetime, cpu: quantity, gone: dynamic>",
            ),
            (
                json!({"$ref": "#/components/schemas/Tree"}),
                "struct<below: list<dynamic>, name: string>",
            ),
        ] {
            let of = Reader::new(&schemas).of(&schema);
            assert_eq!(of.to_string(), expected, "{schema}");
        }
    }

    #[test]
    fn depth_and_size_are_bounded() {
        let mut deep = json!({"type": "string"});
        for _ in 0..100 {
            deep = json!({"type": "array", "items": deep});
        }
        let none = BTreeMap::new();
        assert!(
            Reader::new(&none)
                .of(&deep)
                .to_string()
                .contains("list<dynamic>")
        );
        let wide: serde_json::Map<String, Value> = (0..=PARTS)
            .map(|at| (format!("f{at:06}"), json!({"type": "string"})))
            .collect();
        let wide = json!({"type": "object", "properties": wide});
        let of = Reader::new(&none).of(&wide).to_string();
        assert!(
            of.ends_with("f020000: dynamic>"),
            "{}",
            &of[of.len() - 40..]
        );
    }
}
