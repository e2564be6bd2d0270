//! Owns what the Kubernetes API can filter and how exactly; refuses to send anything.
//!
//! `exact` is said only where the API's answer and the language agree on every object, absent fields included: to the API an
//! absent field is "" (or "false"), to the language it is null, which equals nothing and differs from everything.

use std::collections::BTreeSet;

use trawl_sdk::filter::{self, Predicate, Test};
use trawl_sdk::types::{Column, CompareOp, DataType, Literal, PathStep, Pushed, ScanRequest};

use crate::kinds::{self, FieldType, Origin};
use crate::resource::{Field, Resource};
use crate::selector;

/// Lists that one query is cut into, at most; a longer set of namespaces or names is filtered by the host.
pub(crate) const MAX_LISTS: usize = 64;

/// What is asked of the API.
#[derive(Debug, Default, Clone, PartialEq)]
pub(crate) struct Selection {
    /// Some: these namespaces only.
    pub(crate) namespaces: Option<BTreeSet<String>>,
    /// Some: these names only.
    pub(crate) names: Option<BTreeSet<String>>,
    /// Terms of the label selector.
    pub(crate) labels: Vec<String>,
    /// Terms of the field selector.
    pub(crate) fields: Vec<String>,
    /// No object can match.
    pub(crate) nothing: bool,
}

impl Selection {
    /// The number of lists that namespaces and names make.
    fn lists(&self) -> usize {
        let count = |set: &Option<BTreeSet<String>>| set.as_ref().map_or(1, BTreeSet::len);
        count(&self.namespaces).saturating_mul(count(&self.names))
    }
}

/// What the API takes of a request's filters, and how exactly each root is taken.
pub(crate) fn select(resource: &Resource, request: &ScanRequest) -> (Selection, Vec<Pushed>) {
    let mut selection = Selection::default();
    let pushed = filter::predicates(request)
        .iter()
        .map(|predicate| match predicate {
            Some(predicate) => {
                take(resource, predicate, &mut selection).unwrap_or(Pushed::NotPushed)
            }
            None => Pushed::NotPushed,
        })
        .collect();
    (selection, pushed)
}

/// Takes one predicate; none when the API cannot.
fn take(
    resource: &Resource,
    predicate: &Predicate<'_>,
    selection: &mut Selection,
) -> Option<Pushed> {
    let column = resource.column(&predicate.column.name)?;
    let path = object_path(column, predicate.column)?;
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    let filled = matches!(column.from, Origin::Filled(_));
    match path.as_slice() {
        ["metadata", "namespace"] if resource.namespaced => key(
            resource,
            predicate,
            "metadata.namespace",
            selection,
            Selection::namespaces_mut,
        ),
        ["metadata", "name"] if resource.selects_fields => key(
            resource,
            predicate,
            "metadata.name",
            selection,
            Selection::names_mut,
        ),
        ["metadata", "labels", label] => take_label(label, predicate, selection),
        path => {
            let field = resource.fields.iter().find(|field| field.path == path)?;
            match field.of {
                FieldType::Text => take_text(field, predicate, selection),
                FieldType::Bool => take_bool(field, filled, predicate, selection),
                FieldType::Count => take_count(field, filled, predicate, selection),
            }
        }
    }
}

/// The path in the object that a request's column means; none for computed columns and lists.
fn object_path(column: &kinds::Column, asked: &Column) -> Option<Vec<String>> {
    let base = column.path()?;
    let mut path: Vec<String> = base.into_iter().map(str::to_owned).collect();
    for step in &asked.path {
        match step {
            PathStep::Key(key) => path.push(key.clone()),
            PathStep::Index(_) | PathStep::Every => return None,
        }
    }
    Some(path)
}

/// Whether the column is compared as text; a selector knows nothing else.
pub(crate) fn is_text(column: &Column) -> bool {
    column
        .output
        .first()
        .is_some_and(|field| field.data_type == DataType::Utf8)
}

impl Selection {
    fn namespaces_mut(&mut self) -> &mut Option<BTreeSet<String>> {
        &mut self.namespaces
    }

    fn names_mut(&mut self) -> &mut Option<BTreeSet<String>> {
        &mut self.names
    }
}

/// A predicate on namespace or name, which no object lacks.
fn key(
    resource: &Resource,
    predicate: &Predicate<'_>,
    field: &str,
    selection: &mut Selection,
    set: fn(&mut Selection) -> &mut Option<BTreeSet<String>>,
) -> Option<Pushed> {
    if !is_text(predicate.column) {
        return None;
    }
    let (wanted, negated) = match &predicate.test {
        Test::Compare(CompareOp::Eq, literal) => (vec![filter::text(literal)?], false),
        Test::Compare(CompareOp::Ne, literal) => (vec![filter::text(literal)?], true),
        Test::In { items, negated } => (filter::texts(items)?, *negated),
        _ => return None,
    };
    if negated {
        if wanted.len() > MAX_LISTS || !resource.selects_fields {
            return None;
        }
        let terms = wanted
            .iter()
            .map(|value| selector::field(field, false, value));
        selection.fields.extend(terms);
        return Some(Pushed::Exact);
    }
    let before = set(selection).clone();
    let wanted: BTreeSet<String> = wanted
        .into_iter()
        // What cannot be a name is no object's, and must not become a part of a URL.
        .filter(|value| match field {
            "metadata.namespace" => selector::is_dns_label(value),
            _ => !value.is_empty(),
        })
        .filter(|value| before.as_ref().is_none_or(|known| known.contains(*value)))
        .map(str::to_owned)
        .collect();
    let nothing = wanted.is_empty();
    *set(selection) = Some(wanted);
    if selection.lists() > MAX_LISTS {
        *set(selection) = before;
        return None;
    }
    selection.nothing |= nothing;
    Some(Pushed::Exact)
}

/// A predicate on one label. `!=` and `notin` also match objects that lack the key, exactly as the language's do.
fn take_label(key: &str, predicate: &Predicate<'_>, selection: &mut Selection) -> Option<Pushed> {
    if !selector::is_label_key(key) {
        return None;
    }
    match &predicate.test {
        Test::IsNull => selection.labels.push(format!("!{key}")),
        Test::IsNotNull => selection.labels.push(key.to_owned()),
        _ if !is_text(predicate.column) => return None,
        Test::Compare(op @ (CompareOp::Eq | CompareOp::Ne), literal) => {
            label_set(
                key,
                &[filter::text(literal)?],
                *op == CompareOp::Ne,
                selection,
            );
        }
        Test::In { items, negated } => {
            let values = filter::texts(items)?;
            // `in (,a)` means the empty value, but not every version of the parser agrees.
            if values.len() > MAX_LISTS || (values.len() > 1 && values.contains(&"")) {
                return None;
            }
            label_set(key, &values, *negated, selection);
        }
        _ => return None,
    }
    Some(Pushed::Exact)
}

/// A term for a set of values. What cannot be a label's value is no object's.
fn label_set(key: &str, values: &[&str], negated: bool, selection: &mut Selection) {
    let valid: Vec<&str> = values
        .iter()
        .copied()
        .filter(|value| selector::is_label_value(value))
        .collect();
    match valid.as_slice() {
        [] => selection.nothing |= !negated,
        [value] => selection.labels.push(selector::label(key, !negated, value)),
        values => selection
            .labels
            .push(selector::label_set(key, negated, values)),
    }
}

/// A predicate on a text that the API can select by. It knows equality and AND only.
fn take_text(
    field: &Field,
    predicate: &Predicate<'_>,
    selection: &mut Selection,
) -> Option<Pushed> {
    let terms = &mut selection.fields;
    match &predicate.test {
        // Go leaves empty texts out of JSON, but the contract of the API does not promise it: the host looks again.
        Test::IsNull => {
            terms.push(selector::field(&field.selector, true, ""));
            return Some(Pushed::Inexact);
        }
        _ if !is_text(predicate.column) => return None,
        Test::Compare(op @ (CompareOp::Eq | CompareOp::Ne), literal) => {
            let value = filter::text(literal)?;
            // To the API "" also means absent.
            if value.is_empty() {
                return None;
            }
            terms.push(selector::field(
                &field.selector,
                *op == CompareOp::Eq,
                value,
            ));
        }
        Test::In { items, negated } => {
            let values = filter::texts(items)?;
            let several = values.len() > 1 && !negated;
            if several || values.contains(&"") || values.len() > MAX_LISTS {
                return None;
            }
            if values.is_empty() {
                selection.nothing |= !negated;
            }
            let new = values
                .iter()
                .map(|value| selector::field(&field.selector, !negated, value));
            selection.fields.extend(new);
        }
        _ => return None,
    }
    Some(Pushed::Exact)
}

/// A predicate on a truth value. Where it is absent the API reads `false`, and so does a filled column, but a path gives null.
fn take_bool(
    field: &Field,
    filled: bool,
    predicate: &Predicate<'_>,
    selection: &mut Selection,
) -> Option<Pushed> {
    match &predicate.test {
        Test::Compare(op @ (CompareOp::Eq | CompareOp::Ne), Literal::Boolean(value))
            if *value || filled =>
        {
            let value = if *value { "true" } else { "false" };
            let term = selector::field(&field.selector, *op == CompareOp::Eq, value);
            selection.fields.push(term);
            Some(Pushed::Exact)
        }
        _ => None,
    }
}

/// A predicate on a count. Where it is absent the API reads `0`, and so does a filled column, but a path gives null.
fn take_count(
    field: &Field,
    filled: bool,
    predicate: &Predicate<'_>,
    selection: &mut Selection,
) -> Option<Pushed> {
    match &predicate.test {
        Test::Compare(op @ (CompareOp::Eq | CompareOp::Ne), Literal::Int64(value))
            if *value != 0 || filled =>
        {
            let equal = *op == CompareOp::Eq;
            let term = selector::field(&field.selector, equal, &value.to_string());
            selection.fields.push(term);
            Some(Pushed::Exact)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests;
