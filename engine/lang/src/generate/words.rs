//! Names and texts to be made of: ordinary ones, and those that a lexer, a parser or a formatter could trip over.

use super::Maker;
use crate::ast::Ident;
use crate::span::Span;
use crate::words;

/// Names, most of them nasty: words of the language in every case, words that are special in one place, operators, forms
/// that look like literals, other scripts.
const NAMES: &[&str] = &[
    "a",
    "b",
    "cluster",
    "namespace",
    "_",
    "_a1",
    "true_count",
    "x1e5",
    "e5",
    "kind",
    "with",
    "default",
    "from",
    "to",
    "step",
    "regex",
    "syntax",
    "list",
    "print",
    "union",
    "datatable",
    "datetime",
    "where",
    "project",
    "limit",
    "AND",
    "Null",
    "outer",
    "inner",
    "project-away",
    "a b",
    " a ",
    "5m",
    "1",
    "1Gi",
    "a.b",
    "certificates.cert-manager.io",
    "@x",
    "$left",
    "//",
    "\"",
    "'",
    "\\",
    "|",
    "(",
    ")",
    ";",
    "é",
    "漢字",
    "\u{1F600}",
    "a\tb",
    "\u{200B}x",
];

/// Functions that trees call; those that have messages of their own are not among them.
const FUNCTIONS: &[&str] = &[
    "count", "f", "make_set", "ago", "now", "bin", "datetime", "print", "union", "list", "kind",
    "by", "has", "a b", "é",
];

/// Pieces of strings.
const PIECES: &[&str] = &[
    "",
    "a",
    "some words",
    " ",
    "  ",
    "\t",
    "\n",
    "\n\n",
    "\n  ",
    "\r",
    "\r\n",
    "\"",
    "\"\"",
    "\"\"\"",
    "'",
    "\\",
    "\\n",
    "\\d+",
    "//",
    "// no comment",
    "/*",
    "|",
    ";",
    "@{x}",
    "`",
    "\0",
    "\u{1b}",
    "\u{7f}",
    "\u{a0}",
    "\u{200b}",
    "\u{feff}",
    "é",
    "漢字",
    "\u{1F600}",
    "long long long long long long long long long long",
];

impl Maker {
    /// A name for any place: ordinary, reserved or nasty.
    pub(super) fn name(&mut self) -> String {
        let name = match self.rng.below(4) {
            0 => self.rng.pick(NAMES),
            1 => self.rng.pick(words::RESERVED),
            _ => self.rng.pick(&["a", "b", "name", "status", "value"]),
        };
        name.to_owned()
    }

    pub(super) fn ident(&mut self) -> Ident {
        ident(self.name())
    }

    pub(super) fn function(&mut self) -> Ident {
        ident(self.rng.pick(FUNCTIONS).to_owned())
    }

    /// The name of a `@name`, which has no backquotes.
    pub(super) fn variable(&mut self) -> String {
        let name = self.name();
        if words::is_word(&name) {
            name
        } else {
            "env".to_owned()
        }
    }

    /// A text of a few pieces.
    pub(super) fn string(&mut self) -> String {
        let count = self.rng.below(4);
        (0..count).map(|_| self.rng.pick(PIECES)).collect()
    }
}

pub(super) fn ident(name: impl Into<String>) -> Ident {
    Ident {
        name: name.into(),
        span: Span::default(),
    }
}
