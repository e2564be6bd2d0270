//! Owns what of a query's filters becomes a matcher of a series selector, and how exactly; refuses filters on values and times.

use trawl_sdk::filter::{self, Predicate, Test};
use trawl_sdk::types::{Column, CompareOp, DataType, Literal, PathStep, Pushed, TextOp};

use crate::matcher::{Matcher, Selector};
use crate::promql::is_label_name;
use crate::regex;
use crate::time::NAME_LABEL;

/// The most values of one set: a pattern of so many alternatives is looked up, and more than that is a query of its own.
const MAX_VALUES: usize = 500;

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
    label_of(predicate.column)
        .and_then(|label| take_label(label, &predicate.test, selector))
        .unwrap_or(Pushed::NotPushed)
}

/// To Prometheus a missing label is an empty one, and no series has an empty one: what is compared with "" stays with the host,
/// to which null and "" differ.
fn take_label(label: &str, test: &Test<'_>, selector: &mut Selector) -> Option<Pushed> {
    match test {
        Test::IsNull => selector.add(Matcher::missing(label)),
        Test::IsNotNull => selector.add_bounding(Matcher::present(label)),
        Test::Compare(CompareOp::Eq, literal) => {
            selector.add_bounding(Matcher::equal(label, value(literal)?));
        }
        Test::Compare(CompareOp::Ne, literal) => {
            selector.add(Matcher::unequal(label, value(literal)?));
        }
        Test::In { items, negated } => {
            let values = filter::texts(items)?;
            if values.is_empty() || values.len() > MAX_VALUES || values.contains(&"") {
                return None;
            }
            let matcher = Matcher::among(label, &values, *negated);
            if *negated {
                selector.add(matcher);
            } else {
                selector.add_bounding(matcher);
            }
        }
        Test::Text {
            op,
            pattern,
            ignore_case,
            negated,
        } => return take_text(label, *op, pattern, *ignore_case, *negated, selector),
        Test::Compare(..) => return None,
    }
    Some(Pushed::Exact)
}

fn value(literal: &Literal) -> Option<&str> {
    filter::text(literal).filter(|text| !text.is_empty())
}

/// A text operator. None of these patterns matches the empty value, so that a missing label never passes, and always passes the
/// opposite: as null does in the language.
fn take_text(
    label: &str,
    op: TextOp,
    pattern: &str,
    ignore_case: bool,
    negated: bool,
    selector: &mut Selector,
) -> Option<Pushed> {
    let (pattern, exact) = match op {
        TextOp::Prefix => regex::text(pattern, ignore_case, false, true)?,
        TextOp::Suffix => regex::text(pattern, ignore_case, true, false)?,
        TextOp::Contains => regex::text(pattern, ignore_case, true, true)?,
        // A whole word is more than an occurrence.
        TextOp::Has => (regex::text(pattern, ignore_case, true, true)?.0, false),
        // A pattern may match the empty value: then its opposite leaves out series that the language keeps.
        TextOp::Regex if negated || ignore_case => return None,
        TextOp::Regex => {
            let pattern = regex::anywhere(pattern)?;
            selector.add_bounding(Matcher::present(label));
            (pattern, true)
        }
    };
    if negated {
        // The opposite of more is less.
        if !exact {
            return None;
        }
        selector.add(Matcher::matching(label, pattern, true));
    } else {
        selector.add_bounding(Matcher::matching(label, pattern, false));
    }
    Some(if exact {
        Pushed::Exact
    } else {
        Pushed::Inexact
    })
}

#[cfg(test)]
mod tests;
