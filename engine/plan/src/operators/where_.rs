//! `where`: the rows for which a condition is true.

use datafusion_expr::utils::split_conjunction_owned;
use trawl_lang::ast;

use crate::bind::Binder;
use crate::expr::{Result, Scope};
use crate::operators::{Example, Family, Operator};
use crate::relation::Relation;

/// `where`: what its page says.
pub const OPERATOR: Operator = Operator {
    name: "where",
    aliases: &[],
    family: Family::Rows,
    syntax: "where CONDITION",
    summary: "Keeps the rows for which a condition is true.",
    notes: r"A comparison is true or false and never null: null equals only null. What can be null, such as a nullable column of type bool, keeps a
row only where it is true.

- `x in (query | …)` and `text has_any (query | …)` test against the rows of a query of one column. They stand only here, also below
  `not` and `or`. Null matches nothing.
- A condition travels to the source as far as the source understands it; the rest is checked here, and so is what the source checks only
  roughly. `trawl explain` says which is which.
- A condition on `cluster`, `region`, `environment`, `account` or `tags` decides which clusters are contacted at all, also when it stands
  behind a `join` or a `union`.",
    examples: &[
        Example {
            title: "Pods that do not run, in one cluster",
            query: r#"pods
| where cluster == "staging" and phase !in ("Running", "Succeeded")
| summarize n = count() by namespace, phase
| sort by namespace asc, phase asc"#,
        },
        Example {
            title: "A comparison with null",
            query: r#"datatable(name: string, cores: long) ["web", 2, "cron", null]
| where cores != 2"#,
        },
        Example {
            title: "Pods on nodes that are being drained",
            query: r#"pods
| where environment == "production"
| where spec.nodeName in (nodes | where state has "SchedulingDisabled" | project name)
| summarize pods = count() by cluster
| sort by cluster asc"#,
        },
    ],
};

impl Binder<'_> {
    pub(crate) fn filter(&mut self, input: Relation, predicate: &ast::Expr) -> Result<Relation> {
        let outer = self.memberships.replace(Vec::new());
        let bound = self.attempt(|binder| binder.predicate(predicate, &mut Scope::row(&input)));
        let memberships = std::mem::replace(&mut self.memberships, outer).unwrap_or_default();
        let Some(bound) = bound else {
            return Ok(input);
        };
        let conjuncts = split_conjunction_owned(bound.expr);
        if memberships.is_empty() {
            return self.filtered(input, conjuncts, predicate.span);
        }
        self.filter_by(input, conjuncts, memberships, predicate.span)
    }
}
