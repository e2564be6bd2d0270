//! The word operators on text, which are never null: null matches nothing.

use trawl_lang::ast::TextOp;

use super::node::{Node, coerce};
use crate::convert::regexes::compiled;
use crate::error::{Result, invalid};
use crate::ty::Ty;
use crate::value::Value;

/// `left op right`, perhaps with `!` and with `_cs`.
pub fn bind(
    op: TextOp,
    case_sensitive: bool,
    negated: bool,
    left: Node,
    right: Node,
) -> Result<Node> {
    let (left, right) = (coerce(left, &Ty::String)?, coerce(right, &Ty::String)?);
    if op == TextOp::MatchesRegex
        && let Some(Value::Text(pattern)) = &right.literal
        && compiled(pattern).is_none()
    {
        return invalid("not a regular expression");
    }
    Ok(Node::from_values(
        Ty::Bool,
        vec![left, right],
        move |values| {
            let matched = match values {
                [Value::Text(text), Value::Text(pattern)] => {
                    matches(op, case_sensitive, text, pattern)
                }
                _ => false,
            };
            Value::Bool(matched != negated)
        },
    ))
}

/// Whether a text matches a pattern.
pub fn matches(op: TextOp, case_sensitive: bool, text: &str, pattern: &str) -> bool {
    if op == TextOp::MatchesRegex {
        return compiled(pattern).is_some_and(|regex| regex.is_match(text));
    }
    if !case_sensitive {
        return matches(op, true, &text.to_lowercase(), &pattern.to_lowercase());
    }
    match op {
        TextOp::Contains => text.contains(pattern),
        TextOp::StartsWith => text.starts_with(pattern),
        TextOp::EndsWith => text.ends_with(pattern),
        _ => has(text, pattern),
    }
}

/// A whole term: no letter or digit touches its ends. The empty term is in every text.
fn has(text: &str, term: &str) -> bool {
    let text: Vec<char> = text.chars().collect();
    let term: Vec<char> = term.chars().collect();
    if term.is_empty() {
        return true;
    }
    (0..text.len()).any(|start| {
        let end = start + term.len();
        let free = |at: Option<&char>| !at.is_some_and(|c| c.is_alphanumeric());
        let before = start.checked_sub(1).and_then(|at| text.get(at));
        text.get(start..end) == Some(&term) && free(before) && free(text.get(end))
    })
}
