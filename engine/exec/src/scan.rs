//! The scan of a table on all its targets: one partition for each piece that a plugin cut its work into, in the plan's shape.
//! Asks nobody itself: rows are a `fetch`'s.

use std::fmt;
use std::sync::Arc;

use arrow::array::UInt32Array;
use arrow::array::{ArrayRef, RecordBatch, RecordBatchOptions};
use arrow::compute::{CastOptions, cast_with_options, take};
use arrow::datatypes::SchemaRef;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::error::Result;
use datafusion::execution::TaskContext;
use datafusion::physical_expr::{EquivalenceProperties, PhysicalExpr};
use datafusion::physical_plan::execution_plan::{Boundedness, EmissionType};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{
    DisplayAs, DisplayFormatType, ExecutionPlan, Partitioning, PlanProperties,
    SendableRecordBatchStream,
};
use futures::{StreamExt, TryStreamExt};

use crate::fleet::{self, Place};
use crate::partial;
use crate::per_row::PerRow;
use crate::placement::Owner;
use crate::prepare::{Prepared, TargetScan};

/// The physical scan.
#[derive(Debug)]
pub struct ScanExec {
    prepared: Arc<Prepared>,
    schema: SchemaRef,
    /// Target and its partition, one for each partition of ours.
    pieces: Vec<(usize, usize)>,
    properties: Arc<PlanProperties>,
}

impl ScanExec {
    /// A scan that puts out this schema.
    pub fn new(prepared: Arc<Prepared>, schema: SchemaRef) -> Self {
        let pieces: Vec<(usize, usize)> = prepared
            .targets
            .iter()
            .enumerate()
            .flat_map(|(target, scan)| {
                (0..scan.fetch.partitions()).map(move |piece| (target, piece))
            })
            .collect();
        let properties = Arc::new(PlanProperties::new(
            EquivalenceProperties::new(Arc::clone(&schema)),
            // DataFusion wants a partition even where there is nothing to read.
            Partitioning::UnknownPartitioning(pieces.len().max(1)),
            EmissionType::Incremental,
            Boundedness::Bounded,
        ));
        Self {
            prepared,
            schema,
            pieces,
            properties,
        }
    }
}

impl DisplayAs for ScanExec {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "ScanExec: targets={}, partitions={}",
            self.prepared.targets.len(),
            self.pieces.len()
        )?;
        match self
            .prepared
            .targets
            .first()
            .map(|target| &target.fetch.plan)
        {
            Some(Ok(plan)) => write!(f, ", {}", plan.explain),
            _ => Ok(()),
        }
    }
}

impl ExecutionPlan for ScanExec {
    fn name(&self) -> &str {
        "ScanExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        Vec::new()
    }

    fn with_new_children(
        self: Arc<Self>,
        _: Vec<Arc<dyn ExecutionPlan>>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        Ok(self)
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
        task: Arc<TaskContext>,
    ) -> Result<SendableRecordBatchStream> {
        let piece = self
            .pieces
            .get(partition)
            .and_then(|(target, piece)| Some((self.prepared.targets.get(*target)?, *piece)));
        let Some((target, piece)) = piece else {
            let empty = futures::stream::empty();
            return Ok(Box::pin(RecordBatchStreamAdapter::new(
                Arc::clone(&self.schema),
                empty,
            )));
        };
        let shape = Shape::new(target, &self.schema)?;
        let mut rows = target.fetch.read(piece, target.reader, &task);
        let merges = self.prepared.grouped.as_ref().is_some_and(|it| it.taken);
        if target.fetch.is_aggregated() && !merges {
            // What the source has only counted.
            let counted = rows.map_ok(|partial| futures::stream::iter(partial::rows(&partial)));
            rows = counted.try_flatten().boxed();
        }
        Ok(Box::pin(RecordBatchStreamAdapter::new(
            Arc::clone(&self.schema),
            rows.map(move |batch| shape.batch(&batch?)),
        )))
    }
}

/// How a plugin's batches become the plan's: its columns by position and type, the virtual ones beside them.
struct Shape {
    schema: SchemaRef,
    columns: Vec<Origin>,
    /// Whose rows are, where each names its cluster in this column.
    per_row: Option<(PerRow, usize)>,
}

enum Origin {
    /// One value for all rows.
    Constant(ArrayRef),
    /// A virtual column of rows that name their clusters, by its position among them.
    Placed(usize),
    /// A column of the plugin's batch.
    Source(usize),
}

impl Shape {
    fn new(target: &TargetScan, schema: &SchemaRef) -> Result<Self> {
        let (place, per_row) = match (&target.fetch.owner, target.fetch.cluster_column) {
            (Owner::One(place), _) => (place.as_ref().clone(), None),
            (Owner::PerRow(per_row), Some(column)) => {
                (Place::default(), Some((per_row.clone(), column)))
            }
            (Owner::PerRow(_), None) => {
                return datafusion::common::internal_err!("nobody asked for the clusters of rows");
            }
        };
        let place = fleet::rows(&[place])?;
        let columns = schema
            .fields()
            .iter()
            .map(|field| {
                let position = place.schema_ref().index_of(field.name()).ok();
                match position.and_then(|at| Some((at, place.columns().get(at)?))) {
                    Some((at, _)) if per_row.is_some() => Ok(Origin::Placed(at)),
                    Some((_, value)) => Ok(Origin::Constant(Arc::clone(value))),
                    None => match target.columns.get(field.name()) {
                        Some(position) => Ok(Origin::Source(*position)),
                        None => datafusion::common::internal_err!(
                            "the column {} was not asked for",
                            field.name()
                        ),
                    },
                }
            })
            .collect::<Result<_>>()?;
        Ok(Self {
            schema: Arc::clone(schema),
            columns,
            per_row,
        })
    }

    fn batch(&self, batch: &RecordBatch) -> Result<RecordBatch> {
        let rows = batch.num_rows();
        let mut columns = Vec::with_capacity(self.columns.len());
        let is_placed = |origin: &Origin| matches!(origin, Origin::Placed(_));
        let placed = match &self.per_row {
            Some((per_row, column)) if self.columns.iter().any(is_placed) => {
                Some(per_row.places(batch, *column)?)
            }
            _ => None,
        };
        for (origin, field) in self.columns.iter().zip(self.schema.fields()) {
            columns.push(match origin {
                Origin::Constant(value) => {
                    take(value, &UInt32Array::from(vec![0_u32; rows]), None)?
                }
                Origin::Placed(position) => {
                    let column = placed.as_ref().and_then(|it| it.columns().get(*position));
                    match column {
                        Some(column) => Arc::clone(column),
                        None => {
                            return datafusion::common::internal_err!(
                                "a batch lacks the column {}",
                                field.name()
                            );
                        }
                    }
                }
                Origin::Source(position) => match batch.columns().get(*position) {
                    Some(column) if column.data_type() == field.data_type() => Arc::clone(column),
                    Some(column) => {
                        // What does not fit the language's wider type is null, never the end of the query.
                        cast_with_options(
                            column,
                            field.data_type(),
                            &CastOptions {
                                safe: true,
                                ..Default::default()
                            },
                        )?
                    }
                    None => {
                        return datafusion::common::internal_err!(
                            "a batch lacks the column {}",
                            field.name()
                        );
                    }
                },
            });
        }
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        Ok(RecordBatch::try_new_with_options(
            Arc::clone(&self.schema),
            columns,
            &options,
        )?)
    }
}
