//! Where rows come from: tables, which are scans, `let`s and queries in parentheses.

use std::collections::BTreeMap;

use datafusion_common::{Column as PlanColumn, TableReference};
use datafusion_expr::LogicalPlanBuilder;
use trawl_lang::ast::{Branch, Source, TableRef};

use super::Binder;
use crate::catalog::ScanColumn;
use crate::expr::{Result, path_bound_column};
use crate::references;
use crate::relation::{BoundColumn, Origin, Relation};
use crate::types::Type;
use crate::virtuals;

impl Binder<'_> {
    pub(crate) fn source(&mut self, source: &Source) -> Result<Relation> {
        match source {
            Source::Branch(branch) => self.branch(branch),
            Source::Print(items) => self.print(items),
            Source::DataTable { columns, cells } => self.datatable(columns, cells),
            Source::Union(branches) => self.union_source(branches),
        }
    }

    pub(crate) fn branch(&mut self, branch: &Branch) -> Result<Relation> {
        match branch {
            Branch::Query(query) => self.query(query),
            Branch::Table(table) => {
                if let ([name], None) = (table.path.as_slice(), &table.args)
                    && let Some((query, visible)) = self.table_let(&name.name)
                {
                    let query = query.clone();
                    return self.query_seeing(&query, visible);
                }
                self.scan(table)
            }
        }
    }

    /// A table as its source gives it.
    pub(crate) fn scan(&mut self, table: &TableRef) -> Result<Relation> {
        // What is wrong with the arguments was told before, with places inside their texts.
        let reference = references::reference(table, "", self)?;
        let schema = self.catalog.table(&reference)?;
        let (scan, site) = (self.next_scan(), reference.span);
        self.sites.push((scan, site));
        let mut columns: Vec<(ScanColumn, Type)> = schema
            .columns
            .iter()
            .map(|column| {
                let scanned = ScanColumn {
                    name: column.name.clone(),
                    column: column.name.clone(),
                    path: Vec::new(),
                };
                (scanned, column.ty.clone())
            })
            .collect();
        let paths = self.known_paths.columns(scan);
        columns.extend(
            paths
                .iter()
                .map(|(_, column, ty)| (column.clone(), ty.clone())),
        );

        let qualifier = TableReference::bare(self.unique(&schema.name));
        let plan = self.built(
            LogicalPlanBuilder::scan(
                qualifier.clone(),
                self.catalog.source(&reference, &columns),
                None,
            ),
            site,
        )?;
        let column = |name: &str| PlanColumn::new(Some(qualifier.clone()), name);
        self.scan_tables.insert(scan, schema.name.clone());
        let visible = |name: &str, ty: Type, nullable: bool, shape| BoundColumn {
            name: name.to_owned(),
            column: column(name),
            ty,
            nullable,
            origin: Some(Origin {
                scan,
                column: name.to_owned(),
                path: Vec::new(),
            }),
            shape,
            parts: None,
        };
        Ok(Relation {
            plan,
            columns: virtuals::columns()
                .into_iter()
                .map(|(name, ty)| visible(name, ty, true, None))
                .chain(
                    schema
                        .columns
                        .iter()
                        .map(|c| visible(&c.name, c.ty.clone(), c.nullable, c.shape.clone())),
                )
                .collect(),
            hidden: paths
                .into_iter()
                .map(|(origin, scanned, ty)| path_bound_column(origin, column(&scanned.name), ty))
                .collect(),
            order: Vec::new(),
            scopes: BTreeMap::from([(scan, self.fleet.clusters())]),
        })
    }

    /// One row without columns: what scalar expressions are bound against.
    pub(crate) fn empty(&self) -> Relation {
        Relation {
            plan: LogicalPlanBuilder::empty(true).build().unwrap_or_default(),
            columns: Vec::new(),
            hidden: Vec::new(),
            order: Vec::new(),
            scopes: BTreeMap::new(),
        }
    }
}
