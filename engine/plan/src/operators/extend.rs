//! `extend`: more columns. A column that is only copied costs no plan node.

use trawl_lang::ast::Item;

use crate::bind::Binder;
use crate::expr::Result;
use crate::operators::{Example, Family, Operator};
use crate::relation::Relation;

/// `extend`: what its page says.
pub const OPERATOR: Operator = Operator {
    name: "extend",
    aliases: &[],
    family: Family::Columns,
    syntax: "extend NAME = EXPRESSION, …",
    summary: "Adds columns, or replaces those of the same name in their place.",
    notes: r"All items see the row as it comes in, not each other: for a column that needs another new one write a second `extend`. An item without a
name is called as its expression implies (`spec.nodeName` becomes `nodeName`, `bin(t, 1h)` becomes `t`); anything else needs a name.

Columns that nothing reads afterwards are not computed and not asked for.",
    examples: &[
        Example {
            title: "A new column, and one that is replaced",
            query: r#"datatable(name: string, bytes: long) ["web", 1572864, "db", 5368709120]
| extend name = toupper(name), mebibytes = bytes / 1Mi"#,
        },
        Example {
            title: "Items do not see each other",
            query: r"print n = 1
| extend n = n + 1, before = n",
        },
    ],
};

impl Binder<'_> {
    pub(crate) fn extend(&mut self, input: Relation, items: &[Item]) -> Result<Relation> {
        let (mut relation, columns) = self.items(input, items)?;
        relation.set_columns(columns);
        Ok(relation)
    }
}
