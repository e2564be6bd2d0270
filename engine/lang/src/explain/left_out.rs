//! Messages about what the language leaves out on purpose. Owns the list, so that nobody is left guessing why.

use crate::diagnostic::{Diagnostic, codes};
use crate::parser::Tokens;
use crate::span::Span;

/// Operators of KQL that are left out, why, and what to do.
const OPERATORS: &[(&str, &str, &str)] = &[
    (
        "search",
        "its fan-out is unbounded",
        "name a table and filter it: `pods | where name has \"…\"`",
    ),
    (
        "find",
        "its fan-out is unbounded",
        "name the tables: `union pods, events | where …`",
    ),
    (
        "partition",
        "windows and partitions are left out",
        "use `summarize … by`, with `arg_max(…)` for the last row of each",
    ),
    (
        "serialize",
        "windows are left out",
        "use `make-series` for steps in time",
    ),
    (
        "scan",
        "windows are left out",
        "use `make-series` for steps in time",
    ),
    (
        "mv-apply",
        "nested pipes are left out",
        "use `mv-expand`, then `summarize … by`; `pick(list, field, value)` finds one element",
    ),
    ("fork", "one query gives one table", "send several queries"),
    ("facet", "one query gives one table", "send several queries"),
    (
        "invoke",
        "user functions are left out",
        "name a query with `let`",
    ),
    (
        "evaluate",
        "plugins of KQL are left out",
        "sources are used by name: `prometheus(\"…\")`",
    ),
    (
        "externaldata",
        "queries read connected sources only",
        "use `datatable(…)[…]` for small tables",
    ),
    (
        "sample",
        "random rows cannot be repeated",
        "use `take`, or `top … by`",
    ),
    (
        "sample-distinct",
        "random rows cannot be repeated",
        "use `distinct`, then `take`",
    ),
    ("reduce", "it is left out", "use `summarize … by`"),
    (
        "as",
        "tables are named before the query",
        "use `let name = …;`",
    ),
    ("consume", "it is left out", "use `count`"),
    ("make-graph", "graphs are left out", "use `join`"),
];

/// Commands and mutations: this language only reads.
const COMMANDS: &[&str] = &[
    "create",
    "alter",
    "drop",
    "delete",
    "insert",
    "update",
    "set",
    "append",
    "set-or-append",
    "into",
    "show",
    "apply",
    "patch",
];

/// Functions of KQL that take a table, and lambdas.
const FUNCTIONS: &[(&str, &str)] = &[
    (
        "toscalar",
        "a value of one row is brought in with `join` or `lookup`; a set of values with `in (query)`",
    ),
    (
        "materialize",
        "a `let` that is used more than once is fetched once anyway",
    ),
    ("row_number", "windows are left out; use `top … by`"),
    (
        "prev",
        "windows are left out; use `make-series` for steps in time",
    ),
    (
        "next",
        "windows are left out; use `make-series` for steps in time",
    ),
];

/// The message when `name` is an operator that is left out.
pub(super) fn operator(name: &str, span: Span) -> Option<Diagnostic> {
    if COMMANDS.contains(&name) {
        return Some(
            Diagnostic::error(
                codes::LEFT_OUT,
                format!("`{name}`: queries only read, nothing is changed"),
            )
            .at(span)
            .help("use the tool of the source to change things"),
        );
    }
    OPERATORS
        .iter()
        .find(|(known, _, _)| *known == name)
        .map(|(_, why, instead)| {
            Diagnostic::error(codes::LEFT_OUT, format!("`{name}` is left out"))
                .label(span, *why)
                .help(*instead)
        })
}

/// The message when a call of `name` is left out.
pub(crate) fn function(name: &str, span: Span) -> Option<Diagnostic> {
    FUNCTIONS
        .iter()
        .find(|(known, _)| *known == name)
        .map(|(_, instead)| {
            Diagnostic::error(codes::LEFT_OUT, format!("`{name}()` is left out"))
                .at(span)
                .help(*instead)
        })
}

/// A query in brackets where a value is expected; the bracket begins `input`.
pub(crate) fn query_as_value(input: Tokens<'_>) -> Diagnostic {
    let span = input.first().map_or(input.end_span(), |token| token.span);
    Diagnostic::error(codes::LEFT_OUT, "a query in brackets is not a value")
        .label(span, "it holds a `|`")
        .help("a query stands in `in (…)`, `join (…)`, `lookup (…)`, `union (…)` or a `let`")
}

/// A brace: lambdas and user functions have them, nothing here does.
pub(super) fn brace(span: Span) -> Diagnostic {
    Diagnostic::error(codes::LEFT_OUT, "lambdas and user functions are left out")
        .at(span)
        .help(
            "name a query or a value with `let name = …;` and let it vary with `param name: type;`",
        )
}

/// `&`, `^`, `~`, `<<`, `>>`.
pub(super) fn bitwise(text: &str, span: Span) -> Diagnostic {
    Diagnostic::error(
        codes::LEFT_OUT,
        format!("`{text}`: bitwise operators are left out"),
    )
    .at(span)
    .help("conditions are joined with `and`, `or`, `not`")
}

/// `a*` where a name is expected, or a `*` for all columns.
pub(super) fn wildcard(span: Span) -> Diagnostic {
    Diagnostic::error(codes::LEFT_OUT, "names have no wildcards")
        .at(span)
        .help("write the names; `*` alone stands in `distinct *`, in `arg_max(t, *)` and in `list[*]`")
}
