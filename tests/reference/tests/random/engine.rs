//! The engine over tables in memory: planned by the planner, run as the engine runs, without plugins.

use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch};
use arrow::datatypes::{Field, Schema};
use datafusion::datasource::{MemTable, provider_as_source};
use datafusion::logical_expr::{Expr, TableSource};
use datafusion::physical_plan::collect;
use trawl_lang::Diagnostic;
use trawl_plan::{Catalog, ClusterSet, Fleet, Reference, ScanColumn, Step, Type, virtuals};
use trawl_reference::generate::Case;
use trawl_reference::{Row, Tables, Ty, Value, cast_document};

use crate::columns::{column, planner_type, value};

/// What became of a query.
pub enum Outcome {
    /// Rows under columns.
    Rows(Vec<(String, Type)>, Vec<Row>),
    /// The planner refused it.
    Refused(Vec<Diagnostic>),
    /// It failed when it ran.
    Failed(String),
}

struct Memory<'t>(&'t Tables);

impl Memory<'_> {
    fn table(&self, reference: &Reference) -> Option<&trawl_reference::Table> {
        self.0.get(reference.path.first()?)
    }
}

impl Catalog for Memory<'_> {
    fn table(&self, reference: &Reference) -> Result<Arc<trawl_plan::Table>, Box<Diagnostic>> {
        let Some(table) = Memory::table(self, reference) else {
            return Err(Diagnostic::error("Q0200", "no such table").into());
        };
        let columns = table.columns.iter().map(|column| trawl_plan::Column {
            name: column.name.clone(),
            ty: planner_type(&column.ty),
            nullable: true,
            description: None,
            shape: None,
        });
        Ok(Arc::new(trawl_plan::Table {
            name: reference.path.join("."),
            columns: columns.collect(),
        }))
    }

    fn source(
        &self,
        reference: &Reference,
        columns: &[(ScanColumn, Type)],
    ) -> Arc<dyn TableSource> {
        let table = Memory::table(self, reference).unwrap();
        let nulls = vec![Value::Null; table.rows.len()];
        let mut fields = Vec::new();
        let mut arrays: Vec<ArrayRef> = Vec::new();
        for (name, ty) in virtuals::columns() {
            fields.push(Field::new(name, ty.arrow(), true));
            arrays.push(column(&ty, &nulls));
        }
        for (scanned, ty) in columns {
            let at = table
                .columns
                .iter()
                .position(|column| column.name == scanned.column)
                .unwrap();
            let values: Vec<Value> = table
                .rows
                .iter()
                .map(|row| descend(&row[at], &scanned.path, ty))
                .collect();
            fields.push(Field::new(&scanned.name, ty.arrow(), true));
            arrays.push(column(ty, &values));
        }
        let schema = Arc::new(Schema::new(fields));
        let batch = RecordBatch::try_new(Arc::clone(&schema), arrays).unwrap();
        // Two batches, so that what is kept from one to the next is tried too.
        let half = batch.num_rows() / 2;
        let halves = vec![
            batch.slice(0, half),
            batch.slice(half, batch.num_rows() - half),
        ];
        provider_as_source(Arc::new(MemTable::try_new(schema, vec![halves]).unwrap()))
    }
}

/// What a source gives for a path below a column, read as a type.
fn descend(value: &Value, path: &[Step], ty: &Type) -> Value {
    if path.is_empty() {
        return value.clone();
    }
    let Value::Dynamic(json) = value else {
        return Value::Null;
    };
    let found = path.iter().try_fold(json, |json, step| match step {
        Step::Key(key) => json.get(key),
        Step::Index(index) => json.get(usize::try_from(*index).ok()?),
    });
    match found {
        None => Value::Null,
        Some(json) => document(json, ty),
    }
}

/// A document read as a type, as a source does.
fn document(json: &serde_json::Value, ty: &Type) -> Value {
    let ty = match ty {
        Type::Dynamic => return Value::document(json.clone()),
        Type::List(item) => {
            return match json.as_array() {
                Some(items) => Value::List(items.iter().map(|json| document(json, item)).collect()),
                None => Value::Null,
            };
        }
        Type::Bool => Ty::Bool,
        Type::Long => Ty::Long,
        Type::Real => Ty::Real,
        Type::String => Ty::String,
        Type::Datetime => Ty::Datetime,
        Type::Timespan => Ty::Timespan,
        Type::Quantity => Ty::Quantity,
        other => panic!("a path is asked for as {other}"),
    };
    cast_document(json, &ty)
}

/// One cluster, about which no predicate says anything.
struct OneCluster;

impl Fleet for OneCluster {
    fn clusters(&self) -> ClusterSet {
        ClusterSet::from(["here".to_owned()])
    }

    fn select(&self, _: &Expr) -> Result<ClusterSet, String> {
        Err("nothing is known of the cluster".to_owned())
    }
}

/// Runs the query of a case.
pub async fn run(case: &Case) -> Outcome {
    let parsed = trawl_lang::parse(&case.query);
    let file = match parsed.file {
        Some(file) if !parsed.diagnostics.iter().any(Diagnostic::is_error) => file,
        _ => return Outcome::Refused(parsed.diagnostics),
    };
    let given = std::collections::BTreeMap::new();
    let planned = trawl_plan::parameters(&file, &given, case.now).and_then(|params| {
        trawl_plan::plan(&file, &params, case.now, &Memory(&case.tables), &OneCluster)
    });
    let planned = match planned {
        Ok(planned) => planned,
        Err(diagnostics) => return Outcome::Refused(diagnostics),
    };
    let run = async {
        let state = trawl_exec::session().map_err(|error| error.to_string())?;
        let physical = state
            .create_physical_plan(&planned.plan)
            .await
            .map_err(|error| error.to_string())?;
        if std::env::var("TRAWL_EXPLAIN").is_ok() {
            eprintln!(
                "{}",
                datafusion::physical_plan::displayable(physical.as_ref()).indent(false)
            );
        }
        let batches = collect(physical, state.task_ctx()).await;
        batches.map_err(|error| error.to_string())
    };
    match run.await {
        Err(error) => Outcome::Failed(error),
        Ok(batches) => {
            let mut rows = Vec::new();
            for batch in &batches {
                for row in 0..batch.num_rows() {
                    let cells = planned.columns.iter().zip(batch.columns());
                    rows.push(
                        cells
                            .map(|((_, ty), array)| value(ty, array, row))
                            .collect(),
                    );
                }
            }
            Outcome::Rows(planned.columns, rows)
        }
    }
}
