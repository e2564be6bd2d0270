//! `project-away`: fewer columns. Costs no plan node.

use trawl_lang::ast::Ident;

use crate::bind::Binder;
use crate::expr::Result;
use crate::relation::Relation;

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
