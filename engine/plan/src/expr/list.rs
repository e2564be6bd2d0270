//! List literals and positions of lists: `[1, 2, null]`, `list[0]`, `list[-1]`. Refuses items without a common type.

use datafusion_common::ScalarValue;
use datafusion_expr::lit;
use trawl_lang::ast;
use trawl_lang::span::Span;

use super::{Bound, Result, Scope, same_type};
use crate::bind::Binder;
use crate::kernels;
use crate::kernels::list::{ListGet, ListOf};
use crate::types::Type;

impl Binder<'_> {
    /// `[a, b, …]`: a list of the type that all items fit in; `[]` and `[null]` have items of the type of `null`.
    pub(super) fn list(
        &mut self,
        items: &[ast::Expr],
        span: Span,
        scope: &mut Scope<'_>,
    ) -> Result<Bound> {
        let items = items.iter().map(|item| self.part(item, scope)).collect();
        let (items, item) = same_type(self, items, span)?;
        let expr = if items.is_empty() {
            // A kernel without arguments would not know how many rows there are.
            let empty = ScalarValue::new_list_nullable(&[], &item.arrow());
            lit(ScalarValue::List(empty))
        } else {
            let kernel = ListOf { item: item.arrow() };
            kernels::call(kernel, items.into_iter().map(|item| item.expr).collect())
        };
        Ok(Bound::computed(
            expr,
            Type::List(Box::new(item)),
            false,
            span,
        ))
    }

    /// `list[position]`, for a list with items of this type.
    pub(super) fn item_at(
        &mut self,
        list: Bound,
        item: Type,
        position: Bound,
        span: Span,
    ) -> Result<Bound> {
        let position = self.coerce(position, &Type::Long, "a position")?;
        let expr = kernels::call(ListGet, vec![list.expr, position.expr]);
        Ok(Bound::computed(expr, item, true, span))
    }
}
