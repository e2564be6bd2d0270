//! `project`: exactly these columns. Columns that are only chosen cost no plan node: the root picks them.

use trawl_lang::ast::Item;

use crate::bind::Binder;
use crate::expr::Result;
use crate::relation::Relation;

impl Binder<'_> {
    pub(crate) fn project(&mut self, input: Relation, items: &[Item]) -> Result<Relation> {
        let (mut relation, columns) = self.items(input, items)?;
        relation.columns = columns;
        Ok(relation)
    }
}
