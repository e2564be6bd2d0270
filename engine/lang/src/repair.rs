//! Operators of other languages, told and exchanged for ours so that the parser goes on and finds what else is wrong.
//! Owns the messages with code Q0104 and the `=` of a `where`; never adds or removes a token, so that mates stay right.

use crate::delimiters::Delimiters;
use crate::diagnostic::{Diagnostic, codes};
use crate::lexer::shorten;
use crate::span::Span;
use crate::token::{Kind, Punct, Token};
use crate::words;

/// Exchanges what it finds in `tokens`; returns the messages and the places of which they tell.
pub(crate) fn repair(
    text: &str,
    tokens: &mut [Token<'_>],
    delimiters: &Delimiters,
) -> (Vec<Diagnostic>, Vec<Span>) {
    let mut diagnostics = Vec::new();
    let mut places = Vec::new();
    let comparing = comparing_equals(tokens, delimiters);
    for index in 0..tokens.len() {
        let Some(token) = tokens.get(index) else {
            break;
        };
        let (Kind::Punct(punct), span) = (&token.kind, token.span) else {
            continue;
        };
        let operands = Operands {
            text,
            tokens,
            delimiters,
            index,
        };
        let (kind, diagnostic) = match punct {
            Punct::TildeEq => (Kind::Punct(Punct::Eq), regex(&operands, span, false)),
            Punct::NotTilde => (Kind::Punct(Punct::Ne), regex(&operands, span, true)),
            Punct::TripleEq => (Kind::Punct(Punct::Eq), exchange("===", "==", span)),
            Punct::EqLt => (Kind::Punct(Punct::Le), exchange("=<", "<=", span)),
            Punct::LtGt => (Kind::Punct(Punct::Ne), exchange("<>", "!=", span)),
            Punct::AndAnd => (Kind::Word("and"), exchange("&&", "and", span)),
            Punct::OrOr => (Kind::Word("or"), exchange("||", "or", span)),
            Punct::Bang => (Kind::Word("not"), bang(&operands, span)),
            Punct::Assign if comparing.binary_search(&index).is_ok() => {
                (Kind::Punct(Punct::Eq), equals(span))
            }
            _ => continue,
        };
        diagnostics.push(diagnostic);
        places.push(span);
        if let Some(token) = tokens.get_mut(index) {
            token.kind = kind;
        }
    }
    (diagnostics, places)
}

fn exchange(theirs: &str, ours: &str, span: Span) -> Diagnostic {
    Diagnostic::error(
        codes::NOT_AN_OPERATOR,
        format!("`{theirs}` is not an operator"),
    )
    .label(span, format!("write `{ours}`"))
    .fix(span, ours)
}

/// `=~` and `!~`: two languages mean two things by them, so nothing is fixed without asking.
fn regex(operands: &Operands<'_, '_>, span: Span, negated: bool) -> Diagnostic {
    let left = operands.left().unwrap_or("name");
    let right = operands.right().unwrap_or("\"…\"");
    let (left, right) = (shorten(left), shorten(right));
    let (theirs, bang, not) = if negated {
        ("!~", "!", "not ")
    } else {
        ("=~", "", "")
    };
    Diagnostic::error(
        codes::NOT_AN_OPERATOR,
        format!("`{theirs}` is not an operator"),
    )
    .label(span, "regex in PromQL, case-insensitive equality in KQL")
    .help(format!("regex: `{left} {bang}matches regex {right}`"))
    .help(format!("ignoring case: `{not}iequals({left}, {right})`"))
}

fn bang(operands: &Operands<'_, '_>, span: Span) -> Diagnostic {
    let next = operands.tokens.get(operands.index + 1);
    let after_operand = operands
        .index
        .checked_sub(1)
        .and_then(|before| operands.tokens.get(before))
        .is_some_and(|token| token.kind.ends_operand());
    let diagnostic = Diagnostic::error(codes::NOT_AN_OPERATOR, "`!` is not an operator");
    if after_operand {
        return diagnostic
            .label(span, "it must touch a word operator")
            .help(format!("{} and `!=` begin with it", list_negatable()));
    }
    let touches = next.is_some_and(|token| token.span.start == span.end);
    diagnostic
        .label(span, "write `not`")
        .fix(span, if touches { "not " } else { "not" })
}

fn list_negatable() -> String {
    let quoted: Vec<String> = words::NEGATABLE
        .iter()
        .filter(|word| !word.ends_with("_cs"))
        .map(|word| format!("`!{word}`"))
        .collect();
    quoted.join(", ")
}

fn equals(span: Span) -> Diagnostic {
    Diagnostic::error(codes::EQUALS, "`=` does not compare")
        .label(span, "write `==`")
        .fix(span, "==")
}

/// The `=` of `where` segments that can only be meant to compare, in order: those outside the brackets of a call.
fn comparing_equals(tokens: &[Token<'_>], delimiters: &Delimiters) -> Vec<usize> {
    let mut found = Vec::new();
    // One entry for each open bracket: whether a `=` directly inside would compare.
    let mut open: Vec<bool> = Vec::new();
    let mut comparing = false;
    for (index, token) in tokens.iter().enumerate() {
        let previous = index.checked_sub(1).and_then(|before| tokens.get(before));
        match &token.kind {
            Kind::Operator(name) => comparing = *name == "where",
            Kind::Punct(Punct::Pipe | Punct::Semicolon) => comparing = false,
            Kind::Punct(punct) if punct.closer().is_some() && delimiters.mate(index).is_some() => {
                let call = previous.is_some_and(|token| token.kind.ends_operand());
                open.push(comparing);
                comparing = comparing && !call && !delimiters.holds_pipe(index);
            }
            Kind::Punct(punct) if punct.closes() && delimiters.mate(index).is_some() => {
                comparing = open.pop().unwrap_or(false);
            }
            Kind::Punct(Punct::Assign)
                if comparing && previous.is_some_and(|token| token.kind.ends_operand()) =>
            {
                found.push(index);
            }
            _ => {}
        }
    }
    found
}

/// The text of the operands around the token at `index`.
struct Operands<'a, 't> {
    text: &'a str,
    tokens: &'a [Token<'t>],
    delimiters: &'a Delimiters,
    index: usize,
}

impl<'a> Operands<'a, '_> {
    /// The path, call or literal that ends right before.
    fn left(&self) -> Option<&'a str> {
        let last = self.index.checked_sub(1)?;
        let mut first = last;
        loop {
            let kind = self.kind(first)?;
            if kind.punct().is_some_and(Punct::closes) {
                first = self.delimiters.mate(first)?;
                let before = first.checked_sub(1).and_then(|before| self.kind(before));
                if before.is_some_and(Kind::ends_operand) {
                    first = first.checked_sub(1)?;
                    continue;
                }
            } else if !kind.ends_operand() {
                return None;
            }
            let dotted = first
                .checked_sub(1)
                .and_then(|before| self.kind(before))
                .and_then(Kind::punct)
                == Some(Punct::Dot);
            if !dotted {
                return self.slice(first, last);
            }
            first = first.checked_sub(2)?;
        }
    }

    /// The path, call or literal that begins right after.
    fn right(&self) -> Option<&'a str> {
        let first = self.index + 1;
        let mut last = first;
        match self.kind(first)?.punct() {
            Some(Punct::LeftParen | Punct::LeftBracket) => last = self.delimiters.mate(first)?,
            Some(_) => return None,
            None if !self.kind(first)?.ends_operand() => return None,
            None => {}
        }
        loop {
            last = match self.kind(last + 1).and_then(Kind::punct) {
                Some(Punct::LeftParen | Punct::LeftBracket) => self.delimiters.mate(last + 1)?,
                Some(Punct::Dot) => last + 2,
                _ => return self.slice(first, last),
            };
        }
    }

    fn kind(&self, index: usize) -> Option<&'a Kind<'_>> {
        self.tokens.get(index).map(|token| &token.kind)
    }

    fn slice(&self, first: usize, last: usize) -> Option<&'a str> {
        let span = self.tokens.get(first)?.span.to(self.tokens.get(last)?.span);
        self.text.get(span.start as usize..span.end as usize)
    }
}
