//! Operators that look at one row: `where`, `extend`, the `project` family; and `getschema`.

use trawl_lang::ast::{Arg, Expr, ExprKind, Ident, Item};

use super::node::{Node, coerce};
use super::{Scope, Session};
use crate::error::{Result, invalid};
use crate::table::{Column, Relation, Row};
use crate::ty::Ty;
use crate::value::Value;

impl Session<'_> {
    pub(super) fn filter(&self, input: Relation, predicate: &Expr) -> Result<Relation> {
        let node = Node::of(predicate, &Scope::row(self, &input.columns))?;
        let node = coerce(node, &Ty::Bool)?;
        let mut kept = Relation {
            rows: Vec::new(),
            ranks: input.ranks.as_ref().map(|_| Vec::new()),
            ..input.clone()
        };
        for (position, row) in input.rows.iter().enumerate() {
            if node.on(row) != Value::Bool(true) {
                continue;
            }
            kept.rows.push(row.clone());
            if let (Some(ranks), Some(kept)) = (&input.ranks, &mut kept.ranks) {
                kept.extend(ranks.get(position));
            }
        }
        Ok(kept)
    }

    pub(super) fn project(&self, input: Relation, items: &[Item]) -> Result<Relation> {
        let (columns, rows) = self.items(&input, items)?;
        Ok(Relation {
            columns,
            rows,
            ..input
        })
    }

    pub(super) fn extend(&self, mut input: Relation, items: &[Item]) -> Result<Relation> {
        let (columns, rows) = self.items(&input, items)?;
        for (position, column) in columns.into_iter().enumerate() {
            let values = rows
                .iter()
                .map(|row| row.get(position).cloned().unwrap_or(Value::Null));
            set_column(&mut input, column, values.collect());
        }
        Ok(input)
    }

    /// The items on every row, as columns.
    pub(super) fn items(
        &self,
        input: &Relation,
        items: &[Item],
    ) -> Result<(Vec<Column>, Vec<Row>)> {
        let mut columns: Vec<Column> = Vec::new();
        let mut nodes = Vec::new();
        for item in items {
            let node = Node::of(&item.expr, &Scope::row(self, &input.columns))?;
            let name = item_name(item)?;
            if columns.iter().any(|column| column.name == name) {
                return invalid(format!("two columns {name}"));
            }
            columns.push(Column::new(name, node.ty.clone()));
            nodes.push(node);
        }
        let row = |row: &Row| nodes.iter().map(|node| node.on(row)).collect();
        Ok((columns, input.rows.iter().map(row).collect()))
    }
}

/// Replaces the column of this name in place, or appends it.
pub fn set_column(relation: &mut Relation, column: Column, values: Vec<Value>) {
    let known = relation.find(&column.name).map(|known| known.0);
    for (row, value) in relation.rows.iter_mut().zip(values) {
        match known.and_then(|at| row.get_mut(at)) {
            Some(cell) => *cell = value,
            None => row.push(value),
        }
    }
    match known.and_then(|at| relation.columns.get_mut(at)) {
        Some(known) => *known = column,
        None => relation.columns.push(column),
    }
}

pub fn project_away(mut input: Relation, names: &[Ident]) -> Result<Relation> {
    for name in names {
        let Some((at, _)) = input.find(&name.name) else {
            return invalid(format!("no column {}", name.name));
        };
        input.columns.remove(at);
        for row in &mut input.rows {
            row.remove(at);
        }
    }
    Ok(input)
}

pub fn project_rename(mut input: Relation, pairs: &[(Ident, Ident)]) -> Result<Relation> {
    let before = input.clone();
    for (new, old) in pairs {
        let Some((at, _)) = before.find(&old.name) else {
            return invalid(format!("no column {}", old.name));
        };
        if let Some(column) = input.columns.get_mut(at) {
            column.name.clone_from(&new.name);
        }
    }
    let mut names: Vec<&str> = input.columns.iter().map(|c| c.name.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    if names.len() != input.columns.len() {
        return invalid("two columns of one name");
    }
    Ok(input)
}

/// The columns as rows.
pub fn schema(input: &Relation) -> Relation {
    let rows = input.columns.iter().map(|column| {
        vec![
            Value::Text(column.name.clone()),
            Value::Text(column.ty.to_string()),
        ]
    });
    let columns = vec![
        Column::new("column", Ty::String),
        Column::new("type", Ty::String),
    ];
    let rows: Vec<Row> = rows.collect();
    Relation {
        ranks: Some((0..rows.len()).collect()),
        ..Relation::new(columns, rows)
    }
}

/// The name of an item: the one written, or that of its last field, of `count()`, of what `bin` bins.
///
/// # Errors
/// When it has none.
pub fn item_name(item: &Item) -> Result<String> {
    match &item.name {
        Some(name) => Ok(name.name.clone()),
        None => match implied(&item.expr) {
            Some(name) => Ok(name),
            None => invalid("this column has no name"),
        },
    }
}

fn implied(expr: &Expr) -> Option<String> {
    match &expr.kind {
        ExprKind::Name(name) => Some(name.clone()),
        ExprKind::Field { name, .. } => Some(name.name.clone()),
        ExprKind::Call { name, args } => match (name.name.as_str(), args.first()) {
            ("count", None) => Some("count_".to_owned()),
            ("bin", Some(Arg::Item(item))) => implied(&item.expr),
            _ => None,
        },
        _ => None,
    }
}
