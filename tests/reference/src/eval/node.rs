//! An expression with its type, ready to be run on a row or a group. Owns the implicit conversions between types.

use std::rc::Rc;

use super::Scope;
use crate::convert::{implicit, moment, quantity, span};
use crate::error::{Result, invalid};
use crate::table::Row;
use crate::ty::Ty;
use crate::value::Value;

/// What an expression is run on.
#[derive(Clone, Copy)]
pub struct Env<'a> {
    /// The row.
    pub row: &'a [Value],
    /// The rows of the group, for aggregates.
    pub group: &'a [Row],
    /// The values of the group's keys.
    pub keys: &'a [Value],
}

impl<'a> Env<'a> {
    /// A row that is in no group.
    pub fn row(row: &'a [Value]) -> Self {
        Self {
            row,
            group: &[],
            keys: &[],
        }
    }
}

/// A typed expression.
#[derive(Clone)]
pub struct Node {
    /// Its type.
    pub ty: Ty,
    /// Its value, when it is a literal, a parameter, a scalar `let` or `now()`.
    pub literal: Option<Value>,
    run: Rc<dyn Fn(Env<'_>) -> Value>,
}

impl Node {
    /// An expression of the text.
    ///
    /// # Errors
    /// When it is not valid in the scope.
    pub fn of(expr: &trawl_lang::ast::Expr, scope: &Scope<'_>) -> Result<Self> {
        super::expr::bind(expr, scope)
    }

    /// A constant.
    pub fn literal(value: Value, ty: Ty) -> Self {
        let copy = value.clone();
        Self {
            ty,
            literal: Some(value),
            run: Rc::new(move |_| copy.clone()),
        }
    }

    /// Something computed.
    pub fn new(ty: Ty, run: impl Fn(Env<'_>) -> Value + 'static) -> Self {
        Self {
            ty,
            literal: None,
            run: Rc::new(run),
        }
    }

    /// A function of other values.
    pub fn from_values(
        ty: Ty,
        arguments: Vec<Node>,
        run: impl Fn(&[Value]) -> Value + 'static,
    ) -> Self {
        Self::new(ty, move |env| {
            let values: Vec<Value> = arguments.iter().map(|node| node.run(env)).collect();
            run(&values)
        })
    }

    /// A function that is null when one of its arguments is.
    pub fn strict(ty: Ty, arguments: Vec<Node>, run: impl Fn(&[Value]) -> Value + 'static) -> Self {
        Self::from_values(ty, arguments, move |values| {
            if values.iter().any(Value::is_null) {
                Value::Null
            } else {
                run(values)
            }
        })
    }

    /// Its value on a row or group.
    pub fn run(&self, env: Env<'_>) -> Value {
        (self.run)(env)
    }

    /// Its value on a row.
    pub fn on(&self, row: &[Value]) -> Value {
        self.run(Env::row(row))
    }
}

/// The expression as a type that it may become without a function.
///
/// # Errors
/// When the language does not convert so.
pub fn coerce(node: Node, to: &Ty) -> Result<Node> {
    if node.ty == *to {
        return Ok(node);
    }
    if !converts(&node, to) {
        return invalid(format!("{} does not become {to}", node.ty));
    }
    if let Some(value) = &node.literal {
        if let Value::Text(text) = value {
            let fits = match to {
                Ty::Datetime => moment::parse(text).is_some(),
                Ty::Timespan => span::parse(text).is_some(),
                Ty::Quantity => quantity::parse(text).is_some(),
                _ => true,
            };
            if !fits {
                return invalid(format!("{text:?} is not a {to}"));
            }
        }
        return Ok(Node::literal(implicit(value.clone(), to), to.clone()));
    }
    let target = to.clone();
    Ok(Node::new(to.clone(), move |env| {
        implicit(node.run(env), &target)
    }))
}

fn converts(node: &Node, to: &Ty) -> bool {
    fn lists(from: &Ty, to: &Ty) -> bool {
        from == to
            || match (from, to) {
                (Ty::Null, _) | (Ty::Long, Ty::Real) => true,
                (Ty::Dynamic, to) => !to.is_nested(),
                (from, Ty::Quantity) => from.is_number(),
                (Ty::List(from), Ty::List(to)) => lists(from, to),
                _ => false,
            }
    }
    match (&node.ty, to) {
        (Ty::Quantity, Ty::Real) => true,
        (Ty::String, Ty::Datetime | Ty::Timespan | Ty::Quantity) => node.literal.is_some(),
        (from, to) => lists(from, to),
    }
}

/// Both as the one type that both become.
///
/// # Errors
/// When there is none.
pub fn unify(left: Node, right: Node) -> Result<(Node, Node)> {
    let is_literal = |node: &Node| node.ty == Ty::String && node.literal.is_some();
    let takes_literal = |node: &Node| matches!(node.ty, Ty::Datetime | Ty::Timespan | Ty::Quantity);
    let target = if is_literal(&left) && takes_literal(&right) {
        right.ty.clone()
    } else if is_literal(&right) && takes_literal(&left) {
        left.ty.clone()
    } else {
        match left.ty.common(&right.ty) {
            Some(target) => target,
            None => return invalid(format!("{} and {} have no common type", left.ty, right.ty)),
        }
    };
    Ok((coerce(left, &target)?, coerce(right, &target)?))
}

/// All as the one type that all become, and that type.
///
/// # Errors
/// When there is none.
pub fn unify_all(nodes: Vec<Node>) -> Result<(Vec<Node>, Ty)> {
    let mut target = Ty::Null;
    for node in &nodes {
        match target.common(&node.ty) {
            Some(common) => target = common,
            None => return invalid(format!("{target} and {} have no common type", node.ty)),
        }
    }
    let nodes = nodes
        .into_iter()
        .map(|node| coerce(node, &target))
        .collect::<Result<Vec<_>>>()?;
    Ok((nodes, target))
}
