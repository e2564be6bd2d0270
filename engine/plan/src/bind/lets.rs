//! `let` and `param`: what a name from outside the pipe stands for.

use datafusion_common::tree_node::{TreeNode, TreeNodeRecursion};
use trawl_lang::Diagnostic;
use trawl_lang::ast::{self, Arg, Branch, Expr, ExprKind, LetValue, Source};

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

    /// The names of all scalars, for suggestions.
    pub(crate) fn scalar_names(&self) -> Vec<String> {
        self.scalars.keys().cloned().collect()
    }

    /// Evaluates the scalar `let`s in order; each sees those before it.
    ///
    /// # Errors
    /// When one is no expression over constants.
    pub fn scalar_lets(&mut self) -> Result<()> {
        let lets = self.lets;
        for binding in lets {
            let Some(expr) = scalar_expr(binding) else {
                continue;
            };
            let empty = self.empty();
            let bound = self.expr(&expr, &mut Scope::row(&empty))?;
            self.small_enough(&bound)?;
            self.scalars.insert(binding.name.name.clone(), bound);
        }
        Ok(())
    }

    /// Refuses an expression that the next `let`s would double beyond measure.
    fn small_enough(&self, bound: &Bound) -> Result<()> {
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

    /// The query that a name is bound to, with how many `let`s it may see.
    pub(crate) fn table_let(&self, name: &str) -> Option<(&ast::Query, usize)> {
        table_let(self.lets.get(..self.visible_lets)?, name)
    }

    /// Binds a query with only the first `visible` lets in sight.
    pub(crate) fn query_seeing(&mut self, query: &ast::Query, visible: usize) -> Result<Relation> {
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
