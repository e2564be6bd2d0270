//! Arguments against parameters of fixed types, and calls of kernels on them.

use trawl_lang::Diagnostic;
use trawl_lang::span::Span;

use crate::bind::Binder;
use crate::expr::{Bound, Result};
use crate::kernels::{self, Kernel};
use crate::types::Type;
use crate::value::Value;

/// The arguments as the types of their parameters, which are named in messages; optional ones may be missing at the end.
pub(super) fn typed(
    binder: &mut Binder<'_>,
    function: &str,
    arguments: Vec<Bound>,
    parameters: &[(&str, Type)],
) -> Result<Vec<Bound>> {
    let pairs = arguments.into_iter().zip(parameters);
    pairs
        .map(|(argument, (name, ty))| {
            binder.coerce(argument, ty, &format!("`{name}` of `{function}`"))
        })
        .collect()
}

/// A call of a kernel that gives null only for null.
pub(super) fn total<K: Kernel>(kernel: K, arguments: Vec<Bound>, ty: Type, span: Span) -> Bound {
    let nullable = arguments.iter().any(|argument| argument.nullable);
    let call = partial(kernel, arguments, ty, span);
    Bound { nullable, ..call }
}

/// A call of a kernel that gives null also where it has no answer.
pub(super) fn partial<K: Kernel>(kernel: K, arguments: Vec<Bound>, ty: Type, span: Span) -> Bound {
    let arguments = arguments.into_iter().map(|argument| argument.expr);
    let expr = kernels::call(kernel, arguments.collect());
    Bound::computed(expr, ty, true, span)
}

/// The value of an argument that must be known while planning.
pub(super) fn constant<'a>(argument: &'a Bound, what: &str) -> Result<&'a Value> {
    argument.value.as_ref().ok_or_else(|| {
        Diagnostic::error("Q0308", format!("{what} must be a constant"))
            .label(argument.span, "computed per row")
            .help("write a literal, or `@name` of a `param` or scalar `let`")
            .into()
    })
}
