//! `mv-expand`: one row for each item of a list, a map or a document.

use std::sync::Arc;

use datafusion_common::{Column as PlanColumn, NullHandling, UnnestOptions};
use datafusion_expr::LogicalPlanBuilder;
use trawl_lang::Diagnostic;
use trawl_lang::ast::{Ident, Item};
use trawl_lang::span::Span;

use crate::bind::{Binder, item_name};
use crate::catalog::Step;
use crate::expr::{Bound, Result, Scope, below};
use crate::kernels;
use crate::kernels::items::{JsonItems, MapEntries};
use crate::operators::{Example, Family, Operator};
use crate::relation::{BoundColumn, Relation};
use crate::types::Type;

/// `mv-expand`: what its page says.
pub const OPERATOR: Operator = Operator {
    name: "mv-expand",
    aliases: &[],
    family: Family::Groups,
    syntax: "mv-expand [kind=KIND] NAME = LIST",
    summary: "Makes one row for each item of a list.",
    notes: r"The other columns repeat. The item gets the name; without one it is called as the path implies. A column of that name is replaced in its
place, else the item comes last.

| of | an item is |
|---|---|
| `list<T>` | `T` |
| a map | a struct with `key` and `value` |
| a dynamic array | its item, dynamic |
| a dynamic object | an object with `key` and `value` |
| another dynamic value | the value itself |

With `kind=inner`, which needs not be written, a row whose list is null or empty is left out. `kind=outer` keeps it, the item null.
Fields of an item are known as far as the list's are: `c.restartCount` of `status.containerStatuses` is a long.",
    examples: &[
        Example {
            title: "Containers that wait",
            query: r#"pods
| where cluster == "prod-us"
| mv-expand c = status.containerStatuses
| where isnotnull(c.state.waiting.reason)
| summarize n = count() by reason = c.state.waiting.reason
| sort by reason asc"#,
        },
        Example {
            title: "Items of a map",
            query: r#"print labels = parse_json('{"app": "web", "tier": "front"}')
| mv-expand label = labels
| project key = label.key, value = label.value
| sort by key asc"#,
        },
        Example {
            title: "Rows without items",
            query: r#"datatable(name: string, ports: string) ["web", "80,443", "cron", null]
| mv-expand kind=outer port = split(ports, ",")
| sort by name asc, port asc"#,
        },
    ],
};

impl Binder<'_> {
    pub(crate) fn mv_expand(
        &mut self,
        mut input: Relation,
        kind: Option<&Ident>,
        item: &Item,
        span: Span,
    ) -> Result<Relation> {
        // The parser knows the two kinds: `inner`, the default, and `outer`.
        let null_handling = if kind.is_some_and(|kind| kind.name == "outer") {
            NullHandling::PreserveAndExpandEmpty
        } else {
            NullHandling::Drop
        };
        let name = item_name(item)?;
        let value = self.expr(&item.expr, &mut Scope::row(&input))?;
        let list = self.expandable(value)?;
        let Type::List(of) = list.ty.clone() else {
            return Err(not_expandable(&list));
        };
        let unique = self.unique(&name);
        input.plan = self.with_columns(input.plan, vec![(list.expr, unique.clone())], span)?;
        let options = UnnestOptions {
            null_handling,
            recursions: Vec::new(),
        };
        let column = PlanColumn::from_name(unique);
        input.plan = self.built(
            LogicalPlanBuilder::from(input.plan)
                .unnest_column_with_options(column.clone(), options),
            span,
        )?;
        let expanded = BoundColumn {
            name,
            column,
            ty: *of,
            nullable: true,
            origin: None,
            shape: below(list.shape.as_deref(), &Step::Index(0)),
            parts: None,
        };
        input.put(expanded);
        Ok(input)
    }

    /// The value as a list of what becomes rows.
    fn expandable(&mut self, value: Bound) -> Result<Bound> {
        let span = value.span;
        match value.ty.clone() {
            Type::List(_) => Ok(value),
            Type::Null => self.as_list(value, "`mv-expand`"),
            Type::Dynamic => {
                let shape = match value.shape.as_deref() {
                    Some(Type::Map(of)) => Some(Arc::new(entries_of((**of).clone()))),
                    _ => value.shape.clone(),
                };
                let ty = Type::List(Box::new(Type::Dynamic));
                let expr = kernels::call(JsonItems, vec![value.expr]);
                Ok(Bound::computed(expr, ty, true, span).shaped(shape))
            }
            Type::Map(of) => {
                let result = entries_of(*of);
                let entries = MapEntries {
                    result: result.clone(),
                };
                let expr = kernels::call(entries, vec![value.expr]);
                Ok(Bound::computed(expr, result, value.nullable, span))
            }
            _ => Err(not_expandable(&value)),
        }
    }
}

/// A list of keys with their values.
fn entries_of(value: Type) -> Type {
    Type::List(Box::new(Type::Struct(vec![
        ("key".to_owned(), Type::String),
        ("value".to_owned(), value),
    ])))
}

fn not_expandable(value: &Bound) -> Box<Diagnostic> {
    Diagnostic::error(
        "Q0317",
        format!(
            "`mv-expand` needs a list, a map or a dynamic value, not {}",
            value.ty.outline()
        ),
    )
    .label(value.span, format!("this is {}", value.ty.outline()))
    .into()
}
