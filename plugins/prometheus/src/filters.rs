//! Owns what of a query's filters becomes a matcher of a series selector, and how exactly; refuses filters on values and times.

use trawl_sdk::filter::{Predicate, matcher};
use trawl_sdk::types::{Column, DataType, PathStep, Pushed};

use crate::matcher::Selector;
use crate::promql::is_label_name;
use crate::time::NAME_LABEL;

/// The label that a column means; none for other columns, and for names that older servers cannot say.
pub(crate) fn label_of(column: &Column) -> Option<&str> {
    let text = column.output.first().map(|field| &field.data_type) == Some(&DataType::Utf8);
    match (column.name.as_str(), column.path.as_slice()) {
        ("metric", []) if text => Some(NAME_LABEL),
        ("labels", [PathStep::Key(key)]) if text && is_label_name(key) => Some(key),
        _ => None,
    }
}

/// Takes a predicate as a matcher; `not-pushed` when there is none that leaves no wanted series out.
pub(crate) fn take(predicate: &Predicate<'_>, selector: &mut Selector) -> Pushed {
    let Some(matched) =
        label_of(predicate.column).and_then(|label| matcher::matched(label, &predicate.test))
    else {
        return Pushed::NotPushed;
    };
    for matcher in matched.matchers {
        if matched.bounding {
            selector.add_bounding(matcher);
        } else {
            selector.add(matcher);
        }
    }
    if matched.exact {
        Pushed::Exact
    } else {
        Pushed::Inexact
    }
}

#[cfg(test)]
mod tests;
