//! Random spellings of expressions: the brackets that are needed, and some that are not.

use super::{Speller, is_source_word};
use crate::ast::{Arg, ArithmeticOp, CompareOp, Expr, ExprKind, InSet, Item, Side, TextOp};
use crate::generate::spelling;

/// How tightly an expression binds.
type Level = u8;
const AND: Level = 1;
const NOT: Level = 2;
const COMPARISON: Level = 3;
const ADDITIVE: Level = 4;
const MULTIPLICATIVE: Level = 5;
const UNARY: Level = 6;
const POSTFIX: Level = 7;

impl Speller {
    pub(super) fn expr(&mut self, expr: &Expr) {
        self.expr_at(expr, 0);
    }

    fn expr_at(&mut self, expr: &Expr, least: Level) {
        if level(&expr.kind) < least || self.rng.one_in(self.brackets) {
            // A `let` whose value is in brackets may hold a query in brackets.
            let source_begins = self.source_begins;
            self.token("(");
            self.source_begins = source_begins;
            self.parts(expr);
            self.token(")");
        } else {
            self.parts(expr);
        }
    }

    fn parts(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::Literal(literal) => {
                let literal = spelling::literal(&mut self.rng, literal);
                self.token(&literal);
            }
            ExprKind::Var(name) => self.token(&format!("@{name}")),
            ExprKind::Side(Side::Left) => self.token("$left"),
            ExprKind::Side(Side::Right) => self.token("$right"),
            ExprKind::Name(name) => {
                let begins = self.source_begins && is_source_word(name);
                let bare = spelling::is_bare(name) && !begins;
                let name = spelling::name(&mut self.rng, name, bare);
                self.token(&name);
            }
            ExprKind::Call { name, args } => {
                let begins = self.source_begins;
                self.called(&name.name, begins);
                self.args(args);
            }
            ExprKind::Field { base, name } => {
                self.expr_at(base, POSTFIX);
                self.field(name);
            }
            ExprKind::Index { base, index } => {
                self.expr_at(base, POSTFIX);
                self.token("[");
                self.expr(index);
                self.token("]");
            }
            ExprKind::Every(base) => {
                self.expr_at(base, POSTFIX);
                self.tokens(&["[", "*", "]"]);
            }
            ExprKind::Neg(inner) => {
                self.token("-");
                self.expr_at(inner, UNARY);
            }
            ExprKind::Not(inner) => {
                self.token("not");
                self.expr_at(inner, NOT);
            }
            ExprKind::Arithmetic { op, left, right } => {
                let of = level(&expr.kind);
                self.expr_at(left, of);
                self.token(match op {
                    ArithmeticOp::Add => "+",
                    ArithmeticOp::Sub => "-",
                    ArithmeticOp::Mul => "*",
                    ArithmeticOp::Div => "/",
                    ArithmeticOp::Mod => "%",
                });
                self.expr_at(right, of + 1);
            }
            ExprKind::Compare { op, left, right } => {
                self.expr_at(left, ADDITIVE);
                self.token(match op {
                    CompareOp::Eq => "==",
                    CompareOp::Ne => "!=",
                    CompareOp::Lt => "<",
                    CompareOp::Le => "<=",
                    CompareOp::Gt => ">",
                    CompareOp::Ge => ">=",
                });
                self.expr_at(right, ADDITIVE);
            }
            ExprKind::Text {
                op,
                case_sensitive,
                negated,
                left,
                right,
            } => {
                self.expr_at(left, ADDITIVE);
                let word = match op {
                    TextOp::Has => "has",
                    TextOp::Contains => "contains",
                    TextOp::StartsWith => "startswith",
                    TextOp::EndsWith => "endswith",
                    TextOp::MatchesRegex => "matches",
                };
                let is_regex = *op == TextOp::MatchesRegex;
                let suffix = if *case_sensitive && !is_regex {
                    "_cs"
                } else {
                    ""
                };
                self.negatable(*negated, &format!("{word}{suffix}"));
                if is_regex {
                    self.token("regex");
                }
                self.expr_at(right, ADDITIVE);
            }
            ExprKind::In {
                negated,
                value,
                set,
            } => self.within(value, *negated, "in", set),
            ExprKind::HasAny {
                negated,
                value,
                set,
            } => {
                self.within(value, *negated, "has_any", set);
            }
            ExprKind::Between {
                negated,
                value,
                low,
                high,
            } => {
                self.expr_at(value, ADDITIVE);
                self.negatable(*negated, "between");
                self.token("(");
                self.expr(low);
                self.token("..");
                self.expr(high);
                self.token(")");
            }
            ExprKind::And(parts) => self.chain("and", parts, NOT),
            ExprKind::Or(parts) => self.chain("or", parts, AND),
            ExprKind::List(parts) => {
                self.token("[");
                self.list(parts, Self::expr);
                self.token("]");
            }
        }
    }

    fn chain(&mut self, word: &str, parts: &[Expr], tighter: Level) {
        for (index, part) in parts.iter().enumerate() {
            if index > 0 {
                self.token(word);
            }
            self.expr_at(part, tighter);
        }
    }

    fn negatable(&mut self, negated: bool, word: &str) {
        let bang = if negated { "!" } else { "" };
        self.token(&format!("{bang}{word}"));
    }

    fn within(&mut self, value: &Expr, negated: bool, word: &str, set: &InSet) {
        self.expr_at(value, ADDITIVE);
        self.negatable(negated, word);
        match set {
            InSet::Query(query) => self.subquery(query),
            InSet::Exprs(parts) => {
                self.token("(");
                self.list(parts, Self::expr);
                self.token(")");
            }
        }
    }

    pub(super) fn args(&mut self, args: &[Arg]) {
        self.token("(");
        self.list(args, |it, arg| match arg {
            Arg::Star(_) => it.token("*"),
            Arg::Item(item) => it.item(item),
        });
        self.token(")");
    }

    pub(super) fn item(&mut self, item: &Item) {
        if let Some(name) = &item.name {
            self.ident(name);
            self.token("=");
        }
        self.expr(&item.expr);
    }
}

fn level(kind: &ExprKind) -> Level {
    match kind {
        ExprKind::Or(_) => 0,
        ExprKind::And(_) => AND,
        ExprKind::Not(_) => NOT,
        ExprKind::Compare { .. }
        | ExprKind::Text { .. }
        | ExprKind::In { .. }
        | ExprKind::HasAny { .. }
        | ExprKind::Between { .. } => COMPARISON,
        ExprKind::Arithmetic { op, .. } => match op {
            ArithmeticOp::Add | ArithmeticOp::Sub => ADDITIVE,
            ArithmeticOp::Mul | ArithmeticOp::Div | ArithmeticOp::Mod => MULTIPLICATIVE,
        },
        ExprKind::Neg(_) => UNARY,
        _ => POSTFIX,
    }
}
