//! `getschema`: the columns of the rows so far, as rows. Reads nothing, so nobody is contacted for it.

use datafusion_expr::lit;
use trawl_lang::span::Span;

use crate::bind::Binder;
use crate::expr::Result;
use crate::relation::Relation;
use crate::types::Type;

impl Binder<'_> {
    pub(crate) fn getschema(&mut self, input: &Relation, span: Span) -> Result<Relation> {
        let columns = ["column", "type"].map(|name| (name.to_owned(), Type::String));
        let rows: Vec<_> = input
            .columns
            .iter()
            .map(|column| vec![lit(column.name.clone()), lit(column.ty.to_string())])
            .collect();
        self.values(columns.into(), rows, span)
    }
}
