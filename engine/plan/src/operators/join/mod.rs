//! `join`, and what `lookup` has of it. Keys become plain columns, the scope crosses `on cluster`, names never collide in silence.

mod keys;
mod kind;
mod merge;
mod sides;

use datafusion_common::Column as PlanColumn;
use datafusion_expr::{JoinType, LogicalPlanBuilder, lit};
use trawl_lang::Diagnostic;
use trawl_lang::ast::{self, Ident, Tail};

pub(super) use self::keys::Pair;
pub(super) use self::kind::Kind;
use crate::bind::{Binder, Effect};
use crate::expr::Result;
use crate::operators::{Example, Family, Operator};
use crate::relation::{BoundColumn, Relation, ScanId};
use crate::virtuals;

/// `join`: what its page says.
pub const OPERATOR: Operator = Operator {
    name: "join",
    aliases: &[],
    family: Family::Tables,
    syntax: "join [kind=KIND] TABLE [as NAME] on KEY, …",
    summary: "Puts together the rows of two sides whose keys are equal.",
    notes: r"The right side is a table or a query in parentheses. A key is a name that both sides have, or `$left.a == $right.b`; keys of different
types meet as the sides of `==` do, dynamic ones by their text. Null and NaN match nothing.

| kind | rows |
|---|---|
| `inner` (unless told otherwise) | those with a partner; several partners give several rows |
| `leftouter` | all of the left side, null on the right where there is no partner |
| `rightouter` | all of the right side |
| `fullouter` | all of both |
| `leftsemi` | of the left side those with a partner, each once |
| `leftanti` | of the left side those without one |

- Columns: all of the left side, then those of the right. A key that is written as a name is there once, with the value of whichever side
  a row has. `leftsemi` and `leftanti` give the left columns only.
- With `as n` the columns of the right side are `n.column`, and `n` is null where there is no partner. Without it, a name that both sides
  have and that is no key is an error.
- When `cluster` is a key, clusters that one side rules out are not asked for the other, as far as the kind allows it. Where both sides
  have `cluster` and the keys do not, a warning says that the join mixes clusters.
- The order of rows is lost. For a right side that has each key once, `lookup` says when it has not.",
    examples: &[
        Example {
            title: "Nodes of pods, by a name for the right side",
            query: r#"pods
| where phase == "Failed"
| join kind=inner nodes as n on cluster, $left.spec.nodeName == $right.name
| summarize failed = count() by cluster, node_state = n.state
| sort by cluster asc, node_state asc"#,
        },
        Example {
            title: "No partner",
            query: r#"datatable(id: long, name: string) [1, "a", 2, "b"]
| join kind=leftouter (datatable(id: long, size: long) [1, 10, 1, 20]) on id
| sort by id asc, size asc"#,
        },
        Example {
            title: "What is missing on the other side",
            query: r#"datatable(app: string) ["web", "db", "cron"]
| join kind=leftanti (datatable(app: string) ["web", "db"]) on app"#,
        },
    ],
};

impl Binder<'_> {
    pub(crate) fn join(
        &mut self,
        left: Relation,
        kind: Option<&Ident>,
        tail: &Tail,
        op: &ast::Op,
    ) -> Result<Relation> {
        let bound = Kind::of(kind)?;
        if let (Some(alias), Some(kind), false) = (&tail.alias, kind, bound.has_right_columns()) {
            return Err(sides::useless_name(alias, kind));
        }
        self.matched(left, bound, tail, op)
    }

    /// The rows of both sides that belong together, as the kind says.
    pub(super) fn matched(
        &mut self,
        mut left: Relation,
        kind: Kind,
        tail: &Tail,
        op: &ast::Op,
    ) -> Result<Relation> {
        let mut right = self.branch(&tail.right)?;
        // A wrong key is told and left out, so that the columns of both sides are there for what follows.
        let mut pairs = Vec::with_capacity(tail.on.len());
        for key in &tail.on {
            pairs.extend(self.attempt(|binder| binder.pair(key, &left, &right)));
        }
        let is_wrong = pairs.len() < tail.on.len();
        self.tainted |= is_wrong;
        if is_wrong && pairs.is_empty() {
            return Err(no_keys(op));
        }
        match pairs.iter().find(|pair| pair.place().is_some()) {
            Some(place) => self.cross_scopes(&mut left, &mut right, place, kind, op)?,
            None if is_wrong => {}
            None => self.warn_of_mixing(&left, &right, op),
        }
        if kind == Kind::Lookup {
            (right, pairs) = self.with_unique_keys(right, pairs, tail, op)?;
        }
        self.joined(left, right, pairs, kind, tail, op)
    }

    /// Restricts either side to the clusters that it can match on the other, as far as the kind allows.
    fn cross_scopes(
        &mut self,
        left: &mut Relation,
        right: &mut Relation,
        place: &Pair,
        kind: Kind,
        op: &ast::Op,
    ) -> Result<()> {
        let scopes = place.place().and_then(|(l, r)| {
            let (left, right) = (left.scopes.get(&l)?, right.scopes.get(&r)?);
            Some((left.clone(), right.clone()))
        });
        let Some((left_scope, right_scope)) = scopes else {
            return Ok(());
        };
        if kind.narrows_right() {
            self.restrict(right, &place.right, &left_scope, op.span)?;
        }
        if kind.narrows_left() {
            self.restrict(left, &place.left, &right_scope, op.span)?;
        }
        Ok(())
    }

    fn warn_of_mixing(&mut self, left: &Relation, right: &Relation, op: &ast::Op) {
        let has_cluster = |side: &Relation| side.column(virtuals::CLUSTER).is_some();
        if has_cluster(left) && has_cluster(right) {
            self.report(
                Diagnostic::warning("Q0403", "the join mixes rows of different clusters")
                    .label(op.span, "both sides have `cluster`, the keys do not")
                    .help("add `cluster` to the keys"),
            );
        }
    }

    #[allow(
        clippy::too_many_arguments,
        reason = "what a join is made of, used once"
    )]
    fn joined(
        &mut self,
        mut left: Relation,
        mut right: Relation,
        pairs: Vec<Pair>,
        kind: Kind,
        tail: &Tail,
        op: &ast::Op,
    ) -> Result<Relation> {
        let places = pairs.iter().find_map(Pair::place);
        let (mut left_computed, mut right_computed) = (Vec::new(), Vec::new());
        let (mut left_keys, mut right_keys) = (Vec::new(), Vec::new());
        for pair in &pairs {
            left_keys.push(self.key_column(&pair.left, &mut left_computed));
            right_keys.push(self.key_column(&pair.right, &mut right_computed));
        }
        let merged = if kind.left_can_miss() {
            let computed = (&mut left_computed, &mut right_computed);
            self.merged_columns(&left, &right, &pairs, places, computed)
        } else {
            Vec::new()
        };
        let marker = self.unique("partner");
        if tail.alias.is_some() {
            right_computed.push((lit(true), marker.clone()));
        }
        left.plan = self.with_columns(left.plan, left_computed, op.span)?;
        right.plan = self.with_columns(right.plan, right_computed, op.span)?;

        if kind.has_right_columns() {
            let added = added_columns(&left, &right, kind, places);
            self.add_columns(&mut left, added, &pairs, marker, kind, tail, op)?;
            left.hidden.extend(right.hidden);
            left.scopes.extend(right.scopes);
        }
        if let Some(effect) = kind.without_right() {
            self.unmatched(kind.written(), op.span, &right.plan, effect);
        }
        if kind.left_can_miss() {
            self.unmatched(kind.written(), op.span, &left.plan, Effect::Nulls);
        }
        left.plan = self.join_plan(left.plan, right.plan, (left_keys, right_keys), kind, op)?;
        // A join keeps no order.
        left.order.clear();
        self.put_merged(left, merged, kind, op.span)
    }

    #[allow(
        clippy::too_many_arguments,
        reason = "what the columns of a join depend on, used once"
    )]
    fn add_columns(
        &mut self,
        left: &mut Relation,
        added: Vec<BoundColumn>,
        pairs: &[Pair],
        marker: String,
        kind: Kind,
        tail: &Tail,
        op: &ast::Op,
    ) -> Result<()> {
        if kind.left_can_miss() {
            let columns = std::mem::take(&mut left.columns);
            left.columns = columns.into_iter().map(BoundColumn::can_miss).collect();
        }
        if let Some(alias) = &tail.alias {
            let side = sides::named_side(left, alias, added, marker, kind)?;
            left.columns.push(side);
            return Ok(());
        }
        let is_key = |column: &BoundColumn| {
            let mut names = pairs.iter().filter_map(|pair| pair.name.as_ref());
            names.any(|name| *name == column.name)
        };
        for column in added.into_iter().filter(|column| !is_key(column)) {
            if left.column(&column.name).is_some() {
                return Err(sides::collision(&column.name, left, tail, op));
            }
            left.columns.push(column);
        }
        Ok(())
    }

    fn join_plan(
        &self,
        left: datafusion_expr::LogicalPlan,
        right: datafusion_expr::LogicalPlan,
        (left_keys, right_keys): (Vec<PlanColumn>, Vec<PlanColumn>),
        kind: Kind,
        op: &ast::Op,
    ) -> Result<datafusion_expr::LogicalPlan> {
        let builder = match kind {
            // The side that is read first, to its end, is the first one: a key that is there twice is told before any row.
            Kind::Lookup => LogicalPlanBuilder::from(right).join(
                left,
                JoinType::Right,
                (right_keys, left_keys),
                None,
            ),
            _ => LogicalPlanBuilder::from(left).join(
                right,
                kind.plan(),
                (left_keys, right_keys),
                None,
            ),
        };
        self.built(builder, op.span)
    }
}

/// A join of which no key is right.
fn no_keys(op: &ast::Op) -> Box<Diagnostic> {
    Diagnostic::error("Q0405", "no key of the join is right")
        .at(op.span)
        .into()
}

/// What the right side brings beside what the left side has of the same cluster.
fn added_columns(
    left: &Relation,
    right: &Relation,
    kind: Kind,
    places: Option<(ScanId, ScanId)>,
) -> Vec<BoundColumn> {
    let is_known = |column: &BoundColumn| {
        let twin = left.column(&column.name);
        twin.is_some_and(|twin| sides::is_twin(twin, column, places))
    };
    let added = right
        .columns
        .iter()
        .filter(|column| !is_known(column))
        .cloned();
    if kind.right_can_miss() {
        added.map(BoundColumn::can_miss).collect()
    } else {
        added.collect()
    }
}
