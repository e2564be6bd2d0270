//! Collects pieces in the order of the text. Owns where comments go: one behind code stays behind the code before it, one
//! on a line of its own stays above what followed it.

use super::name::{self, Place};
use super::origin::{Bracket, Origin};
use super::pieces::Piece;
use crate::ast::{Expr, ExprKind, Ident};
use crate::span::Span;

/// The pieces so far.
pub(super) struct Writer<'t> {
    /// The text, when there is one.
    pub(super) origin: Option<Origin<'t>>,
    pieces: Vec<Piece>,
    /// Number of the first comment that is not written yet.
    next_comment: usize,
    /// Comments behind code after which no line can end yet.
    waiting: Vec<String>,
    /// Whether brackets that were written stay, needed or not.
    keep_groups: bool,
    /// Whether the next name stands where a source could begin.
    source_may_begin: bool,
}

impl<'t> Writer<'t> {
    pub(super) fn new(origin: Option<Origin<'t>>) -> Self {
        Self {
            origin,
            pieces: Vec::new(),
            next_comment: 0,
            waiting: Vec::new(),
            keep_groups: false,
            source_may_begin: false,
        }
    }

    /// Keeps the brackets around expressions, one pair each, also where they are not needed.
    pub(super) fn keeping_groups(self) -> Self {
        Self {
            keep_groups: true,
            ..self
        }
    }

    /// Whether `expr` gets brackets only because it had some.
    pub(super) fn keeps_group(&self, expr: &Expr) -> bool {
        self.keep_groups
            && match &self.origin {
                Some(origin) => origin.is_grouped(expr.span),
                None => leftmost(&expr.kind).is_some_and(|left| left.start > expr.span.start),
            }
    }

    /// All pieces, with the comments that are left at their end.
    pub(super) fn finish(mut self) -> Vec<Piece> {
        self.comments_before(u32::MAX);
        let more = self.end_of_line();
        self.own_all(more);
        self.pieces
    }

    /// Characters of one line.
    pub(super) fn text(&mut self, text: impl Into<String>) {
        self.source_may_begin = false;
        self.pieces.push(Piece::Text(text.into()));
    }

    /// Code that is no plain text.
    pub(super) fn code(&mut self, piece: Piece) {
        self.source_may_begin = false;
        self.pieces.push(piece);
    }

    /// A name.
    pub(super) fn ident(&mut self, ident: &Ident) {
        self.name(&ident.name, ident.span, Place::Plain);
    }

    /// A name that something can follow or precede which changes its reading.
    pub(super) fn name(&mut self, name: &str, span: Span, place: Place) {
        self.comments_before_token(span);
        let place = match place {
            Place::Plain | Place::Called if self.source_may_begin && name::is_source_word(name) => {
                Place::SourceStart
            }
            place => place,
        };
        self.text(name::spelled(name, place));
    }

    /// The next name would begin a source of another form if it were one of its words.
    pub(super) fn source_may_begin(&mut self) {
        self.source_may_begin = true;
    }

    /// Whether a source could begin here.
    pub(super) fn takes_source_start(&self) -> bool {
        self.source_may_begin
    }

    /// A space, or a broken line.
    pub(super) fn line(&mut self) {
        self.line_of(" ", false);
    }

    /// A broken line inside a bracket that is closed with [`Self::outdent`].
    pub(super) fn soft_line(&mut self) {
        self.line_of("", false);
    }

    /// A broken line before a closing bracket.
    pub(super) fn outdent(&mut self) {
        self.line_of("", true);
    }

    fn line_of(&mut self, flat: &'static str, outdent: bool) {
        let more = self.end_of_line();
        if outdent {
            self.own_all(more);
            self.pieces.push(Piece::Line { flat, outdent });
        } else {
            self.pieces.push(Piece::Line { flat, outdent });
            self.own_all(more);
        }
    }

    /// The end of a line, outside of any group.
    pub(super) fn end_line(&mut self) {
        let more = self.end_of_line();
        self.pieces.push(Piece::Break);
        self.own_all(more);
    }

    /// A group whose lines are indented when they are broken.
    pub(super) fn indented(&mut self, content: impl FnOnce(&mut Self)) {
        self.grouped(true, content);
    }

    /// A group whose lines have the indentation of what is around.
    pub(super) fn group(&mut self, content: impl FnOnce(&mut Self)) {
        self.grouped(false, content);
    }

    fn grouped(&mut self, indent: bool, content: impl FnOnce(&mut Self)) {
        self.pieces.push(Piece::Begin { indent });
        content(self);
        self.pieces.push(Piece::End);
    }

    /// `content` between brackets, which have lines for themselves when it does not fit. `at` is where they stood.
    pub(super) fn bracketed(
        &mut self,
        [open, close]: [&'static str; 2],
        at: Option<Bracket>,
        content: impl FnOnce(&mut Self),
    ) {
        self.open(open, at);
        self.indented(|w| {
            w.soft_line();
            content(w);
            w.comments_before_close(at);
            w.outdent();
        });
        self.text(close);
    }

    /// Brackets with nothing inside, except comments.
    pub(super) fn empty(&mut self, [open, close]: [&'static str; 2], at: Option<Bracket>) {
        self.open(open, at);
        if at.is_some_and(|at| self.has_comment_before(at.close)) {
            self.indented(|w| {
                w.soft_line();
                w.comments_before_close(at);
                w.outdent();
            });
        }
        self.text(close);
    }

    fn open(&mut self, open: &'static str, at: Option<Bracket>) {
        if let Some(at) = at {
            self.comments_before(at.open);
        }
        self.text(open);
    }

    fn comments_before_close(&mut self, at: Option<Bracket>) {
        if let Some(at) = at {
            self.comments_before(at.close);
        }
    }

    /// `each` of `parts`, a comma and a line between them.
    pub(super) fn list<T>(&mut self, parts: &[T], mut each: impl FnMut(&mut Self, &T)) {
        for (index, part) in parts.iter().enumerate() {
            if index > 0 {
                self.text(",");
                self.line();
            }
            each(self, part);
        }
    }

    /// Writes the comments that stood before the first token of an expression that may have superfluous brackets.
    pub(super) fn comments_before_token(&mut self, span: Span) {
        let start = self.origin.as_ref().and_then(|it| it.token_of(span));
        if let Some(start) = start.map(|token| token.span.start) {
            self.comments_before(start);
        }
    }

    /// Writes the comments that stood before `at` and are not written yet.
    pub(super) fn comments_before(&mut self, at: u32) {
        while let Some(comment) = self.take_comment_before(at) {
            if comment.behind_code {
                self.trailing(comment.text);
            } else {
                self.own(comment.text);
            }
        }
    }

    /// As [`Self::comments_before`] between statements, where one empty line of several is kept, also the one before `at`.
    pub(super) fn spaced_comments_before(&mut self, at: u32) {
        while let Some(comment) = self.take_comment_before(at) {
            if comment.behind_code {
                self.trailing(comment.text);
                continue;
            }
            self.blank_before(comment.start);
            self.own(comment.text);
        }
        if at < u32::MAX {
            self.blank_before(at);
        }
    }

    fn blank_before(&mut self, at: u32) {
        if self.origin.as_ref().is_some_and(|it| it.follows_blank(at)) {
            self.pieces.push(Piece::Blank);
        }
    }

    fn has_comment_before(&self, at: u32) -> bool {
        let next = self.origin.as_ref();
        next.and_then(|it| it.comment(self.next_comment))
            .is_some_and(|comment| comment.span.start < at)
    }

    fn take_comment_before(&mut self, at: u32) -> Option<Remark> {
        let origin = self.origin.as_ref()?;
        let comment = origin.comment(self.next_comment)?;
        let start = comment.span.start;
        (start < at).then(|| {
            self.next_comment += 1;
            Remark {
                start,
                text: origin.slice(comment.span).to_owned(),
                behind_code: origin.follows_code(start),
            }
        })
    }

    /// A comment behind code goes to the end of the line of that code. Where no line can end after the code, it waits: in
    /// `a // c` followed by `.b` it comes to stand behind `a.b`, as it will the next time.
    fn trailing(&mut self, comment: String) {
        let code = self.pieces.iter().rposition(Piece::is_code);
        let after = self.pieces.iter().skip(code.map_or(0, |code| code + 1));
        if after.clone().any(Piece::can_end_line) {
            self.end_with(vec![comment], code);
        } else {
            self.waiting.push(comment);
        }
    }

    /// Puts the waiting comments behind the code so far; what finds no place there is returned.
    fn end_of_line(&mut self) -> Vec<String> {
        let mut waiting = std::mem::take(&mut self.waiting).into_iter();
        let code = self.pieces.iter().rposition(Piece::is_code);
        if let Some(first) = waiting.next() {
            self.end_with(vec![first], code);
        }
        waiting.collect()
    }

    /// Puts a comment behind the code at index `code`. Only one fits a line; others get lines of their own.
    fn end_with(&mut self, comments: Vec<String>, code: Option<usize>) {
        let place = code.map_or(0, |code| code + 1);
        for comment in comments {
            if matches!(self.pieces.get(place), Some(Piece::Trailing(_))) || code.is_none() {
                self.own(comment);
            } else {
                self.pieces.insert(place, Piece::Trailing(comment));
            }
        }
    }

    fn own_all(&mut self, comments: Vec<String>) {
        for comment in comments {
            self.own(comment);
        }
    }

    /// A comment on a line of its own, outside of the groups that begin right here: they need not be broken for it.
    fn own(&mut self, comment: String) {
        let more = self.end_of_line();
        let outside = self
            .pieces
            .iter()
            .rposition(|piece| !matches!(piece, Piece::Begin { .. }))
            .map_or(0, |last| last + 1);
        let own = more.into_iter().chain([comment]).map(Piece::Own);
        self.pieces.splice(outside..outside, own);
    }
}

/// Where the first part of an expression stands that begins with a part.
fn leftmost(kind: &ExprKind) -> Option<Span> {
    match kind {
        ExprKind::Arithmetic { left, .. }
        | ExprKind::Compare { left, .. }
        | ExprKind::Text { left, .. } => Some(left.span),
        ExprKind::Field { base, .. } | ExprKind::Index { base, .. } | ExprKind::Every(base) => {
            Some(base.span)
        }
        _ => None,
    }
}

/// A comment that is about to be written.
struct Remark {
    start: u32,
    text: String,
    behind_code: bool,
}
