//! The range of a `make-series`: its type, its constants, and how many bins they make.

use trawl_lang::Diagnostic;
use trawl_lang::ast;

use super::MakeSeries;
use crate::bind::Binder;
use crate::expr::{Bound, Result, Scope};
use crate::kernels::series::Bins;
use crate::limits::SERIES_BINS;
use crate::relation::Relation;
use crate::types::Type;
use crate::value::Value;

/// Bins and the constants that they come from.
pub(super) struct Range {
    pub(super) from: Bound,
    pub(super) to: Bound,
    pub(super) bins: Bins,
    /// Type of the starts.
    pub(super) ty: Type,
}

impl Binder<'_> {
    /// What is binned, as the type of the range, and the range.
    pub(super) fn series_range(
        &mut self,
        input: &Relation,
        parts: &MakeSeries<'_>,
    ) -> Result<(Bound, Range)> {
        let on = self.expr(parts.on, &mut Scope::row(input))?;
        let from = self.bound_constant(parts.from)?;
        let to = self.bound_constant(parts.to)?;
        let step = self.bound_constant(parts.step)?;
        let is_time = |ty: &Type| matches!(ty, Type::Datetime | Type::String);
        let ty = match &on.ty {
            Type::Datetime => Type::Datetime,
            Type::Dynamic if is_time(&from.ty) => Type::Datetime,
            Type::Long if [&from, &to, &step].iter().all(|b| b.ty == Type::Long) => Type::Long,
            Type::Long | Type::Real | Type::Quantity | Type::Dynamic => Type::Real,
            other => {
                return Err(Diagnostic::error(
                    "Q0327",
                    format!("`make-series` runs over a datetime or a number, not over {other}"),
                )
                .label(on.span, other.to_string())
                .help("convert it before: `extend t = todatetime(…)`")
                .into());
            }
        };
        let width = if ty == Type::Datetime {
            Type::Timespan
        } else {
            ty.clone()
        };
        let from = self.coerce(from, &ty, "the start of the range")?;
        let to = self.coerce(to, &ty, "the end of the range")?;
        let step = self.coerce(step, &width, "the step")?;
        let bins = bins(&from, &to, &step)?;
        if bins.count == 0 {
            self.report(
                Diagnostic::warning("Q0323", "the range of `make-series` is empty")
                    .label(to.span, "the end is not after the start")
                    .secondary(from.span, "the start"),
            );
        }
        let on = self.coerce(on, &ty, "what `make-series` runs over")?;
        Ok((on, Range { from, to, bins, ty }))
    }

    fn bound_constant(&mut self, expr: &ast::Expr) -> Result<Bound> {
        let empty = self.empty();
        let bound = self.expr(expr, &mut Scope::row(&empty))?;
        if matches!(bound.value, None | Some(Value::Null)) {
            return Err(Diagnostic::error(
                "Q0308",
                "the range of `make-series` is made of constants",
            )
            .label(
                expr.span,
                "a literal, a parameter, `now()` or `ago(…)` is expected here",
            )
            .into());
        }
        Ok(bound)
    }
}

fn bins(from: &Bound, to: &Bound, step: &Bound) -> Result<Bins> {
    let most = SERIES_BINS;
    let (bins, positive) = match (&from.value, &to.value, &step.value) {
        (Some(Value::Datetime(a)), Some(Value::Datetime(b)), Some(Value::Timespan(d)))
        | (Some(Value::Long(a)), Some(Value::Long(b)), Some(Value::Long(d))) => {
            (Bins::whole(*a, *b, *d, most), *d > 0)
        }
        (Some(Value::Real(a)), Some(Value::Real(b)), Some(Value::Real(d))) => {
            (Bins::real(*a, *b, *d, most), *d > 0.0)
        }
        _ => (None, true),
    };
    if let Some(bins) = bins {
        return Ok(bins);
    }
    if !positive {
        return Err(
            Diagnostic::error("Q0321", "the step must be greater than zero")
                .label(step.span, "with it the series would never end")
                .into(),
        );
    }
    Err(
        Diagnostic::error("Q0322", format!("`make-series` has at most {most} bins"))
            .label(step.span, "too short a step")
            .secondary(from.span.to(to.span), "for this range")
            .help("make the step longer, or the range shorter")
            .into(),
    )
}
