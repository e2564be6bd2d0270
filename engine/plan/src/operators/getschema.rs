//! `getschema`: the columns of the rows so far, as rows. Reads nothing, so nobody is contacted for it.

use datafusion_expr::lit;
use trawl_lang::span::Span;

use crate::bind::Binder;
use crate::expr::Result;
use crate::operators::{Example, Family, Operator};
use crate::relation::Relation;
use crate::types::Type;

/// `getschema`: what its page says.
pub const OPERATOR: Operator = Operator {
    name: "getschema",
    aliases: &[],
    family: Family::Result,
    syntax: "getschema",
    summary: "Gives the columns and their types as rows.",
    notes: r"The rows have a `column` and a `type`, in the order of the columns. Types are named as the language writes them. It works behind any
operator, and no cluster is contacted for it.",
    examples: &[Example {
        title: "The columns of a query",
        query: r"events
| summarize n = count(), last = max(timestamp), reasons = make_set(reason) by cluster
| getschema",
    }],
};

impl Binder<'_> {
    pub(crate) fn getschema(&mut self, input: &Relation, span: Span) -> Result<Relation> {
        let columns = ["column", "type"].map(|name| (name.to_owned(), Type::String));
        let rows: Vec<_> = input
            .columns
            .iter()
            .map(|column| vec![lit(column.name.clone()), lit(column.ty.to_string())])
            .collect();
        self.values(columns.into(), rows, span)
    }
}
