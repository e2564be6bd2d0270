//! One filter after the other into the arena of a scan request. What has no form there stays with the engine.

use datafusion::common::ScalarValue;
use datafusion::logical_expr::{BinaryExpr, Expr, Operator};
use trawl_host::types::{
    self, Column, CompareExpr, CompareOp, Filters, InSetExpr, Literal, TextExpr,
};
use trawl_plan::kernels::match_call;
use trawl_plan::kernels::text::TextMatch;

use super::literal::literal;
use super::reference::{position, reference};
use crate::limits::{PUSHED_ITEMS, PUSHED_TEXT_BYTES};

/// Filters of a scan request and the columns that they name.
#[derive(Debug)]
pub struct Translation {
    /// Columns that the filters name.
    pub refs: Vec<Column>,
    /// The filters; one root for each conjunct that had a form.
    pub filters: Filters,
    /// For each conjunct given, its root if it had a form.
    pub roots: Vec<Option<usize>>,
}

/// Translates conjuncts; `column` gives what to ask for a column of the plan by its name.
pub fn translate(conjuncts: &[Expr], column: &dyn Fn(&str) -> Option<Column>) -> Translation {
    let mut arena = Arena {
        nodes: Vec::new(),
        refs: Vec::new(),
        column,
    };
    let mut roots = Vec::with_capacity(conjuncts.len());
    let mut pushed = Vec::new();
    for conjunct in conjuncts {
        let before = (arena.nodes.len(), arena.refs.len());
        let root = arena
            .node(conjunct, false)
            .filter(|_| arena.text_bytes() <= PUSHED_TEXT_BYTES);
        if root.is_none() {
            // Half a translation is none.
            arena.nodes.truncate(before.0);
            arena.refs.truncate(before.1);
        }
        roots.push(root.map(|root| {
            pushed.push(root);
            pushed.len() - 1
        }));
    }
    Translation {
        refs: arena.refs,
        filters: Filters {
            nodes: arena.nodes,
            roots: pushed,
        },
        roots,
    }
}

struct Arena<'a> {
    nodes: Vec<types::Expr>,
    refs: Vec<Column>,
    column: &'a dyn Fn(&str) -> Option<Column>,
}

impl Arena<'_> {
    /// Bytes of all texts so far.
    fn text_bytes(&self) -> usize {
        let of = |literal: &Literal| {
            if let Literal::Utf8(text) = literal {
                text.len()
            } else {
                0
            }
        };
        let texts = self.nodes.iter().map(|node| match node {
            types::Expr::Value(literal) => of(literal),
            types::Expr::InSet(set) => set.items.iter().map(of).sum(),
            types::Expr::TextMatch(text) => text.pattern.len(),
            _ => 0,
        });
        texts.sum()
    }

    fn add(&mut self, node: types::Expr) -> Option<u32> {
        let index = u32::try_from(self.nodes.len()).ok()?;
        self.nodes.push(node);
        Some(index)
    }

    /// A test. Beneath a negation (`negated`) only what is two-valued by itself can be said: `not x` of a null boolean is null
    /// here and true there.
    fn node(&mut self, expr: &Expr, negated: bool) -> Option<u32> {
        if let Some((kernel, args)) = match_call::<TextMatch>(expr) {
            return self.text(kernel, args);
        }
        match expr {
            Expr::Alias(alias) => self.node(&alias.expr, negated),
            Expr::Column(_) if !negated => {
                // A boolean column by itself: true is what is asked for.
                let value = self.reference(expr)?;
                let right = self.add(types::Expr::Value(Literal::Boolean(true)))?;
                self.add(types::Expr::Compare(CompareExpr {
                    op: CompareOp::Eq,
                    left: value,
                    right,
                }))
            }
            Expr::BinaryExpr(binary) => self.binary(binary, expr, negated),
            // `test is true` is how the binder makes a test two-valued; every test of the contract is.
            Expr::IsTrue(test) => self.node(test, false),
            Expr::Not(inner) | Expr::IsNotTrue(inner) => {
                let inner = self.node(inner, matches!(expr, Expr::Not(_)))?;
                self.add(types::Expr::Negate(inner))
            }
            Expr::IsNull(inner) => {
                let inner = self.reference(inner)?;
                self.add(types::Expr::IsNull(inner))
            }
            Expr::IsNotNull(inner) => {
                let inner = self.reference(inner)?;
                self.add(types::Expr::IsNotNull(inner))
            }
            Expr::InList(list) if list.list.len() <= PUSHED_ITEMS => {
                let items = list
                    .list
                    .iter()
                    .map(|item| {
                        constant(item)
                            .and_then(literal)
                            .filter(|item| *item != Literal::Null)
                    })
                    .collect::<Option<Vec<_>>>()?;
                let value = self.reference(&list.expr)?;
                self.add(types::Expr::InSet(InSetExpr {
                    value,
                    items,
                    negated: list.negated,
                }))
            }
            _ => None,
        }
    }

    fn binary(&mut self, binary: &BinaryExpr, expr: &Expr, negated: bool) -> Option<u32> {
        let op = match binary.op {
            Operator::And => {
                let (left, right) = (
                    self.node(&binary.left, negated)?,
                    self.node(&binary.right, negated)?,
                );
                return self.add(types::Expr::AllOf(vec![left, right]));
            }
            Operator::Or => {
                if let Some(set) = self.alternatives(expr) {
                    return Some(set);
                }
                let (left, right) = (
                    self.node(&binary.left, negated)?,
                    self.node(&binary.right, negated)?,
                );
                return self.add(types::Expr::AnyOf(vec![left, right]));
            }
            Operator::Eq | Operator::IsNotDistinctFrom => CompareOp::Eq,
            Operator::NotEq | Operator::IsDistinctFrom => CompareOp::Ne,
            Operator::Lt => CompareOp::Lt,
            Operator::LtEq => CompareOp::Le,
            Operator::Gt => CompareOp::Gt,
            Operator::GtEq => CompareOp::Ge,
            _ => return None,
        };
        // The simplifier writes `test is true` as `test is not distinct from true`.
        if binary.op == Operator::IsNotDistinctFrom
            && constant(&binary.right) == Some(&ScalarValue::Boolean(Some(true)))
            && !matches!(*binary.left, Expr::Column(_))
        {
            return self.node(&binary.left, false);
        }
        let (value, constant, op) = match (constant(&binary.left), constant(&binary.right)) {
            (None, Some(right)) => (&binary.left, right, op),
            (Some(left), None) => (&binary.right, left, flipped(op)),
            _ => return None,
        };
        let constant = literal(constant).filter(|constant| *constant != Literal::Null)?;
        let left = self.reference(value)?;
        let right = self.add(types::Expr::Value(constant))?;
        self.add(types::Expr::Compare(CompareExpr { op, left, right }))
    }

    /// `x == a or x == b` as one set: DataFusion takes short `in` lists apart, and sources understand sets better.
    fn alternatives(&mut self, expr: &Expr) -> Option<u32> {
        let mut of: Option<&Expr> = None;
        let mut items = Vec::new();
        for part in datafusion::logical_expr::utils::split_binary(expr, Operator::Or) {
            let Expr::BinaryExpr(BinaryExpr { left, op, right }) = part else {
                return None;
            };
            if !matches!(op, Operator::Eq | Operator::IsNotDistinctFrom)
                || of.is_some_and(|of| *of != **left)
            {
                return None;
            }
            of = Some(left);
            items.push(literal(constant(right)?).filter(|item| *item != Literal::Null)?);
        }
        let value = self.reference(of?)?;
        self.add(types::Expr::InSet(InSetExpr {
            value,
            items,
            negated: false,
        }))
    }

    fn text(&mut self, kernel: &TextMatch, args: &[Expr]) -> Option<u32> {
        use trawl_lang::ast::TextOp as T;
        let [text, pattern] = args else { return None };
        let Literal::Utf8(pattern) = literal(constant(pattern)?)? else {
            return None;
        };
        let value = self.reference(text)?;
        let op = match kernel.op {
            T::Has => types::TextOp::Has,
            T::Contains => types::TextOp::Contains,
            T::StartsWith => types::TextOp::Prefix,
            T::EndsWith => types::TextOp::Suffix,
            T::MatchesRegex => types::TextOp::Regex,
        };
        self.add(types::Expr::TextMatch(TextExpr {
            value,
            op,
            pattern,
            ignore_case: kernel.ignore_case,
            negated: false,
        }))
    }

    /// A column, a path column or the key of a map column.
    fn reference(&mut self, expr: &Expr) -> Option<u32> {
        let column = reference(expr, self.column)?;
        let position = position(&mut self.refs, &column)?;
        self.add(types::Expr::ColumnRef(position))
    }
}

fn constant(expr: &Expr) -> Option<&ScalarValue> {
    match expr {
        Expr::Literal(value, _) => Some(value),
        _ => None,
    }
}

fn flipped(op: CompareOp) -> CompareOp {
    match op {
        CompareOp::Lt => CompareOp::Gt,
        CompareOp::Le => CompareOp::Ge,
        CompareOp::Gt => CompareOp::Lt,
        CompareOp::Ge => CompareOp::Le,
        same => same,
    }
}
