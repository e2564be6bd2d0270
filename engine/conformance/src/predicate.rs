//! Conditions on a table, made of the values that its rows have. Owns which are tried; whether a plugin takes one over is its own
//! business, and that the rows are the same is what is checked.

use std::collections::BTreeSet;

use serde_json::Value as Json;
use trawl_plan::Type;

use crate::literal;

/// Documents can have thousands of paths; so many of each are tried.
const PATHS: usize = 4;

/// How deep paths below documents go.
const PATH_DEPTH: usize = 3;

/// Values that mean something to languages that a plugin may translate into: quotes, wildcards, escapes, breaks.
const AWKWARD: [&str; 6] = ["\"", "'\\", "%_*?", "a\nb", "${x}{{y}}", "é⏎"];

/// Something that conditions are about: a column, or a path below one.
#[derive(Debug, Clone)]
pub struct Place {
    /// As an expression.
    pub expr: String,
    /// Its type; that of a path is not known.
    pub ty: Type,
    /// Values that occur, each once, in their order.
    pub values: Vec<Json>,
}

/// The columns of these names, and paths below those that hold documents.
pub fn places(columns: &[(String, Type)], rows: &[Json]) -> Vec<Place> {
    let mut places = Vec::new();
    for (name, ty) in columns {
        let values = distinct(rows.iter().filter_map(|row| row.get(name)));
        let expr = literal::name(name);
        if matches!(ty, Type::Dynamic | Type::Struct(_) | Type::Map(_)) {
            let mut paths = BTreeSet::new();
            for value in &values {
                walk(value, &expr, PATH_DEPTH, &mut paths);
            }
            for (expr, keys) in paths.into_iter().take(PATHS) {
                let below = rows.iter().filter_map(|row| {
                    let root = row.get(name)?;
                    keys.iter().try_fold(root, |at, key| at.get(key))
                });
                places.push(Place {
                    expr,
                    ty: Type::Dynamic,
                    values: distinct(below),
                });
            }
        }
        places.push(Place {
            expr,
            ty: ty.clone(),
            values,
        });
    }
    places
}

fn distinct<'a>(values: impl Iterator<Item = &'a Json>) -> Vec<Json> {
    let mut seen = BTreeSet::new();
    values
        .filter(|value| !value.is_null() && seen.insert(value.to_string()))
        .cloned()
        .collect()
}

/// Paths that lead to scalars, with their keys.
fn walk(value: &Json, at: &str, depth: usize, paths: &mut BTreeSet<(String, Vec<String>)>) {
    fn below(
        value: &Json,
        at: &str,
        keys: &mut Vec<String>,
        depth: usize,
        paths: &mut BTreeSet<(String, Vec<String>)>,
    ) {
        let Json::Object(fields) = value else {
            return;
        };
        for (key, value) in fields {
            let step = format!("{at}[{}]", literal::text(key));
            keys.push(key.clone());
            if value.is_string() || value.is_boolean() || value.is_i64() {
                paths.insert((step, keys.clone()));
            } else if depth > 1 {
                below(value, &step, keys, depth - 1, paths);
            }
            keys.pop();
        }
    }
    below(value, at, &mut Vec::new(), depth, paths);
}

/// The conditions that are tried on a place.
pub fn of(place: &Place) -> Vec<String> {
    let expr = &place.expr;
    let mut conditions = vec![format!("isnull({expr})"), format!("isnotnull({expr})")];
    let literals: Vec<String> = place
        .values
        .iter()
        .filter_map(|value| literal::value(&place.ty, value))
        .collect();
    let (first, middle, last) = (
        literals.first(),
        literals.get(literals.len() / 2),
        literals.last(),
    );
    if let Some((first, (middle, last))) = first.zip(middle.zip(last)) {
        for op in ["==", "!=", "<", "<=", ">", ">="] {
            conditions.push(format!("{expr} {op} {middle}"));
        }
        conditions.push(format!("{expr} in ({first}, {last})"));
        conditions.push(format!("{expr} !in ({first}, {last})"));
        conditions.push(format!("{expr} == {first} or {expr} == {last}"));
        conditions.push(format!("not ({expr} == {middle})"));
        conditions.push(format!("{expr} != {first} and {expr} != {last}"));
        if !matches!(place.ty, Type::String | Type::Bool | Type::Dynamic) {
            conditions.push(format!("{expr} between ({first} .. {last})"));
        }
    }
    if matches!(place.ty, Type::String | Type::Dynamic) {
        let texts = place.values.iter().filter_map(Json::as_str);
        let longest = texts.max_by_key(|text| text.chars().count());
        if let Some(text) = longest.filter(|text| !text.is_empty()) {
            conditions.extend(matches(expr, text));
        }
        conditions.push(format!("{expr} == \"no such value\""));
        conditions.push(format!("{expr} == \"\""));
        for (number, text) in AWKWARD.iter().enumerate() {
            let regex = literal::text(&literal::escaped(text));
            let text = literal::text(text);
            conditions.push(match number % 3 {
                0 => format!("{expr} == {text}"),
                1 => format!("{expr} contains {text}"),
                _ => format!("{expr} matches regex {regex}"),
            });
            conditions.push(format!("{expr} != {text}"));
        }
    }
    if place.ty == Type::Bool {
        conditions.push(expr.clone());
        conditions.push(format!("not ({expr})"));
    }
    conditions
}

/// Parts of a text that occurs.
fn matches(expr: &str, text: &str) -> Vec<String> {
    let chars: Vec<char> = text.chars().collect();
    let part = |from: usize, to: usize| -> String {
        chars
            .iter()
            .skip(from)
            .take(to.saturating_sub(from))
            .collect()
    };
    let third = chars.len().div_ceil(3);
    let (begin, end) = (part(0, third), part(chars.len() - third, chars.len()));
    let within = part(third / 2, chars.len() - third / 2);
    let word = text
        .split(|c: char| !c.is_alphanumeric())
        .find(|it| !it.is_empty());
    let mut conditions = Vec::new();
    for (op, what) in [
        ("startswith", &begin),
        ("endswith", &end),
        ("contains", &within),
    ] {
        conditions.push(format!("{expr} {op} {}", literal::text(what)));
        conditions.push(format!(
            "{expr} {op} {}",
            literal::text(&what.to_uppercase())
        ));
        conditions.push(format!("{expr} {op}_cs {}", literal::text(what)));
        conditions.push(format!(
            "{expr} {op}_cs {}",
            literal::text(&what.to_uppercase())
        ));
        conditions.push(format!("{expr} !{op} {}", literal::text(what)));
    }
    if let Some(word) = word {
        conditions.push(format!("{expr} has {}", literal::text(word)));
        conditions.push(format!("{expr} !has {}", literal::text(word)));
    }
    let begin = literal::escaped(&begin);
    for regex in [
        format!("^{begin}"),
        begin.clone(),
        format!("^(?:{begin}.*|x)$"),
        format!("(?i){}", begin.to_uppercase()),
        ".*".to_owned(),
        "^$".to_owned(),
    ] {
        conditions.push(format!("{expr} matches regex {}", literal::text(&regex)));
    }
    conditions.push(format!(
        "not ({expr} matches regex {})",
        literal::text(&format!("^{begin}"))
    ));
    conditions
}

/// All conditions on a table: those of each place, and some of two places together.
pub fn all(places: &[Place]) -> Vec<String> {
    let mut conditions: Vec<String> = places.iter().flat_map(of).collect();
    for pair in places.windows(2) {
        let [a, b] = pair else { continue };
        let one = |place: &Place| {
            let value = place.values.first()?;
            let literal = literal::value(&place.ty, value)?;
            Some(format!("{} == {literal}", place.expr))
        };
        if let Some((a, b)) = one(a).zip(one(b)) {
            conditions.push(format!("{a} and {b}"));
            conditions.push(format!("{a} or {b}"));
            conditions.push(format!("not ({a} or {b})"));
            conditions.push(format!("not ({a}) and {b}"));
        }
    }
    conditions
}

/// So many of them, from all over the list.
pub fn some(conditions: Vec<String>, most: usize) -> Vec<String> {
    let count = conditions.len();
    if count <= most {
        return conditions;
    }
    let kept = |at: &usize| (at * most) / count != ((at + 1) * most) / count;
    conditions
        .into_iter()
        .enumerate()
        .filter(|(at, _)| kept(at))
        .map(|(_, condition)| condition)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn conditions_are_made_of_the_rows_and_can_be_parsed() {
        let columns = [
            ("name".to_owned(), Type::String),
            ("n".to_owned(), Type::Long),
            ("doc".to_owned(), Type::Dynamic),
        ];
        let rows = [
            json!({"name": "web-1", "n": 1, "doc": {"a": {"b c": "x"}}}),
            json!({"name": "db\"2", "n": null, "doc": null}),
        ];
        let places = places(&columns, &rows);
        let exprs: Vec<&str> = places.iter().map(|it| it.expr.as_str()).collect();
        assert_eq!(exprs, ["name", "n", r#"doc["a"]["b c"]"#, "doc"]);
        let all = all(&places);
        for part in [
            r#"name == "db\"2""#,
            "n == 1",
            r#"name startswith_cs "we""#,
            r#"doc["a"]["b c"] == "x""#,
            r#"not (name == "web-1" or n == 1)"#,
        ] {
            assert!(all.iter().any(|it| it == part), "{part}: {all:#?}");
        }
        for condition in &all {
            let parsed = trawl_lang::parse(&format!("t | where {condition}"));
            assert!(!parsed.has_errors(), "{condition}");
        }
        assert_eq!(some(all, 10).len(), 10);
    }
}
