//! `print`: one row of values.

use trawl_lang::ast::Item;

use crate::bind::Binder;
use crate::expr::Result;
use crate::operators::{Example, Family, Operator};
use crate::relation::Relation;

/// `print`: what its page says.
pub const OPERATOR: Operator = Operator {
    name: "print",
    aliases: &[],
    family: Family::Sources,
    syntax: "print NAME = EXPRESSION, …",
    summary: "Gives one row of values.",
    notes: r"A source: it begins a query. Expressions read no row, so they are made of literals, parameters, `let`s and functions. Names are those of
`project`. Nobody is contacted.",
    examples: &[
        Example {
            title: "Trying a function",
            query: r#"print image = parse_image("ghcr.io/acme/web:v2"), half = quantity("500m")"#,
        },
        Example {
            title: "As the right side of a join",
            query: r#"datatable(env: string, pods: long) ["production", 240, "staging", 120]
| join (print env = "staging") on env"#,
        },
    ],
};

impl Binder<'_> {
    pub(crate) fn print(&mut self, items: &[Item]) -> Result<Relation> {
        let empty = self.empty();
        self.project(empty, items)
    }
}
