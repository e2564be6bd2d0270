//! Comparisons and logic, two-valued: null equals only null, anything else with null is false, `!=` is the complement of `==`.

use std::cmp::Ordering;

use datafusion_expr::{BinaryExpr, Expr, Operator, lit};
use trawl_lang::Diagnostic;
use trawl_lang::ast::{self, CompareOp};
use trawl_lang::span::Span;

use super::incomparable::{Side, incomparable};
use super::{Bound, Result, Scope, common_type};
use crate::bind::Binder;
use crate::kernels::{self, dynamic::JsonOrder, quantity::CompareWithReal, same::Same};
use crate::quantity;
use crate::suggest;
use crate::types::Type;
use crate::value::Value;
use crate::virtuals;

impl Binder<'_> {
    pub(super) fn compare(
        &mut self,
        op: CompareOp,
        left: &ast::Expr,
        right: &ast::Expr,
        span: Span,
        scope: &mut Scope<'_>,
    ) -> Result<Bound> {
        let left = self.expr(left, scope)?;
        let right = self.expr(right, scope)?;
        self.known_cluster(&left, &right)?;
        self.known_cluster(&right, &left)?;
        if left.expr == right.expr && matches!(left.expr, Expr::Column(_)) {
            self.same_column(op, &left, span);
        }
        self.comparison(op, left, right, span)
    }

    pub(super) fn between(
        &mut self,
        negated: bool,
        value: &ast::Expr,
        low: &ast::Expr,
        high: &ast::Expr,
        span: Span,
        scope: &mut Scope<'_>,
    ) -> Result<Bound> {
        let value = self.expr(value, scope)?;
        let low = self.expr(low, scope)?;
        let high = self.expr(high, scope)?;
        let above = self.comparison(CompareOp::Ge, value.clone(), low, span)?;
        let below = self.comparison(CompareOp::Le, value, high, span)?;
        let inside = above.expr.and(below.expr);
        let expr = if negated {
            Expr::Not(Box::new(inside))
        } else {
            inside
        };
        Ok(Bound::computed(expr, Type::Bool, false, span))
    }

    /// `left op right` once both are bound.
    pub(crate) fn comparison(
        &mut self,
        op: CompareOp,
        left: Bound,
        right: Bound,
        span: Span,
    ) -> Result<Bound> {
        let ordering = !matches!(op, CompareOp::Eq | CompareOp::Ne);
        let sides = (Side::of(&left), Side::of(&right));
        if !ordering && (left.value == Some(Value::Null) || right.value == Some(Value::Null)) {
            let tested = if left.value == Some(Value::Null) {
                right.expr
            } else {
                left.expr
            };
            let expr = if op == CompareOp::Eq {
                tested.is_null()
            } else {
                tested.is_not_null()
            };
            return Ok(Bound::computed(expr, Type::Bool, false, span));
        }
        match (&left.ty, &right.ty) {
            (Type::Quantity, Type::Real) if !exact(&right) => {
                return Ok(with_real(op, left, right, span));
            }
            (Type::Real, Type::Quantity) if !exact(&left) => {
                return Ok(with_real(flipped(op), right, left, span));
            }
            _ => {}
        }
        let Some(common) = common_type([&left, &right].into_iter()) else {
            return Err(incomparable(&sides.0, &sides.1));
        };
        let left = self.coerce(left, &common, "a side")?;
        let right = self.coerce(right, &common, "a side")?;
        let (left, right) = match (ordering, &left.ty) {
            // The texts of two documents have no order that means anything.
            (true, Type::Dynamic) => (document_order(left), document_order(right)),
            _ => (left, right),
        };
        if left.ty.is_nested() && !ordering {
            let same = kernels::call(Same, vec![left.expr, right.expr]);
            let expr = match op {
                CompareOp::Ne => Expr::Not(Box::new(same)),
                _ => same,
            };
            return Ok(Bound::computed(expr, Type::Bool, false, span));
        }
        if left.ty.is_nested() || (ordering && left.ty == Type::Bool) {
            return Err(incomparable(&sides.0, &sides.1));
        }
        let nullable = left.nullable || right.nullable;
        let real = left.ty == Type::Real;
        let unordered: Vec<Expr> = [&left, &right]
            .into_iter()
            .filter(|side| real && side.value.is_none())
            .map(|side| datafusion_functions::math::expr_fn::isnan(side.expr.clone()).is_true())
            .collect();
        let operator = match (op, nullable) {
            (CompareOp::Eq, false) => Operator::Eq,
            (CompareOp::Eq, true) => Operator::IsNotDistinctFrom,
            (CompareOp::Ne, false) => Operator::NotEq,
            (CompareOp::Ne, true) => Operator::IsDistinctFrom,
            (CompareOp::Lt, _) => Operator::Lt,
            (CompareOp::Le, _) => Operator::LtEq,
            (CompareOp::Gt, _) => Operator::Gt,
            (CompareOp::Ge, _) => Operator::GtEq,
        };
        let mut expr = Expr::BinaryExpr(BinaryExpr::new(
            Box::new(left.expr),
            operator,
            Box::new(right.expr),
        ));
        // DataFusion orders NaN above all numbers and equal to itself; here it is unordered, so only `!=` is true of it.
        for nan in unordered {
            expr = match op {
                CompareOp::Ne => expr.or(nan),
                _ => expr.and(Expr::Not(Box::new(nan))),
            };
        }
        if nullable && (ordering || real && op == CompareOp::Eq) {
            expr = expr.is_true();
        }
        Ok(Bound::computed(expr, Type::Bool, false, span))
    }

    pub(super) fn not(
        &mut self,
        inner: &ast::Expr,
        span: Span,
        scope: &mut Scope<'_>,
    ) -> Result<Bound> {
        let inner = self.predicate(inner, scope)?;
        Ok(Bound::computed(
            Expr::Not(Box::new(inner.expr)),
            Type::Bool,
            inner.nullable,
            span,
        ))
    }

    pub(super) fn junction(
        &mut self,
        parts: &[ast::Expr],
        all: bool,
        span: Span,
        scope: &mut Scope<'_>,
    ) -> Result<Bound> {
        let mut bound = Vec::with_capacity(parts.len());
        let mut nullable = false;
        for part in parts {
            let part = self.predicate(part, scope)?;
            nullable |= part.nullable;
            bound.push(part.expr);
        }
        Ok(Bound::computed(
            balanced(bound, all),
            Type::Bool,
            nullable,
            span,
        ))
    }

    /// A cluster that the inventory does not know is a mistake, not an empty answer.
    fn known_cluster(&mut self, column: &Bound, literal: &Bound) -> Result<()> {
        let is_cluster = column
            .origin
            .as_ref()
            .is_some_and(|o| o.path.is_empty() && o.column == virtuals::CLUSTER);
        let Some(Value::String(name)) = literal.value.as_ref().filter(|_| is_cluster) else {
            return Ok(());
        };
        let clusters = self.fleet.clusters();
        // Where there is no inventory, as when saved queries are checked, nothing is known of names.
        if clusters.is_empty() || clusters.contains(name) {
            return Ok(());
        }
        let mut diagnostic = Diagnostic::error("Q0220", format!("no cluster is called `{name}`"))
            .label(literal.span, "not in the inventory");
        if let Some(near) = suggest::nearest(name, clusters.iter().map(String::as_str)) {
            diagnostic = diagnostic
                .help(format!("did you mean `{near}`?"))
                .fix(literal.span, format!("{near:?}"));
        }
        Err(diagnostic
            .help(format!(
                "clusters: {}",
                suggest::list(clusters.iter().map(String::as_str))
            ))
            .into())
    }

    pub(super) fn known_clusters(&mut self, column: &Bound, literals: &[Bound]) -> Result<()> {
        literals
            .iter()
            .try_for_each(|literal| self.known_cluster(column, literal))
    }

    /// Only for what is so whatever the values are: null is not ordered, NaN is not even equal to itself.
    fn same_column(&mut self, op: CompareOp, side: &Bound, span: Span) {
        let always = match op {
            CompareOp::Eq => true,
            CompareOp::Ne | CompareOp::Lt | CompareOp::Gt => false,
            CompareOp::Le | CompareOp::Ge => return,
        };
        if side.ty == Type::Real {
            return;
        }
        let mut warning = Diagnostic::warning("Q0210", format!("comparison is always {always}"))
            .label(span, "both sides are the same column");
        if let Expr::Column(column) = &side.expr
            && self.scalar(&column.name).is_some()
        {
            warning = warning.help(format!("`{} == @{}`", column.name, column.name));
        }
        self.report(warning);
    }
}

fn document_order(bound: Bound) -> Bound {
    Bound {
        expr: kernels::call(JsonOrder, vec![bound.expr]),
        ..bound
    }
}

/// Whether a real is known and a quantity without rounding, as nearly all that are written are.
fn exact(real: &Bound) -> bool {
    let Some(Value::Real(value)) = real.value else {
        return false;
    };
    quantity::from_real(value)
        .is_some_and(|parts| quantity::compare_real(parts, value) == Some(Ordering::Equal))
}

fn with_real(op: CompareOp, quantity: Bound, real: Bound, span: Span) -> Bound {
    let expr = kernels::call(CompareWithReal { op }, vec![quantity.expr, real.expr]);
    Bound::computed(expr, Type::Bool, false, span)
}

/// The operator with its sides changed over.
fn flipped(op: CompareOp) -> CompareOp {
    match op {
        CompareOp::Lt => CompareOp::Gt,
        CompareOp::Le => CompareOp::Ge,
        CompareOp::Gt => CompareOp::Lt,
        CompareOp::Ge => CompareOp::Le,
        same => same,
    }
}

/// `a and b and c` as a tree of logarithmic depth: DataFusion recurses over it.
pub(crate) fn balanced(mut parts: Vec<Expr>, all: bool) -> Expr {
    while parts.len() > 1 {
        let mut next = Vec::with_capacity(parts.len().div_ceil(2));
        let mut rest = parts.into_iter();
        while let Some(left) = rest.next() {
            next.push(match rest.next() {
                Some(right) if all => left.and(right),
                Some(right) => left.or(right),
                None => left,
            });
        }
        parts = next;
    }
    parts.pop().unwrap_or_else(|| lit(all))
}
