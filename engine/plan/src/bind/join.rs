//! `join`: inner and leftouter. Keys become plain columns, the scope crosses `on cluster`, names never collide in silence.

use std::sync::Arc;

use datafusion_common::Column as PlanColumn;
use datafusion_expr::{JoinType, LogicalPlanBuilder};
use trawl_lang::Diagnostic;
use trawl_lang::ast::{self, CompareOp, ExprKind, Ident, Side, Tail};

use super::Binder;
use crate::expr::{Bound, Result, Scope, unknown_column, unsupported};
use crate::relation::{BoundColumn, Relation};
use crate::suggest;
use crate::types::Type;
use crate::virtuals;

/// The kinds of the language, for suggestions.
const KINDS: [&str; 6] = [
    "inner",
    "leftouter",
    "rightouter",
    "fullouter",
    "leftsemi",
    "leftanti",
];

/// A pair of keys, bound.
struct Pair {
    left: Bound,
    right: Bound,
    /// The name, when both sides call the key so: such keys are merged.
    name: Option<String>,
}

impl Binder<'_> {
    pub(super) fn join(
        &mut self,
        left: Relation,
        kind: Option<&Ident>,
        tail: &Tail,
        op: &ast::Op,
    ) -> Result<Relation> {
        let join_type = join_type(kind)?;
        let right = self.branch(&tail.right)?;
        let pairs = tail
            .on
            .iter()
            .map(|key| self.pair(key, &left, &right))
            .collect::<Result<Vec<_>>>()?;

        let on_cluster = pairs
            .iter()
            .any(|pair| is_cluster(&pair.left) && is_cluster(&pair.right));
        let (left, right) = match (on_cluster, left.scope.clone(), right.scope.clone()) {
            (true, Some(left_scope), Some(right_scope)) => {
                let right = self.restrict(right, &left_scope, op.span)?;
                let left = if join_type == JoinType::Inner {
                    self.restrict(left, &right_scope, op.span)?
                } else {
                    left
                };
                (left, right)
            }
            _ => (left, right),
        };
        if !on_cluster
            && left.column(virtuals::CLUSTER).is_some()
            && right.column(virtuals::CLUSTER).is_some()
        {
            self.report(
                Diagnostic::warning("Q0403", "the join mixes rows of different clusters")
                    .label(op.span, "both sides have `cluster`, the keys do not")
                    .help("add `cluster` to the keys"),
            );
        }
        self.joined(left, right, pairs, join_type, on_cluster, tail, op)
    }

    #[allow(
        clippy::too_many_arguments,
        reason = "what a join is made of, used once"
    )]
    fn joined(
        &mut self,
        mut left: Relation,
        mut right: Relation,
        pairs: Vec<Pair>,
        join_type: JoinType,
        on_cluster: bool,
        tail: &Tail,
        op: &ast::Op,
    ) -> Result<Relation> {
        let (mut left_computed, mut right_computed) = (Vec::new(), Vec::new());
        let (mut left_keys, mut right_keys): (Vec<PlanColumn>, Vec<PlanColumn>) =
            (Vec::new(), Vec::new());
        let mut merged = Vec::new();
        for pair in pairs {
            merged.extend(pair.name);
            left_keys.push(
                self.column_of("key".to_owned(), pair.left, &mut left_computed)
                    .column,
            );
            right_keys.push(
                self.column_of("key".to_owned(), pair.right, &mut right_computed)
                    .column,
            );
        }
        left.plan = self.with_columns(left.plan, left_computed, op.span)?;
        right.plan = self.with_columns(right.plan, right_computed, op.span)?;

        let outer = join_type == JoinType::Left;
        let nullable = |column: BoundColumn| BoundColumn {
            nullable: column.nullable || outer,
            ..column
        };
        let mut added: Vec<BoundColumn> = right.columns.into_iter().map(nullable).collect();
        if on_cluster {
            // The clusters are equal, so what derives from the cluster is too.
            added.retain(|column| {
                !(column.is_virtual()
                    && left
                        .column(&column.name)
                        .is_some_and(BoundColumn::is_virtual))
            });
        }
        match &tail.alias {
            Some(alias) => {
                let fields = added
                    .iter()
                    .map(|column| (column.name.clone(), column.ty.clone()))
                    .collect();
                left.columns.retain(|column| column.name != alias.name);
                left.columns.push(BoundColumn {
                    name: alias.name.clone(),
                    column: PlanColumn::from_name(&alias.name),
                    ty: Type::Struct(fields),
                    nullable: outer,
                    origin: None,
                    parts: Some(Arc::new(added)),
                });
            }
            None => {
                added.retain(|column| !merged.contains(&column.name));
                for column in &added {
                    if left.column(&column.name).is_some() {
                        return Err(collision(&column.name, tail, op));
                    }
                }
                left.columns.extend(added);
            }
        }
        left.hidden.extend(right.hidden);
        left.sites.extend(right.sites);
        left.scope = match (left.scope, right.scope) {
            (Some(l), Some(r)) if !on_cluster => Some(l.union(&r).cloned().collect()),
            (l, r) => l.or(r),
        };
        left.plan = self.built(
            LogicalPlanBuilder::from(left.plan).join(
                right.plan,
                join_type,
                (left_keys, right_keys),
                None,
            ),
            op.span,
        )?;
        // A join keeps no order.
        left.order.clear();
        Ok(left)
    }

    /// A key: a name that both sides have, or `$left.x == $right.y`.
    fn pair(&mut self, key: &ast::Expr, left: &Relation, right: &Relation) -> Result<Pair> {
        let (left_bound, right_bound, name) = match &key.kind {
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
                )
            }
            ExprKind::Compare {
                op: CompareOp::Eq,
                left: a,
                right: b,
            } => match (side_of(a), side_of(b)) {
                (Some(Side::Left), Some(Side::Right)) => {
                    (self.side(a, left)?, self.side(b, right)?, None)
                }
                (Some(Side::Right), Some(Side::Left)) => {
                    (self.side(b, left)?, self.side(a, right)?, None)
                }
                _ => return Err(bad_key(key)),
            },
            _ => return Err(bad_key(key)),
        };
        // Dynamic keys match by their text.
        let text_key = |binder: &mut Self, bound: Bound, other: &Type| match (&bound.ty, other) {
            (Type::Dynamic, Type::Dynamic) => binder.coerce(bound, &Type::String, "a key"),
            _ => Ok(bound),
        };
        let (left_type, right_type) = (left_bound.ty.clone(), right_bound.ty.clone());
        let left_bound = text_key(self, left_bound, &right_type)?;
        let right_bound = text_key(self, right_bound, &left_type)?;
        let spans = (left_bound.span, right_bound.span);
        let Some(common) = left_bound
            .ty
            .common(&right_bound.ty)
            .filter(|ty| !ty.is_nested())
        else {
            return Err(Diagnostic::error(
                "Q0401",
                format!("cannot join {left_type} with {right_type}"),
            )
            .label(spans.1, right_type.to_string())
            .secondary(spans.0, left_type.to_string())
            .into());
        };
        let origin = (left_bound.origin.clone(), right_bound.origin.clone());
        let left = Bound {
            origin: origin.0,
            ..self.coerce(left_bound, &common, "a key")?
        };
        let right = Bound {
            origin: origin.1,
            ..self.coerce(right_bound, &common, "a key")?
        };
        Ok(Pair { left, right, name })
    }

    /// `$left.a.b` as `a.b` of that side.
    fn side(&mut self, expr: &ast::Expr, relation: &Relation) -> Result<Bound> {
        let Some(stripped) = strip_side(expr) else {
            return Err(bad_key(expr));
        };
        self.expr(&stripped, &mut Scope::row(relation))
    }
}

fn join_type(kind: Option<&Ident>) -> Result<JoinType> {
    let Some(kind) = kind else {
        return Ok(JoinType::Inner);
    };
    match kind.name.as_str() {
        "inner" => Ok(JoinType::Inner),
        "leftouter" => Ok(JoinType::Left),
        known if KINDS.contains(&known) => Err(unsupported(&format!("`kind={known}`"), kind.span)),
        unknown => {
            let mut diagnostic = Diagnostic::error("Q0404", format!("no join kind `{unknown}`"))
                .label(kind.span, "not a kind");
            if let Some(near) = suggest::nearest(unknown, KINDS) {
                diagnostic = diagnostic
                    .help(format!("did you mean `{near}`?"))
                    .fix(kind.span, near);
            }
            Err(diagnostic
                .help(format!("kinds: {}", KINDS.join(", ")))
                .into())
        }
    }
}

fn is_cluster(bound: &Bound) -> bool {
    bound
        .origin
        .as_ref()
        .is_some_and(|origin| origin.path.is_empty() && origin.column == virtuals::CLUSTER)
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

fn collision(name: &str, tail: &Tail, op: &ast::Op) -> Box<Diagnostic> {
    let alias = match &tail.right {
        ast::Branch::Table(table) => table
            .path
            .last()
            .map_or("right", |ident| ident.name.as_str()),
        ast::Branch::Query(_) => "right",
    };
    Diagnostic::error("Q0402", format!("both join sides have a column `{name}`"))
        .label(op.span, "")
        .help(format!(
            "name the right side, then use `{alias}.{name}`: `join … as {alias} on …`"
        ))
        .into()
}
