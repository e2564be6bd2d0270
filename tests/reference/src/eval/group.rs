//! `summarize`, `distinct` and `count`: rows to groups.

use trawl_lang::ast::{Arg, ExprKind, Item};

use super::node::{Env, Node};
use super::rows::item_name;
use super::{Scope, Session};
use crate::convert::text;
use crate::error::{Error, Result, invalid};
use crate::table::{Column, Relation, Row};
use crate::ty::Ty;
use crate::value::{Value, different, order, same, same_all};

/// The keys of a grouping and, for each group, their values and its rows.
pub struct Groups {
    /// The keys as written, with their types.
    pub keys: Vec<(ExprKind, Ty)>,
    /// The keys as columns.
    pub columns: Vec<Column>,
    /// The groups, in order of first appearance.
    pub groups: Vec<(Row, Vec<Row>)>,
}

impl Session<'_> {
    /// The rows by the values of the keys; without keys there is one group, also of no rows.
    pub(super) fn groups(&self, input: &Relation, by: &[Item]) -> Result<Groups> {
        let mut keys = Vec::new();
        let mut columns = Vec::new();
        let mut nodes = Vec::new();
        for item in by {
            let node = grouping(Node::of(&item.expr, &Scope::row(self, &input.columns))?);
            keys.push((item.expr.kind.clone(), node.ty.clone()));
            columns.push(Column::new(item_name(item)?, node.ty.clone()));
            nodes.push(node);
        }
        let mut groups: Vec<(Row, Vec<Row>)> = Vec::new();
        if by.is_empty() {
            groups.push((Vec::new(), input.rows.clone()));
        } else {
            for row in &input.rows {
                let key: Row = nodes.iter().map(|node| one_zero(node.on(row))).collect();
                match groups.iter_mut().find(|group| same_all(&group.0, &key)) {
                    Some(group) => group.1.push(row.clone()),
                    None => groups.push((key, vec![row.clone()])),
                }
            }
        }
        Ok(Groups {
            keys,
            columns,
            groups,
        })
    }

    pub(super) fn summarize(
        &self,
        input: &Relation,
        items: &[Item],
        by: &[Item],
    ) -> Result<Relation> {
        let groups = self.groups(input, by)?;
        if let [item] = items
            && let ExprKind::Call { name, args } = &item.expr.kind
            && let [Arg::Item(key), Arg::Star(_)] = args.as_slice()
        {
            return self.whole_row(input, groups, &name.name, key);
        }
        let mut columns = groups.columns;
        let scope = Scope {
            session: self,
            columns: &input.columns,
            keys: Some(&groups.keys),
        };
        let mut nodes = Vec::new();
        for item in items {
            let node = Node::of(&item.expr, &scope)?;
            columns.push(Column::new(item_name(item)?, node.ty.clone()));
            nodes.push(node);
        }
        let rows = groups.groups.iter().map(|(keys, group)| {
            let env = Env {
                row: &[],
                group,
                keys,
            };
            let values = nodes.iter().map(|node| node.run(env));
            keys.iter().cloned().chain(values).collect()
        });
        Ok(Relation::new(columns, rows.collect()))
    }

    /// `arg_max(key, *)`: one whole row a group.
    fn whole_row(
        &self,
        input: &Relation,
        groups: Groups,
        function: &str,
        key: &Item,
    ) -> Result<Relation> {
        let key = Node::of(&key.expr, &Scope::row(self, &input.columns))?;
        let others: Vec<usize> = (0..input.columns.len())
            .filter(|at| {
                let name = input.columns.get(*at).map(|column| &column.name);
                groups
                    .columns
                    .iter()
                    .all(|column| Some(&column.name) != name)
            })
            .collect();
        let mut columns = groups.columns;
        columns.extend(
            others
                .iter()
                .filter_map(|at| input.columns.get(*at).cloned()),
        );
        let mut rows = Vec::new();
        for (keys, group) in &groups.groups {
            if group.is_empty() {
                return Err(Error::Open("a whole row of no rows".to_owned()));
            }
            let keyed: Vec<(Value, &Row)> = group.iter().map(|row| (key.on(row), row)).collect();
            let best = extreme(keyed.iter().map(|(key, _)| key), function == "arg_max");
            let wins = |value: &Value| match &best {
                Some(best) => same(value, best),
                None => true,
            };
            let winners: Vec<&Row> = keyed
                .iter()
                .filter(|(key, _)| wins(key))
                .map(|(_, row)| *row)
                .collect();
            let values = others.iter().map(|at| {
                let values = winners.iter().filter_map(|row| row.get(*at).cloned());
                any_of(values.collect())
            });
            rows.push(keys.iter().cloned().chain(values).collect());
        }
        Ok(Relation::new(columns, rows))
    }

    pub(super) fn distinct(&self, input: &Relation, items: &[Item]) -> Result<Relation> {
        if !items.is_empty() {
            return self.summarize(input, &[], items);
        }
        // All types stay what they are: documents are compared as such.
        let mut rows: Vec<Row> = Vec::new();
        for row in &input.rows {
            if !rows.iter().any(|known| same_all(known, row)) {
                rows.push(row.clone());
            }
        }
        if input.columns.is_empty() {
            return invalid("nothing to be distinct by");
        }
        Ok(Relation::new(input.columns.clone(), rows))
    }
}

/// Both zeros are one key, which is written as the positive one.
fn one_zero(value: Value) -> Value {
    match value {
        Value::Real(real) => Value::Real(if real == 0.0 { 0.0 } else { real }),
        other => other,
    }
}

/// A key: documents group by their text.
fn grouping(node: Node) -> Node {
    if node.ty != Ty::Dynamic {
        return node;
    }
    Node::strict(Ty::String, vec![node], |values| {
        values
            .first()
            .and_then(text::of)
            .map_or(Value::Null, Value::Text)
    })
}

pub fn count(input: &Relation) -> Relation {
    let rows = i64::try_from(input.len()).unwrap_or(i64::MAX);
    Relation::new(
        vec![Column::new("count_", Ty::Long)],
        vec![vec![Value::Long(rows)]],
    )
}

/// The greatest or least of the values that are neither null nor NaN.
pub fn extreme<'v>(values: impl Iterator<Item = &'v Value>, greatest: bool) -> Option<Value> {
    let mut best: Option<&Value> = None;
    for value in values.filter(|value| !value.is_null() && !value.is_nan()) {
        let better = match best {
            None => true,
            Some(best) => match order(value, best) {
                Some(order) => order.is_gt() && greatest || order.is_lt() && !greatest,
                None => false,
            },
        };
        if better {
            best = Some(value);
        }
    }
    best.cloned()
}

/// One value where all are the same, else any of them.
pub fn any_of(values: Vec<Value>) -> Value {
    let values = different(values);
    match values.as_slice() {
        [] => Value::Null,
        [value] => value.clone(),
        _ => Value::AnyOf(values),
    }
}
