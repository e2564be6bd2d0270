//! The plan node that holds each key to one row. Owns what DataFusion may do around it: no filter passes, its count is always
//! computed. `exec` gives it its run-time half.

use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

use datafusion_common::{DFSchemaRef, FunctionalDependencies, Result, internal_err};
use datafusion_expr::{Expr, LogicalPlan, UserDefinedLogicalNodeCore};
use trawl_lang::span::Span;

use crate::types::Type;

/// A key whose values must not repeat.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Hash)]
pub struct UniqueKey {
    /// What messages call it.
    pub name: String,
    /// Its type.
    pub ty: Type,
    /// Its column of the input.
    pub expr: Expr,
}

/// Groups of which none may have more than one row; it passes them on as they are.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct AssertUnique {
    /// The keys that make the groups.
    pub keys: Vec<UniqueKey>,
    /// The column of the input that counts each group's rows.
    pub count: Expr,
    /// What is said to be unique, for the message.
    pub span: Span,
    /// The groups.
    pub input: LogicalPlan,
    /// The input's, without what it knows of unique keys: DataFusion would leave out an outer join with such a side, and with it
    /// the check, where no column of that side is used.
    schema: DFSchemaRef,
}

impl AssertUnique {
    /// A check of groups.
    ///
    /// # Errors
    /// When the input's schema is no schema: our bug.
    pub fn try_new(
        keys: Vec<UniqueKey>,
        count: Expr,
        span: Span,
        input: LogicalPlan,
    ) -> Result<Self> {
        let schema = input.schema().as_ref().clone();
        let schema = schema.with_functional_dependencies(FunctionalDependencies::empty())?;
        Ok(Self {
            keys,
            count,
            span,
            input,
            schema: Arc::new(schema),
        })
    }
}

impl PartialOrd for AssertUnique {
    /// The schema follows from the input.
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        let parts = |node: &Self| (node.keys.clone(), node.count.clone(), node.span);
        match parts(self).partial_cmp(&parts(other)) {
            Some(Ordering::Equal) => self.input.partial_cmp(&other.input),
            decided => decided,
        }
    }
}

impl UserDefinedLogicalNodeCore for AssertUnique {
    fn name(&self) -> &str {
        "AssertUnique"
    }

    fn inputs(&self) -> Vec<&LogicalPlan> {
        vec![&self.input]
    }

    fn schema(&self) -> &DFSchemaRef {
        &self.schema
    }

    fn expressions(&self) -> Vec<Expr> {
        let keys = self.keys.iter().map(|key| key.expr.clone());
        keys.chain([self.count.clone()]).collect()
    }

    fn fmt_for_explain(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let keys: Vec<&str> = self.keys.iter().map(|key| key.name.as_str()).collect();
        write!(f, "AssertUnique: {}", keys.join(", "))
    }

    fn with_exprs_and_inputs(
        &self,
        mut exprs: Vec<Expr>,
        inputs: Vec<LogicalPlan>,
    ) -> Result<Self> {
        let count = exprs.pop();
        let (Some(count), Some(input)) = (count, inputs.into_iter().next()) else {
            return internal_err!("AssertUnique needs its count and its input");
        };
        if exprs.len() != self.keys.len() {
            return internal_err!("AssertUnique needs all its keys");
        }
        let keys = self.keys.iter().zip(exprs).map(|(key, expr)| UniqueKey {
            expr,
            ..key.clone()
        });
        Self::try_new(keys.collect(), count, self.span, input)
    }

    /// What is asked of it is asked of its input; keys and count are added by their expressions.
    fn necessary_children_exprs(&self, output_columns: &[usize]) -> Option<Vec<Vec<usize>>> {
        Some(vec![output_columns.to_vec()])
    }
}
