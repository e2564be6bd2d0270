//! `print`: one row of values.

use trawl_lang::ast::Item;

use crate::bind::Binder;
use crate::expr::Result;
use crate::relation::Relation;

impl Binder<'_> {
    pub(crate) fn print(&mut self, items: &[Item]) -> Result<Relation> {
        let empty = self.empty();
        self.project(empty, items)
    }
}
