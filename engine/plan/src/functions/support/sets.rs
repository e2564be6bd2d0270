//! `set_union`, `set_intersect` and `set_difference`: lists taken as sets.

use trawl_lang::span::Span;

use super::lists;
use crate::bind::Binder;
use crate::expr::{Bound, Result};
use crate::kernels;
use crate::kernels::list::{SetOp, Sets};
use crate::types::Type;

/// A list of different items, made of those of all arguments.
pub(crate) fn set_of(
    binder: &mut Binder<'_>,
    arguments: Vec<Bound>,
    span: Span,
    op: SetOp,
) -> Result<Bound> {
    let (lists, item) = lists(binder, arguments, span, "a set")?;
    let nullable = lists.iter().any(|list| list.nullable);
    let kernel = Sets {
        op,
        item: item.arrow(),
    };
    let expr = kernels::call(kernel, lists.into_iter().map(|list| list.expr).collect());
    let ty = Type::List(Box::new(item));
    Ok(Bound::computed(expr, ty, nullable, span))
}
