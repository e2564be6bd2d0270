//! `join` and `lookup`: every pair of rows, looked at.

use trawl_lang::ast::{CompareOp, Expr, ExprKind, Side, Tail};

use super::node::Node;
use super::set::unify_keys;
use super::{Scope, Session, compare};
use crate::error::{Error, Result, invalid};
use crate::table::{Column, Relation, Row};
use crate::ty::Ty;
use crate::value::{Value, same_all};

/// The two sides of one key, and its name when both call it so.
struct Key {
    left: Node,
    right: Node,
    name: Option<String>,
}

impl Session<'_> {
    pub(super) fn join(&self, left: Relation, kind: &str, tail: &Tail) -> Result<Relation> {
        let right = self.branch(&tail.right)?;
        if right.taken.is_some() {
            return Err(Error::Open("a join with rows that were chosen".to_owned()));
        }
        let keys = self.keys(&left, &right, tail)?;
        let (semi, anti) = (kind == "leftsemi", kind == "leftanti");
        if semi || anti {
            let partner = |row: &Row| right.rows.iter().any(|other| meets(&keys, row, other));
            let rows = left.rows.iter().filter(|row| partner(row) == semi);
            return Ok(Relation::new(left.columns.clone(), rows.cloned().collect()));
        }
        let mut pairs: Vec<(Option<&Row>, Option<&Row>)> = Vec::new();
        for row in &left.rows {
            let before = pairs.len();
            let partners = right.rows.iter().filter(|other| meets(&keys, row, other));
            pairs.extend(partners.map(|other| (Some(row), Some(other))));
            if pairs.len() == before && matches!(kind, "leftouter" | "fullouter") {
                pairs.push((Some(row), None));
            }
        }
        if matches!(kind, "rightouter" | "fullouter") {
            let alone = |other: &&Row| !left.rows.iter().any(|row| meets(&keys, row, other));
            pairs.extend(
                right
                    .rows
                    .iter()
                    .filter(alone)
                    .map(|other| (None, Some(other))),
            );
        }
        joined(&left, &right, &keys, &pairs, tail)
    }

    pub(super) fn lookup(&self, left: Relation, tail: &Tail) -> Result<Relation> {
        let right = self.branch(&tail.right)?;
        let keys = self.keys(&left, &right, tail)?;
        let mut seen: Vec<Row> = Vec::new();
        for row in &right.rows {
            let key: Row = keys.iter().map(|key| key.right.on(row)).collect();
            if key.iter().any(|value| value.is_null() || value.is_nan()) {
                continue;
            }
            if seen.iter().any(|known| same_all(known, &key)) && left.rows.is_empty() {
                return Err(Error::Open("a lookup of nothing may not look".to_owned()));
            }
            if seen.iter().any(|known| same_all(known, &key)) {
                return Err(Error::Fails(format!("a key twice on the right: {key:?}")));
            }
            seen.push(key);
        }
        self.join(left, "leftouter", tail)
    }

    fn keys(&self, left: &Relation, right: &Relation, tail: &Tail) -> Result<Vec<Key>> {
        let mut keys = Vec::new();
        for expr in &tail.on {
            let (left_expr, right_expr, name) = match &expr.kind {
                ExprKind::Name(name) => (expr.clone(), expr.clone(), Some(name.clone())),
                ExprKind::Compare {
                    op: CompareOp::Eq,
                    left,
                    right,
                } => match (side(left), side(right)) {
                    (Some((Side::Left, l)), Some((Side::Right, r)))
                    | (Some((Side::Right, r)), Some((Side::Left, l))) => (l, r, None),
                    _ => return invalid("a key compares both sides"),
                },
                _ => return invalid("not a key"),
            };
            let left = Node::of(&left_expr, &Scope::row(self, &left.columns))?;
            let right = Node::of(&right_expr, &Scope::row(self, &right.columns))?;
            let (left, right) = unify_keys(left, right)?;
            keys.push(Key { left, right, name });
        }
        Ok(keys)
    }
}

fn meets(keys: &[Key], left: &Row, right: &Row) -> bool {
    keys.iter().all(|key| {
        let (left, right) = (key.left.on(left), key.right.on(right));
        !left.is_null() && !right.is_null() && compare::equals(&left, &right)
    })
}

fn joined(
    left: &Relation,
    right: &Relation,
    keys: &[Key],
    pairs: &[(Option<&Row>, Option<&Row>)],
    tail: &Tail,
) -> Result<Relation> {
    let is_key = |column: &Column| {
        keys.iter()
            .any(|key| key.name.as_ref() == Some(&column.name))
    };
    let value = |side: &Relation, row: Option<&Row>, name: &str| {
        let at = side.find(name).map(|found| found.0);
        at.and_then(|at| row?.get(at).cloned())
            .unwrap_or(Value::Null)
    };
    let mut columns = left.columns.clone();
    let added: Vec<&Column> = right
        .columns
        .iter()
        .filter(|column| tail.alias.is_some() || !is_key(column))
        .collect();
    match &tail.alias {
        Some(alias) => {
            let fields = added.iter().map(|c| (c.name.clone(), c.ty.clone()));
            columns.push(Column::new(
                alias.name.clone(),
                Ty::Struct(fields.collect()),
            ));
        }
        None => columns.extend(added.iter().copied().cloned()),
    }
    for (position, column) in columns.iter().enumerate() {
        if columns
            .iter()
            .take(position)
            .any(|known| known.name == column.name)
        {
            return invalid(format!("both sides have {}", column.name));
        }
    }
    let mut rows = Vec::new();
    for (l, r) in pairs {
        let mut row: Row = Vec::new();
        for column in &left.columns {
            let own = value(left, *l, &column.name);
            let merged = is_key(column) && tail.alias.is_none() && l.is_none();
            row.push(if merged {
                value(right, *r, &column.name)
            } else {
                own
            });
        }
        let theirs = added.iter().map(|column| value(right, *r, &column.name));
        match (&tail.alias, r) {
            (None, _) => row.extend(theirs),
            (Some(_), None) => row.push(Value::Null),
            (Some(_), Some(_)) => {
                let names = added.iter().map(|column| column.name.clone());
                row.push(Value::Struct(names.zip(theirs).collect()));
            }
        }
        rows.push(row);
    }
    Ok(Relation::new(columns, rows))
}

/// `$left.a.b` as the side and `a.b`.
fn side(expr: &Expr) -> Option<(Side, Expr)> {
    let (side, kind) = match &expr.kind {
        ExprKind::Field { base, name } => match &base.kind {
            ExprKind::Side(side) => (*side, ExprKind::Name(name.name.clone())),
            _ => {
                let (side, base) = self::side(base)?;
                let (base, name) = (Box::new(base), name.clone());
                (side, ExprKind::Field { base, name })
            }
        },
        ExprKind::Index { base, index } => {
            let (side, base) = self::side(base)?;
            let (base, index) = (Box::new(base), index.clone());
            (side, ExprKind::Index { base, index })
        }
        _ => return None,
    };
    let span = expr.span;
    Some((side, Expr { kind, span }))
}
