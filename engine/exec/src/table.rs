//! A table of a plugin as DataFusion sees it: one provider for each place of a query, with the columns that this query uses.

use std::sync::{Arc, OnceLock};

use arrow::datatypes::{Field, Schema, SchemaRef};
use async_trait::async_trait;
use datafusion::catalog::Session;
use datafusion::datasource::{TableProvider, TableType};
use datafusion::error::Result;
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown};
use datafusion::physical_plan::ExecutionPlan;
use trawl_host::types;
use trawl_lang::span::Span;
use trawl_plan::{ScanColumn, Step, Type, virtuals};

use crate::catalog::Resolved;
use crate::context::QueryContext;
use crate::prepare::Prepared;
use crate::scan::ScanExec;
use crate::schema::path_fields;
use crate::scoped::{NAMESPACE, namespace_column};

/// A table at one place of a query.
#[derive(Debug)]
pub struct ScanTable {
    /// The place: the same for each use of one `let`.
    pub site: Span,
    /// The table; `None` only for a reference that the planner has refused already.
    pub resolved: Option<Arc<Resolved>>,
    /// What it puts out after the virtual columns.
    pub columns: Vec<(ScanColumn, Type)>,
    /// What the query's scans share.
    pub context: Arc<QueryContext>,
    schema: SchemaRef,
    prepared: OnceLock<Arc<Prepared>>,
}

impl ScanTable {
    /// A scan that puts out the virtual columns and these.
    pub fn new(
        site: Span,
        resolved: Option<Arc<Resolved>>,
        columns: Vec<(ScanColumn, Type)>,
        context: Arc<QueryContext>,
    ) -> Self {
        let virtual_fields = virtuals::columns()
            .into_iter()
            .map(|(name, ty)| Field::new(name, ty.arrow(), true));
        let own_fields = columns
            .iter()
            .map(|(column, ty)| Field::new(&column.name, ty.arrow(), true));
        let schema = Arc::new(Schema::new(
            virtual_fields.chain(own_fields).collect::<Vec<_>>(),
        ));
        Self {
            site,
            resolved,
            columns,
            context,
            schema,
            prepared: OnceLock::new(),
        }
    }

    /// What to ask a plugin for one of its columns, by the column's name in the plan; `None` for a virtual one.
    pub fn request_column(&self, name: &str) -> Option<types::Column> {
        let used = self.columns.iter().find(|(column, _)| column.name == name);
        let Some((column, ty)) = used else {
            return self.namespace_column(name);
        };
        let output = if column.path.is_empty() {
            let resolved = self.resolved.as_ref()?;
            resolved
                .columns
                .iter()
                .find(|known| known.column.name == column.column)?
                .fields
                .clone()
        } else {
            path_fields(&column.name, ty)
        };
        let path = column
            .path
            .iter()
            .map(|step| match step {
                Step::Key(key) => types::PathStep::Key(key.clone()),
                Step::Index(index) => types::PathStep::Index(*index),
            })
            .collect();
        Some(types::Column {
            name: column.column.clone(),
            path,
            output,
        })
    }

    /// The column by which rows are of the namespaces that the caller sees: it is asked for where the query does not use it, too.
    fn namespace_column(&self, name: &str) -> Option<types::Column> {
        let resolved = self.resolved.as_ref()?;
        resolved.namespaces.as_ref().filter(|_| name == NAMESPACE)?;
        let column = namespace_column(&resolved.columns)?;
        Some(types::Column {
            name: column.column.name.clone(),
            path: Vec::new(),
            output: column.fields.clone(),
        })
    }

    /// The table's column that a name of the plan stands for, also where it is a path below it; `None` for a virtual one.
    pub fn column(&self, name: &str) -> Option<&str> {
        let (column, _) = self
            .columns
            .iter()
            .find(|(column, _)| column.name == name)?;
        Some(&column.column)
    }

    /// The language's type of a column, by its name in the plan; `None` for a virtual one.
    pub fn column_type(&self, name: &str) -> Option<&Type> {
        let (_, ty) = self
            .columns
            .iter()
            .find(|(column, _)| column.name == name)?;
        Some(ty)
    }

    /// The table at this place as partial results: the virtual columns and these.
    pub fn of_partials(&self, fields: Vec<Field>) -> Self {
        let table = Self::new(
            self.site,
            self.resolved.clone(),
            Vec::new(),
            Arc::clone(&self.context),
        );
        let places = table.schema.fields().iter().cloned();
        let schema = places.chain(fields.into_iter().map(Arc::new));
        Self {
            schema: Arc::new(Schema::new(schema.collect::<Vec<_>>())),
            ..table
        }
    }

    /// What `prepare` found out, once it did.
    pub fn prepared(&self) -> Option<&Arc<Prepared>> {
        self.prepared.get()
    }

    /// Keeps what `prepare` found out.
    pub fn set_prepared(&self, prepared: Arc<Prepared>) {
        // A provider stands at one place of one query and is prepared once.
        let _ = self.prepared.set(prepared);
    }
}

/// Whether an expression is about virtual columns only.
pub fn is_virtual(expr: &Expr) -> bool {
    let columns = expr.column_refs();
    !columns.is_empty()
        && columns
            .iter()
            .all(|column| virtuals::is_virtual(&column.name))
}

#[async_trait]
impl TableProvider for ScanTable {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    /// Never asks a guest: virtual columns are ours, and what the source takes is known only after `prepare`.
    fn supports_filters_pushdown(
        &self,
        filters: &[&Expr],
    ) -> Result<Vec<TableProviderFilterPushDown>> {
        // Rows that name their clusters themselves are looked at again, whatever their source was told.
        let resolved = self.resolved.as_ref();
        let per_row = resolved.is_some_and(|it| it.placements.some_per_row());
        Ok(filters
            .iter()
            .map(|filter| {
                if is_virtual(filter) && !per_row {
                    TableProviderFilterPushDown::Exact
                } else {
                    TableProviderFilterPushDown::Inexact
                }
            })
            .collect())
    }

    async fn scan(
        &self,
        _: &dyn Session,
        projection: Option<&Vec<usize>>,
        _: &[Expr],
        _: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let Some(prepared) = self.prepared() else {
            return datafusion::common::internal_err!("a scan was planned before it was prepared");
        };
        let schema = match projection {
            Some(projection) => Arc::new(self.schema.project(projection)?),
            None => self.schema(),
        };
        Ok(Arc::new(ScanExec::new(Arc::clone(prepared), schema)))
    }
}
