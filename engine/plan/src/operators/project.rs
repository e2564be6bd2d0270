//! `project`: exactly these columns. Columns that are only chosen cost no plan node: the root picks them.

use trawl_lang::ast::Item;

use crate::bind::Binder;
use crate::expr::Result;
use crate::operators::{Example, Family, Operator};
use crate::relation::Relation;

/// `project`: what its page says.
pub const OPERATOR: Operator = Operator {
    name: "project",
    aliases: &[],
    family: Family::Columns,
    syntax: "project NAME = EXPRESSION, …",
    summary: "Gives exactly these columns, in this order.",
    notes: r"An item without a name is called as its expression implies: a path by its last field (`spec.nodeName` becomes `nodeName`), `bin(t, 1h)`
becomes `t`. Anything else that is computed needs a name; two columns of one name are an error.

The order of the rows stays. The columns and paths that are left are all that is read of a source.",
    examples: &[
        Example {
            title: "Some columns, one computed",
            query: r#"nodes
| where cluster == "staging"
| project name, ready = state == "Ready", status.nodeInfo.kubeletVersion
| sort by name asc
| take 2"#,
        },
        Example {
            title: "A value that has no name is called what it is",
            query: r#"print labels = pack(app = "web", tier = "front")
| project labels.app, tier = toupper(labels.tier)"#,
        },
    ],
};

impl Binder<'_> {
    pub(crate) fn project(&mut self, input: Relation, items: &[Item]) -> Result<Relation> {
        let (mut relation, columns) = self.items(input, items)?;
        relation.columns = columns;
        Ok(relation)
    }
}
