//! `join`: inner and leftouter. Keys become plain columns, the scope crosses `on cluster`, names never collide in silence.

use std::sync::Arc;

use datafusion_common::Column as PlanColumn;
use datafusion_expr::{JoinType, LogicalPlanBuilder, lit};
use trawl_lang::Diagnostic;
use trawl_lang::ast::{self, CompareOp, ExprKind, Ident, Side, Tail};

use super::Binder;
use crate::expr::{Bound, Result, Scope, nan_to_null, unknown_column, unsupported};
use crate::relation::{BoundColumn, Relation, ScanId};
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

impl Pair {
    /// The scans whose cluster columns it equates, if that is what it does.
    fn place(&self) -> Option<(ScanId, ScanId)> {
        let scan = |bound: &Bound| {
            let origin = bound.origin.as_ref()?;
            (origin.path.is_empty() && origin.column == virtuals::CLUSTER).then_some(origin.scan)
        };
        Some((scan(&self.left)?, scan(&self.right)?))
    }
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

        let places = pairs.iter().find_map(Pair::place);
        let scopes = places
            .and_then(|(l, r)| Some((left.scopes.get(&l)?.clone(), right.scopes.get(&r)?.clone())));
        let (mut left, mut right) = (left, right);
        if let Some((left_scope, right_scope)) = scopes
            && let Some(pair) = pairs.iter().find(|pair| pair.place().is_some())
        {
            right = self.restrict(right, &pair.right, &left_scope, op.span)?;
            if join_type == JoinType::Inner {
                left = self.restrict(left, &pair.left, &right_scope, op.span)?;
            }
        }
        if places.is_none()
            && left.column(virtuals::CLUSTER).is_some()
            && right.column(virtuals::CLUSTER).is_some()
        {
            self.report(
                Diagnostic::warning("Q0403", "the join mixes rows of different clusters")
                    .label(op.span, "both sides have `cluster`, the keys do not")
                    .help("add `cluster` to the keys"),
            );
        }
        self.joined(left, right, pairs, join_type, tail, op)
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
        tail: &Tail,
        op: &ast::Op,
    ) -> Result<Relation> {
        let places = pairs.iter().find_map(Pair::place);
        let outer = join_type == JoinType::Left;
        let (mut left_computed, mut right_computed) = (Vec::new(), Vec::new());
        let (mut left_keys, mut right_keys): (Vec<PlanColumn>, Vec<PlanColumn>) =
            (Vec::new(), Vec::new());
        let mut merged = Vec::new();
        for pair in pairs {
            merged.extend(pair.name);
            // NaN matches nothing, like null.
            let key = |bound: Bound| Bound {
                expr: nan_to_null(bound.expr, &bound.ty),
                ..bound
            };
            left_keys.push(
                self.column_of("key".to_owned(), key(pair.left), &mut left_computed)
                    .column,
            );
            right_keys.push(
                self.column_of("key".to_owned(), key(pair.right), &mut right_computed)
                    .column,
            );
        }
        let marker = self.unique("partner");
        if tail.alias.is_some() {
            right_computed.push((lit(true), marker.clone()));
        }
        left.plan = self.with_columns(left.plan, left_computed, op.span)?;
        right.plan = self.with_columns(right.plan, right_computed, op.span)?;

        let added = added_columns(&left, right.columns, outer, places);
        match &tail.alias {
            Some(alias) => {
                let side = named_side(&left, alias, added, marker, outer)?;
                left.columns.push(side);
            }
            None => {
                let is_new = |column: &BoundColumn| !merged.contains(&column.name);
                let added: Vec<BoundColumn> = added.into_iter().filter(is_new).collect();
                if let Some(taken) = added
                    .iter()
                    .find(|column| left.column(&column.name).is_some())
                {
                    return Err(collision(&taken.name, tail, op));
                }
                left.columns.extend(added);
            }
        }
        left.hidden.extend(right.hidden);
        left.scopes.extend(right.scopes);
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

/// What the right side brings. Where the keys equate the clusters of two scans, what derives from the cluster is the same on both
/// sides and is not brought again.
fn added_columns(
    left: &Relation,
    right: Vec<BoundColumn>,
    outer: bool,
    places: Option<(ScanId, ScanId)>,
) -> Vec<BoundColumn> {
    let derives_from_cluster = |column: &BoundColumn| {
        let twin = left
            .column(&column.name)
            .filter(|twin| twin.is_virtual() && column.is_virtual());
        let origins = twin.and_then(|twin| Some((twin.origin.as_ref()?, column.origin.as_ref()?)));
        origins.is_some_and(|(l, r)| l.column == r.column && Some((l.scan, r.scan)) == places)
    };
    right
        .into_iter()
        .filter(|column| !derives_from_cluster(column))
        .map(|column| if outer { can_miss(column) } else { column })
        .collect()
}

/// `as d`: the right side as one struct, whose marker column is null where a row has no partner.
fn named_side(
    left: &Relation,
    alias: &Ident,
    added: Vec<BoundColumn>,
    marker: String,
    outer: bool,
) -> Result<BoundColumn> {
    if left.column(&alias.name).is_some() {
        return Err(Diagnostic::error(
            "Q0406",
            format!("the left side has a column `{}`", alias.name),
        )
        .label(alias.span, "the right side cannot be called so")
        .help("choose another name, or rename the column before the join")
        .into());
    }
    let fields = added
        .iter()
        .map(|column| (column.name.clone(), column.ty.clone()))
        .collect();
    Ok(BoundColumn {
        name: alias.name.clone(),
        column: PlanColumn::from_name(marker),
        ty: Type::Struct(fields),
        nullable: outer,
        origin: None,
        shape: None,
        parts: Some(Arc::new(added)),
    })
}

/// A column of the right side of an outer join, whose rows may have no partner.
fn can_miss(column: BoundColumn) -> BoundColumn {
    let parts = column
        .parts
        .map(|parts| Arc::new(parts.iter().cloned().map(can_miss).collect()));
    BoundColumn {
        nullable: true,
        parts,
        ..column
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
