//! `make-series`: aggregates of every bin of a range, also of those without rows.

use trawl_lang::ast::{Expr, Item, Serie};

use super::node::{Env, Node, coerce};
use super::rows::item_name;
use super::{Scope, Session};
use crate::error::{Result, invalid};
use crate::table::{Column, Relation, Row};
use crate::ty::Ty;
use crate::value::{Value, order};

/// Most bins that a series may have.
const MAX_BINS: usize = 11_000;

impl Session<'_> {
    pub(super) fn make_series(
        &self,
        input: &Relation,
        series: &[Serie],
        on: &Expr,
        range: [&Expr; 3],
        by: &[Item],
    ) -> Result<Relation> {
        let scope = Scope::row(self, &input.columns);
        let on_name = item_name(&Item {
            name: None,
            expr: on.clone(),
        })?;
        let on = Node::of(on, &scope)?;
        let step_ty = match on.ty {
            Ty::Datetime => Ty::Timespan,
            ref number => number.clone(),
        };
        let [from, to, step] = range;
        let constant = |expr: &Expr, ty: &Ty| -> Result<Value> {
            Ok(coerce(Node::of(expr, &Scope::row(self, &[]))?, ty)?.on(&[]))
        };
        let starts = bins(
            &constant(from, &on.ty)?,
            &constant(to, &on.ty)?,
            &constant(step, &step_ty)?,
        )?;
        let last = constant(to, &on.ty)?;
        let bin = |row: &Row| -> Option<usize> {
            let at = on.on(row);
            if !order(&at, &last)?.is_lt() {
                return None;
            }
            starts
                .iter()
                .rposition(|start| order(start, &at).is_some_and(|o| o.is_le()))
        };

        let inside = input.rows.iter().filter(|row| bin(row).is_some());
        let inside = Relation::new(input.columns.clone(), inside.cloned().collect());
        let groups = self.groups(&inside, by)?;
        let scope = Scope {
            session: self,
            columns: &input.columns,
            keys: Some(&groups.keys),
        };
        let mut columns = groups.columns;
        columns.push(Column::new(on_name, Ty::list(on.ty.clone())));
        let mut nodes = Vec::new();
        for serie in series {
            let node = Node::of(&serie.item.expr, &scope)?;
            columns.push(Column::new(
                item_name(&serie.item)?,
                Ty::list(node.ty.clone()),
            ));
            let default = match &serie.default {
                Some(default) => constant(default, &node.ty)?,
                None => zero(&node.ty),
            };
            nodes.push((node, default));
        }
        let mut rows = Vec::new();
        for (keys, group) in &groups.groups {
            let mut row: Row = keys.clone();
            row.push(Value::List(starts.clone()));
            for (node, default) in &nodes {
                let mut values = Vec::new();
                for position in 0..starts.len() {
                    let members = group.iter().filter(|row| bin(row) == Some(position));
                    let members: Vec<Row> = members.cloned().collect();
                    let env = Env {
                        row: &[],
                        group: &members,
                        keys,
                    };
                    values.push(if members.is_empty() {
                        default.clone()
                    } else {
                        node.run(env)
                    });
                }
                row.push(Value::List(values));
            }
            rows.push(row);
        }
        Ok(Relation::new(columns, rows))
    }
}

/// The starts of the bins: `from`, `from + step`, … below `to`.
fn bins(from: &Value, to: &Value, step: &Value) -> Result<Vec<Value>> {
    let mut starts = Vec::new();
    while starts.len() <= MAX_BINS {
        let at = i64::try_from(starts.len()).unwrap_or(i64::MAX);
        let start = match (from, step) {
            (Value::Long(from), Value::Long(step)) if *step > 0 => Value::Long(from + at * step),
            (Value::Real(from), Value::Real(step)) if *step > 0.0 => {
                Value::Real(from + at as f64 * step)
            }
            (Value::Datetime(from), Value::Timespan(step)) if *step > 0 => {
                Value::Datetime(from + at * step)
            }
            _ => return invalid("a range has a start, an end and a positive step"),
        };
        if !order(&start, to).is_some_and(|order| order.is_lt()) {
            return Ok(starts);
        }
        starts.push(start);
    }
    invalid("too many bins")
}

/// What a bin without rows has when nothing is said.
fn zero(ty: &Ty) -> Value {
    match ty {
        Ty::Long => Value::Long(0),
        Ty::Real => Value::Real(0.0),
        Ty::Timespan => Value::Timespan(0),
        Ty::Quantity => Value::Quantity(0),
        _ => Value::Null,
    }
}
