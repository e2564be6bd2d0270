//! `parse`: columns from a text by a pattern. The pattern is one regular expression that must match the whole text.

use datafusion_common::Column as PlanColumn;
use datafusion_expr::Expr;
use trawl_lang::Diagnostic;
use trawl_lang::ast::{self, Ident, Pattern, TypeName};
use trawl_lang::span::Span;

use crate::bind::{Binder, declared_type, distinct_names};
use crate::expr::{Bound, Result, Scope};
use crate::functions;
use crate::kernels::{self, parse_text::ParseText, regex};
use crate::operators::{Example, Family, Operator};
use crate::relation::{BoundColumn, Relation};
use crate::types::Type;

/// `parse`: what its page says.
pub const OPERATOR: Operator = Operator {
    name: "parse",
    aliases: &[],
    family: Family::Columns,
    syntax: r#"parse TEXT with "TEXT" NAME[:TYPE] * …"#,
    summary: "Takes columns out of a text by a pattern.",
    notes: r"The pattern must match the whole text: a text in quotes stands for itself, `*` for anything, and a name captures the shortest text up to
what follows it, or the rest at the end. `name:type` converts as `tolong` and its kin do, to null where the text does not fit; without a
type the column is a string. Columns of the same names are replaced.

Where the pattern does not match, all its columns are null and the row stays. Case counts. A name directly before `*` or another name would
always be empty, and a warning says so. For less regular texts see `extract` and `split`.",
    examples: &[
        Example {
            title: "A version in parts",
            query: r#"nodes
| where cluster == "staging"
| parse status.nodeInfo.kubeletVersion with "v" major:long "." minor:long "." *
| summarize nodes = count() by major, minor"#,
        },
        Example {
            title: "A row that does not match",
            query: r#"datatable(line: string) ["GET /api 200 12ms", "POST /api/x 503 1.5s", "starting"]
| parse line with method " " path " " status:long " " took:timespan
| project line, method, status, took
| sort by status asc"#,
        },
    ],
};

/// A column that a pattern names.
struct Capture<'a> {
    name: &'a Ident,
    ty: Type,
    /// The name and its type.
    span: Span,
}

impl Binder<'_> {
    pub(crate) fn parse(
        &mut self,
        mut input: Relation,
        text: &ast::Expr,
        pattern: &[Pattern],
        span: Span,
    ) -> Result<Relation> {
        let captures = captures(pattern, span)?;
        self.warn_of_empty(pattern);
        let compiled = regex::compile(&regular(pattern)).map_err(|_| {
            Diagnostic::error("Q0328", "the pattern of `parse` is too long")
                .label(
                    span,
                    "its texts and columns do not fit one regular expression",
                )
                .help("parse in two steps, the second over a column of the first")
        })?;
        let bound = self.expr(text, &mut Scope::row(&input))?;
        let bound = self.coerce(bound, &Type::String, "the text of `parse`")?;

        // The match is a column of its own, so that each text is matched once and not once a capture.
        let matched = self.unique("parse");
        let call = kernels::call(ParseText::new(compiled), vec![bound.expr]);
        let plan = self.with_columns(input.plan, vec![(call, matched.clone())], span)?;
        let matched = Expr::Column(PlanColumn::from_name(matched));
        let mut computed = Vec::new();
        let mut columns: Vec<BoundColumn> = Vec::new();
        for (position, capture) in captures.into_iter().enumerate() {
            let field = ParseText::field(position);
            let expr = datafusion_functions::core::expr_fn::get_field(matched.clone(), field);
            let captured = Bound::computed(expr, Type::String, true, capture.span);
            let value = self.typed(captured, &capture.ty)?;
            columns.push(self.column_of(capture.name.name.clone(), value, &mut computed));
        }
        distinct_names(&columns, span)?;
        input.plan = self.with_columns(plan, computed, span)?;
        input.set_columns(columns);
        Ok(input)
    }

    /// A captured text as another type, in the way of the function that converts: null where it does not fit.
    fn typed(&mut self, captured: Bound, ty: &Type) -> Result<Bound> {
        let function = match ty {
            Type::String => return Ok(captured),
            Type::Bool => "tobool",
            Type::Long => "tolong",
            Type::Real => "toreal",
            Type::Datetime => "todatetime",
            Type::Timespan => "totimespan",
            Type::Quantity => "quantity",
            Type::Dynamic => "parse_json",
            Type::Null | Type::List(_) | Type::Map(_) | Type::Struct(_) => "",
        };
        let span = captured.span;
        match functions::scalar_named(function) {
            Some(function) => (function.bind)(self, vec![captured], span),
            None => Err(
                Diagnostic::error("Q0334", format!("`parse` does not capture {ty}"))
                    .label(span, "a text is not read as this")
                    .help(format!("types: {}", Type::NAMES.join(", ")))
                    .help("for a list capture the text and split it: `extend parts = split(…)`")
                    .into(),
            ),
        }
    }

    /// A column captures the shortest text up to what follows: nothing, where that can be anything.
    fn warn_of_empty(&mut self, pattern: &[Pattern]) {
        for pair in pattern.windows(2) {
            let [Pattern::Column(name, _), next] = pair else {
                continue;
            };
            let at = match next {
                Pattern::Text(text, _) if !text.is_empty() => continue,
                Pattern::Text(_, at) | Pattern::Any(at) => *at,
                Pattern::Column(next, _) => next.span,
            };
            self.report(
                Diagnostic::warning("Q0326", format!("`{}` is always empty", name.name))
                    .label(at, "this can be any text")
                    .secondary(name.span, "it takes the shortest text up to what follows")
                    .help("write the text that stands between them"),
            );
        }
    }
}

fn captures(pattern: &[Pattern], span: Span) -> Result<Vec<Capture<'_>>> {
    let mut captures = Vec::new();
    for part in pattern {
        if let Pattern::Column(name, ty) = part {
            captures.push(Capture {
                name,
                ty: ty.as_ref().map_or(Ok(Type::String), declared_type)?,
                span: ty
                    .as_ref()
                    .map_or(name.span, |ty| name.span.to(type_span(ty))),
            });
        }
    }
    if captures.is_empty() {
        return Err(
            Diagnostic::error("Q0318", "the pattern of `parse` names no column")
                .label(span, "nothing would come of it")
                .help("a bare name captures: `parse message with \"took \" duration \" ms\"`")
                .into(),
        );
    }
    Ok(captures)
}

fn type_span(ty: &TypeName) -> Span {
    match ty {
        TypeName::Named(name) => name.span,
        TypeName::List(_, span) => *span,
    }
}

/// The pattern as a regular expression whose groups are the columns. A `.` is any character, a line break too.
fn regular(pattern: &[Pattern]) -> String {
    let mut regular = String::from(r"(?s)\A");
    for part in pattern {
        match part {
            Pattern::Any(_) => regular.push_str(".*?"),
            Pattern::Text(text, _) => regular.push_str(&::regex::escape(text)),
            Pattern::Column(..) => regular.push_str("(.*?)"),
        }
    }
    regular.push_str(r"\z");
    regular
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_are_taken_as_they_are() {
        let name = Ident {
            name: "a".to_owned(),
            span: Span::default(),
        };
        let pattern = [
            Pattern::Any(Span::default()),
            Pattern::Text("(1.5)".to_owned(), Span::default()),
            Pattern::Column(name, None),
        ];
        assert_eq!(regular(&pattern), r"(?s)\A.*?\(1\.5\)(.*?)\z");
    }
}
