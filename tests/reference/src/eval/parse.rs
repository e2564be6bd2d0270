//! `parse`: a text against a pattern of literals and captures, by trying every split.

use trawl_lang::ast::{Expr, Pattern};

use super::node::{Node, coerce};
use super::rows::set_column;
use super::{Scope, Session};
use crate::error::Result;
use crate::functions::convert::convert;
use crate::table::{Column, Relation};
use crate::ty::Ty;
use crate::value::Value;

impl Session<'_> {
    pub(super) fn parse(
        &self,
        mut input: Relation,
        expr: &Expr,
        pattern: &[Pattern],
    ) -> Result<Relation> {
        let node = Node::of(expr, &Scope::row(self, &input.columns))?;
        let node = coerce(node, &Ty::String)?;
        let mut columns = Vec::new();
        for part in pattern {
            if let Pattern::Column(name, ty) = part {
                let ty = ty.as_ref().map_or(Ok(Ty::String), Ty::named)?;
                columns.push(Column::new(name.name.clone(), ty));
            }
        }
        let mut values: Vec<Vec<Value>> = vec![Vec::new(); columns.len()];
        for row in &input.rows {
            let captured = match node.on(row) {
                Value::Text(text) => split(&text, pattern),
                _ => None,
            };
            for (position, (column, values)) in columns.iter().zip(&mut values).enumerate() {
                let text = captured.as_ref().and_then(|texts| texts.get(position));
                values.push(match text {
                    Some(text) => convert(&Value::Text(text.clone()), &column.ty),
                    None => Value::Null,
                });
            }
        }
        for (column, values) in columns.into_iter().zip(values) {
            set_column(&mut input, column, values);
        }
        // Whether an order outlives `parse` is not said.
        input.ranks = None;
        Ok(input)
    }
}

/// The captured texts, each as short as it can be with the whole text matched.
fn split(text: &str, pattern: &[Pattern]) -> Option<Vec<String>> {
    let Some((part, rest)) = pattern.split_first() else {
        return text.is_empty().then(Vec::new);
    };
    if let Pattern::Text(literal, _) = part {
        return split(text.strip_prefix(literal.as_str())?, rest);
    }
    let ends = text.char_indices().map(|(at, _)| at).chain([text.len()]);
    for end in ends {
        let (taken, left) = text.split_at_checked(end)?;
        if let Some(mut captured) = split(left, rest) {
            if matches!(part, Pattern::Column(..)) {
                captured.insert(0, taken.to_owned());
            }
            return Some(captured);
        }
    }
    None
}
