//! The operators of the pipe. Owns their spelling and which of their parts get lines of their own; defaults are written.

use super::name::Place;
use super::writer::Writer;
use crate::ast::{Direction, Expr, Ident, Item, Key, Literal, Op, OpKind, Pattern, Serie, Tail};
use crate::words::JOIN_KINDS;

impl Writer<'_> {
    /// `| operator …`.
    pub(super) fn op(&mut self, op: &Op) {
        self.comments_before(op.name.start);
        match &op.kind {
            OpKind::Where(predicate) => self.with_operand("| where", predicate),
            OpKind::Take(count) => self.with_operand("| take", count),
            OpKind::Extend(items) => self.with_items("| extend", items),
            OpKind::Project(items) => self.with_items("| project", items),
            OpKind::ProjectAway(names) => self.with_list("| project-away", names, Self::ident),
            OpKind::ProjectRename(pairs) => {
                self.with_list("| project-rename", pairs, |w, (new, old)| {
                    w.comments_before(old.span.start);
                    w.ident(new);
                    w.text(" = ");
                    w.ident(old);
                });
            }
            OpKind::Summarize { items, by } => self.summarize(items, by),
            OpKind::MakeSeries {
                series,
                on,
                from,
                to,
                step,
                by,
            } => self.make_series(series, [on, from, to, step], by),
            OpKind::Sort(keys) => self.with_list("| sort by", keys, Self::key),
            OpKind::Top { count, by } => {
                self.text("| top");
                self.indented(|w| {
                    w.text(" ");
                    w.expr(count);
                    let start = by.first().and_then(|key| w.start_of(&key.expr));
                    w.clause("by", by, start, Self::key);
                });
            }
            OpKind::Distinct(items) if items.is_empty() => self.text("| distinct *"),
            OpKind::Distinct(items) => self.with_items("| distinct", items),
            OpKind::Count => self.text("| count"),
            OpKind::GetSchema => self.text("| getschema"),
            OpKind::Join { kind, tail } => {
                let default = JOIN_KINDS.first().copied().unwrap_or_default();
                let kind = kind.as_ref().map_or(default, |kind| &kind.name);
                self.text(format!("| join kind={kind} "));
                self.tail(tail);
            }
            OpKind::Lookup(tail) => {
                self.text("| lookup ");
                self.tail(tail);
            }
            OpKind::Union(branches) => self.with_list("| union", branches, Self::branch),
            OpKind::MvExpand { kind, item } => self.mv_expand(kind.as_ref(), item),
            OpKind::Parse { expr, pattern } => self.parse(expr, pattern),
            OpKind::Render { how, with } => self.render(how, with),
        }
    }

    fn with_operand(&mut self, name: &str, operand: &Expr) {
        self.text(name);
        self.operand(operand);
    }

    fn with_items(&mut self, name: &str, items: &[Item]) {
        self.with_list(name, items, Self::item);
    }

    /// A word and a list, one a line when it does not fit.
    pub(super) fn with_list<T>(
        &mut self,
        word: &str,
        parts: &[T],
        each: impl FnMut(&mut Self, &T),
    ) {
        self.text(word);
        self.indented(|w| {
            w.line();
            w.list(parts, each);
        });
    }

    /// As [`Self::with_list`] on a line of its own; comments that stood before the list go above the word.
    fn clause<T>(
        &mut self,
        word: &str,
        parts: &[T],
        start: Option<u32>,
        each: impl FnMut(&mut Self, &T),
    ) {
        self.line();
        if let Some(start) = start {
            self.comments_before(start);
        }
        self.with_list(word, parts, each);
    }

    fn by(&mut self, by: &[Item]) {
        if let Some(first) = by.first() {
            let start = self.start_of(&first.expr);
            self.clause("by", by, start, Self::item);
        }
    }

    fn key(&mut self, key: &Key) {
        self.expr(&key.expr);
        self.text(match key.direction {
            Some(Direction::Asc) => " asc",
            Some(Direction::Desc) | None => " desc",
        });
    }

    fn summarize(&mut self, items: &[Item], by: &[Item]) {
        self.text("| summarize");
        self.indented(|w| {
            if !items.is_empty() {
                w.group(|w| {
                    w.line();
                    w.list(items, Self::item);
                });
            }
            w.by(by);
        });
    }

    fn make_series(&mut self, series: &[Serie], clauses: [&Expr; 4], by: &[Item]) {
        self.text("| make-series");
        self.indented(|w| {
            w.group(|w| {
                w.line();
                w.list(series, |w, serie| {
                    w.item(&serie.item);
                    if let Some(default) = &serie.default {
                        w.comments_before_expr(default);
                        w.text(" default = ");
                        w.expr(default);
                    }
                });
            });
            w.line();
            w.indented(|w| {
                let words = ["on ", "from ", "to ", "step "];
                for (index, (word, clause)) in words.into_iter().zip(clauses).enumerate() {
                    if index > 0 {
                        w.line();
                    }
                    w.comments_before_expr(clause);
                    w.text(word);
                    w.expr(clause);
                }
            });
            w.by(by);
        });
    }

    /// `right [as name] on keys`.
    fn tail(&mut self, tail: &Tail) {
        self.branch(&tail.right);
        if let Some(alias) = &tail.alias {
            self.text(" as ");
            self.ident(alias);
        }
        self.indented(|w| {
            let start = tail.on.first().and_then(|key| w.start_of(key));
            w.clause("on", &tail.on, start, Self::expr);
        });
    }

    fn mv_expand(&mut self, kind: Option<&Ident>, item: &Item) {
        self.text("| mv-expand ");
        match kind {
            Some(kind) => {
                self.comments_before(kind.span.start);
                self.text(format!("kind={} ", kind.name));
                self.item(item);
            }
            None => {
                self.comments_before_expr(&item.expr);
                if let Some(name) = &item.name {
                    // `mv-expand kind = …` would be read as the option.
                    if name.name == "kind" {
                        self.text("`kind`");
                    } else {
                        self.ident(name);
                    }
                    self.text(" = ");
                }
                self.expr(&item.expr);
            }
        }
    }

    fn parse(&mut self, expr: &Expr, pattern: &[Pattern]) {
        self.text("| parse");
        self.indented(|w| {
            w.text(" ");
            w.expr(expr);
            w.line();
            if let Some(first) = pattern.first() {
                w.comments_before(match first {
                    Pattern::Any(span) | Pattern::Text(_, span) => span.start,
                    Pattern::Column(name, _) => name.span.start,
                });
            }
            w.text("with");
            w.indented(|w| {
                for part in pattern {
                    w.line();
                    w.pattern(part);
                }
            });
        });
    }

    fn pattern(&mut self, part: &Pattern) {
        match part {
            Pattern::Any(span) => {
                self.comments_before(span.start);
                self.text("*");
            }
            Pattern::Text(text, span) => self.literal(&Literal::String(text.clone()), *span),
            Pattern::Column(name, ty) => {
                self.name(&name.name, name.span, Place::Plain);
                if let Some(ty) = ty {
                    self.text(":");
                    self.type_name(ty);
                }
            }
        }
    }

    fn render(&mut self, how: &Ident, with: &[Item]) {
        self.comments_before(how.span.start);
        self.text("| render ");
        self.ident(how);
        if with.is_empty() {
            return;
        }
        self.text(" with ");
        let at = self.origin.as_ref().and_then(|it| it.after(how.span.end));
        self.bracketed(["(", ")"], at, |w| w.list(with, Self::item));
    }
}
