//! `x in (query)` and `text has_any (query)` in a `where`: joins that test whether a row has a partner and add no columns.

use std::collections::BTreeMap;

use datafusion_common::Column as PlanColumn;
use datafusion_expr::{Expr, JoinType, LogicalPlanBuilder};
use trawl_lang::Diagnostic;
use trawl_lang::ast;
use trawl_lang::span::Span;

use super::Binder;
use super::unmatched::{self, Effect};
use crate::expr::{Bound, Result, Side, common_type, incomparable, nan_to_null};
use crate::kernels;
use crate::kernels::text::TextMatch;
use crate::relation::{BoundColumn, Origin, Relation};
use crate::types::Type;
use crate::virtuals;

/// A test of a row against the rows of a query; the predicate refers to its result by a column of this name.
pub(crate) struct Membership {
    marker: String,
    /// The tested value, over the rows of the `where`.
    value: Bound,
    /// The query, whose rows hold one value.
    query: Relation,
    /// That column.
    member: BoundColumn,
    test: Test,
    span: Span,
}

/// What makes a row a partner.
pub(crate) enum Test {
    /// The values are equal.
    Equal,
    /// The text has the term.
    Has(TextMatch),
}

/// How a conjunct of the predicate uses a membership.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Use {
    /// It is the membership.
    Alone,
    /// It is its negation.
    Negated,
    /// It stands within something larger.
    Within,
}

impl Binder<'_> {
    /// Binds a query that is a set, and gives the expression that stands for the test.
    ///
    /// # Errors
    /// When it stands outside a `where`, or the query does not have exactly one column of a type that fits.
    pub(crate) fn membership(
        &mut self,
        value: Bound,
        query: &ast::Query,
        test: Test,
        span: Span,
    ) -> Result<Bound> {
        if self.memberships.is_none() {
            return Err(
                Diagnostic::error("Q0319", "a query as a set stands only in `where`")
                    .label(query.span, "not here")
                    .help("make the test a condition of `where`, beneath `and`, `or` and `not` alone, or use `join kind=leftouter`")
                    .into(),
            );
        }
        // A `where` inside the query has sets of its own.
        let outer = self.memberships.take();
        let relation = self.query(query);
        self.memberships = outer;
        let mut relation = relation?;
        let [column] = relation.columns.as_slice() else {
            let names: Vec<&str> = relation.names().collect();
            return Err(Diagnostic::error(
                "Q0320",
                format!(
                    "a set needs a query of one column, this has {}",
                    names.len()
                ),
            )
            .label(query.span, crate::suggest::list(names))
            .help("end it with `| project` and the column that is meant")
            .into());
        };
        let column = column.clone();
        let member = self.read(&column, query.span);
        let (value, member) = match test {
            Test::Has(_) => (
                self.coerce(value, &Type::String, "the left side of `has_any`")?,
                self.coerce(member, &Type::String, "a term of `has_any`")?,
            ),
            Test::Equal => self.equated(value, member)?,
        };
        let mut computed = Vec::new();
        let origin = column.origin.clone();
        let member = self.column_of("member".to_owned(), no_nan(member), &mut computed);
        relation.plan = self.with_columns(relation.plan, computed, query.span)?;
        let marker = self.unique("is_member");
        if let Some(memberships) = &mut self.memberships {
            memberships.push(Membership {
                marker: marker.clone(),
                value,
                query: relation,
                member: BoundColumn { origin, ..member },
                test,
                span,
            });
        }
        Ok(Bound::computed(
            Expr::Column(PlanColumn::from_name(marker)),
            Type::Bool,
            false,
            span,
        ))
    }

    /// The tested value and the members as one type, keeping the lineage of the value.
    fn equated(&mut self, value: Bound, member: Bound) -> Result<(Bound, Bound)> {
        let sides = (Side::of(&value), Side::of(&member));
        let origin = value.origin.clone();
        // Dynamic values match by their text, as join keys do.
        let common = match common_type([&value, &member].into_iter()) {
            Some(Type::Dynamic) => Type::String,
            Some(common) if !common.is_nested() => common,
            _ => return Err(incomparable(&sides.0, &sides.1)),
        };
        let value = self.coerce(value, &common, "the left side of `in`")?;
        let member = self.coerce(member, &common, "a member")?;
        Ok((Bound { origin, ..value }, member))
    }

    /// Filters by conjuncts that may refer to memberships.
    pub(crate) fn filter_by(
        &mut self,
        mut input: Relation,
        conjuncts: Vec<Expr>,
        memberships: Vec<Membership>,
        span: Span,
    ) -> Result<Relation> {
        let mut uses: BTreeMap<String, Use> = BTreeMap::new();
        let mut absent: Vec<String> = Vec::new();
        let (mut plain, mut marked) = (Vec::new(), Vec::new());
        for conjunct in conjuncts {
            let refers = |membership: &&Membership| {
                conjunct
                    .column_refs()
                    .iter()
                    .any(|column| column.name == membership.marker)
            };
            let referred: Vec<&str> = memberships
                .iter()
                .filter(refers)
                .map(|membership| membership.marker.as_str())
                .collect();
            if referred.is_empty() {
                plain.push(conjunct);
                continue;
            }
            let how = match &conjunct {
                Expr::Column(_) => Use::Alone,
                Expr::Not(inner) if matches!(inner.as_ref(), Expr::Column(_)) => Use::Negated,
                _ => Use::Within,
            };
            for marker in referred {
                if unmatched::wants_absence(&conjunct, marker) {
                    absent.push(marker.to_owned());
                }
                uses.insert(marker.to_owned(), how);
            }
            if how == Use::Within {
                marked.push(conjunct);
            }
        }
        // What needs no other rows goes first: it decides which clusters are asked, and what is joined at all.
        input = self.filtered(input, plain, span)?;
        for membership in memberships {
            let how = uses.get(&membership.marker).copied().unwrap_or(Use::Within);
            let absence = absent.contains(&membership.marker);
            input = self.member_join(input, membership, how, absence)?;
        }
        self.filtered(input, marked, span)
    }

    fn member_join(
        &mut self,
        mut input: Relation,
        membership: Membership,
        how: Use,
        absence: bool,
    ) -> Result<Relation> {
        let Membership {
            marker,
            value,
            mut query,
            member,
            test,
            span,
        } = membership;
        if let (Some(left), Some(right)) = (
            cluster_scope(&input, value.origin.as_ref()),
            cluster_scope(&query, member.origin.as_ref()),
        ) && matches!(test, Test::Equal)
        {
            let member = self.read(&member, span);
            self.restrict(&mut query, &member, &left, span)?;
            if how == Use::Alone {
                self.restrict(&mut input, &value, &right, span)?;
            }
        }
        let mut computed = Vec::new();
        let key = self.column_of("key".to_owned(), no_nan(value), &mut computed);
        input.plan = self.with_columns(input.plan, computed, span)?;

        if absence {
            let operator = match test {
                Test::Equal => "!in",
                Test::Has(_) => "!has_any",
            };
            self.unmatched(operator, span, &query.plan, Effect::Kept);
        }
        let alias = self.unique("members");
        let members = LogicalPlanBuilder::from(query.plan)
            .project([member.expr()])
            .and_then(|builder| builder.alias(alias.clone()));
        let members = self.built(members, span)?;
        let partner = Expr::Column(PlanColumn::new(Some(alias.clone()), &member.column.name));
        let test = match test {
            Test::Equal => key.expr().eq(partner),
            Test::Has(kernel) => kernels::call(kernel, vec![key.expr(), partner]),
        };
        let join_type = match how {
            Use::Alone => JoinType::LeftSemi,
            Use::Negated => JoinType::LeftAnti,
            Use::Within => JoinType::LeftMark,
        };
        input.plan = self.built(
            LogicalPlanBuilder::from(input.plan).join_on(members, join_type, [test]),
            span,
        )?;
        if how == Use::Within {
            let mark = Expr::Column(PlanColumn::new(Some(alias), "mark"));
            input.plan = self.with_columns(input.plan, vec![(mark, marker)], span)?;
        }
        Ok(input)
    }
}

/// The clusters that a value's rows can come from, when the value is the column `cluster` of a scan.
fn cluster_scope(
    relation: &Relation,
    origin: Option<&Origin>,
) -> Option<crate::catalog::ClusterSet> {
    let origin =
        origin.filter(|origin| origin.path.is_empty() && origin.column == virtuals::CLUSTER)?;
    relation.scopes.get(&origin.scan).cloned()
}

/// NaN matches nothing, like null.
fn no_nan(bound: Bound) -> Bound {
    Bound {
        expr: nan_to_null(bound.expr, &bound.ty),
        ..bound
    }
}
