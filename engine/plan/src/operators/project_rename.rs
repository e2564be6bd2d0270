//! `project-rename`: other names. Costs no plan node.

use trawl_lang::ast::Ident;
use trawl_lang::span::Span;

use crate::bind::{Binder, distinct_names};
use crate::expr::Result;
use crate::operators::{Example, Family, Operator};
use crate::relation::Relation;

/// `project-rename`: what its page says.
pub const OPERATOR: Operator = Operator {
    name: "project-rename",
    aliases: &[],
    family: Family::Columns,
    syntax: "project-rename NEW = OLD, …",
    summary: "Gives columns other names, in their places.",
    notes: r"All names are those of the row as it comes in, so that two columns can change their names. A column that has the new name already, and
is not renamed itself, is an error.",
    examples: &[Example {
        title: "Two columns that change their names",
        query: r#"datatable(source: string, target: string) ["a", "b"]
| project-rename target = source, source = target"#,
    }],
};

impl Binder<'_> {
    pub(crate) fn project_rename(
        &mut self,
        mut input: Relation,
        pairs: &[(Ident, Ident)],
    ) -> Result<Relation> {
        let positions = pairs
            .iter()
            .map(|(_, old)| self.position(&input, old))
            .collect::<Result<Vec<_>>>()?;
        for ((new, _), position) in pairs.iter().zip(positions) {
            if let Some(column) = input.columns.get_mut(position) {
                column.name.clone_from(&new.name);
            }
        }
        distinct_names(
            &input.columns,
            pairs.first().map_or(Span::default(), |(new, _)| new.span),
        )?;
        Ok(input)
    }
}
