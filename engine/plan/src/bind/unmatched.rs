//! Sides of joins that are missed in the result where they are incomplete: a row that finds no partner there is kept, and nobody can see
//! that it has one. Owns which sides these are; who reads them knows what they lack.

use datafusion_common::Column as PlanColumn;
use datafusion_expr::{BinaryExpr, Expr, LogicalPlan, Operator};
use trawl_lang::span::Span;

use super::Binder;

/// What becomes of a row whose partner is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// It is in the result and ought not to be: absence is what the operator asks for.
    Kept,
    /// The partner's columns are null.
    Nulls,
}

/// A side of a join whose rows may be without partner.
#[derive(Debug, Clone)]
pub struct Unmatched {
    /// The operator as it is written: `join kind=leftanti`.
    pub operator: String,
    /// Where it stands.
    pub span: Span,
    /// The rows in which partners are looked for.
    pub side: LogicalPlan,
    /// What becomes of rows without one.
    pub effect: Effect,
}

impl Binder<'_> {
    /// Notes a side.
    pub(crate) fn unmatched(
        &mut self,
        operator: impl Into<String>,
        span: Span,
        side: &LogicalPlan,
        effect: Effect,
    ) {
        self.unmatched.push(Unmatched {
            operator: operator.into(),
            span,
            side: side.clone(),
            effect,
        });
    }

    /// The sides that were met.
    pub fn take_unmatched(&mut self) -> Vec<Unmatched> {
        std::mem::take(&mut self.unmatched)
    }
}

/// Whether a condition can be true because the column of a membership is false. It stands beneath `and`, `or` and `not` alone; whatever else
/// there is may ask for either.
pub(super) fn wants_absence(condition: &Expr, marker: &str) -> bool {
    walk(condition, marker, false)
}

fn walk(condition: &Expr, marker: &str, negated: bool) -> bool {
    match condition {
        Expr::Column(PlanColumn { name, .. }) => negated && name == marker,
        Expr::Not(inner) => walk(inner, marker, !negated),
        Expr::BinaryExpr(BinaryExpr {
            left,
            op: Operator::And | Operator::Or,
            right,
        }) => walk(left, marker, negated) || walk(right, marker, negated),
        other => other
            .column_refs()
            .iter()
            .any(|column| column.name == marker),
    }
}

#[cfg(test)]
mod tests {
    use datafusion_expr::{lit, not};

    use super::*;

    #[test]
    fn absence_is_wanted_beneath_an_odd_number_of_nots() {
        let column = |name: &str| Expr::Column(PlanColumn::from_name(name));
        let (member, other) = (|| column("m"), || column("x").eq(lit(1)));
        for (condition, wanted) in [
            (member(), false),
            (not(member()), true),
            (not(not(member())), false),
            (other().or(member()), false),
            (other().or(not(member())), true),
            (not(other().and(member())), true),
            (not(other()).or(member()), false),
            (member().is_not_true(), true),
        ] {
            assert_eq!(wants_absence(&condition, "m"), wanted, "{condition}");
        }
    }
}
