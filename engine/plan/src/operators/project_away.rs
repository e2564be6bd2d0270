//! `project-away`: fewer columns. Costs no plan node.

use trawl_lang::ast::Ident;

use crate::bind::Binder;
use crate::expr::Result;
use crate::operators::{Example, Family, Operator};
use crate::relation::Relation;

/// `project-away`: what its page says.
pub const OPERATOR: Operator = Operator {
    name: "project-away",
    aliases: &[],
    family: Family::Columns,
    syntax: "project-away COLUMN, …",
    summary: "Leaves out columns; the others stay as they are.",
    notes: r"A name that is no column is an error, so that a misspelt one is not kept in silence. There are no wildcards.",
    examples: &[Example {
        title: "Without two columns",
        query: r"datatable(a: long, b: long, c: long, d: long) [1, 2, 3, 4]
| project-away b, d",
    }],
};

impl Binder<'_> {
    pub(crate) fn project_away(
        &mut self,
        mut input: Relation,
        names: &[Ident],
    ) -> Result<Relation> {
        for name in names {
            self.attempt(|binder| binder.position(&input, name));
        }
        input
            .columns
            .retain(|column| names.iter().all(|name| name.name != column.name));
        Ok(input)
    }
}
