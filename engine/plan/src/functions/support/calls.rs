//! Calls of kernels, and whether these can give null.

use trawl_lang::span::Span;

use crate::expr::Bound;
use crate::kernels::{self, Kernel};
use crate::types::Type;

/// A call of a kernel that gives null only for null.
pub(crate) fn total<K: Kernel>(kernel: K, arguments: Vec<Bound>, ty: Type, span: Span) -> Bound {
    let nullable = arguments.iter().any(|argument| argument.nullable);
    let call = partial(kernel, arguments, ty, span);
    Bound { nullable, ..call }
}

/// A call of a kernel that gives null also where it has no answer.
pub(crate) fn partial<K: Kernel>(kernel: K, arguments: Vec<Bound>, ty: Type, span: Span) -> Bound {
    let arguments = arguments.into_iter().map(|argument| argument.expr);
    let expr = kernels::call(kernel, arguments.collect());
    Bound::computed(expr, ty, true, span)
}
