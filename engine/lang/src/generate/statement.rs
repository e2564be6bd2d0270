//! Random texts as a whole: documentation, edition, declarations, query.

use super::Maker;
use crate::ast::{File, Let, LetValue, Param};
use crate::span::Span;

/// Lines of documentation.
const DOCS: &[&str] = &["", "What it is.", "  indented", "/ slash", "漢字", "```"];

impl Maker {
    /// A whole tree.
    pub(super) fn file(&mut self) -> File {
        File {
            syntax: self.rng.one_in(4).then_some(1),
            docs: match self.rng.below(4) {
                0 => self.some(|maker| maker.rng.pick(DOCS).to_owned()),
                _ => Vec::new(),
            },
            params: match self.rng.below(4) {
                0 => self.some(Self::param),
                _ => Vec::new(),
            },
            lets: match self.rng.below(3) {
                0 => self.some(Self::binding),
                _ => Vec::new(),
            },
            query: (!self.rng.one_in(12)).then(|| self.query()),
        }
    }

    fn param(&mut self) -> Param {
        Param {
            name: self.ident(),
            ty: self.type_name(),
            default: self.maybe(Self::expr),
            span: Span::default(),
        }
    }

    fn binding(&mut self) -> Let {
        Let {
            name: self.ident(),
            value: if self.rng.one_in(2) {
                LetValue::Expr(self.scalar())
            } else {
                LetValue::Query(self.query())
            },
            span: Span::default(),
        }
    }
}
