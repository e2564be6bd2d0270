//! The tables that a text names, found before binding so that their schemas can be fetched.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::datatypes::Schema;
use datafusion_expr::logical_plan::builder::LogicalTableSource;
use datafusion_expr::{Expr, TableSource};
use trawl_lang::Diagnostic;
use trawl_lang::ast::{self, Arg, Branch, ExprKind, InSet, LetValue, OpKind, Source, TableRef};

use crate::bind::{Binder, lets};
use crate::catalog::{Argument, Catalog, ClusterSet, Fleet, Reference, ScanColumn, Table};
use crate::embedded;
use crate::paths::PathUses;
use crate::types::Type;
use crate::value::Value;

/// Every table reference of a file that is not a `let`, in the order written. `text` is what the file was read from, for places
/// inside its strings, and `now` the query's `now()`.
///
/// # Errors
/// All arguments that are not constant, all names that embedded text binds and nobody declares, and all scalar `let`s that are wrong.
pub fn references(
    file: &ast::File,
    text: &str,
    params: &BTreeMap<String, Value>,
    now: i64,
) -> Result<Vec<Reference>, Vec<Diagnostic>> {
    let none = NoTables;
    let known = PathUses::default();
    let mut binder = Binder::new(file, params.clone(), known, &none, &none, now);
    binder.scalar_lets();
    let mut found = Vec::new();
    for site in sites(file) {
        found.extend(binder.attempt(|binder| reference(site.table, text, binder)));
    }
    if binder.has_errors() {
        Err(binder.take_diagnostics())
    } else {
        Ok(found)
    }
}

/// A table reference where it stands.
pub(crate) struct Site<'a> {
    pub(crate) table: &'a TableRef,
    /// The conditions that directly follow it.
    pub(crate) conditions: Vec<&'a ast::Expr>,
}

/// Every table reference of a file that is not a `let`, in the order written.
pub(crate) fn sites(file: &ast::File) -> Vec<Site<'_>> {
    let mut walk = Walk {
        lets: &file.lets,
        visible: 0,
        found: Vec::new(),
    };
    for (position, binding) in file.lets.iter().enumerate() {
        walk.visible = position;
        if lets::scalar_expr(binding).is_none()
            && let LetValue::Query(query) = &binding.value
        {
            walk.query(query);
        }
    }
    walk.visible = file.lets.len();
    if let Some(query) = &file.query {
        walk.query(query);
    }
    walk.found
}

/// A table reference with its arguments evaluated. `text` is the query's, where it is at hand.
///
/// # Errors
/// For an argument that is not constant, and for embedded text that binds what it cannot.
pub(crate) fn reference(
    table: &TableRef,
    text: &str,
    binder: &mut Binder<'_>,
) -> Result<Reference, Box<Diagnostic>> {
    let mut arguments = Vec::new();
    let mut literals = Vec::new();
    for arg in table.args.iter().flatten() {
        let item = match arg {
            Arg::Item(item) => item,
            Arg::Star(span) => {
                return Err(
                    Diagnostic::error("Q0207", "`*` is not an argument of a table")
                        .label(*span, "here")
                        .into(),
                );
            }
        };
        // A bare name is no column here, whatever it is called.
        let value = match &item.expr.kind {
            ExprKind::Name(_) => None,
            _ => binder.constant(&item.expr)?,
        };
        let Some(value) = value else {
            return Err(
                Diagnostic::error("Q0208", "an argument of a table must be a constant")
                    .label(item.expr.span, "a literal or `@parameter` is expected here")
                    .into(),
            );
        };
        arguments.push(Argument {
            name: item.name.as_ref().map(|name| name.name.clone()),
            value,
            parts: Vec::new(),
            span: item.expr.span,
        });
        literals.push(embedded::literal(&item.expr, binder));
    }
    let parts: Vec<_> = literals
        .iter()
        .map(|literal| match literal {
            Some(literal) => embedded::bind(literal, text, &arguments, binder),
            None => Ok(Vec::new()),
        })
        .collect::<Result<_, _>>()?;
    for (argument, parts) in arguments.iter_mut().zip(parts) {
        argument.parts = parts;
    }
    let path = table.path.iter().map(|ident| ident.name.clone()).collect();
    Ok(Reference {
        path,
        arguments,
        span: table.span,
    })
}

/// The world before any table is known: expressions over constants need none.
pub(crate) struct NoTables;

impl Catalog for NoTables {
    fn table(&self, reference: &Reference) -> Result<Arc<Table>, Box<Diagnostic>> {
        Err(Diagnostic::error("Q0200", "no table is known yet")
            .label(reference.span, "read too early")
            .into())
    }

    fn source(&self, _: &Reference, _: &[(ScanColumn, Type)]) -> Arc<dyn TableSource> {
        Arc::new(LogicalTableSource::new(Arc::new(Schema::empty())))
    }
}

impl Fleet for NoTables {
    fn clusters(&self) -> ClusterSet {
        ClusterSet::new()
    }

    fn select(&self, _: &Expr) -> Result<ClusterSet, String> {
        Err("no cluster is known yet".to_owned())
    }
}

struct Walk<'a> {
    lets: &'a [ast::Let],
    visible: usize,
    found: Vec<Site<'a>>,
}

impl<'a> Walk<'a> {
    fn query(&mut self, query: &'a ast::Query) {
        match &query.source {
            Source::Branch(branch) => {
                let leading = query.ops.iter().map_while(|op| match &op.kind {
                    OpKind::Where(condition) => Some(condition),
                    _ => None,
                });
                self.branch(branch, leading.flat_map(conjuncts).collect());
            }
            Source::Union(branches) => self.branches(branches),
            Source::Print(_) | Source::DataTable { .. } => {}
        }
        for op in &query.ops {
            match &op.kind {
                OpKind::Join { tail, .. } | OpKind::Lookup(tail) => {
                    self.branch(&tail.right, Vec::new());
                }
                OpKind::Union(branches) => self.branches(branches),
                OpKind::Where(predicate) => self.expr(predicate),
                _ => {}
            }
        }
    }

    fn branches(&mut self, branches: &'a [Branch]) {
        for branch in branches {
            self.branch(branch, Vec::new());
        }
    }

    fn branch(&mut self, branch: &'a Branch, conditions: Vec<&'a ast::Expr>) {
        match branch {
            Branch::Query(query) => self.query(query),
            Branch::Table(table) => {
                let visible = self.lets.get(..self.visible).unwrap_or_default();
                if let ([name], None) = (table.path.as_slice(), &table.args)
                    && lets::table_let(visible, &name.name).is_some()
                {
                    return;
                }
                self.found.push(Site { table, conditions });
            }
        }
    }

    /// Subqueries stand only in sets, and sets only in conditions.
    fn expr(&mut self, expr: &'a ast::Expr) {
        match &expr.kind {
            ExprKind::In {
                set: InSet::Query(query),
                ..
            }
            | ExprKind::HasAny {
                set: InSet::Query(query),
                ..
            } => {
                self.query(query);
            }
            ExprKind::And(parts) | ExprKind::Or(parts) => {
                parts.iter().for_each(|part| self.expr(part))
            }
            ExprKind::Not(inner) => self.expr(inner),
            _ => {}
        }
    }
}

/// What must all be true for a condition to be.
fn conjuncts(condition: &ast::Expr) -> Vec<&ast::Expr> {
    match &condition.kind {
        ExprKind::And(parts) => parts.iter().collect(),
        _ => vec![condition],
    }
}
