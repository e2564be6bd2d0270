//! Owns the walk along a path inside one JSON document; refuses paths shared by several columns, which the trie handles.

use serde_json::value::RawValue;

use super::part;
use crate::columns::{ColumnBuilder, Scalar};
use crate::types::{Error, PathStep};

/// Appends what `path` selects in `document` to a column, null when there is nothing.
///
/// `every` maps over a list: the column must be a list or JSON, and items without the rest of the path give null.
///
/// # Errors
/// When the document is not JSON or a buffer is full.
pub fn append_path(
    column: &mut ColumnBuilder,
    document: &str,
    path: &[PathStep],
) -> Result<(), Error> {
    let Some((before, after)) = split_at_every(path) else {
        return match select(document, path)? {
            Some(found) => column.append(Scalar::Json(found)),
            None => column.append_null(),
        };
    };
    let Some(list) = select(document, before)? else {
        return column.append_null();
    };
    let Ok(items) = serde_json::from_str::<Vec<&RawValue>>(list) else {
        return column.append_null();
    };
    if column.is_list() {
        return column.append_list(items.len(), |item, index| {
            let document = items.get(index).map_or("null", |raw| raw.get());
            append_path(item, document, after)
        });
    }
    match mapped(list, after)? {
        Some(text) => column.append(Scalar::Json(&text)),
        None => column.append_null(),
    }
}

/// The part of `document` that a path of keys and indices selects.
///
/// # Errors
/// When the document is not JSON, or the path has `every` in it.
pub fn select<'d>(document: &'d str, path: &[PathStep]) -> Result<Option<&'d str>, Error> {
    let mut found = document;
    for step in path {
        let next = match step {
            PathStep::Key(key) => part::member(found, key),
            PathStep::Index(index) => part::item(found, *index),
            PathStep::Every => {
                return Err(Error::internal("expected a path to one value, got `[*]`"));
            }
        };
        let next = next.map_err(|e| Error::protocol(format!("expected a JSON value: {e}")))?;
        match next {
            Some(part) => found = part,
            None => return Ok(None),
        }
    }
    Ok(Some(found))
}

fn split_at_every(path: &[PathStep]) -> Option<(&[PathStep], &[PathStep])> {
    let at = path.iter().position(|step| *step == PathStep::Every)?;
    Some((path.get(..at)?, path.get(at + 1..)?))
}

/// The JSON text of a mapped list.
fn mapped(list: &str, after: &[PathStep]) -> Result<Option<String>, Error> {
    let Ok(items) = serde_json::from_str::<Vec<&RawValue>>(list) else {
        return Ok(None);
    };
    let mut text = String::from("[");
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            text.push(',');
        }
        let value = match split_at_every(after) {
            None => select(item.get(), after)?.map(str::to_owned),
            Some((before, rest)) => match select(item.get(), before)? {
                Some(inner) => mapped(inner, rest)?,
                None => None,
            },
        };
        text.push_str(value.as_deref().unwrap_or("null"));
    }
    text.push(']');
    Ok(Some(text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::columns::BatchBuilder;
    use crate::schema::{Type, request_path};
    use crate::types::Payload;
    use serde_json::json;

    fn key(k: &str) -> PathStep {
        PathStep::Key(k.to_owned())
    }

    fn check(path: Vec<PathStep>, of: Type, document: &str, expected: serde_json::Value) {
        let columns = [request_path("v", path.clone(), of)];
        let mut batch = BatchBuilder::new(&columns).unwrap();
        append_path(&mut batch.columns_mut()[0], document, &path).unwrap();
        batch.end_row().unwrap();
        let Some(Payload::Columns(out)) = batch.finish() else {
            panic!("expected a batch")
        };
        let rows = crate::testing::rows(&columns[0].output, &out).unwrap();
        assert_eq!(rows[0]["v"], expected, "{path:?} of {document}");
    }

    #[test]
    fn paths_select() {
        let doc = r#"{"a":[{"b":{"c":"x"}},{"b":null},{"d":[1,2]}],"k":5}"#;
        let every = PathStep::Every;
        check(vec![key("k")], Type::Int64, doc, json!(5));
        check(
            vec![key("a"), PathStep::Index(0), key("b"), key("c")],
            Type::Utf8,
            doc,
            json!("x"),
        );
        check(
            vec![key("a"), PathStep::Index(9)],
            Type::Utf8,
            doc,
            json!(null),
        );
        check(vec![key("k"), key("x")], Type::Utf8, doc, json!(null));
        check(
            vec![key("k"), PathStep::Index(0)],
            Type::Utf8,
            doc,
            json!(null),
        );
        check(
            vec![key("a"), every.clone(), key("b"), key("c")],
            Type::list(Type::Utf8),
            doc,
            json!(["x", null, null]),
        );
        check(
            vec![key("a"), every.clone(), key("d"), every.clone()],
            Type::list(Type::list(Type::Int64)),
            doc,
            json!([null, null, [1, 2]]),
        );
        check(
            vec![key("a"), every.clone(), key("d"), every.clone()],
            Type::Json,
            doc,
            json!([null, null, [1, 2]]),
        );
        check(vec![key("k"), every], Type::Json, doc, json!(null));
    }
}
