//! What an incomplete side of a join does to an answer. Where absence is the result (`join kind=leftanti`, `!in`), rows would be invented: the
//! query ends with an error, unless the caller said that any answer will do. Where columns would be null, the answer says so.

use std::sync::Arc;

use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::logical_expr::LogicalPlan;
use trawl_plan::{Effect, Unmatched};

use crate::completeness::End;
use crate::context::QueryContext;
use crate::error::Error;
use crate::prepare::scan_table;
use crate::record::Record;
use crate::request::Require;

/// The sides of a query's joins in which rows may be without partner.
#[derive(Debug, Default)]
pub struct Sides {
    sides: Vec<Side>,
    /// Whether the caller said that any answer will do.
    any: bool,
}

#[derive(Debug)]
struct Side {
    operator: String,
    effect: Effect,
    /// What becomes of its targets.
    records: Vec<Arc<Record>>,
}

impl Sides {
    /// Those of a plan whose scans are prepared.
    ///
    /// # Errors
    /// For a table of somebody else: our bug.
    pub fn of(unmatched: &[Unmatched], require: Option<Require>) -> Result<Self, Error> {
        let sides = unmatched.iter().map(|side| {
            Ok(Side {
                operator: side.operator.clone(),
                effect: side.effect,
                records: records(&side.side)?,
            })
        });
        Ok(Self {
            sides: sides.collect::<Result<_, Error>>()?,
            any: require == Some(Require::Any),
        })
    }

    /// Refuses rows that an incomplete side invented. A join gives rows of this kind only when that side has ended: looking before each
    /// batch leaves is soon enough, and rows that have left are right whatever comes later.
    ///
    /// # Errors
    /// [`Error::Absence`].
    pub fn check(&self, context: &QueryContext) -> Result<(), Error> {
        // What somebody ended is no answer to build on; what has left of it is right.
        if self.any || self.sides.is_empty() || context.end() == End::Cancelled {
            return Ok(());
        }
        let kept = self.sides.iter().filter(|side| side.effect == Effect::Kept);
        for side in kept {
            let missing = side.missing();
            if !missing.is_empty() {
                let message = format!(
                    "`{}` keeps rows that have no partner, and the rows in which partners are looked for are not all there ({}): what is kept may have one; `--require any` (`\"require\": \"any\"`) gives it all the same",
                    side.operator,
                    missing.join(", ")
                );
                return Err(Error::Absence(Box::new(context.completeness()), message));
            }
        }
        Ok(())
    }

    /// What incomplete sides did to the rows.
    pub fn warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        for side in &self.sides {
            let missing = side.missing();
            if missing.is_empty() {
                continue;
            }
            let (operator, missing) = (&side.operator, missing.join(", "));
            let warning = match side.effect {
                Effect::Kept => format!(
                    "rows that `{operator}` keeps may have a partner: the rows in which partners are looked for are not all there ({missing})"
                ),
                Effect::Nulls => format!(
                    "columns that `{operator}` adds may be null where there is a partner: the rows in which partners are looked for are not all there ({missing})"
                ),
            };
            if !warnings.contains(&warning) {
                warnings.push(warning);
            }
        }
        warnings
    }
}

impl Side {
    /// The targets that did not give all their rows.
    fn missing(&self) -> Vec<String> {
        let targets = self.records.iter().map(|record| record.target());
        let missing = targets.filter(|target| !target.status.answered());
        let mut missing: Vec<String> = missing
            .map(|target| format!("{} {}", target.place(), target.table))
            .collect();
        missing.sort();
        missing.dedup();
        missing
    }
}

/// What becomes of the targets of all scans of a plan.
fn records(plan: &LogicalPlan) -> Result<Vec<Arc<Record>>, Error> {
    let mut records = Vec::new();
    let walked = plan.apply_with_subqueries(|node| {
        if let LogicalPlan::TableScan(scan) = node {
            // A scan that was optimised away is not read, and nothing of it is missing.
            if let Some(prepared) = scan_table(scan)?.prepared() {
                let targets = prepared.targets.iter();
                records.extend(targets.map(|target| Arc::clone(&target.fetch.record)));
            }
        }
        Ok(TreeNodeRecursion::Continue)
    });
    walked?;
    Ok(records)
}
