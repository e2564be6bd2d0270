//! Bare names and `@name`: columns of the row, scalars from outside it.

use datafusion_expr::{Expr, lit, when};
use trawl_lang::Diagnostic;
use trawl_lang::span::Span;

use super::{Bound, Result, Scope};
use crate::bind::Binder;
use crate::relation::{BoundColumn, Relation};
use crate::suggest;
use crate::types::Type;

impl Binder<'_> {
    pub(super) fn name(&mut self, name: &str, span: Span, scope: &mut Scope<'_>) -> Result<Bound> {
        let Some(column) = scope.relation.column(name) else {
            return Err(self.unknown_column(name, span, scope));
        };
        if scope.aggregates.is_some() {
            return Err(Diagnostic::error(
                "Q0310",
                format!("`{name}` is neither a key nor inside an aggregate"),
            )
            .label(span, "one group has many values of it")
            .help(format!("add it to `by`, or pick one: `take_any({name})`"))
            .into());
        }
        Ok(self.read_in(column, scope.relation, span))
    }

    /// Reads a column with all that the relation knows of it.
    pub(super) fn read_in(
        &mut self,
        column: &BoundColumn,
        relation: &Relation,
        span: Span,
    ) -> Bound {
        let mut bound = self.read(column, span);
        if let Some(origin) = column
            .origin
            .as_ref()
            .filter(|origin| !origin.path.is_empty())
        {
            bound.readings = relation
                .path_columns(origin)
                .map(|reading| (reading.ty.clone(), reading.expr()))
                .collect();
        }
        bound
    }

    /// Reads a column.
    pub(crate) fn read(&mut self, column: &BoundColumn, span: Span) -> Bound {
        self.tainted |= self.wrong.contains(&column.column.name);
        let expr = match &column.parts {
            Some(parts) => struct_of(parts, column),
            None => column.expr(),
        };
        Bound {
            expr,
            ty: column.ty.clone(),
            nullable: column.nullable,
            origin: column.origin.clone(),
            shape: column.shape.clone(),
            readings: Vec::new(),
            value: None,
            span,
        }
    }

    pub(crate) fn variable(&mut self, name: &str, span: Span) -> Result<Bound> {
        if let Some(scalar) = self.scalar(name).cloned() {
            self.tainted |= self.is_wrong_scalar(name);
            return Ok(Bound { span, ..scalar });
        }
        if self.table_let(name).is_some() {
            return Err(
                Diagnostic::error("Q0203", format!("`{name}` is a table, not a scalar"))
                    .label(span, "`@` is for parameters and scalar `let`s")
                    .help(format!(
                        "as a source: `{name} | …`; as a set: `in ({name} | project column)`"
                    ))
                    .into(),
            );
        }
        let names: Vec<String> = self.scalar_names();
        let mut diagnostic = Diagnostic::error(
            "Q0203",
            format!("no parameter or scalar `let` is called `{name}`"),
        )
        .label(span, "not declared");
        diagnostic = match suggest::nearest(name, names.iter().map(String::as_str)) {
            Some(near) => diagnostic.help(format!("did you mean `@{near}`?")),
            None => diagnostic.help(format!(
                "declare it before the query: `param {name}: string;`"
            )),
        };
        Err(diagnostic.into())
    }

    pub(super) fn unknown_column(
        &self,
        name: &str,
        span: Span,
        scope: &Scope<'_>,
    ) -> Box<Diagnostic> {
        if self.siblings.iter().any(|sibling| sibling == name) {
            return Diagnostic::error("Q0202", format!("no column `{name}`"))
                .label(span, "made beside it, not before it")
                .help("the items of one operator see the rows that come in")
                .help(format!("make it before: `extend {name} = …`, then this"))
                .into();
        }
        unknown_column(name, span, scope.relation, self.scalar(name).is_some())
    }
}

/// The struct that `join … as` names; of a row without a partner it is null, which the marker column tells.
fn struct_of(parts: &[BoundColumn], column: &BoundColumn) -> Expr {
    let fields = parts
        .iter()
        .flat_map(|part| [lit(part.name.clone()), part.expr()])
        .collect();
    let value = datafusion_functions::core::expr_fn::named_struct(fields);
    if !column.nullable {
        return value;
    }
    let partner = column.expr().is_not_null();
    when(partner, value.clone()).end().unwrap_or(value)
}

/// The error for a name that is not a column of a relation, with the nearest that is.
pub(crate) fn unknown_column(
    name: &str,
    span: Span,
    relation: &Relation,
    is_scalar: bool,
) -> Box<Diagnostic> {
    let mut diagnostic =
        Diagnostic::error("Q0202", format!("no column `{name}`")).label(span, "not a column here");
    if is_scalar {
        return diagnostic
            .help(format!("the scalar from outside the table is `@{name}`"))
            .into();
    }
    if relation.columns.is_empty() {
        return Diagnostic::error(
            "Q0308",
            format!("a constant is expected here, `{name}` is none"),
        )
        .label(span, "there are no rows here, and so no columns")
        .help("write a literal, or `@name` of a `param` or scalar `let`")
        .into();
    }
    let near = suggest::nearest(name, relation.names());
    if let Some(near) = near {
        diagnostic = diagnostic
            .help(format!("did you mean `{near}`?"))
            .fix(span, near);
    }
    // A field of an object is often meant: `phase` for `status.phase`.
    let paths = paths_to(name, relation);
    if near.is_none() && !paths.is_empty() {
        diagnostic = diagnostic.help(format!(
            "a field of an object needs its path: `{}`",
            paths.join("`, `")
        ));
        if let [path] = paths.as_slice() {
            diagnostic = diagnostic.fix(span, path.clone());
        }
    }
    diagnostic
        .help(format!("columns here: {}", suggest::list(relation.names())))
        .into()
}

/// Paths that a message names.
const TOLD_PATHS: usize = 3;

/// The fields of this name, as far as anything is known of the documents: within a column, or within a part of one.
fn paths_to(name: &str, relation: &Relation) -> Vec<String> {
    let mut paths = Vec::new();
    for column in &relation.columns {
        let known = column.shape.as_deref().unwrap_or(&column.ty);
        let (fields, path) = fields_of(known, &column.name);
        let own = fields.iter().filter(|(field, _)| field == name);
        paths.extend(own.map(|(field, _)| format!("{path}.{field}")));
        for (part, ty) in fields {
            let (fields, path) = fields_of(ty, &format!("{path}.{part}"));
            let inner = fields.iter().filter(|(field, _)| field == name);
            paths.extend(inner.map(|(field, _)| format!("{path}.{field}")));
        }
    }
    paths.truncate(TOLD_PATHS);
    paths
}

/// The fields of a struct, or of the items of a list of structs, and how they are reached.
fn fields_of<'a>(ty: &'a Type, path: &str) -> (&'a [(String, Type)], String) {
    match ty {
        Type::Struct(fields) => (fields, path.to_owned()),
        Type::List(item) => match item.as_ref() {
            Type::Struct(fields) => (fields, format!("{path}[*]")),
            _ => (&[], path.to_owned()),
        },
        _ => (&[], path.to_owned()),
    }
}
