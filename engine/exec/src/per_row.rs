//! Rows that name their clusters themselves: each gets the place of its cluster in the inventory, and those of clusters that were
//! not asked for are left out and counted.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow::array::{Array, AsArray, BooleanArray, RecordBatch, StringArray, UInt32Array};
use arrow::compute::{filter_record_batch, take_record_batch};
use datafusion::error::{DataFusionError, Result};
use trawl_fleet::Inventory;

use crate::fleet::{self, Place};
use crate::record::Record;

/// Whose the rows of one connection can be.
#[derive(Debug, Clone)]
pub struct PerRow {
    /// The places of the clusters that are asked for, by their names.
    asked: BTreeMap<String, Place>,
    /// Clusters that the connection serves.
    served: usize,
    /// The place of rows that name no cluster.
    unplaced: Place,
    inventory: Arc<Inventory>,
    /// Which other rows are wanted.
    others: Others,
}

/// Rows of no cluster that is asked for, where all clusters of the connection are.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Others {
    /// Those that name no cluster, or one that the inventory lacks.
    All,
    /// Those that name no cluster.
    Unnamed,
    /// None.
    No,
}

impl PerRow {
    /// Rows of these clusters, of so many that the connection serves; `unplaced` is the place of those without a cluster.
    pub fn new(
        asked: BTreeMap<String, Place>,
        served: usize,
        unplaced: Place,
        inventory: Arc<Inventory>,
    ) -> Self {
        Self {
            asked,
            served,
            unplaced,
            inventory,
            others: Others::All,
        }
    }

    /// Without rows of clusters that the inventory lacks: the inventory is a part, and what it lacks can be outside of it.
    #[must_use]
    pub fn only_known(self) -> Self {
        Self {
            others: Others::Unnamed,
            ..self
        }
    }

    /// And without rows that name no cluster.
    #[must_use]
    pub fn only_placed(self) -> Self {
        Self {
            others: Others::No,
            ..self
        }
    }

    /// Asks for the clusters of another scan of the same connection too.
    pub fn join(&mut self, other: &Self) {
        self.asked.extend(other.asked.clone());
    }

    /// Whether some cluster of the connection is not asked for.
    fn is_restricted(&self) -> bool {
        self.asked.len() < self.served
    }

    /// Whether the rows of a name are wanted. What the inventory lacks is nobody's: it stays where all is wanted.
    fn wants(&self, name: &str) -> bool {
        self.asked.contains_key(name)
            || (self.others == Others::All
                && !self.is_restricted()
                && self.inventory.cluster(name).is_none())
    }

    /// The rows that are wanted; the record counts the others, and learns names that the inventory lacks.
    ///
    /// # Errors
    /// When the batch has no text at this column: our bug, the host holds plugins to what was asked.
    pub fn wanted(
        &self,
        batch: RecordBatch,
        column: usize,
        record: &Record,
    ) -> Result<RecordBatch> {
        let names = texts(&batch, column)?;
        let distinct: BTreeSet<&str> = names.iter().flatten().collect();
        let unwanted: BTreeSet<&str> = distinct
            .iter()
            .copied()
            .filter(|name| !self.wants(name))
            .collect();
        for name in distinct.difference(&unwanted) {
            if !self.asked.contains_key(*name) {
                record.unknown_cluster(name);
            }
        }
        let unnamed = self.others != Others::No;
        if unwanted.is_empty() && (unnamed || names.null_count() == 0) {
            return Ok(batch);
        }
        let keep: BooleanArray = names
            .iter()
            .map(|name| Some(name.map_or(unnamed, |name| !unwanted.contains(name))))
            .collect();
        let left_out = keep.len() - keep.true_count();
        record.left_out(u64::try_from(left_out).unwrap_or(u64::MAX));
        Ok(filter_record_batch(&batch, &keep)?)
    }

    /// The virtual columns of a batch, one row for each of its own.
    ///
    /// # Errors
    /// As [`PerRow::wanted`].
    pub fn places(&self, batch: &RecordBatch, column: usize) -> Result<RecordBatch> {
        let names = texts(batch, column)?;
        let mut places = vec![self.unplaced.clone()];
        let mut positions: BTreeMap<&str, u32> = BTreeMap::new();
        let rows: UInt32Array = names
            .iter()
            .map(|name| {
                let Some(name) = name else { return 0 };
                *positions.entry(name).or_insert_with(|| {
                    let known = self.asked.get(name).cloned();
                    places.push(known.unwrap_or_else(|| Place::named(name)));
                    u32::try_from(places.len() - 1).unwrap_or(0)
                })
            })
            .map(Some)
            .collect();
        Ok(take_record_batch(&fleet::rows(&places)?, &rows)?)
    }
}

fn texts(batch: &RecordBatch, column: usize) -> Result<&StringArray> {
    let names = batch.columns().get(column);
    names
        .and_then(|names| names.as_string_opt::<i32>())
        .ok_or_else(|| {
            DataFusionError::Internal("rows that name their clusters lack the column".to_owned())
        })
}
