//! libFuzzer's dictionary, from the tables that the parser reads: what is spelled there is worth trying whole.

use trawl_lang::words;

/// Signs, and beginnings that a fuzzer would not guess.
const SIGNS: &[&str] = &[
    "==",
    "!=",
    "<=",
    ">=",
    "..",
    "=~",
    "!~",
    "&&",
    "||",
    "=>",
    "\"\"\"",
    "@\"",
    "//",
    "///",
    "/*",
    "*/",
    "datetime(",
    "2026-01-31T08:30:00.5Z",
    "$left",
    "$right",
    "[*]",
    "\\u{",
    "; ",
    "| ",
    " kind=",
    " with (",
    " default = ",
    " from ",
    " to ",
    " step ",
    " regex ",
    "syntax 1;",
];

/// The dictionary file: a quoted word a line.
pub fn dictionary() -> String {
    let tables = [
        words::OPERATORS,
        words::RESERVED,
        words::SOURCES,
        words::JOIN_KINDS,
        words::EXPAND_KINDS,
        words::RENDERINGS,
        words::TYPES,
        words::TIME_UNITS,
        words::SIZE_UNITS,
        SIGNS,
    ];
    let negated = words::NEGATABLE.iter().map(|word| format!("!{word}"));
    let mut all: Vec<String> = tables.concat().into_iter().map(str::to_owned).collect();
    all.extend(negated);
    all.sort();
    all.dedup();
    all.iter()
        .map(|word| {
            let escaped = word.replace('\\', "\\\\").replace('"', "\\\"");
            format!("\"{escaped}\"\n")
        })
        .collect()
}
