//! `extend`: more columns. A column that is only copied costs no plan node.

use trawl_lang::ast::Item;

use crate::bind::Binder;
use crate::expr::Result;
use crate::relation::Relation;

impl Binder<'_> {
    pub(crate) fn extend(&mut self, input: Relation, items: &[Item]) -> Result<Relation> {
        let (mut relation, columns) = self.items(input, items)?;
        relation.set_columns(columns);
        Ok(relation)
    }
}
