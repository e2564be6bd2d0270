//! Messages about word operators between two operands: those of other languages, misspelt ones, ones in capitals.

use super::situation::Situation;
use crate::diagnostic::{Diagnostic, codes};
use crate::lexer::shorten;
use crate::nearest;
use crate::token::{Kind, Punct};
use crate::words;

/// Word operators of other languages and what says the same here.
const FOREIGN: &[(&str, &str)] = &[
    (
        "like",
        "`contains`, `startswith`, `endswith`, or `matches regex`",
    ),
    (
        "ilike",
        "`contains`, `startswith`, `endswith`, or `matches regex`",
    ),
    ("rlike", "`matches regex`"),
    ("regexp", "`matches regex`"),
    ("similar", "`matches regex`"),
    ("is", "`isnull(x)`, or `x == null`"),
    ("equals", "`==`"),
    ("eq", "`==`"),
    ("ne", "`!=`"),
    ("xor", "`!=` between two conditions"),
    ("mod", "`%`"),
    ("div", "`floor(a / b)`"),
    ("hasprefix", "`startswith`"),
    ("hassuffix", "`endswith`"),
    ("has_all", "`a has \"x\" and a has \"y\"`"),
    ("notin", "`!in`"),
    ("nin", "`!in`"),
    ("notcontains", "`!contains`"),
    ("nothas", "`!has`"),
];

/// Word operators that stand between two operands.
const OURS: &[&str] = &[
    "and",
    "or",
    "in",
    "between",
    "matches",
    "has",
    "has_cs",
    "has_any",
    "contains",
    "contains_cs",
    "startswith",
    "startswith_cs",
    "endswith",
    "endswith_cs",
];

/// Directions of a sort key: nothing follows them. Of two equally near ones the default is the safer guess.
const DIRECTIONS: &[&str] = &["desc", "asc"];

/// The message when the found word stands where a word operator could.
pub(super) fn told(situation: &Situation<'_, '_>) -> Option<Diagnostic> {
    let Kind::Word(word) = situation.found?.kind else {
        return None;
    };
    let between = situation.after_operand() && situation.at < situation.segment.end;
    if !between || words::is_reserved(word) {
        return negated(word, situation);
    }
    let lower = word.to_ascii_lowercase();
    if let Some((_, ours)) = FOREIGN.iter().find(|(theirs, _)| *theirs == lower) {
        return Some(
            Diagnostic::error(
                codes::NOT_AN_OPERATOR,
                format!("`{}` is not an operator", shorten(word)),
            )
            .label(situation.span, format!("write {ours}")),
        );
    }
    if words::is_reserved(&lower) {
        return Some(
            Diagnostic::error(
                codes::NOT_AN_OPERATOR,
                format!("operators are written in lower case: `{lower}`"),
            )
            .at(situation.span)
            .fix(situation.span, lower),
        );
    }
    let ours = nearest(&lower, candidates(situation).iter().copied())?;
    Some(
        Diagnostic::error(
            codes::NOT_AN_OPERATOR,
            format!("expected an operator, found `{}`", shorten(word)),
        )
        .at(situation.span)
        .help(format!("did you mean `{ours}`?"))
        .fix(situation.span, ours),
    )
}

/// What the word may have been meant to be, which what follows it tells.
fn candidates(situation: &Situation<'_, '_>) -> &'static [&'static str] {
    match situation.kind_at(situation.at + 1) {
        None | Some(Kind::Punct(Punct::Comma | Punct::Pipe | Punct::Semicolon)) => DIRECTIONS,
        Some(Kind::Punct(Punct::LeftParen | Punct::LeftBracket | Punct::Minus)) => OURS,
        Some(Kind::Punct(_) | Kind::Operator(_) | Kind::Negated(_) | Kind::Invalid) => &[],
        Some(_) => OURS,
    }
}

/// `a not in (…)`: here the word operator itself is negated.
fn negated(word: &str, situation: &Situation<'_, '_>) -> Option<Diagnostic> {
    let next = situation.segment.source.tokens.get(situation.at + 1)?;
    let operator = next
        .kind
        .word()
        .filter(|word| words::NEGATABLE.contains(word))?;
    if word != "not" || !situation.after_operand() {
        return None;
    }
    let span = situation.span.to(next.span);
    Some(
        Diagnostic::error(
            codes::NOT_AN_OPERATOR,
            format!("`not {operator}` is written `!{operator}`"),
        )
        .at(span)
        .fix(span, format!("!{operator}")),
    )
}
