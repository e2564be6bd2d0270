//! Random spellings of names and literals. Owns nothing of the formatter's: what it writes is what people might.

use super::Rng;
use crate::ast::Literal;
use crate::format::usual_spelling;
use crate::lexer::{dedent, is_invisible};
use crate::words;

/// Nanoseconds of a minute and of an hour.
const MINUTE: i64 = 60_000_000_000;
const HOUR: i64 = 60 * MINUTE;

/// A name, with backquotes where `bare` forbids their absence and sometimes elsewhere.
pub(super) fn name(rng: &mut Rng, name: &str, bare: bool) -> String {
    if bare && !rng.one_in(8) {
        name.to_owned()
    } else {
        format!("`{name}`")
    }
}

/// A literal in one of its forms.
pub(super) fn literal(rng: &mut Rng, literal: &Literal) -> String {
    match literal {
        Literal::Int(value) => format!("{}{value}", "0".repeat(zeros(rng))),
        Literal::Real(value) => match rng.below(3) {
            0 => format!("{value:e}").replace('e', "e+").replace("e+-", "E-"),
            1 => format!("{value:?}"),
            _ => exponent(format!("{value:e}")),
        },
        Literal::Duration(nanoseconds) => duration(rng, *nanoseconds),
        Literal::Size(bytes) => size(rng, *bytes),
        Literal::String(text) => string(rng, text),
        Literal::Datetime(_) => datetime(rng, &usual_spelling(literal)),
        Literal::Null | Literal::Bool(_) => usual_spelling(literal),
    }
}

/// `5e3` is a real as it stands; `5` would not be.
fn exponent(spelled: String) -> String {
    if spelled.contains('e') {
        spelled
    } else {
        format!("{spelled}e0")
    }
}

fn zeros(rng: &mut Rng) -> usize {
    if rng.one_in(6) { 2 } else { 0 }
}

fn duration(rng: &mut Rng, nanoseconds: i64) -> String {
    match rng.below(5) {
        0 => format!("{nanoseconds}ns"),
        1 => format!("{}.{:03}us", nanoseconds / 1000, nanoseconds % 1000),
        2 => format!("{}h{}ns", nanoseconds / HOUR, nanoseconds % HOUR),
        3 => format!("{}ns{}m", nanoseconds % MINUTE, nanoseconds / MINUTE),
        _ => usual_spelling(&Literal::Duration(nanoseconds)),
    }
}

fn size(rng: &mut Rng, bytes: i64) -> String {
    if rng.one_in(2) {
        return usual_spelling(&Literal::Size(bytes));
    }
    // A byte is 0.0009765625 of a `Ki`.
    format!("{}.{:010}0Ki", bytes / 1024, bytes % 1024 * 9_765_625)
}

fn datetime(rng: &mut Rng, usual: &str) -> String {
    let (open, rest) = usual.split_once('(').unwrap_or((usual, ""));
    let date = rest.trim_end_matches(')');
    let date = match rng.below(4) {
        0 => date.replace('T', " ").replace('Z', "+00:00"),
        1 => date.replace('T', "t").replace('Z', ""),
        2 if !date.contains('T') => format!("{date}T00:00-00:00"),
        _ => date.to_owned(),
    };
    let space = if rng.one_in(4) { " " } else { "" };
    format!("{open}({space}{date}{space})")
}

/// A string in one of the forms that can hold it.
pub(super) fn string(rng: &mut Rng, text: &str) -> String {
    let one_line = !text.contains('\n');
    match rng.below(6) {
        0 if one_line => format!("@\"{}\"", text.replace('"', "\"\"")),
        1 if one_line && !text.contains("\"\"\"") && !text.ends_with('"') => {
            format!("\"\"\"{text}\"\"\"")
        }
        2 | 3 => block(rng, text).unwrap_or_else(|| escaped(rng, text, '"')),
        4 => escaped(rng, text, '\''),
        _ => escaped(rng, text, '"'),
    }
}

fn escaped(rng: &mut Rng, text: &str, quote: char) -> String {
    let mut out = String::from(quote);
    for character in text.chars() {
        let code = u32::from(character);
        match character {
            '\n' => out.push_str("\\n"),
            '\\' => out.push_str("\\\\"),
            quoted if quoted == quote => out.extend(['\\', quoted]),
            '"' | '\'' if rng.one_in(3) => out.extend(['\\', character]),
            '\r' if rng.one_in(2) => out.push_str("\\r"),
            '\t' if rng.one_in(2) => out.push_str("\\t"),
            other if is_invisible(other) && rng.one_in(2) => {
                out.push_str(&format!("\\u{{{code:x}}}"));
            }
            other if code < 0x1_0000 && rng.one_in(16) => {
                out.push_str(&format!("\\u{:04X}", u32::from(other)));
            }
            other => out.push(other),
        }
    }
    out.push(quote);
    out
}

/// `"""` over several lines, where dedenting gives back the text.
fn block(rng: &mut Rng, text: &str) -> Option<String> {
    let indent = rng.pick(&["", "  ", "    ", "\t", "            "]);
    let mut inside = String::new();
    // The first line may stand behind the quotes when it is not blank.
    let first_line_begins = rng.one_in(3);
    for (index, line) in text.split('\n').enumerate() {
        if index > 0 || !first_line_begins {
            inside.push('\n');
            inside.push_str(indent);
        }
        inside.push_str(line);
    }
    inside.push('\n');
    inside.push_str(indent);
    let holds = !inside.contains("\"\"\"") && !inside.ends_with('"') && dedent(&inside) == text;
    holds.then(|| format!("\"\"\"{inside}\"\"\""))
}

/// Whether a name may stand bare where reserved words may not.
pub(super) fn is_bare(name: &str) -> bool {
    words::is_plain_name(name)
}
