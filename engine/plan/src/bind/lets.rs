//! `let` and `param`: what a name from outside the pipe stands for.

use std::collections::BTreeMap;

use datafusion_common::tree_node::{TreeNode, TreeNodeRecursion};
use trawl_lang::Diagnostic;
use trawl_lang::ast::{self, Arg, Branch, Expr, ExprKind, Ident, LetValue, Source};
use trawl_lang::span::Span;

use super::Binder;
use crate::expr::{Bound, Result, Scope};
use crate::functions;
use crate::limits;
use crate::operators::{Example, Family, Operator};
use crate::relation::Relation;
use crate::value::Value;

/// `let`: what its page says.
pub const LET: Operator = Operator {
    name: "let",
    aliases: &[],
    family: Family::Statements,
    syntax: "let NAME = QUERY;  or  let NAME = EXPRESSION;",
    summary: "Gives a name to a table or a value.",
    notes: r"Stands before the query and ends with `;`. A query stands under its name wherever a table can; each use of it can be narrowed by its own
conditions, and what is asked twice is fetched once. A value is written `@name`, so that it is never taken for a column.

A `let` sees those before it and the parameters. A value is computed from constants, before anything is read.",
    examples: &[
        Example {
            title: "A table and a value",
            query: r"let since = datetime(2026-09-01);
let recent = nodes | where created > @since;
recent
| summarize nodes = count() by cluster
| sort by cluster asc",
        },
        Example {
            title: "A table that is used twice",
            query: r#"let failed = pods | where phase == "Failed";
failed
| summarize failed = count() by cluster
| lookup (failed | summarize arg_max(created, *) by cluster | project cluster, newest = name) on cluster
| sort by cluster asc"#,
        },
    ],
};

impl Binder<'_> {
    /// A parameter or scalar `let`.
    pub(crate) fn scalar(&self, name: &str) -> Option<&Bound> {
        self.scalars.get(name)
    }

    /// The value of an expression over constants; none where it reads rows, or is null.
    ///
    /// # Errors
    /// When the expression is wrong in itself.
    pub(crate) fn constant(&mut self, expr: &Expr) -> Result<Option<Value>> {
        let empty = self.empty();
        Ok(self.expr(expr, &mut Scope::row(&empty))?.value)
    }

    /// The expression that a scalar `let` of this name is written as.
    pub(crate) fn written_let(&self, name: &str) -> Option<&'_ Expr> {
        let mut lets = self.lets.iter().rev();
        lets.find_map(|binding| match &binding.value {
            LetValue::Expr(expr) if binding.name.name == name => Some(expr),
            _ => None,
        })
    }

    /// The names of all scalars, for suggestions.
    pub(crate) fn scalar_names(&self) -> Vec<String> {
        self.scalars.keys().cloned().collect()
    }

    /// Evaluates the scalar `let`s in order; each sees those before it. What is wrong with one is reported.
    pub fn scalar_lets(&mut self) {
        let lets = self.lets;
        let mut places: BTreeMap<&str, Span> = BTreeMap::new();
        for binding in lets {
            let Ident { name, span } = &binding.name;
            if let Some(first) = places.insert(name, *span) {
                self.report(
                    Diagnostic::error("Q0209", format!("two `let`s are called `{name}`"))
                        .label(*span, "the second")
                        .secondary(first, "the first")
                        .help("give one of them another name"),
                );
            }
        }
        for binding in lets {
            let Some(expr) = scalar_expr(binding) else {
                continue;
            };
            let empty = self.empty();
            let (bound, tainted) = self.isolated(|binder| {
                let bound = binder.expr(&expr, &mut Scope::row(&empty))?;
                small_enough(&bound)?;
                Ok(bound)
            });
            let name = binding.name.name.clone();
            // It is wrong as a whole when a part of it is.
            let bound = bound.filter(|_| !tainted).unwrap_or_else(|| {
                self.wrong_scalars.insert(name.clone());
                Bound::constant(Value::Null, expr.span)
            });
            self.scalars.insert(name, bound);
        }
    }

    /// Whether a scalar is wrong, which was told where it is bound.
    pub(crate) fn is_wrong_scalar(&self, name: &str) -> bool {
        self.wrong_scalars.contains(name)
    }

    /// Binds the `let`s that nothing used, the last first, for what is wrong with them.
    pub fn unused_lets(&mut self) {
        let lets = self.lets;
        for (position, binding) in lets.iter().enumerate().rev() {
            if let LetValue::Query(query) = &binding.value
                && scalar_expr(binding).is_none()
                && !self.bound_lets.contains(&position)
            {
                self.attempt(|binder| binder.query_seeing(query, position));
            }
        }
    }

    /// The query that a name is bound to, with how many `let`s it may see.
    pub(crate) fn table_let(&self, name: &str) -> Option<(&ast::Query, usize)> {
        table_let(self.lets.get(..self.visible_lets)?, name)
    }

    /// Binds a query with only the first `visible` lets in sight.
    pub(crate) fn query_seeing(&mut self, query: &ast::Query, visible: usize) -> Result<Relation> {
        self.bound_lets.insert(visible);
        let before = std::mem::replace(&mut self.visible_lets, visible);
        let relation = self.query(query);
        self.visible_lets = before;
        relation
    }
}

/// The last `let` of this name that is a table.
pub(crate) fn table_let<'a>(lets: &'a [ast::Let], name: &str) -> Option<(&'a ast::Query, usize)> {
    lets.iter()
        .enumerate()
        .rev()
        .find_map(|(position, binding)| match &binding.value {
            LetValue::Query(query)
                if binding.name.name == name && scalar_expr(binding).is_none() =>
            {
                Some((query, position))
            }
            _ => None,
        })
}

/// The expression of a scalar `let`. A bare call (`ago(1h)`) parses as a table source; it is a scalar when a function is called so.
pub(crate) fn scalar_expr(binding: &ast::Let) -> Option<Expr> {
    match &binding.value {
        LetValue::Expr(expr) => Some(expr.clone()),
        LetValue::Query(ast::Query {
            source: Source::Branch(Branch::Table(table)),
            ops,
            ..
        }) if ops.is_empty() => {
            let [name] = table.path.as_slice() else {
                return None;
            };
            let args: Vec<Arg> = table.args.clone()?;
            functions::scalar_named(&name.name)?;
            Some(Expr {
                kind: ExprKind::Call {
                    name: name.clone(),
                    args,
                },
                span: table.span,
            })
        }
        LetValue::Query(_) => None,
    }
}

/// Refuses an expression that the next `let`s would double beyond measure.
fn small_enough(bound: &Bound) -> Result<()> {
    let mut parts = 0_usize;
    // Counting cannot fail.
    let _ = bound.expr.apply(|_| {
        parts += 1;
        Ok(if parts > limits::SCALAR_PARTS {
            TreeNodeRecursion::Stop
        } else {
            TreeNodeRecursion::Continue
        })
    });
    if parts <= limits::SCALAR_PARTS {
        return Ok(());
    }
    Err(Diagnostic::error(
        "Q0216",
        format!(
            "this `let` stands for more than {} parts, each use of another `let` counted again",
            limits::SCALAR_PARTS
        ),
    )
    .label(bound.span, "too much")
    .help("use `let`s of `let`s less often")
    .into())
}
