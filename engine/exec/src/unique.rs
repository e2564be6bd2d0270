//! The run-time half of `lookup`'s check: groups pass unless one has two rows, and then the query ends with its keys.

use std::fmt;
use std::sync::Arc;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::Int64Type;
use async_trait::async_trait;
use datafusion::catalog::Session;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::TaskContext;
use datafusion::execution::context::QueryPlanner;
use datafusion::logical_expr::physical_planning_context::PhysicalPlanningContext;
use datafusion::logical_expr::{Expr, LogicalPlan, UserDefinedLogicalNode};
use datafusion::physical_expr::{EquivalenceProperties, PhysicalExpr};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{
    DisplayAs, DisplayFormatType, Distribution, ExecutionPlan, ExecutionPlanProperties,
    InputDistributionRequirements, Partitioning, PlanProperties, SendableRecordBatchStream,
};
use datafusion::physical_planner::{DefaultPhysicalPlanner, ExtensionPlanner, PhysicalPlanner};
use futures::{StreamExt, TryStreamExt};
use trawl_lang::Diagnostic;
use trawl_lang::span::Span;
use trawl_plan::Type;
use trawl_plan::unique::AssertUnique;

use crate::encode;
use crate::error::QueryFault;

/// Keys that the message shows: enough to see what is wrong with them.
const SHOWN_KEYS: usize = 3;

/// DataFusion's planner with our node.
#[derive(Debug)]
pub struct Planner;

#[async_trait]
impl QueryPlanner for Planner {
    async fn create_physical_plan(
        &self,
        plan: &LogicalPlan,
        session: &dyn Session,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        DefaultPhysicalPlanner::with_extension_planners(vec![Arc::new(UniquePlanner)])
            .create_physical_plan(plan, session)
            .await
    }
}

/// From [`AssertUnique`] to [`UniqueExec`].
#[derive(Debug)]
struct UniquePlanner;

#[async_trait]
impl ExtensionPlanner for UniquePlanner {
    async fn plan_extension(
        &self,
        _: &dyn PhysicalPlanner,
        node: &dyn UserDefinedLogicalNode,
        _: &[&LogicalPlan],
        inputs: &[Arc<dyn ExecutionPlan>],
        _: &dyn Session,
        _: &PhysicalPlanningContext,
    ) -> Result<Option<Arc<dyn ExecutionPlan>>> {
        let Some(node) = node.as_any().downcast_ref::<AssertUnique>() else {
            return Ok(None);
        };
        let [input] = inputs else {
            return datafusion::common::internal_err!("AssertUnique has one input");
        };
        let position = |expr: &Expr| match expr {
            Expr::Column(column) => node.input.schema().index_of_column(column),
            other => datafusion::common::internal_err!("{other} is not a column"),
        };
        let keys = node.keys.iter().map(|key| {
            Ok(Key {
                name: key.name.clone(),
                ty: key.ty.clone(),
                position: position(&key.expr)?,
            })
        });
        let check = Check {
            keys: keys.collect::<Result<_>>()?,
            count: position(&node.count)?,
            span: node.span,
        };
        Ok(Some(Arc::new(UniqueExec::new(check, Arc::clone(input)))))
    }
}

/// A key of the groups.
#[derive(Debug)]
struct Key {
    name: String,
    ty: Type,
    position: usize,
}

/// What is checked of the groups.
#[derive(Debug)]
struct Check {
    keys: Vec<Key>,
    /// The column that counts a group's rows.
    count: usize,
    span: Span,
}

impl Check {
    /// The keys of groups with more than one row, as messages show them.
    fn repeated(&self, batch: &RecordBatch, limit: usize) -> Vec<String> {
        let counts = batch.columns().get(self.count);
        let Some(counts) = counts.and_then(|counts| counts.as_primitive_opt::<Int64Type>()) else {
            return Vec::new();
        };
        (0..batch.num_rows())
            .filter(|row| counts.is_valid(*row) && counts.value(*row) > 1)
            .take(limit)
            .map(|row| format!("{} ({} rows)", self.key(batch, row), counts.value(row)))
            .collect()
    }

    fn key(&self, batch: &RecordBatch, row: usize) -> String {
        let parts = self.keys.iter().filter_map(|key| {
            let array = batch.columns().get(key.position)?;
            Some(format!(
                "{} = {}",
                key.name,
                encode::cell(array, &key.ty, row)
            ))
        });
        parts.collect::<Vec<_>>().join(", ")
    }

    /// The error, when there are such keys.
    fn verdict(&self, mut repeated: Vec<String>) -> Result<()> {
        if repeated.is_empty() {
            return Ok(());
        }
        repeated.sort();
        let mut diagnostic = Diagnostic::error(
            "Q0410",
            "the right side of `lookup` has more than one row for a key",
        )
        .label(self.span, "a key must be here once at most");
        for key in repeated {
            diagnostic = diagnostic.help(format!("more than once: {key}"));
        }
        let names: Vec<&str> = self.keys.iter().map(|key| key.name.as_str()).collect();
        let fault = QueryFault(
            diagnostic
                .help(format!(
                    "choose a row a key, `… | summarize … by {}`, or take them all with `join kind=leftouter`",
                    names.join(", ")
                )),
        );
        Err(DataFusionError::External(Box::new(fault)))
    }
}

/// Groups on their way to a lookup.
#[derive(Debug)]
struct UniqueExec {
    check: Arc<Check>,
    input: Arc<dyn ExecutionPlan>,
    properties: Arc<PlanProperties>,
}

impl UniqueExec {
    fn new(check: Check, input: Arc<dyn ExecutionPlan>) -> Self {
        Self::of(Arc::new(check), input)
    }

    fn of(check: Arc<Check>, input: Arc<dyn ExecutionPlan>) -> Self {
        let properties = Arc::new(PlanProperties::new(
            EquivalenceProperties::new(input.schema()),
            Partitioning::UnknownPartitioning(1),
            input.pipeline_behavior(),
            input.boundedness(),
        ));
        Self {
            check,
            input,
            properties,
        }
    }
}

impl DisplayAs for UniqueExec {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let keys: Vec<&str> = self
            .check
            .keys
            .iter()
            .map(|key| key.name.as_str())
            .collect();
        write!(f, "UniqueExec: {}", keys.join(", "))
    }
}

impl ExecutionPlan for UniqueExec {
    fn name(&self) -> &str {
        "UniqueExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        vec![&self.input]
    }

    /// One stream sees all groups, so that the message does not depend on which of several streams is first.
    fn input_distribution_requirements(&self) -> InputDistributionRequirements {
        InputDistributionRequirements::new(vec![Distribution::SinglePartition])
    }

    fn with_new_children(
        self: Arc<Self>,
        children: Vec<Arc<dyn ExecutionPlan>>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        match <[_; 1]>::try_from(children) {
            Ok([input]) => Ok(Arc::new(Self::of(Arc::clone(&self.check), input))),
            Err(_) => datafusion::common::internal_err!("UniqueExec has one input"),
        }
    }

    fn apply_expressions(
        &self,
        _: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
    }

    fn execute(
        &self,
        partition: usize,
        context: Arc<TaskContext>,
    ) -> Result<SendableRecordBatchStream> {
        let input = self.input.execute(partition, context)?;
        let checked = futures::stream::try_unfold(
            (input, Arc::clone(&self.check)),
            |(mut input, check)| async move {
                let Some(batch) = input.try_next().await? else {
                    return Ok(None);
                };
                let mut repeated = check.repeated(&batch, SHOWN_KEYS);
                if !repeated.is_empty() {
                    // The query is lost; more keys may be told.
                    while let Some(batch) = input.next().await
                        && repeated.len() < SHOWN_KEYS
                    {
                        repeated.extend(check.repeated(&batch?, SHOWN_KEYS - repeated.len()));
                    }
                    check.verdict(repeated)?;
                }
                Ok(Some((batch, (input, check))))
            },
        );
        Ok(Box::pin(RecordBatchStreamAdapter::new(
            self.schema(),
            checked,
        )))
    }
}
