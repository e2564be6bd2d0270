//! The keys of a join: names that both sides have, or `$left.x == $right.y`, brought to one type.

use datafusion_common::Column as PlanColumn;
use datafusion_expr::Expr;
use trawl_lang::Diagnostic;
use trawl_lang::ast::{self, CompareOp, ExprKind, Side};

use crate::bind::{Binder, implied_name};
use crate::expr::{Bound, Result, Scope, nan_to_null, unknown_column};
use crate::relation::{Relation, ScanId};
use crate::types::Type;
use crate::virtuals;

/// A pair of keys, bound to one type.
pub(in crate::operators) struct Pair {
    pub(in crate::operators) left: Bound,
    pub(in crate::operators) right: Bound,
    /// The name, when both sides call the key so: such keys are merged.
    pub(in crate::operators) name: Option<String>,
    /// What messages call it.
    pub(in crate::operators) label: String,
}

impl Pair {
    /// The scans whose cluster columns it equates, if that is what it does.
    pub(in crate::operators) fn place(&self) -> Option<(ScanId, ScanId)> {
        let scan = |bound: &Bound| {
            let origin = bound.origin.as_ref()?;
            (origin.path.is_empty() && origin.column == virtuals::CLUSTER).then_some(origin.scan)
        };
        Some((scan(&self.left)?, scan(&self.right)?))
    }
}

impl Binder<'_> {
    /// A key: a name that both sides have, or `$left.x == $right.y`.
    pub(in crate::operators) fn pair(
        &mut self,
        key: &ast::Expr,
        left: &Relation,
        right: &Relation,
    ) -> Result<Pair> {
        let (left_bound, right_bound, name, label) = match &key.kind {
            ExprKind::Name(name) => {
                let find = |side: &Relation, of: &str| {
                    side.column(name).cloned().ok_or_else(|| {
                        let diagnostic = unknown_column(name, key.span, side, false);
                        Box::new(diagnostic.help(format!("on the {of} side of the join")))
                    })
                };
                let (l, r) = (find(left, "left")?, find(right, "right")?);
                (
                    self.read(&l, key.span),
                    self.read(&r, key.span),
                    Some(name.clone()),
                    Some(name.clone()),
                )
            }
            ExprKind::Compare {
                op: CompareOp::Eq,
                left: a,
                right: b,
            } => {
                let (l, r) = match (side_of(a), side_of(b)) {
                    (Some(Side::Left), Some(Side::Right)) => (a, b),
                    (Some(Side::Right), Some(Side::Left)) => (b, a),
                    _ => return Err(bad_key(key)),
                };
                let label = implied_name(&r.kind);
                (self.side(l, left)?, self.side(r, right)?, None, label)
            }
            _ => return Err(bad_key(key)),
        };
        let (left, right) = self.key_type(left_bound, right_bound)?;
        Ok(Pair {
            left,
            right,
            name,
            label: label.unwrap_or_else(|| "key".to_owned()),
        })
    }

    /// Both keys as the type that they meet in; their lineage stays, since a converted cluster is still that cluster.
    fn key_type(&mut self, left: Bound, right: Bound) -> Result<(Bound, Bound)> {
        let mut common = left.ty.common(&right.ty);
        if common == Some(Type::Dynamic) {
            // Dynamic keys match by their text.
            common = Some(Type::String);
        }
        let Some(common) = common.filter(|ty| !ty.is_nested()) else {
            return Err(Diagnostic::error(
                "Q0401",
                format!("cannot join {} with {}", left.ty, right.ty),
            )
            .label(right.span, right.ty.to_string())
            .secondary(left.span, left.ty.to_string())
            .into());
        };
        let mut converted = |bound: Bound| -> Result<Bound> {
            let origin = bound.origin.clone();
            let bound = self.coerce(bound, &common, "a key")?;
            Ok(Bound { origin, ..bound })
        };
        Ok((converted(left)?, converted(right)?))
    }

    /// A key as a plain column of its side. NaN matches nothing, like null.
    pub(in crate::operators) fn key_column(
        &mut self,
        bound: &Bound,
        computed: &mut Vec<(Expr, String)>,
    ) -> PlanColumn {
        let key = Bound {
            expr: nan_to_null(bound.expr.clone(), &bound.ty),
            ..bound.clone()
        };
        self.column_of("key".to_owned(), key, computed).column
    }

    /// `$left.a.b` as `a.b` of that side.
    fn side(&mut self, expr: &ast::Expr, relation: &Relation) -> Result<Bound> {
        let Some(stripped) = strip_side(expr) else {
            return Err(bad_key(expr));
        };
        self.expr(&stripped, &mut Scope::row(relation))
    }
}

fn side_of(expr: &ast::Expr) -> Option<Side> {
    match &expr.kind {
        ExprKind::Side(side) => Some(*side),
        ExprKind::Field { base, .. } | ExprKind::Index { base, .. } => side_of(base),
        _ => None,
    }
}

fn strip_side(expr: &ast::Expr) -> Option<ast::Expr> {
    let kind = match &expr.kind {
        ExprKind::Field { base, name } if matches!(base.kind, ExprKind::Side(_)) => {
            ExprKind::Name(name.name.clone())
        }
        ExprKind::Field { base, name } => ExprKind::Field {
            base: Box::new(strip_side(base)?),
            name: name.clone(),
        },
        ExprKind::Index { base, index } => ExprKind::Index {
            base: Box::new(strip_side(base)?),
            index: index.clone(),
        },
        _ => return None,
    };
    Some(ast::Expr {
        kind,
        span: expr.span,
    })
}

fn bad_key(key: &ast::Expr) -> Box<Diagnostic> {
    Diagnostic::error("Q0405", "a key is a name, or `$left.x == $right.y`")
        .label(key.span, "not a key")
        .help("only equality joins; put other conditions into `where` after the join")
        .into()
}
