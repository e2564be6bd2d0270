//! Expressions: from the tree to typed plan expressions. Owns `Bound` and the dispatch; each kind has its own file.

mod arithmetic;
mod call;
mod coerce;
mod compare;
mod constant;
mod every;
mod incomparable;
mod list;
mod name;
mod path;
mod set;
mod shape;
mod text;
mod unquoted;

pub use coerce::nan_to_null;
pub(crate) use coerce::{common_type, same_type};
pub(crate) use compare::balanced;
pub(crate) use incomparable::{Side, incomparable};
pub(crate) use name::unknown_column;
pub(crate) use path::{below, path_bound_column};
pub(crate) use text::known_regex;

use std::sync::Arc;

use datafusion_expr::Expr;
use trawl_lang::Diagnostic;
use trawl_lang::ast;
use trawl_lang::span::Span;

use crate::bind::Binder;
use crate::relation::{Origin, Relation};
use crate::types::Type;
use crate::value::Value;

/// A typed expression of a plan.
#[derive(Debug, Clone)]
pub struct Bound {
    /// The expression; its Arrow type is exactly `ty.arrow()`.
    pub expr: Expr,
    /// The language's type.
    pub ty: Type,
    /// Whether it can be null.
    pub nullable: bool,
    /// Lineage, when it is an untouched column or path.
    pub origin: Option<Origin>,
    /// What is known of the documents that it holds, where its type is dynamic or has dynamic parts.
    pub shape: Option<Arc<Type>>,
    /// Columns of the plan that hold the same path read as other types.
    pub readings: Vec<(Type, Expr)>,
    /// Its value, when it is constant.
    pub value: Option<Value>,
    /// Where it stands.
    pub span: Span,
}

impl Bound {
    /// A constant.
    pub fn constant(value: Value, span: Span) -> Self {
        Self {
            expr: value.literal(),
            ty: value.ty(),
            nullable: value == Value::Null,
            origin: None,
            shape: None,
            readings: Vec::new(),
            value: Some(value),
            span,
        }
    }

    /// A computed value without lineage.
    pub fn computed(expr: Expr, ty: Type, nullable: bool, span: Span) -> Self {
        Self {
            expr,
            ty,
            nullable,
            origin: None,
            shape: None,
            readings: Vec::new(),
            value: None,
            span,
        }
    }

    /// The same value, with what is known of its documents.
    #[must_use]
    pub fn shaped(self, shape: Option<Arc<Type>>) -> Self {
        Self { shape, ..self }
    }
}

/// An expression that has no value; the reason was already reported to the binder.
///
/// The reason is boxed because errors are rare and results are many.
pub type Result<T> = std::result::Result<T, Box<Diagnostic>>;

/// What an expression may see.
pub struct Scope<'a> {
    /// The rows.
    pub relation: &'a Relation,
    /// The other side, in the `on` of a join.
    pub right: Option<&'a Relation>,
    /// Aggregates that the expression has called, where it may call them.
    pub aggregates: Option<&'a mut Aggregates>,
}

impl<'a> Scope<'a> {
    /// The rows of one relation.
    pub fn row(relation: &'a Relation) -> Self {
        Self {
            relation,
            right: None,
            aggregates: None,
        }
    }
}

/// Aggregates collected while the items of a `summarize` are bound.
#[derive(Debug, Default)]
pub struct Aggregates {
    /// Calls with the unique names of their results.
    pub calls: Vec<(Expr, String)>,
    /// Group keys by the text of their tree, so that `by a` makes `a` usable beside aggregates.
    pub keys: Vec<(ast::ExprKind, Bound)>,
}

impl Binder<'_> {
    /// Binds an expression.
    pub fn expr(&mut self, expr: &ast::Expr, scope: &mut Scope<'_>) -> Result<Bound> {
        if let Some(aggregates) = &scope.aggregates
            && let Some((_, key)) = aggregates
                .keys
                .iter()
                .find(|(kind, _)| same(kind, &expr.kind))
        {
            return Ok(key.clone());
        }
        let span = expr.span;
        match &expr.kind {
            ast::ExprKind::Literal(literal) => {
                Ok(Bound::constant(Value::of_literal(literal), span))
            }
            ast::ExprKind::Var(name) => self.variable(name, span),
            ast::ExprKind::Name(name) => self.name(name, span, scope),
            ast::ExprKind::Side(_) => Err(Diagnostic::error(
                "Q0407",
                "`$left` and `$right` are not values",
            )
            .label(span, "only `$left.column == $right.column` after `on`")
            .into()),
            ast::ExprKind::Field { .. } | ast::ExprKind::Index { .. } | ast::ExprKind::Every(_) => {
                self.path(expr, scope)
            }
            ast::ExprKind::Call { name, args } => self.call(name, args, span, scope),
            ast::ExprKind::Neg(inner) => self.negate(inner, span, scope),
            ast::ExprKind::Not(inner) => self.not(inner, span, scope),
            ast::ExprKind::And(parts) => self.junction(parts, true, span, scope),
            ast::ExprKind::Or(parts) => self.junction(parts, false, span, scope),
            ast::ExprKind::Arithmetic { op, left, right } => {
                self.arithmetic(*op, left, right, span, scope)
            }
            ast::ExprKind::Compare { op, left, right } => {
                self.compare(*op, left, right, span, scope)
            }
            ast::ExprKind::Between {
                negated,
                value,
                low,
                high,
            } => self.between(*negated, value, low, high, span, scope),
            ast::ExprKind::Text {
                op,
                case_sensitive,
                negated,
                left,
                right,
            } => self.text(*op, *case_sensitive, *negated, left, right, span, scope),
            ast::ExprKind::In {
                negated,
                value,
                set,
            } => self.in_set(*negated, value, set, span, scope),
            ast::ExprKind::HasAny {
                negated,
                value,
                set,
            } => self.has_any(*negated, value, set, span, scope),
            ast::ExprKind::List(items) => self.list(items, span, scope),
        }
    }

    /// Binds an expression that must be a truth value.
    pub fn predicate(&mut self, expr: &ast::Expr, scope: &mut Scope<'_>) -> Result<Bound> {
        let bound = self.expr(expr, scope)?;
        self.coerce(bound, &Type::Bool, "a condition")
    }
}

/// Whether two trees are the same apart from where they stand.
fn same(left: &ast::ExprKind, right: &ast::ExprKind) -> bool {
    use ast::ExprKind as E;
    match (left, right) {
        (E::Literal(a), E::Literal(b)) => a == b,
        (E::Name(a), E::Name(b)) | (E::Var(a), E::Var(b)) => a == b,
        (E::Field { base: a, name: x }, E::Field { base: b, name: y }) => {
            x.name == y.name && same(&a.kind, &b.kind)
        }
        (E::Index { base: a, index: x }, E::Index { base: b, index: y }) => {
            same(&a.kind, &b.kind) && same(&x.kind, &y.kind)
        }
        (E::Call { name: f, args: a }, E::Call { name: g, args: b }) => {
            f.name == g.name
                && a.len() == b.len()
                && a.iter().zip(b).all(|(a, b)| match (a, b) {
                    (ast::Arg::Item(a), ast::Arg::Item(b)) => same(&a.expr.kind, &b.expr.kind),
                    (ast::Arg::Star(_), ast::Arg::Star(_)) => true,
                    _ => false,
                })
        }
        _ => false,
    }
}
