//! Targeted messages for a token in a wrong place. Each function knows one mistake and declines everything else; they are
//! asked in order.

use super::{Place, Situation, left_out, operator};
use crate::diagnostic::{Diagnostic, codes};
use crate::parser::{Expected, OPERATORS, source_keyword};
use crate::span::Span;
use crate::token::{Kind, Punct};
use crate::words;

/// The first targeted message that fits.
pub(super) fn targeted(situation: &Situation<'_, '_>) -> Option<Diagnostic> {
    const ASKED: &[fn(&Situation<'_, '_>) -> Option<Diagnostic>] = &[
        command,
        brace,
        arrow,
        wildcard,
        trailing_comma,
        bitwise,
        equals,
        method_call,
        number_after_dot,
        nulls_order,
        foreign_source,
        missing_pipe,
        missing_semicolon,
        missing_comma,
        detached_bang,
        empty_pipe,
        reserved,
    ];
    ASKED.iter().find_map(|ask| ask(situation))
}

impl Situation<'_, '_> {
    fn found_punct(&self) -> Option<Punct> {
        self.found?.kind.punct()
    }

    fn previous_punct(&self) -> Option<Punct> {
        self.previous?.kind.punct()
    }

    fn expects_expression(&self) -> bool {
        self.expected.contains(&Expected::Part("an expression"))
    }

    fn expects_name(&self) -> bool {
        self.expected
            .iter()
            .any(|expected| matches!(expected, Expected::Part(_)))
    }

    fn after_operand(&self) -> bool {
        self.previous.is_some_and(|token| token.kind.ends_operand())
    }

    fn kind_at(&self, index: usize) -> Option<&Kind<'_>> {
        self.segment
            .source
            .tokens
            .get(index)
            .map(|token| &token.kind)
    }

    fn span_at(&self, index: usize) -> Option<Span> {
        self.segment
            .source
            .tokens
            .get(index)
            .map(|token| token.span)
    }

    /// Whether the tokens at `index` and after it touch.
    fn touches_next(&self, index: usize) -> bool {
        match (self.span_at(index), self.span_at(index + 1)) {
            (Some(left), Some(right)) => left.end == right.start,
            _ => false,
        }
    }
}

/// `.show tables`, `.create …`.
fn command(situation: &Situation<'_, '_>) -> Option<Diagnostic> {
    let begins = situation.place == Place::Source && situation.at == situation.segment.start;
    (begins && situation.found_punct() == Some(Punct::Dot)).then(|| {
        Diagnostic::error(
            codes::LEFT_OUT,
            "commands that begin with a dot are left out",
        )
        .label(situation.span, "a query begins with a table")
        .help("`trawl tables` and `trawl clusters list` show what there is")
    })
}

fn brace(situation: &Situation<'_, '_>) -> Option<Diagnostic> {
    let lambda_parameter =
        situation.place == Place::Let && situation.found_punct() == Some(Punct::Colon);
    let brace = matches!(
        situation.found_punct(),
        Some(Punct::LeftBrace | Punct::RightBrace)
    );
    (brace || lambda_parameter).then(|| left_out::brace(situation.span))
}

/// `=>`: a lambda of other languages, or a turned `>=`.
fn arrow(situation: &Situation<'_, '_>) -> Option<Diagnostic> {
    (situation.found_punct() == Some(Punct::Arrow)).then(|| {
        Diagnostic::error(codes::NOT_AN_OPERATOR, "`=>` is not an operator")
            .at(situation.span)
            .help("to compare write `>=`; lambdas are left out, `list[*].field` maps and `pick(list, field, value)` finds")
    })
}

/// `project a*`, `union pods*`: the star touches the word and no operand follows.
fn wildcard(situation: &Situation<'_, '_>) -> Option<Diagnostic> {
    let star = if situation.found_punct() == Some(Punct::Star) {
        situation.at
    } else if situation.previous_punct() == Some(Punct::Star) && situation.expects_expression() {
        situation.at.checked_sub(1)?
    } else {
        return None;
    };
    let before = star.checked_sub(1)?;
    let place = situation.span_at(star)?;
    match situation.kind_at(before)? {
        Kind::Word(_) if situation.touches_next(before) => {
            Some(left_out::wildcard(situation.span_at(before)?.to(place)))
        }
        // `project *`: all columns.
        Kind::Operator(_) | Kind::Punct(Punct::Comma) if star == situation.at => {
            Some(left_out::wildcard(place))
        }
        _ => None,
    }
}

/// `a, b, | …`: a comma with nothing after it.
fn trailing_comma(situation: &Situation<'_, '_>) -> Option<Diagnostic> {
    let comma = situation
        .previous
        .filter(|token| token.kind.punct() == Some(Punct::Comma))?;
    let ends = match situation.found.map(|token| &token.kind) {
        None => true,
        Some(Kind::Punct(punct)) => {
            punct.closes() || matches!(punct, Punct::Pipe | Punct::Semicolon | Punct::Comma)
        }
        Some(Kind::Word(word)) => matches!(*word, "by" | "on"),
        _ => false,
    };
    ends.then(|| {
        Diagnostic::error(codes::TRAILING_COMMA, "nothing follows this comma")
            .at(comma.span)
            .help("remove it, or add what is missing")
            .fix(comma.span, "")
    })
}

fn bitwise(situation: &Situation<'_, '_>) -> Option<Diagnostic> {
    let punct = situation.found_punct()?;
    match punct {
        Punct::Ampersand | Punct::Caret | Punct::Tilde => {
            Some(left_out::bitwise(punct.text(), situation.span))
        }
        // `a >> b`: the second one is where an expression should begin.
        Punct::Lt | Punct::Gt => {
            let before = situation.at.checked_sub(1)?;
            let doubled =
                situation.previous_punct() == Some(punct) && situation.touches_next(before);
            let span = situation.span_at(before)?.to(situation.span);
            doubled.then(|| left_out::bitwise(&punct.text().repeat(2), span))
        }
        _ => None,
    }
}

/// `a = b` where `a == b` is meant.
fn equals(situation: &Situation<'_, '_>) -> Option<Diagnostic> {
    // Where something definite is missing, as the `:` of a `param`, that is what must be told.
    let ends = |expected: &Expected| match expected {
        Expected::Punct(punct) => *punct == Punct::Pipe || punct.closes(),
        _ => false,
    };
    let could_end = situation.expected.iter().any(ends);
    if situation.found_punct() != Some(Punct::Assign) || !situation.after_operand() || !could_end {
        return None;
    }
    Some(
        Diagnostic::error(codes::EQUALS, "`=` does not compare")
            .label(situation.span, "write `==`")
            .help("`=` gives a name, a single word: `name = expression`")
            .fix(situation.span, "=="),
    )
}

/// `name.tolower()`.
fn method_call(situation: &Situation<'_, '_>) -> Option<Diagnostic> {
    if situation.found_punct() != Some(Punct::LeftParen) {
        return None;
    }
    let name = situation.at.checked_sub(1)?;
    let dot = name.checked_sub(1)?;
    let Kind::Word(function) = situation.kind_at(name)? else {
        return None;
    };
    (situation.kind_at(dot)?.punct() == Some(Punct::Dot)).then(|| {
        Diagnostic::error(codes::UNEXPECTED, "fields are not called")
            .label(situation.span, "a call begins with a bare name")
            .help(format!(
                "write `{function}(…)` with the value as an argument"
            ))
    })
}

/// `list.0`.
fn number_after_dot(situation: &Situation<'_, '_>) -> Option<Diagnostic> {
    let number = match situation.found.map(|token| &token.kind) {
        Some(Kind::Int(number)) if situation.previous_punct() == Some(Punct::Dot) => number,
        _ => return None,
    };
    let span = situation.previous?.span.to(situation.span);
    Some(
        Diagnostic::error(
            codes::UNEXPECTED,
            "expected a field name after `.`, found a number",
        )
        .at(situation.span)
        .help(format!("an element of a list is `[{number}]`"))
        .fix(span, format!("[{number}]")),
    )
}

/// `sort by a nulls first`.
fn nulls_order(situation: &Situation<'_, '_>) -> Option<Diagnostic> {
    (situation.found?.kind.word() == Some("nulls")).then(|| {
        Diagnostic::error(
            codes::LEFT_OUT,
            "the place of nulls is not chosen: they come last",
        )
        .at(situation.span)
        .help("to have them first sort by `isnull(x) desc` before")
    })
}

/// `select … from …`, `from pods`, `search "x"` at the start of a query.
fn foreign_source(situation: &Situation<'_, '_>) -> Option<Diagnostic> {
    if situation.place == Place::Operator || situation.place == Place::Declaration {
        return None;
    }
    if source_keyword(situation.segment).is_some() {
        return None;
    }
    let word = situation.segment.word(0)?;
    let span = situation.segment.first()?.span;
    if let Some(diagnostic) = left_out::operator(word, span) {
        return Some(diagnostic);
    }
    let lower = word.to_ascii_lowercase();
    if OPERATORS.contains(&lower.as_str()) && lower != "union" {
        return Some(
            Diagnostic::error(
                codes::UNEXPECTED,
                format!("expected a table at the start, found the operator `{word}`"),
            )
            .at(span)
            .help(format!("begin with a table: `pods | {lower} …`")),
        );
    }
    let diagnostic = operator::foreign(word, span)?;
    Some(match lower.as_str() {
        "from" => diagnostic.fix(
            Span::new(span.start, situation.span.start.max(span.end)),
            "",
        ),
        _ => diagnostic.help("a query begins with a table: `pods | where … | project …`"),
    })
}

/// `pods where …`, or an operator at the start of the next line.
fn missing_pipe(situation: &Situation<'_, '_>) -> Option<Diagnostic> {
    let word = situation.found?.kind.word()?;
    let before_name = situation.previous_punct() == Some(Punct::Dot);
    let ends = situation.after_operand()
        || matches!(
            situation.previous?.kind,
            Kind::Operator("count" | "getschema")
        )
        || matches!(situation.previous?.kind, Kind::Word("asc" | "desc"));
    if before_name || !ends || situation.at >= situation.segment.end {
        return None;
    }
    // A hyphenated name is several tokens without its `|`.
    let hyphenated = |name: &&&str| {
        let text = situation
            .segment
            .source
            .text
            .get(situation.span.start as usize..);
        name.contains('-') && text.is_some_and(|text| text.starts_with(**name))
    };
    if let Some(name) = OPERATORS.iter().find(hyphenated) {
        let length = u32::try_from(name.len()).unwrap_or(0);
        let span = Span::new(situation.span.start, situation.span.start + length);
        return Some(operator::missing_pipe(name, span));
    }
    if OPERATORS.contains(&word) {
        return Some(operator::missing_pipe(word, situation.span));
    }
    operator::foreign(word, situation.span)
}

/// `let x = 5` and the query on the next line.
fn missing_semicolon(situation: &Situation<'_, '_>) -> Option<Diagnostic> {
    let declares = matches!(situation.place, Place::Let | Place::Declaration);
    let rest = situation
        .segment
        .skip(situation.at.checked_sub(situation.segment.start)?);
    (declares && situation.after_operand()).then(|| super::missing_semicolon(rest))?
}

/// `project a b`: two values in a row in an operator that takes a list.
fn missing_comma(situation: &Situation<'_, '_>) -> Option<Diagnostic> {
    const LISTS: &[&str] = &[
        "extend",
        "project",
        "project-away",
        "project-rename",
        "summarize",
        "distinct",
    ];
    let Some(Kind::Operator(name)) = situation.segment.kind(0) else {
        return None;
    };
    let begins = match &situation.found?.kind {
        Kind::Word(word) => !words::is_reserved(word),
        Kind::Punct(_) | Kind::Operator(_) | Kind::Negated(_) | Kind::Invalid => false,
        _ => true,
    };
    if !begins || !LISTS.contains(name) || !situation.after_operand() {
        return None;
    }
    let end = situation.previous?.span.end;
    let found = super::describe(situation.found, situation.segment);
    Some(
        Diagnostic::error(
            codes::UNEXPECTED,
            format!("expected `,` or `|`, found {found}"),
        )
        .at(situation.span)
        .help("a comma stands between two items")
        .fix(Span::new(end, end), ","),
    )
}

/// `!` that no word operator follows; before an operand it has been told and read as `not`.
fn detached_bang(situation: &Situation<'_, '_>) -> Option<Diagnostic> {
    matches!(situation.found?.kind, Kind::Negated(_)).then(|| {
        Diagnostic::error(codes::UNEXPECTED, "nothing stands before this operator")
            .at(situation.span)
            .help("write the value on its left side")
    })
}

/// `| |`, or a `|` at the end.
fn empty_pipe(situation: &Situation<'_, '_>) -> Option<Diagnostic> {
    if situation.place != Place::Operator || !situation.segment.is_empty() {
        return None;
    }
    let pipe = situation.previous?.span;
    Some(
        Diagnostic::error(
            codes::UNEXPECTED,
            "expected an operator after `|`, found nothing",
        )
        .at(pipe)
        .help("remove the `|`, or add an operator")
        .fix(pipe, ""),
    )
}

/// A reserved word where a name or an expression is expected.
fn reserved(situation: &Situation<'_, '_>) -> Option<Diagnostic> {
    let word = situation.found?.kind.word()?;
    if !words::is_reserved(word)
        || !situation.expects_name()
        || situation.at >= situation.segment.end
    {
        return None;
    }
    let wanted: Vec<String> = situation.expected.iter().map(ToString::to_string).collect();
    Some(
        Diagnostic::error(
            codes::RESERVED,
            format!(
                "expected {}, found the reserved word `{word}`",
                super::alternatives(&wanted)
            ),
        )
        .at(situation.span)
        .help(format!(
            "as a name it is written in backquotes: `` `{word}` ``"
        ))
        .fix(situation.span, format!("`{word}`")),
    )
}
