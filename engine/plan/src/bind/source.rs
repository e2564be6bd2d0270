//! Sources: tables, `let`s, queries in parentheses, `print` and `datatable`.

use std::collections::BTreeMap;

use datafusion_common::{Column as PlanColumn, ScalarValue, TableReference};
use datafusion_expr::{Expr, LogicalPlanBuilder, cast, lit};
use trawl_lang::Diagnostic;
use trawl_lang::ast::{self, Branch, Item, Source, TableRef};
use trawl_lang::span::Span;

use super::Binder;
use super::project::distinct_names;
use crate::catalog::ScanColumn;
use crate::expr::path_bound_column;
use crate::expr::{Result, Scope};
use crate::references;
use crate::relation::{BoundColumn, Origin, Relation};
use crate::types::Type;
use crate::virtuals;

impl Binder<'_> {
    pub(super) fn source(&mut self, source: &Source) -> Result<Relation> {
        match source {
            Source::Branch(branch) => self.branch(branch),
            Source::Print(items) => self.print(items),
            Source::DataTable { columns, cells } => self.datatable(columns, cells),
            Source::Union(branches) => self.union_source(branches),
        }
    }

    pub(super) fn branch(&mut self, branch: &Branch) -> Result<Relation> {
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

    fn scan(&mut self, table: &TableRef) -> Result<Relation> {
        let reference = references::reference(table, self)?;
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
    pub(super) fn empty(&self) -> Relation {
        Relation {
            plan: LogicalPlanBuilder::empty(true).build().unwrap_or_default(),
            columns: Vec::new(),
            hidden: Vec::new(),
            order: Vec::new(),
            scopes: BTreeMap::new(),
        }
    }

    fn print(&mut self, items: &[Item]) -> Result<Relation> {
        let empty = self.empty();
        self.project(empty, items)
    }

    fn datatable(
        &mut self,
        columns: &[(ast::Ident, ast::TypeName)],
        cells: &[ast::Expr],
    ) -> Result<Relation> {
        let span = columns
            .first()
            .map_or(Span::default(), |(name, _)| name.span);
        let mut types = Vec::with_capacity(columns.len());
        for (_, ty) in columns {
            types.push(declared_type(ty)?);
        }
        if !cells.len().is_multiple_of(columns.len().max(1)) || cells.is_empty() {
            return Err(
                Diagnostic::error("Q0312", "the cells do not fill whole rows")
                    .label(
                        span,
                        format!("{} columns, {} cells", columns.len(), cells.len()),
                    )
                    .into(),
            );
        }
        let empty = self.empty();
        let mut rows = Vec::new();
        for row in cells.chunks(columns.len()) {
            let mut values = Vec::with_capacity(row.len());
            for (cell, ty) in row.iter().zip(&types) {
                let bound = self.expr(cell, &mut Scope::row(&empty))?;
                let bound = self.coerce(bound, ty, "a cell")?;
                values.push(match bound.expr {
                    Expr::Literal(ScalarValue::Null, _) => cast(lit(ScalarValue::Null), ty.arrow()),
                    other => other,
                });
            }
            rows.push(values);
        }
        let columns = columns.iter().map(|(name, _)| name.name.clone());
        self.values(columns.zip(types).collect(), rows, span)
    }

    /// Rows that stand in the query, at least one, under names and types of their own.
    pub(super) fn values(
        &mut self,
        columns: Vec<(String, Type)>,
        rows: Vec<Vec<Expr>>,
        span: Span,
    ) -> Result<Relation> {
        let plan = self.built(LogicalPlanBuilder::values(rows), span)?;
        let inner = plan.schema().columns();
        let mut computed = Vec::new();
        let mut bound = Vec::new();
        for ((name, ty), column) in columns.into_iter().zip(inner) {
            let unique = self.unique(&name);
            computed.push(Expr::Column(column).alias(unique.clone()));
            bound.push(BoundColumn {
                name,
                column: PlanColumn::from_name(unique),
                ty,
                nullable: true,
                origin: None,
                shape: None,
                parts: None,
            });
        }
        distinct_names(&bound, span)?;
        // Only the renamed columns stay: all written rows call theirs `column1` and so on, which a join would not accept twice.
        let plan = self.built(LogicalPlanBuilder::from(plan).project(computed), span)?;
        Ok(Relation {
            plan,
            columns: bound,
            ..self.empty()
        })
    }
}

/// The type that a declaration names.
///
/// # Errors
/// When there is no such type.
pub(crate) fn declared_type(ty: &ast::TypeName) -> Result<Type> {
    match ty {
        ast::TypeName::Named(name) => Type::named(&name.name).ok_or_else(|| {
            Diagnostic::error("Q0313", format!("no type `{}`", name.name))
                .label(name.span, "not a type")
                .help(format!("types: {}, list<…>", Type::NAMES.join(", ")))
                .into()
        }),
        ast::TypeName::List(item, _) => Ok(Type::List(Box::new(declared_type(item)?))),
    }
}
