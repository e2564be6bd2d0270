//! `project-rename`: other names. Costs no plan node.

use trawl_lang::ast::Ident;
use trawl_lang::span::Span;

use crate::bind::{Binder, distinct_names};
use crate::expr::Result;
use crate::relation::Relation;

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
