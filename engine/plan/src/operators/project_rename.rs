//! `project-rename`: other names. Costs no plan node.

use trawl_lang::Diagnostic;
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
        let mut wrong = Vec::new();
        let mut renamed: Vec<(usize, &Ident)> = Vec::new();
        for (new, old) in pairs {
            let position = self.attempt(|binder| {
                let position = binder.position(&input, old)?;
                match renamed.iter().find(|(known, _)| *known == position) {
                    Some((_, first)) => Err(renamed_twice(old, first, new)),
                    None => Ok(position),
                }
            });
            match position {
                Some(position) => renamed.push((position, new)),
                None => wrong.push(new.name.clone()),
            }
        }
        for (position, new) in renamed {
            if let Some(column) = input.columns.get_mut(position) {
                column.name.clone_from(&new.name);
            }
        }
        let span = pairs.first().map_or(Span::default(), |(new, _)| new.span);
        self.attempt(|_| distinct_names(&input.columns, span));
        self.with_wrong(input, wrong, span)
    }
}

fn renamed_twice(old: &Ident, first: &Ident, second: &Ident) -> Box<Diagnostic> {
    let (name, first_name, second_name) = (&old.name, &first.name, &second.name);
    Diagnostic::error("Q0325", format!("`{name}` is renamed twice"))
        .label(second.span, "its second new name")
        .secondary(first.span, "its first new name")
        .help(format!(
            "for a copy beside it: `extend {second_name} = {name} | project-rename {first_name} = {name}`"
        ))
        .into()
}
