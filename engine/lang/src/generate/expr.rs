//! Random expressions: every kind, every operator, every form of literal.

use super::Maker;
use crate::ast::{
    Arg, ArithmeticOp, CompareOp, Expr, ExprKind, InSet, Item, Literal, Side, TextOp,
};
use crate::span::Span;

/// Kinds of expression that have parts.
const COMPOUND_KINDS: u32 = 16;

impl Maker {
    /// An expression.
    pub(super) fn expr(&mut self) -> Expr {
        if self.rng.one_in(3) || !self.spend() {
            return self.leaf();
        }
        self.deeper(Self::compound)
    }

    /// An expression that cannot be read as a table: what a `let` needs to hold an expression.
    pub(super) fn scalar(&mut self) -> Expr {
        let expr = self.expr();
        if is_path(&expr) || matches!(expr.kind, ExprKind::Call { .. }) {
            of(ExprKind::Neg(Box::new(expr)))
        } else {
            expr
        }
    }

    fn boxed(&mut self) -> Box<Expr> {
        Box::new(self.expr())
    }

    fn compound(&mut self) -> Expr {
        let negated = self.rng.one_in(2);
        let kind = match self.rng.below(COMPOUND_KINDS) {
            0 => ExprKind::Call {
                name: self.function(),
                args: self.args(),
            },
            1 => self.fields(),
            2 => ExprKind::Index {
                base: self.boxed(),
                index: self.boxed(),
            },
            3 => ExprKind::Every(self.boxed()),
            4 => ExprKind::Neg(self.boxed()),
            5 => ExprKind::Not(self.boxed()),
            6 | 7 => self.arithmetic(),
            8 => ExprKind::Compare {
                op: match self.rng.below(6) {
                    0 => CompareOp::Eq,
                    1 => CompareOp::Ne,
                    2 => CompareOp::Lt,
                    3 => CompareOp::Le,
                    4 => CompareOp::Gt,
                    _ => CompareOp::Ge,
                },
                left: self.boxed(),
                right: self.boxed(),
            },
            9 => self.text_comparison(negated),
            10 => ExprKind::In {
                negated,
                value: self.boxed(),
                set: self.set(),
            },
            11 => ExprKind::HasAny {
                negated,
                value: self.boxed(),
                set: self.set(),
            },
            12 => ExprKind::Between {
                negated,
                value: self.boxed(),
                low: self.boxed(),
                high: self.boxed(),
            },
            13 => ExprKind::And(self.two_or_more()),
            14 => ExprKind::Or(self.two_or_more()),
            _ => ExprKind::List(match self.rng.below(3) {
                0 => Vec::new(),
                _ => self.some(Self::expr),
            }),
        };
        of(kind)
    }

    fn two_or_more(&mut self) -> Vec<Expr> {
        let mut parts = vec![self.expr()];
        parts.extend(self.some(Self::expr));
        parts
    }

    /// A path, sometimes long.
    fn fields(&mut self) -> ExprKind {
        let mut base = self.expr();
        for _ in 0..self.rng.below(4) {
            let name = self.ident();
            base = of(ExprKind::Field {
                base: Box::new(base),
                name,
            });
        }
        ExprKind::Field {
            base: Box::new(base),
            name: self.ident(),
        }
    }

    fn arithmetic(&mut self) -> ExprKind {
        let op = match self.rng.below(5) {
            0 => ArithmeticOp::Add,
            1 => ArithmeticOp::Sub,
            2 => ArithmeticOp::Mul,
            3 => ArithmeticOp::Div,
            _ => ArithmeticOp::Mod,
        };
        ExprKind::Arithmetic {
            op,
            left: self.boxed(),
            right: self.boxed(),
        }
    }

    fn text_comparison(&mut self, negated: bool) -> ExprKind {
        let op = match self.rng.below(5) {
            0 => TextOp::Has,
            1 => TextOp::Contains,
            2 => TextOp::StartsWith,
            3 => TextOp::EndsWith,
            _ => TextOp::MatchesRegex,
        };
        ExprKind::Text {
            op,
            case_sensitive: op == TextOp::MatchesRegex || self.rng.one_in(2),
            negated,
            left: self.boxed(),
            right: self.boxed(),
        }
    }

    fn set(&mut self) -> InSet {
        if self.rng.one_in(2) && self.depth > 1 {
            return InSet::Query(Box::new(self.deeper(Self::piped_query)));
        }
        InSet::Exprs(self.some(Self::expr))
    }

    /// The arguments of a call or of a table.
    pub(super) fn args(&mut self) -> Vec<Arg> {
        if self.rng.one_in(3) {
            return Vec::new();
        }
        self.some(|maker| match maker.rng.below(5) {
            0 => Arg::Star(Span::default()),
            _ => Arg::Item(maker.item()),
        })
    }

    /// `name = expr`, or an expression.
    pub(super) fn item(&mut self) -> Item {
        Item {
            name: self.maybe(Self::ident),
            expr: self.expr(),
        }
    }

    fn leaf(&mut self) -> Expr {
        of(match self.rng.below(5) {
            0 => ExprKind::Var(self.variable()),
            1 if self.rng.one_in(2) => ExprKind::Side(match self.rng.below(2) {
                0 => Side::Left,
                _ => Side::Right,
            }),
            1 | 2 => ExprKind::Name(self.name()),
            _ => ExprKind::Literal(self.literal()),
        })
    }

    fn literal(&mut self) -> Literal {
        match self.rng.below(9) {
            0 => Literal::Null,
            1 => Literal::Bool(self.rng.one_in(2)),
            2 => Literal::Int(self.rng.number()),
            3 => Literal::Real(self.real()),
            4 => Literal::Duration(self.rng.number()),
            5 => Literal::Size(self.rng.number()),
            6 | 7 => Literal::String(self.string()),
            _ => {
                let nanoseconds = self.rng.number();
                // Any 64 bits of nanoseconds are a date.
                Literal::Datetime(match self.rng.below(3) {
                    0 => !nanoseconds,
                    1 => nanoseconds - nanoseconds % 86_400_000_000_000,
                    _ => nanoseconds,
                })
            }
        }
    }

    /// A number that is finite and not negative, the extremes among them.
    fn real(&mut self) -> f64 {
        let real = match self.rng.below(4) {
            0 => self
                .rng
                .pick(&[0.0, 0.5, 1.0, 1e3, 1e16, 1e-7, f64::MAX, f64::MIN_POSITIVE]),
            1 => f64::from(self.rng.below(1000)) / 8.0,
            _ => f64::from_bits(self.rng.next_u64() >> 1),
        };
        if real.is_finite() { real } else { 5e-324 }
    }
}

/// Whether it is a name, or fields of one.
fn is_path(expr: &Expr) -> bool {
    let mut base = expr;
    while let ExprKind::Field { base: inner, .. } = &base.kind {
        base = inner;
    }
    matches!(base.kind, ExprKind::Name(_))
}

/// `expr` without a place.
pub(super) fn of(kind: ExprKind) -> Expr {
    Expr {
        kind,
        span: Span::default(),
    }
}
