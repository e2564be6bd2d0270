//! Merged columns of a join whose rows can lack their left side: one column with the value of whichever side a row has.

use std::collections::BTreeMap;

use datafusion_common::Column as PlanColumn;
use datafusion_expr::{Expr, when};
use trawl_lang::span::Span;

use super::keys::Pair;
use super::kind::Kind;
use super::sides::is_twin;
use crate::bind::Binder;
use crate::expr::{Bound, Result};
use crate::relation::{BoundColumn, Origin, Relation, ScanId};

/// A column that both sides have, each side's values under the type that they share.
pub(super) struct Merged {
    left: BoundColumn,
    right: BoundColumn,
}

/// Computed columns of either side.
type Computed<'a> = (&'a mut Vec<(Expr, String)>, &'a mut Vec<(Expr, String)>);

impl Binder<'_> {
    /// The columns to merge: keys that are written as names, and what derives from the cluster where the cluster is a key.
    pub(super) fn merged_columns(
        &mut self,
        left: &Relation,
        right: &Relation,
        pairs: &[Pair],
        places: Option<(ScanId, ScanId)>,
        (left_computed, right_computed): Computed<'_>,
    ) -> Vec<Merged> {
        let mut merged = Vec::new();
        for l in &left.columns {
            let Some(r) = right.column(&l.name) else {
                continue;
            };
            let pair = pairs
                .iter()
                .find(|pair| pair.name.as_ref() == Some(&l.name));
            if pair.is_none() && !is_twin(l, r, places) {
                continue;
            }
            let (mut l, mut r) = (l.clone(), r.clone());
            if let Some(pair) = pair
                && l.ty != r.ty
            {
                // Sides of different types meet in the type of the keys.
                l = self.converted(l.name, &pair.left, left_computed);
                r = self.converted(r.name, &pair.right, right_computed);
            }
            merged.push(Merged { left: l, right: r });
        }
        merged
    }

    fn converted(
        &mut self,
        name: String,
        bound: &Bound,
        computed: &mut Vec<(Expr, String)>,
    ) -> BoundColumn {
        self.column_of(name, bound.clone(), computed)
    }

    /// Puts merged columns where the left side has them.
    pub(super) fn put_merged(
        &mut self,
        mut joined: Relation,
        merged: Vec<Merged>,
        kind: Kind,
        span: Span,
    ) -> Result<Relation> {
        let mut computed = Vec::new();
        let mut places = Places::default();
        for Merged { left, right } in merged {
            let column = if kind.right_can_miss() {
                let unique = self.unique(&left.name);
                let (l, r) = (left.expr(), right.expr());
                let either = when(l.clone().is_not_null(), l)
                    .otherwise(r)
                    .map_err(|error| self.bug(&error, span))?;
                computed.push((either, unique.clone()));
                BoundColumn {
                    column: PlanColumn::from_name(unique),
                    nullable: left.nullable || right.nullable,
                    origin: self.either_place(&left, &right, &mut joined, &mut places),
                    ..left
                }
            } else {
                // Every row has its right side, so its value is the value.
                right
            };
            if let Some(old) = joined
                .columns
                .iter_mut()
                .find(|old| old.name == column.name)
            {
                *old = column;
            }
        }
        joined.plan = self.with_columns(joined.plan, computed, span)?;
        Ok(joined)
    }

    /// The lineage of a place that comes from either of two scans: a scan that stands for both. Other columns have none.
    fn either_place(
        &mut self,
        left: &BoundColumn,
        right: &BoundColumn,
        joined: &mut Relation,
        places: &mut Places,
    ) -> Option<Origin> {
        if !left.is_virtual() || !right.is_virtual() {
            return None;
        }
        let (l, r) = (left.origin.as_ref()?, right.origin.as_ref()?);
        if l.column != r.column {
            return None;
        }
        let scan = match places.get(&(l.scan, r.scan)) {
            Some(scan) => *scan,
            None => {
                let of = |scan: &ScanId| joined.scopes.get(scan).cloned().unwrap_or_default();
                let both = of(&l.scan).union(&of(&r.scan)).cloned().collect();
                let scan = self.next_scan();
                joined.scopes.insert(scan, both);
                places.insert((l.scan, r.scan), scan);
                scan
            }
        };
        Some(Origin {
            scan,
            column: l.column.clone(),
            path: Vec::new(),
        })
    }
}

/// The scans that stand for two.
type Places = BTreeMap<(ScanId, ScanId), ScanId>;
