//! Expressions of the tree, as they were written. Owns their shape; what they mean is the planner's.

use serde::{Deserialize, Serialize};

use super::{Arg, Ident, Query};
use crate::span::Span;

/// An expression and where it stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// Where it stands.
    pub span: Span,
}

/// The kinds of expression.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum ExprKind {
    /// A literal.
    Literal(Literal),
    /// `@name`, a scalar from outside the table.
    Var(String),
    /// `$left` or `$right`.
    Side(Side),
    /// A bare name.
    Name(String),
    /// `f(args)`.
    Call {
        /// The function.
        name: Ident,
        /// Its arguments.
        args: Vec<Arg>,
    },
    /// `base.name`.
    Field {
        /// What the field is of.
        base: Box<Expr>,
        /// The field.
        name: Ident,
    },
    /// `base[index]`.
    Index {
        /// The list or map.
        base: Box<Expr>,
        /// The position or key.
        index: Box<Expr>,
    },
    /// `base[*]`.
    Every(Box<Expr>),
    /// `-expr`.
    Neg(Box<Expr>),
    /// `not expr`.
    Not(Box<Expr>),
    /// `left + right`.
    Arithmetic {
        /// Which.
        op: ArithmeticOp,
        /// Left side.
        left: Box<Expr>,
        /// Right side.
        right: Box<Expr>,
    },
    /// `left == right`.
    Compare {
        /// Which.
        op: CompareOp,
        /// Left side.
        left: Box<Expr>,
        /// Right side.
        right: Box<Expr>,
    },
    /// `left has right` and its kin.
    Text {
        /// Which.
        op: TextOp,
        /// `_cs`, or an operator that always is (`matches regex`).
        case_sensitive: bool,
        /// `!` before the operator.
        negated: bool,
        /// The text.
        left: Box<Expr>,
        /// The pattern.
        right: Box<Expr>,
    },
    /// `value in (…)`.
    In {
        /// `!in`.
        negated: bool,
        /// The value.
        value: Box<Expr>,
        /// The set.
        set: InSet,
    },
    /// `value has_any (…)`.
    HasAny {
        /// `!has_any`.
        negated: bool,
        /// The text.
        value: Box<Expr>,
        /// The set.
        set: InSet,
    },
    /// `value between (low .. high)`, both ends included.
    Between {
        /// `!between`.
        negated: bool,
        /// The value.
        value: Box<Expr>,
        /// Low end.
        low: Box<Expr>,
        /// High end.
        high: Box<Expr>,
    },
    /// `a and b and c`: two or more.
    And(Vec<Expr>),
    /// `a or b or c`: two or more.
    Or(Vec<Expr>),
    /// `[a, b]`.
    List(Vec<Expr>),
}

/// The right side of `in` and `has_any`, decided by rule R2 of the grammar.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum InSet {
    /// Values.
    Exprs(Vec<Expr>),
    /// A query of one column.
    Query(Box<Query>),
}

/// A side of a join.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Side {
    /// `$left`.
    Left,
    /// `$right`.
    Right,
}

/// `+ - * / %`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ArithmeticOp {
    /// `+`
    Add,
    /// `-`
    Sub,
    /// `*`
    Mul,
    /// `/`
    Div,
    /// `%`
    Mod,
}

/// `== != < <= > >=`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum CompareOp {
    /// `==`
    Eq,
    /// `!=`
    Ne,
    /// `<`
    Lt,
    /// `<=`
    Le,
    /// `>`
    Gt,
    /// `>=`
    Ge,
}

/// The word operators on text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum TextOp {
    /// `has`: a whole term.
    Has,
    /// `contains`: a part.
    Contains,
    /// `startswith`
    StartsWith,
    /// `endswith`
    EndsWith,
    /// `matches regex`
    MatchesRegex,
}

/// A literal value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Literal {
    /// `null`
    Null,
    /// `true`, `false`
    Bool(bool),
    /// `42`
    Int(i64),
    /// `0.5`, `1e3`
    Real(f64),
    /// `5m`, in nanoseconds.
    Duration(i64),
    /// `1Gi`, in bytes; a fraction that is not whole is an error.
    Size(i64),
    /// Text, escapes resolved.
    String(String),
    /// `datetime(2026-01-01)`, in nanoseconds since the Unix epoch, UTC.
    Datetime(i64),
}
