//! `sort`, `take` and `top`.

use trawl_lang::ast::{Direction, Expr, Key};

use super::node::Node;
use super::{Scope, Session};
use crate::error::{Result, invalid};
use crate::table::{Relation, Row};
use crate::value::{Value, sort_order};

impl Session<'_> {
    pub(super) fn sort(&self, input: Relation, keys: &[Key]) -> Result<Relation> {
        let mut nodes = Vec::new();
        for key in keys {
            let node = Node::of(&key.expr, &Scope::row(self, &input.columns))?;
            if node.ty.is_nested() {
                return invalid(format!("{} has no order", node.ty));
            }
            nodes.push((node, key.direction != Some(Direction::Asc)));
        }
        let keyed = input.rows.iter().map(|row| {
            let key: Row = nodes.iter().map(|(node, _)| node.on(row)).collect();
            (key, row.clone())
        });
        let mut keyed: Vec<(Row, Row)> = keyed.collect();
        let compare = |a: &Row, b: &Row| {
            a.iter()
                .zip(b)
                .zip(&nodes)
                .map(|((a, b), (_, descending))| sort_order(a, b, *descending))
                .find(|order| order.is_ne())
                .unwrap_or(std::cmp::Ordering::Equal)
        };
        keyed.sort_by(|a, b| compare(&a.0, &b.0));
        let mut ranks = Vec::new();
        let mut rank = 0;
        for (position, (key, _)) in keyed.iter().enumerate() {
            let before = position.checked_sub(1).and_then(|at| keyed.get(at));
            if before.is_some_and(|before| compare(&before.0, key).is_ne()) {
                rank += 1;
            }
            ranks.push(rank);
        }
        Ok(Relation {
            rows: keyed.into_iter().map(|(_, row)| row).collect(),
            ranks: Some(ranks),
            ..input
        })
    }

    pub(super) fn take(&self, mut input: Relation, count: &Expr) -> Result<Relation> {
        let node = Node::of(count, &Scope::row(self, &[]))?;
        let Some(Value::Long(count)) = node.literal else {
            return invalid("take wants a constant");
        };
        let count = usize::try_from(count).unwrap_or(0);
        if count >= input.rows.len() {
            return Ok(input);
        }
        // The rows that share the last place are all kept: any of them may be the ones.
        let kept = match &mut input.ranks {
            Some(ranks) => {
                let last = count.checked_sub(1).and_then(|at| ranks.get(at).copied());
                let kept = ranks.iter().filter(|rank| Some(**rank) <= last).count();
                ranks.truncate(kept);
                kept
            }
            None if count == 0 => 0,
            None => input.rows.len(),
        };
        input.rows.truncate(kept);
        input.taken = (kept > count).then_some(count);
        Ok(input)
    }
}
