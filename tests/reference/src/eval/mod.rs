//! A file of the language to rows, by walking the tree and the rows in nested loops. Owns what a query can see; every operator and
//! kind of expression has its file.

mod arithmetic;
mod compare;
mod expand;
mod expr;
mod group;
mod join;
mod node;
mod parse;
mod path;
mod rows;
mod series;
mod set;
mod sort;
mod source;
mod text;

use std::collections::BTreeMap;

use trawl_lang::ast::{Branch, Expr, ExprKind, File, Let, LetValue, Op, OpKind, Query, Source};

pub use compare::equals;
pub use group::{any_of, extreme};
pub use node::{Env, Node, coerce, unify, unify_all};
pub use path::as_list;
pub use path::read as read_field;
pub use rows::item_name;

use crate::error::{Error, Result, invalid};
use crate::functions;
use crate::table::{Column, Relation, Tables};
use crate::ty::Ty;
use crate::value::Value;

/// What a query can see beside its rows.
pub struct Session<'t> {
    /// The source's tables.
    tables: &'t Tables,
    /// `now()`, in nanoseconds since the Unix epoch.
    pub now: i64,
    scalars: BTreeMap<String, (Value, Ty)>,
    lets: Vec<&'t Let>,
}

/// What an expression may see.
pub struct Scope<'a> {
    /// What the query can see.
    pub session: &'a Session<'a>,
    /// Columns of the row.
    pub columns: &'a [Column],
    /// In an item of `summarize`: the keys, which are then all that may be named outside an aggregate.
    pub keys: Option<&'a [(ExprKind, Ty)]>,
}

impl<'a> Scope<'a> {
    /// The scope of a row.
    pub fn row(session: &'a Session<'a>, columns: &'a [Column]) -> Self {
        Self {
            session,
            columns,
            keys: None,
        }
    }
}

/// The result of a file's query over these tables; parameters have their defaults.
///
/// # Errors
/// When the query is not valid, must fail when it runs, or leaves its result open.
pub fn evaluate(file: &File, tables: &Tables, now: i64) -> Result<Relation> {
    let mut session = Session {
        tables,
        now,
        scalars: BTreeMap::new(),
        lets: Vec::new(),
    };
    for param in &file.params {
        let ty = Ty::named(&param.ty)?;
        let Some(default) = &param.default else {
            return invalid(format!("parameter {} has no default", param.name.name));
        };
        let value = session.constant(default, Some(&ty))?;
        session.scalars.insert(param.name.name.clone(), value);
    }
    for binding in &file.lets {
        match scalar(binding) {
            Some(expr) => {
                let value = session.constant(&expr, None)?;
                session.scalars.insert(binding.name.name.clone(), value);
            }
            None => session.lets.push(binding),
        }
    }
    match &file.query {
        Some(query) => session.query(query),
        None => invalid("there is no query"),
    }
}

/// The expression of a `let` that is a scalar. `let t = ago(1h)` is read as a table by the grammar.
fn scalar(binding: &Let) -> Option<Expr> {
    match &binding.value {
        LetValue::Expr(expr) => Some(expr.clone()),
        LetValue::Query(query) => match &query.source {
            Source::Branch(Branch::Table(table)) if query.ops.is_empty() => {
                let name = table.path.first()?;
                functions::find(&name.name)?;
                Some(Expr {
                    kind: ExprKind::Call {
                        name: name.clone(),
                        args: table.args.clone()?,
                    },
                    span: table.span,
                })
            }
            _ => None,
        },
    }
}

impl Session<'_> {
    /// A parameter or scalar `let`.
    pub fn scalar(&self, name: &str) -> Option<&(Value, Ty)> {
        self.scalars.get(name)
    }

    /// The value of a constant expression, as a type if one is asked for.
    fn constant(&self, expr: &Expr, ty: Option<&Ty>) -> Result<(Value, Ty)> {
        let node = Node::of(expr, &Scope::row(self, &[]))?;
        let value = node.on(&[]);
        match ty {
            None => Ok((value, node.ty)),
            Some(ty) => Ok((coerce(node, ty)?.on(&[]), ty.clone())),
        }
    }

    /// The rows of a query.
    ///
    /// # Errors
    /// As [`evaluate`].
    pub fn query(&self, query: &Query) -> Result<Relation> {
        let mut relation = self.source(&query.source)?;
        for op in &query.ops {
            relation = self.operator(relation, op)?;
        }
        Ok(relation)
    }

    fn operator(&self, input: Relation, op: &Op) -> Result<Relation> {
        let choosable = matches!(
            op.kind,
            OpKind::Extend(_)
                | OpKind::Project(_)
                | OpKind::ProjectAway(_)
                | OpKind::ProjectRename(_)
                | OpKind::Count
                | OpKind::GetSchema
                | OpKind::Render { .. }
        );
        if input.taken.is_some() && !choosable {
            return Err(Error::Open(
                "an operator above rows that were chosen".to_owned(),
            ));
        }
        match &op.kind {
            OpKind::Where(predicate) => self.filter(input, predicate),
            OpKind::Extend(items) => self.extend(input, items),
            OpKind::Project(items) => self.project(input, items),
            OpKind::ProjectAway(names) => rows::project_away(input, names),
            OpKind::ProjectRename(pairs) => rows::project_rename(input, pairs),
            OpKind::Summarize { items, by } => self.summarize(&input, items, by),
            OpKind::MakeSeries {
                series,
                on,
                from,
                to,
                step,
                by,
            } => self.make_series(&input, series, on, [from, to, step], by),
            OpKind::Sort(keys) => self.sort(input, keys),
            OpKind::Take(count) => self.take(input, count),
            OpKind::Top { count, by } => {
                let sorted = self.sort(input, by)?;
                self.take(sorted, count)
            }
            OpKind::Distinct(items) => self.distinct(&input, items),
            OpKind::Count => Ok(group::count(&input)),
            OpKind::GetSchema => Ok(rows::schema(&input)),
            OpKind::Join { kind, tail } => {
                self.join(input, kind.as_ref().map_or("inner", |k| &k.name), tail)
            }
            OpKind::Lookup(tail) => self.lookup(input, tail),
            OpKind::Union(branches) => self.union(Some(input), branches),
            OpKind::MvExpand { kind, item } => {
                let outer = kind.as_ref().is_some_and(|kind| kind.name == "outer");
                self.mv_expand(&input, outer, item)
            }
            OpKind::Parse { expr, pattern } => self.parse(input, expr, pattern),
            OpKind::Render { .. } => Ok(input),
        }
    }
}
