//! Calls of functions: which one, with how many arguments, and where aggregates may stand.

use datafusion_common::Column;
use datafusion_expr::Expr;
use trawl_lang::Diagnostic;
use trawl_lang::ast::{Arg, Ident};
use trawl_lang::span::Span;

use super::{Bound, Result, Scope, shape};
use crate::bind::{Binder, item_name};
use crate::functions::{self, Aggregate};
use crate::suggest;
use crate::value::Value;

impl Binder<'_> {
    pub(super) fn call(
        &mut self,
        name: &Ident,
        args: &[Arg],
        span: Span,
        scope: &mut Scope<'_>,
    ) -> Result<Bound> {
        if let Some(function) = functions::aggregate_named(&name.name) {
            return self.aggregate(function, name, args, span, scope);
        }
        let Some(function) = functions::scalar_named(&name.name) else {
            let near = suggest::nearest(&name.name, functions::names());
            let mut diagnostic = Diagnostic::error("Q0204", format!("no function `{}`", name.name))
                .label(name.span, "not a function");
            diagnostic = match near {
                Some(near) => diagnostic
                    .help(format!("did you mean `{near}`?"))
                    .fix(name.span, near),
                None => {
                    diagnostic.help(format!("functions: {}", suggest::list(functions::names())))
                }
            };
            return Err(diagnostic.into());
        };
        let arguments = if function.named {
            self.items_as_arguments(name, args, scope)?
        } else {
            self.arguments(name, args, scope)?
        };
        check_arity(
            function.arity.contains(&arguments.len()),
            function.signature,
            name,
            arguments.len(),
            span,
        )?;
        let shape = shape::of_call(function.name, &arguments);
        let result = (function.bind)(self, arguments, span)?.folded();
        // A function that knows better has said so.
        Ok(match result.shape {
            None => result.shaped(shape),
            Some(_) => result,
        })
    }

    fn arguments(
        &mut self,
        name: &Ident,
        args: &[Arg],
        scope: &mut Scope<'_>,
    ) -> Result<Vec<Bound>> {
        args.iter()
            .map(|arg| match arg {
                Arg::Star(span) => Err(star(name, *span)),
                Arg::Item(item) => match &item.name {
                    Some(given) => Err(Diagnostic::error(
                        "Q0309",
                        "functions take their arguments by position",
                    )
                    .label(given.span, "a name is for the arguments of a table")
                    .into()),
                    None => Ok(self.part(&item.expr, scope)),
                },
            })
            .collect()
    }

    /// Items as arguments: each name, as a constant, before its value.
    fn items_as_arguments(
        &mut self,
        name: &Ident,
        args: &[Arg],
        scope: &mut Scope<'_>,
    ) -> Result<Vec<Bound>> {
        let mut arguments = Vec::with_capacity(args.len() * 2);
        for arg in args {
            match arg {
                Arg::Star(span) => return Err(star(name, *span)),
                Arg::Item(item) => {
                    let name = Value::String(item_name(item)?);
                    arguments.push(Bound::constant(name, item.expr.span));
                    arguments.push(self.part(&item.expr, scope));
                }
            }
        }
        Ok(arguments)
    }

    fn aggregate(
        &mut self,
        function: &'static Aggregate,
        name: &Ident,
        args: &[Arg],
        span: Span,
        scope: &mut Scope<'_>,
    ) -> Result<Bound> {
        let Some(aggregates) = scope.aggregates.take() else {
            return Err(
                Diagnostic::error("Q0311", format!("`{}` is an aggregate", name.name))
                    .label(span, "there is one row here, not a group")
                    .help("aggregates stand in `summarize`, and not inside each other")
                    .into(),
            );
        };
        // Inside the call there are rows again, so that an aggregate of an aggregate is refused.
        let arguments = self.arguments(name, args, scope);
        scope.aggregates = Some(aggregates);
        let arguments = arguments?;
        check_arity(
            function.arity.contains(&arguments.len()),
            function.signature,
            name,
            arguments.len(),
            span,
        )?;
        let shape = shape::of_aggregate(function.name, &arguments);
        let aggregated = (function.bind)(self, arguments)?;
        let column = self.unique(function.name);
        if let Some(aggregates) = &mut scope.aggregates {
            aggregates.calls.push((aggregated.expr, column.clone()));
        }
        let result = Expr::Column(Column::from_name(column));
        let expr = match aggregated.finish {
            Some(finish) => finish(result),
            None => result,
        };
        Ok(Bound::computed(expr, aggregated.ty, aggregated.nullable, span).shaped(shape))
    }
}

/// `*` where an argument is needed.
fn star(function: &Ident, span: Span) -> Box<Diagnostic> {
    let name = &function.name;
    let error = Diagnostic::error("Q0309", format!("`*` is no argument of `{name}`"))
        .label(span, "not an argument");
    let signature = functions::aggregate_named(name)
        .map(|function| function.signature)
        .or_else(|| functions::scalar_named(name).map(|function| function.signature));
    match signature {
        Some("count() -> long") => error.help("rows are counted by `count()`").fix(span, ""),
        signature => error.maybe_help(signature.map(|signature| format!("`{signature}`"))),
    }
    .into()
}

fn check_arity(fits: bool, signature: &str, name: &Ident, given: usize, span: Span) -> Result<()> {
    if fits {
        return Ok(());
    }
    Err(Diagnostic::error(
        "Q0309",
        format!("`{}` does not take {given} arguments", name.name),
    )
    .label(span, format!("{given} given"))
    .help(format!("`{signature}`"))
    .into())
}
