//! Targeted messages for a token in a wrong place. Each function knows one mistake and declines everything else; they are
//! asked in order.

use super::situation::Situation;
use super::{Place, left_out, missing, operator, word_operator};
use crate::diagnostic::{Diagnostic, codes};
use crate::lexer::shorten;
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
        missing::trailing_comma,
        bitwise,
        equals,
        method_call,
        number_after_dot,
        nulls_order,
        foreign_source,
        missing::missing_pipe,
        missing::missing_semicolon,
        word_operator::told,
        missing::missing_comma,
        detached_bang,
        missing::empty_pipe,
        reserved,
    ];
    ASKED.iter().find_map(|ask| ask(situation))
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
    if let Some(option) = union_option(situation) {
        return Some(option);
    }
    Some(
        Diagnostic::error(codes::EQUALS, "`=` does not compare")
            .label(situation.span, "write `==`")
            .help("`=` gives a name, a single word: `name = expression`")
            .fix(situation.span, "=="),
    )
}

/// `union withsource=t pods`.
fn union_option(situation: &Situation<'_, '_>) -> Option<Diagnostic> {
    let option = situation.at.checked_sub(1)?;
    let operator = option.checked_sub(1)?;
    let (Kind::Word(name), Kind::Word("union") | Kind::Operator("union")) =
        (situation.kind_at(option)?, situation.kind_at(operator)?)
    else {
        return None;
    };
    Some(
        Diagnostic::error(codes::LEFT_OUT, "`union` takes no options")
            .label(
                situation.span_at(option)?.to(situation.span),
                format!("`{}` is expected to be a table", shorten(name)),
            )
            .help("name the tables: `union pods, nodes`")
            .help("to tell them apart: `union (pods | extend source = \"pods\"), …`"),
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

/// `!` that no word operator follows; before an operand it has been told and read as `not`.
fn detached_bang(situation: &Situation<'_, '_>) -> Option<Diagnostic> {
    matches!(situation.found?.kind, Kind::Negated(_)).then(|| {
        Diagnostic::error(codes::UNEXPECTED, "nothing stands before this operator")
            .at(situation.span)
            .help("write the value on its left side")
    })
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
