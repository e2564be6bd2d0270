//! The rules that the guest breaks when its configuration says so, one at a time, so that what finds each of them can be tried.

use serde::{Deserialize, Serialize};
use trawl_sdk::types::ScanRequest;

use crate::value::Value;

/// What is wrong with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Lie {
    /// Each row is a group of its own: legal, since partial results are merged.
    Duplicates,
    /// Groups that are not there, with no rows: legal too.
    EmptyGroups,
    /// Counts are below zero.
    NegativeCounts,
    /// Counts are as large as they can be.
    HugeCounts,
    /// Counts are one too many.
    Miscounts,
    /// The plan's schema has a column less.
    Schema,
    /// A sum goes out as another type.
    Type,
    /// The plan says that it aggregates and that it checks no filter.
    Filters,
    /// The plan takes the limit without the order.
    Unsorted,
    /// The plan takes the limit, and its filters inexactly.
    HastyLimit,
    /// A limit gives one row less.
    ShortLimit,
    /// Sorted rows come from the last to the first.
    Backwards,
    /// `<=` is taken for `<`.
    LessIsLess,
    /// Labels that are asked for alone are others.
    AloneIsOther,
    /// The remote is asked which tables there are.
    AsksForTables,
    /// `n` is said to be never null.
    NeverNull,
    /// Rows are said to name their clusters, and there is no column for it.
    Nameless,
    /// Pushes go on after `stop`.
    GoesOn,
    /// A page that the server fails to give is an empty one.
    Swallows,
    /// A refusal of the remote is called a defect of the plugin.
    BlamesItself,
    /// A refusal of the remote is called another mistake than it is.
    Misnames,
    /// A page without rows is the last one.
    EndsEarly,
    /// A page that leads to itself is followed for ever.
    Circles,
    /// A page of another shape is a panic.
    Panics,
    /// A page without its list is an empty one.
    Lenient,
}

/// Rows with other labels, where nothing else of them is asked for.
pub fn others(rows: Vec<Vec<Value>>, request: &ScanRequest) -> Vec<Vec<Value>> {
    let alone = request.projection.len() == 1 && request.aggregate.is_none();
    let other = |value: Value| match value {
        Value::Map(map) if alone => {
            let map = map.into_iter();
            Value::Map(map.map(|(key, it)| (key, it.to_uppercase())).collect())
        }
        other => other,
    };
    let row = |row: Vec<Value>| row.into_iter().map(other).collect();
    rows.into_iter().map(row).collect()
}
