//! The tight parts of expressions: names, calls, fields, indices, lists and literals. Owns the layout of arguments, and
//! that a literal stays as it was spelled.

use super::expr::{Level, PARENS};
use super::literal;
use super::name::Place;
use super::origin::Bracket;
use super::pieces::Piece;
use super::writer::Writer;
use crate::ast::{Arg, Expr, ExprKind, Ident, Item, Literal, Side};
use crate::lexer::RAW_QUOTE;
use crate::span::Span;

const BRACKETS: [&str; 2] = ["[", "]"];

impl Writer<'_> {
    /// A primary with its fields and indices.
    pub(super) fn postfix(&mut self, expr: &Expr) {
        let mut links = Vec::new();
        let mut base = expr;
        while let ExprKind::Field { base: inner, .. }
        | ExprKind::Index { base: inner, .. }
        | ExprKind::Every(inner) = &base.kind
        {
            if !links.is_empty() && self.keeps_group(base) {
                break;
            }
            links.push((inner, &base.kind));
            base = inner;
        }
        if links.is_empty() {
            self.primary(base);
        } else {
            self.expr_at(base, Level::Postfix);
        }
        for (inner, link) in links.into_iter().rev() {
            let at = || self.origin.as_ref().and_then(|it| it.after(inner.span.end));
            match link {
                ExprKind::Field { name, .. } => self.field(name),
                ExprKind::Index { index, .. } => {
                    let at = at();
                    self.bracketed(BRACKETS, at, |w| w.parts(index));
                }
                _ => {
                    let at = at();
                    let star = at.and_then(|at| self.origin.as_ref()?.first_inside(at));
                    self.bracketed(BRACKETS, at, |w| {
                        w.comments_before(star.unwrap_or(0));
                        w.text("*");
                    });
                }
            }
        }
    }

    /// `.name`.
    pub(super) fn field(&mut self, name: &Ident) {
        self.comments_before(name.span.start);
        self.text(".");
        self.name(&name.name, name.span, Place::AfterDot);
    }

    fn primary(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::Name(name) => self.name(name, expr.span, Place::Plain),
            ExprKind::Call { name, args } => {
                self.name(&name.name, name.span, Place::Called);
                self.args(args, name.span);
            }
            ExprKind::List(parts) => {
                let at = self.origin.as_ref().and_then(|it| it.list(expr.span));
                self.sequence(BRACKETS, at, parts);
            }
            ExprKind::Var(name) => {
                self.comments_before_token(expr.span);
                self.text(format!("@{name}"));
            }
            ExprKind::Side(side) => {
                self.comments_before_token(expr.span);
                self.text(match side {
                    Side::Left => "$left",
                    Side::Right => "$right",
                });
            }
            ExprKind::Literal(value) => self.literal(value, expr.span),
            // All others bind more loosely and are written elsewhere.
            _ => {}
        }
    }

    /// The arguments of a call whose name stood at `name`.
    pub(super) fn args(&mut self, args: &[Arg], name: Span) {
        let at = self.origin.as_ref().and_then(|it| it.after(name.end));
        match args {
            [] => self.empty(PARENS, at),
            // The lines of a single argument are those of the brackets.
            [Arg::Item(Item { name: None, expr })] => {
                self.bracketed(PARENS, at, |w| w.parts(expr));
            }
            _ => self.bracketed(PARENS, at, |w| {
                w.list(args, |w, arg| match arg {
                    Arg::Star(span) => {
                        w.comments_before(span.start);
                        w.text("*");
                    }
                    Arg::Item(item) => w.item(item),
                });
            }),
        }
    }

    /// Expressions between brackets.
    pub(super) fn sequence(
        &mut self,
        brackets: [&'static str; 2],
        at: Option<Bracket>,
        parts: &[Expr],
    ) {
        match parts {
            [] => self.empty(brackets, at),
            [one] => self.bracketed(brackets, at, |w| w.parts(one)),
            _ => self.bracketed(brackets, at, |w| w.list(parts, Self::expr)),
        }
    }

    /// `name = expr`, or an expression.
    pub(super) fn item(&mut self, item: &Item) {
        self.comments_before_expr(&item.expr);
        if let Some(name) = &item.name {
            self.ident(name);
            self.text(" = ");
        }
        self.expr(&item.expr);
    }

    /// A literal as it was spelled, or else in its usual spelling.
    pub(super) fn literal(&mut self, value: &Literal, span: Span) {
        self.comments_before_token(span);
        let origin = self.origin.as_ref();
        let token = origin.and_then(|it| Some(it.slice(it.token_of(span)?.span)));
        let spelled = match token {
            Some(token) if matches!(value, Literal::Datetime(_)) => literal::tight(token),
            Some(token) => token.to_owned(),
            None => literal::spelled(value),
        };
        if let Literal::String(text) = value {
            let several_lines = match token {
                Some(token) => token.contains('\n'),
                None => text.contains('\n'),
            };
            if let (true, Some(lines)) = (several_lines, literal::block(text)) {
                return self.code(Piece::Block(lines));
            }
            if several_lines && spelled.starts_with(RAW_QUOTE) {
                return self.code(Piece::Verbatim(spelled));
            }
        }
        self.text(spelled);
    }
}
