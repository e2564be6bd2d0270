//! The target `plan`: whatever is asked of tables with columns of every type, the planner makes a plan or says why not. That it
//! could not is never its own mistake, and a plan's columns have the types that were promised.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema};
use datafusion_expr::logical_plan::builder::LogicalTableSource;
use datafusion_expr::{Expr, TableSource};
use trawl_lang::{Diagnostic, parse};
use trawl_plan::{
    Assumption, BUG_CODE, Catalog, ClusterSet, Column, Fleet, Planned, Reference, ScanColumn,
    Table, Type, Value, assume, parse_type, virtuals,
};

/// The clusters of the fleet that is planned for.
const CLUSTERS: [&str; 3] = ["prod-ap", "prod-us", "staging"];

/// `now()`: 2026-09-21T14:13:20Z, in nanoseconds since the Unix epoch.
const NOW: i64 = 1_790_000_000_000_000_000;

/// The columns of every table: each type of the language, and documents of a known and of an unknown shape.
const COLUMNS: [(&str, &str); 20] = [
    ("namespace", "string"),
    ("name", "string"),
    ("labels", "map<string, string>"),
    ("created", "datetime"),
    ("timestamp", "datetime"),
    ("message", "string"),
    ("ready", "bool"),
    ("restarts", "long"),
    ("value", "real"),
    ("age", "timespan"),
    ("cpu", "quantity"),
    ("any", "dynamic"),
    ("spec", "dynamic"),
    ("status", "dynamic"),
    ("names", "list<string>"),
    ("counts", "list<long>"),
    ("ports", "list<struct<name: string, port: long>>"),
    ("workload", "struct<kind: string, name: string>"),
    ("times", "list<datetime>"),
    ("amounts", "map<string, quantity>"),
];

/// What is known of `spec` and `status`.
const SHAPE: &str = "struct<phase: string, nodeName: string, replicas: long, providerID: string, \
    containers: list<struct<name: string, image: string, resources: struct<requests: map<string, quantity>>, \
    ports: list<struct<containerPort: long>>>>, conditions: list<struct<type: string, status: string>>, \
    containerStatuses: list<struct<name: string, restartCount: long, state: dynamic>>, finalizers: list<string>>";

/// Plans the input, its parameters assumed.
///
/// # Panics
/// When the planner blames itself, a place lies outside the text, or a column has another type than promised.
pub fn plan(data: &[u8]) {
    let text = crate::text(data);
    let parsed = parse(&text);
    let Some(file) = parsed.file.as_ref().filter(|_| !parsed.has_errors()) else {
        return;
    };
    for assumption in [Assumption::Sample, Assumption::UnknownText] {
        let params = match assume(file, assumption) {
            Ok(params) => params,
            Err(diagnostics) => return check(&diagnostics, &text),
        };
        match planned(file, &text, &params) {
            Ok(planned) => {
                check(&planned.warnings, &text);
                for ((name, ty), field) in
                    planned.columns.iter().zip(planned.plan.schema().fields())
                {
                    let promised = ty.arrow();
                    assert!(
                        alike(field.data_type(), &promised),
                        "`{name}` is {} and not {promised}: {text}",
                        field.data_type()
                    );
                }
            }
            Err(diagnostics) => check(&diagnostics, &text),
        }
    }
}

fn planned(
    file: &trawl_lang::ast::File,
    text: &str,
    params: &BTreeMap<String, Value>,
) -> Result<Planned, Vec<Diagnostic>> {
    trawl_plan::references(file, text, params, NOW)?;
    trawl_plan::plan(file, params, NOW, &EveryTable, &SmallFleet)
}

fn check(diagnostics: &[Diagnostic], text: &str) {
    for diagnostic in diagnostics {
        assert!(
            diagnostic.code != BUG_CODE,
            "{}: {text}",
            diagnostic.message
        );
    }
    // Drawing reads every span.
    trawl_lang::render_all(diagnostics, "query", text, trawl_lang::Style::Plain);
}

/// Whether two types are the same apart from what they say of nulls and the names of list items.
fn alike(left: &DataType, right: &DataType) -> bool {
    match (left, right) {
        (DataType::List(a), DataType::List(b)) => alike(a.data_type(), b.data_type()),
        (DataType::Map(a, _), DataType::Map(b, _)) => alike(a.data_type(), b.data_type()),
        (DataType::Struct(a), DataType::Struct(b)) => {
            a.len() == b.len()
                && a.iter()
                    .zip(b)
                    .all(|(a, b)| alike(a.data_type(), b.data_type()))
        }
        (a, b) => a == b,
    }
}

/// A catalogue in which every name is a table, so that most texts reach the binder.
struct EveryTable;

impl Catalog for EveryTable {
    fn table(&self, reference: &Reference) -> Result<Arc<Table>, Box<Diagnostic>> {
        let ty = |text| parse_type(text).unwrap_or(Type::Dynamic);
        let columns = COLUMNS.iter().map(|(name, text)| Column {
            name: (*name).to_owned(),
            ty: ty(text),
            nullable: *name != "name",
            description: None,
            shape: matches!(*name, "spec" | "status").then(|| Arc::new(ty(SHAPE))),
        });
        Ok(Arc::new(Table {
            name: reference.path.join("."),
            columns: columns.collect(),
        }))
    }

    fn source(&self, _: &Reference, columns: &[(ScanColumn, Type)]) -> Arc<dyn TableSource> {
        let places = virtuals::columns().into_iter();
        let places = places.map(|(name, ty)| Field::new(name, ty.arrow(), true));
        let own = columns
            .iter()
            .map(|(column, ty)| Field::new(&column.name, ty.arrow(), true));
        let schema = Schema::new(places.chain(own).collect::<Vec<_>>());
        Arc::new(LogicalTableSource::new(Arc::new(schema)))
    }
}

struct SmallFleet;

impl Fleet for SmallFleet {
    fn clusters(&self) -> ClusterSet {
        CLUSTERS.into_iter().map(str::to_owned).collect()
    }

    fn select(&self, _: &Expr) -> Result<ClusterSet, String> {
        Ok(self.clusters())
    }
}
