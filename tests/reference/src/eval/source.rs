//! Where rows come from: tables, `let`s, `print`, `datatable`, `union`.

use trawl_lang::ast::{Branch, Expr, Ident, Source, TypeName};

use super::node::{Node, coerce};
use super::rows::item_name;
use super::{Scope, Session, scalar};
use crate::convert::implicit;
use crate::error::{Result, invalid};
use crate::table::{Column, Relation, virtual_columns};
use crate::ty::Ty;
use crate::value::Value;

impl Session<'_> {
    pub(super) fn source(&self, source: &Source) -> Result<Relation> {
        match source {
            Source::Branch(branch) => self.branch(branch),
            Source::Union(branches) => self.union(None, branches),
            Source::Print(items) => {
                let mut columns = Vec::new();
                let mut row = Vec::new();
                for item in items {
                    let node = Node::of(&item.expr, &Scope::row(self, &[]))?;
                    columns.push(Column::new(item_name(item)?, node.ty.clone()));
                    row.push(node.on(&[]));
                }
                Ok(Relation::new(columns, vec![row]))
            }
            Source::DataTable { columns, cells } => self.datatable(columns, cells),
        }
    }

    pub(super) fn branch(&self, branch: &Branch) -> Result<Relation> {
        let table = match branch {
            Branch::Query(query) => return self.query(query),
            Branch::Table(table) => table,
        };
        let [name] = table.path.as_slice() else {
            return invalid("tables have one name here");
        };
        let bound = self
            .lets
            .iter()
            .rev()
            .find(|binding| binding.name.name == name.name && scalar(binding).is_none());
        if let Some(binding) = bound
            && let trawl_lang::ast::LetValue::Query(query) = &binding.value
        {
            return self.query(query);
        }
        let Some(table) = self.tables.get(&name.name) else {
            return invalid(format!("no table {}", name.name));
        };
        let mut columns = virtual_columns();
        let empty = vec![Value::Null; columns.len()];
        columns.extend(table.columns.iter().cloned());
        let rows = table.rows.iter();
        let rows = rows.map(|row| empty.iter().chain(row).cloned().collect());
        Ok(Relation::new(columns, rows.collect()))
    }

    fn datatable(&self, columns: &[(Ident, TypeName)], cells: &[Expr]) -> Result<Relation> {
        let columns = columns
            .iter()
            .map(|(name, ty)| Ok(Column::new(name.name.clone(), Ty::named(ty)?)))
            .collect::<Result<Vec<_>>>()?;
        let mut rows = Vec::new();
        for cells in cells.chunks(columns.len().max(1)) {
            let mut row = Vec::new();
            for (cell, column) in cells.iter().zip(&columns) {
                let node = Node::of(cell, &Scope::row(self, &[]))?;
                row.push(coerce(node, &column.ty)?.on(&[]));
            }
            if row.len() != columns.len() {
                return invalid("the cells do not fill whole rows");
            }
            rows.push(row);
        }
        Ok(Relation::new(columns, rows))
    }

    /// All rows of all branches, columns by name.
    pub(super) fn union(&self, first: Option<Relation>, branches: &[Branch]) -> Result<Relation> {
        let mut inputs: Vec<Relation> = first.into_iter().collect();
        for branch in branches {
            inputs.push(self.branch(branch)?);
        }
        let mut columns: Vec<Column> = Vec::new();
        for column in inputs.iter().flat_map(|input| &input.columns) {
            match columns.iter_mut().find(|known| known.name == column.name) {
                None => columns.push(column.clone()),
                Some(known) => match united(&known.ty, &column.ty) {
                    Some(ty) => known.ty = ty,
                    None => return invalid(format!("{} has two types", column.name)),
                },
            }
        }
        let mut rows = Vec::new();
        for input in inputs {
            for row in &input.rows {
                let value = |column: &Column| match input.find(&column.name) {
                    Some((at, _)) => {
                        implicit(row.get(at).cloned().unwrap_or(Value::Null), &column.ty)
                    }
                    None => Value::Null,
                };
                rows.push(columns.iter().map(value).collect());
            }
        }
        Ok(Relation::new(columns, rows))
    }
}

/// The type of a column of two branches; a document is no scalar here.
fn united(left: &Ty, right: &Ty) -> Option<Ty> {
    let documents = [left, right]
        .iter()
        .filter(|ty| ***ty == Ty::Dynamic)
        .count();
    let null = *left == Ty::Null || *right == Ty::Null;
    if documents == 1 && !null {
        return None;
    }
    left.common(right)
}
