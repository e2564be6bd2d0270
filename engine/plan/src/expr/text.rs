//! The word operators: `has`, `contains`, `startswith`, `endswith`, `matches regex`.

use datafusion_expr::Expr;
use trawl_lang::Diagnostic;
use trawl_lang::ast::{self, TextOp};
use trawl_lang::span::Span;

use super::{Bound, Result, Scope};
use crate::bind::Binder;
use crate::kernels::{self, regex, text};
use crate::types::Type;
use crate::value::Value;

impl Binder<'_> {
    #[allow(
        clippy::too_many_arguments,
        reason = "the parts of one operator, as the tree names them"
    )]
    pub(super) fn text(
        &mut self,
        op: TextOp,
        case_sensitive: bool,
        negated: bool,
        left: &ast::Expr,
        right: &ast::Expr,
        span: Span,
        scope: &mut Scope<'_>,
    ) -> Result<Bound> {
        let left = self.part(left, scope);
        let right = self.part_beside(right, &left, scope);
        let left = self.coerce(left, &Type::String, "the left side of a text operator")?;
        let right = self.coerce(right, &Type::String, "the pattern of a text operator")?;
        if op == TextOp::MatchesRegex {
            known_regex(&right)?;
        }
        let kernel = text::TextMatch {
            op,
            ignore_case: !case_sensitive && op != TextOp::MatchesRegex,
        };
        let matched = kernels::call(kernel, vec![left.expr, right.expr]);
        let expr = if negated {
            Expr::Not(Box::new(matched))
        } else {
            matched
        };
        Ok(Bound::computed(expr, Type::Bool, false, span))
    }
}

/// A regular expression that is known while planning must be one; a computed one that is none matches nothing.
///
/// # Errors
/// When it is not one.
pub(crate) fn known_regex(pattern: &Bound) -> Result<()> {
    let Some(Value::String(text)) = &pattern.value else {
        return Ok(());
    };
    let Err(error) = regex::compile(text) else {
        return Ok(());
    };
    let reason = error.to_string();
    Err(Diagnostic::error("Q0306", "not a regular expression")
        .label(pattern.span, reason.lines().last().unwrap_or_default())
        .help("the dialect is RE2's: no look-around, no back-references")
        .into())
}
