//! Random texts of a tree: the tokens with random white space and comments between them. Shares nothing with the formatter
//! but the tree, so that the two cannot agree on a mistake.

mod expr;
mod query;

use super::{Rng, spelling};
use crate::ast::{Expr, File, Ident, LetValue, TypeName};
use crate::words;

/// Comments, their line break aside. Those of three slashes are documentation before the first token.
const COMMENTS: &[&str] = &[
    "//",
    "// why",
    "//x",
    "//// four",
    "// | where a \"(",
    "// 漢字",
    "// spaces behind  ",
    "// ends as \\",
];

/// Writes tokens.
pub(in crate::generate) struct Speller {
    rng: Rng,
    out: String,
    /// Whether anything but comments is written.
    begun: bool,
    /// How often a comment stands between two tokens: once in so many.
    comments: u32,
    /// How often an expression gets brackets that it does not need.
    brackets: u32,
    /// Whether a name of a source's word would be read as that word here.
    source_begins: bool,
}

impl Speller {
    pub(in crate::generate) fn new(seed: u64) -> Self {
        let mut rng = Rng::new(!seed);
        let comments = rng.pick(&[4, 20, 1000]);
        let brackets = rng.pick(&[5, 30, 1000]);
        Self {
            rng,
            out: String::new(),
            begun: false,
            comments,
            brackets,
            source_begins: false,
        }
    }

    pub(in crate::generate) fn file(mut self, file: &File) -> String {
        for line in &file.docs {
            self.out.push_str("///");
            let padded = !line.is_empty() || self.rng.one_in(2);
            self.out.push_str(if padded { " " } else { "" });
            self.out.push_str(line);
            self.out.push('\n');
        }
        if file.syntax.is_some() {
            self.tokens(&["syntax", "1", ";"]);
        }
        for param in &file.params {
            self.token("param");
            self.ident(&param.name);
            self.token(":");
            self.type_name(&param.ty);
            self.after("=", param.default.as_ref());
            self.token(";");
        }
        for (index, binding) in file.lets.iter().enumerate() {
            self.token("let");
            self.ident(&binding.name);
            self.token("=");
            match &binding.value {
                LetValue::Query(query) => self.query(query),
                LetValue::Expr(expr) => {
                    self.source_begins = true;
                    self.expr(expr);
                }
            }
            let last = index + 1 == file.lets.len() && file.query.is_none();
            self.token(";");
            if last {
                self.between();
            }
        }
        if let Some(query) = &file.query {
            self.query(query);
            if self.rng.one_in(3) {
                self.token(";");
            }
        }
        if self.rng.one_in(2) {
            self.between();
        }
        self.out
    }

    /// One token, after random white space and comments.
    pub(super) fn token(&mut self, token: &str) {
        self.between();
        let touching = [self.out.chars().next_back(), token.chars().next()];
        let separate = touching
            .iter()
            .flatten()
            .any(|edge| "()[],;.\n\t ".contains(*edge));
        if !separate || self.out.ends_with('/') {
            self.out.push(' ');
        }
        self.out.push_str(token);
        self.begun = true;
        self.source_begins = false;
    }

    pub(super) fn tokens(&mut self, tokens: &[&str]) {
        for token in tokens {
            self.token(token);
        }
    }

    /// White space and comments.
    pub(super) fn between(&mut self) {
        while self.rng.one_in(self.comments) {
            let own_line = self.rng.one_in(2);
            self.out.push_str(if own_line { "\n  " } else { " " });
            let documents = self.begun && self.rng.one_in(8);
            let comment = if documents {
                "/// not of the text"
            } else {
                self.rng.pick(COMMENTS)
            };
            self.out.push_str(comment);
            self.out.push_str(self.rng.pick(&["\n", "\r\n", "\n\n\n"]));
        }
        let space = self.rng.pick(&[
            "", "", " ", " ", " ", "\n", "\n    ", "\t", "\n\n\n", " \r\n",
        ]);
        self.out.push_str(space);
    }

    pub(super) fn list<T>(&mut self, parts: &[T], each: impl Fn(&mut Self, &T)) {
        for (index, part) in parts.iter().enumerate() {
            if index > 0 {
                self.token(",");
            }
            each(self, part);
        }
    }

    pub(super) fn after(&mut self, word: &str, expr: Option<&Expr>) {
        if let Some(expr) = expr {
            self.token(word);
            self.expr(expr);
        }
    }

    pub(super) fn ident(&mut self, ident: &Ident) {
        let name = spelling::name(&mut self.rng, &ident.name, spelling::is_bare(&ident.name));
        self.token(&name);
    }

    /// A name before `(`, where it must be no word that begins something else.
    pub(super) fn called(&mut self, name: &str, source: bool) {
        let special = name == "datetime" || (source && is_source_word(name));
        let bare = spelling::is_bare(name) && !special;
        let name = spelling::name(&mut self.rng, name, bare);
        self.token(&name);
    }

    pub(super) fn field(&mut self, ident: &Ident) {
        self.token(".");
        let name = spelling::name(&mut self.rng, &ident.name, words::is_word(&ident.name));
        self.token(&name);
    }

    pub(super) fn type_name(&mut self, ty: &TypeName) {
        match ty {
            TypeName::Named(name) => self.ident(name),
            TypeName::List(inner, _) => {
                self.tokens(&["list", "<"]);
                self.type_name(inner);
                self.token(">");
            }
        }
    }
}

pub(super) fn is_source_word(name: &str) -> bool {
    matches!(name, "union" | "print" | "datatable")
}
