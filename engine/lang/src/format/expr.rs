//! Expressions, the loose levels. Owns precedence, so that brackets stand exactly where they are needed, and the layout of
//! chains. Chains are walked in loops; recursion happens once a bracket.

use super::literal;
use super::writer::Writer;
use crate::ast::{ArithmeticOp, CompareOp, Expr, ExprKind, InSet, TextOp};

pub(super) const PARENS: [&str; 2] = ["(", ")"];

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
        let operand = |w: &mut Self| {
            w.text(" ");
            w.parts(expr);
        };
        if is_chain(&expr.kind) {
            self.indented(operand);
        } else {
            operand(self);
        }
    }

    /// An expression where only those that bind at least as tightly as `least` stand without brackets.
    pub(super) fn expr_at(&mut self, expr: &Expr, least: Level) {
        if level(&expr.kind) < least || self.keeps_group(expr) {
            let at = self.origin.as_ref().and_then(|it| it.group(expr.span));
            // Kept brackets around all of a `let` could be those of a query.
            let kept = level(&expr.kind) >= least;
            let source_may_begin = kept && self.takes_source_start();
            self.bracketed(PARENS, at, |w| {
                if source_may_begin {
                    w.source_may_begin();
                }
                w.parts(expr);
            });
        } else if is_chain(&expr.kind) {
            self.indented(|w| w.parts(expr));
        } else {
            self.parts(expr);
        }
    }

    /// An expression whose lines are those of the group around.
    pub(super) fn parts(&mut self, expr: &Expr) {
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
                    w.comments_before_expr(high);
                    w.text(".. ");
                    w.expr(high);
                });
            }
            ExprKind::Arithmetic { op, .. } => self.arithmetic(expr, arithmetic_level(*op)),
            ExprKind::Neg(_) => self.minus(expr),
            _ => self.postfix(expr),
        }
    }

    /// Writes the comments before an expression, as far as they do not stand inside brackets that it keeps.
    pub(super) fn comments_before_expr(&mut self, expr: &Expr) {
        if let Some(start) = self.start_of(expr) {
            self.comments_before(start);
        }
    }

    /// Where the first token of an expression stands that will be written.
    pub(super) fn start_of(&self, expr: &Expr) -> Option<u32> {
        self.start_at(expr, Level::Or)
    }

    fn start_at(&self, expr: &Expr, least: Level) -> Option<u32> {
        let origin = self.origin.as_ref()?;
        let (mut expr, mut least) = (expr, least);
        loop {
            if level(&expr.kind) < least || self.keeps_group(expr) {
                return Some(expr.span.start);
            }
            (expr, least) = match &expr.kind {
                ExprKind::Or(parts) => (parts.first()?, Level::And),
                ExprKind::And(parts) => (parts.first()?, Level::Not),
                ExprKind::Compare { left: first, .. }
                | ExprKind::Text { left: first, .. }
                | ExprKind::In { value: first, .. }
                | ExprKind::HasAny { value: first, .. }
                | ExprKind::Between { value: first, .. } => (&**first, Level::Additive),
                ExprKind::Arithmetic { op, left, .. } => (&**left, arithmetic_level(*op)),
                ExprKind::Field { base, .. }
                | ExprKind::Index { base, .. }
                | ExprKind::Every(base) => (&**base, Level::Postfix),
                _ => return origin.token_of(expr.span).map(|token| token.span.start),
            };
        }
    }

    fn logical(&mut self, word: &str, parts: &[Expr], tighter: Level) {
        for (index, part) in parts.iter().enumerate() {
            if index > 0 {
                self.operator(word, part, tighter);
            }
            self.expr_at(part, tighter);
        }
    }

    /// An operator at the beginning of its line, above it the comments that stood between it and its right side.
    fn operator(&mut self, sign: &str, right: &Expr, least: Level) {
        self.line();
        if let Some(start) = self.start_at(right, least) {
            self.comments_before(start);
        }
        self.text(sign);
    }

    fn not(&mut self, expr: &Expr) {
        let mut inner = expr;
        while let ExprKind::Not(next) = &inner.kind {
            if inner.span != expr.span && self.keeps_group(inner) {
                break;
            }
            self.comments_before_token(inner.span);
            self.text("not ");
            inner = next;
        }
        self.expr_at(inner, Level::Comparison);
    }

    fn minus(&mut self, expr: &Expr) {
        let mut inner = expr;
        while let ExprKind::Neg(next) = &inner.kind {
            if inner.span != expr.span && self.keeps_group(inner) {
                break;
            }
            self.comments_before_token(inner.span);
            let again = matches!(next.kind, ExprKind::Neg(_));
            self.text(if again { "- " } else { "-" });
            inner = next;
        }
        self.expr_at(inner, Level::Postfix);
    }

    fn comparison(&mut self, left: &Expr, sign: &str, right: &Expr) {
        self.expr_at(left, Level::Additive);
        self.operator(&format!("{sign} "), right, Level::Additive);
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
            // What keeps its brackets is no part of the chain, except the chain itself, whose brackets are written already.
            let kept = !links.is_empty() && self.keeps_group(first);
            if arithmetic_level(*op) != of || kept {
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
            self.operator(&format!("{} ", arithmetic_sign(op)), right, tighter);
            self.expr_at(right, tighter);
        }
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
