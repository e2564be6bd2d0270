//! What a query uses: its operators and functions, counted on the tree.

use std::collections::BTreeMap;

use serde_json::Value as Json;
use trawl_lang::ast::File;

/// Every operator of the language, sources and sets of queries included, as [`uses`] counts them.
pub const OPERATORS: [&str; 22] = [
    "Where",
    "Extend",
    "Project",
    "ProjectAway",
    "ProjectRename",
    "Summarize",
    "MakeSeries",
    "Sort",
    "Take",
    "Top",
    "Distinct",
    "Count",
    "GetSchema",
    "Join",
    "Lookup",
    "Union",
    "MvExpand",
    "Parse",
    "Render",
    "Print",
    "DataTable",
    "InQuery",
];

/// How often each operator and function stands in a file.
pub fn uses(file: &File) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    if let Ok(json) = serde_json::to_value(file) {
        walk(&json, &mut counts);
    }
    counts
}

fn walk(json: &Json, counts: &mut BTreeMap<String, usize>) {
    match json {
        Json::Array(items) => items.iter().for_each(|item| walk(item, counts)),
        Json::Object(fields) => {
            if let Some(name) = json.pointer("/Call/name/name").and_then(Json::as_str) {
                *counts.entry(name.to_owned()).or_default() += 1;
            }
            if json.pointer("/In/set/Query").is_some() {
                *counts.entry("InQuery".to_owned()).or_default() += 1;
            }
            // An operator is `{kind: {Name: …}, name: span, span}`, or its name alone.
            if fields.contains_key("kind") && fields.contains_key("name") {
                let name = match fields.get("kind") {
                    Some(Json::String(name)) => Some(name.clone()),
                    Some(Json::Object(kind)) => kind.keys().next().cloned(),
                    _ => None,
                };
                *counts.entry(name.unwrap_or_default()).or_default() += 1;
            }
            for source in ["Print", "DataTable", "Union"] {
                if fields
                    .get("source")
                    .is_some_and(|it| it.get(source).is_some())
                {
                    *counts.entry(source.to_owned()).or_default() += 1;
                }
            }
            fields.values().for_each(|value| walk(value, counts));
        }
        _ => {}
    }
}
