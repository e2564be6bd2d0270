//! Expressions. Owns precedence, so that brackets stand exactly where they are needed, and the layout of chains, calls and
//! lists. Chains are walked in loops; recursion happens once a bracket.

use super::literal;
use super::name::Place;
use super::pieces::Piece;
use super::writer::Writer;
use crate::ast::{
    Arg, ArithmeticOp, CompareOp, Expr, ExprKind, Ident, InSet, Item, Literal, Side, TextOp,
};
use crate::lexer::RAW_QUOTE;
use crate::span::Span;

const PARENS: [&str; 2] = ["(", ")"];
const BRACKETS: [&str; 2] = ["[", "]"];

/// How tightly an expression binds, loose to tight.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Level {
    Or,
    And,
    Not,
    Comparison,
    Additive,
    Multiplicative,
    Unary,
    Postfix,
}

fn level(kind: &ExprKind) -> Level {
    match kind {
        ExprKind::Or(_) => Level::Or,
        ExprKind::And(_) => Level::And,
        ExprKind::Not(_) => Level::Not,
        ExprKind::Compare { .. }
        | ExprKind::Text { .. }
        | ExprKind::In { .. }
        | ExprKind::HasAny { .. }
        | ExprKind::Between { .. } => Level::Comparison,
        ExprKind::Arithmetic { op, .. } => arithmetic_level(*op),
        ExprKind::Neg(_) => Level::Unary,
        ExprKind::Literal(value) if literal::is_negative(value) => Level::Unary,
        _ => Level::Postfix,
    }
}

fn arithmetic_level(op: ArithmeticOp) -> Level {
    match op {
        ArithmeticOp::Add | ArithmeticOp::Sub => Level::Additive,
        ArithmeticOp::Mul | ArithmeticOp::Div | ArithmeticOp::Mod => Level::Multiplicative,
    }
}

/// Whether it has places where its own lines can be broken, outside of brackets.
fn is_chain(kind: &ExprKind) -> bool {
    matches!(
        kind,
        ExprKind::Or(_)
            | ExprKind::And(_)
            | ExprKind::Arithmetic { .. }
            | ExprKind::Compare { .. }
            | ExprKind::Text { .. }
    )
}

impl Writer<'_> {
    /// An expression.
    pub(super) fn expr(&mut self, expr: &Expr) {
        self.expr_at(expr, Level::Or);
    }

    /// A space and an expression, as what follows the name of an operator: a chain goes on under the name.
    pub(super) fn operand(&mut self, expr: &Expr) {
        self.indented(|w| {
            w.text(" ");
            w.parts(expr);
        });
    }

    /// An expression where only those that bind at least as tightly as `least` stand without brackets.
    fn expr_at(&mut self, expr: &Expr, least: Level) {
        if level(&expr.kind) < least {
            let at = self.origin.as_ref().and_then(|it| it.group(expr.span));
            self.bracketed(PARENS, at, |w| w.parts(expr));
        } else if is_chain(&expr.kind) {
            self.indented(|w| w.parts(expr));
        } else {
            self.parts(expr);
        }
    }

    /// An expression whose lines are those of the group around.
    fn parts(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::Or(parts) => self.logical("or ", parts, Level::And),
            ExprKind::And(parts) => self.logical("and ", parts, Level::Not),
            ExprKind::Not(_) => self.not(expr),
            ExprKind::Compare { op, left, right } => {
                self.comparison(left, compare_sign(*op), right);
            }
            ExprKind::Text {
                op,
                case_sensitive,
                negated,
                left,
                right,
            } => self.comparison(left, &text_word(*op, *case_sensitive, *negated), right),
            ExprKind::In {
                negated,
                value,
                set,
            } => self.within(value, *negated, "in", set),
            ExprKind::HasAny {
                negated,
                value,
                set,
            } => self.within(value, *negated, "has_any", set),
            ExprKind::Between {
                negated,
                value,
                low,
                high,
            } => {
                self.expr_at(value, Level::Additive);
                self.text(format!(" {}between ", bang(*negated)));
                let at = self.origin.as_ref().and_then(|it| it.after(value.span.end));
                self.bracketed(PARENS, at, |w| {
                    w.expr(low);
                    w.line();
                    w.comments_before(high.span.start);
                    w.text(".. ");
                    w.expr(high);
                });
            }
            ExprKind::Arithmetic { op, .. } => self.arithmetic(expr, arithmetic_level(*op)),
            ExprKind::Neg(_) => self.minus(expr),
            _ => self.postfix(expr),
        }
    }

    fn logical(&mut self, word: &str, parts: &[Expr], tighter: Level) {
        for (index, part) in parts.iter().enumerate() {
            if index > 0 {
                self.operator(word, part);
            }
            self.expr_at(part, tighter);
        }
    }

    /// An operator at the beginning of its line, above it the comments that stood between it and its right side.
    fn operator(&mut self, sign: &str, right: &Expr) {
        self.line();
        self.comments_before(right.span.start);
        self.text(sign);
    }

    fn not(&mut self, expr: &Expr) {
        let mut inner = expr;
        while let ExprKind::Not(next) = &inner.kind {
            self.comments_before(inner.span.start);
            self.text("not ");
            inner = next;
        }
        self.expr_at(inner, Level::Comparison);
    }

    fn minus(&mut self, expr: &Expr) {
        let mut inner = expr;
        while let ExprKind::Neg(next) = &inner.kind {
            self.comments_before(inner.span.start);
            let again = matches!(next.kind, ExprKind::Neg(_));
            self.text(if again { "- " } else { "-" });
            inner = next;
        }
        self.expr_at(inner, Level::Postfix);
    }

    fn comparison(&mut self, left: &Expr, sign: &str, right: &Expr) {
        self.expr_at(left, Level::Additive);
        self.operator(&format!("{sign} "), right);
        self.expr_at(right, Level::Additive);
    }

    fn within(&mut self, value: &Expr, negated: bool, word: &str, set: &InSet) {
        self.expr_at(value, Level::Additive);
        self.text(format!(" {}{word} ", bang(negated)));
        let at = self.origin.as_ref().and_then(|it| it.after(value.span.end));
        match set {
            InSet::Exprs(values) => self.sequence(PARENS, at, values),
            InSet::Query(query) => self.subquery(query),
        }
    }

    /// Operators of one level as one chain.
    fn arithmetic(&mut self, expr: &Expr, of: Level) {
        let mut links = Vec::new();
        let mut first = expr;
        while let ExprKind::Arithmetic { op, left, right } = &first.kind {
            if arithmetic_level(*op) != of {
                break;
            }
            links.push((*op, right));
            first = left;
        }
        let tighter = match of {
            Level::Additive => Level::Multiplicative,
            _ => Level::Unary,
        };
        self.expr_at(first, tighter);
        for (op, right) in links.into_iter().rev() {
            self.operator(&format!("{} ", arithmetic_sign(op)), right);
            self.expr_at(right, tighter);
        }
    }

    /// A primary with its fields and indices.
    fn postfix(&mut self, expr: &Expr) {
        let mut links = Vec::new();
        let mut base = expr;
        while let ExprKind::Field { base: inner, .. }
        | ExprKind::Index { base: inner, .. }
        | ExprKind::Every(inner) = &base.kind
        {
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
                    self.bracketed(BRACKETS, at, |w| w.text("*"));
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
        at: Option<super::origin::Bracket>,
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
        self.comments_before(item.expr.span.start);
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

fn bang(negated: bool) -> &'static str {
    if negated { "!" } else { "" }
}

fn arithmetic_sign(op: ArithmeticOp) -> &'static str {
    match op {
        ArithmeticOp::Add => "+",
        ArithmeticOp::Sub => "-",
        ArithmeticOp::Mul => "*",
        ArithmeticOp::Div => "/",
        ArithmeticOp::Mod => "%",
    }
}

fn compare_sign(op: CompareOp) -> &'static str {
    match op {
        CompareOp::Eq => "==",
        CompareOp::Ne => "!=",
        CompareOp::Lt => "<",
        CompareOp::Le => "<=",
        CompareOp::Gt => ">",
        CompareOp::Ge => ">=",
    }
}

fn text_word(op: TextOp, case_sensitive: bool, negated: bool) -> String {
    let (word, always) = match op {
        TextOp::Has => ("has", false),
        TextOp::Contains => ("contains", false),
        TextOp::StartsWith => ("startswith", false),
        TextOp::EndsWith => ("endswith", false),
        TextOp::MatchesRegex => ("matches regex", true),
    };
    let suffix = if case_sensitive && !always { "_cs" } else { "" };
    format!("{}{word}{suffix}", bang(negated))
}
