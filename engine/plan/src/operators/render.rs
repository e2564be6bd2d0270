//! `render`: how a result wishes to be shown. Owns the wish; rows do not depend on it, and doors may do otherwise.

use serde::Serialize;
use trawl_lang::Diagnostic;
use trawl_lang::ast::{ExprKind, Ident, Item, Op, OpKind, Query};

use crate::bind::Binder;
use crate::expr::{Result, unknown_column};
use crate::operators::{Example, Family, Operator};
use crate::relation::Relation;
use crate::suggest;
use crate::types::Type;

/// `render`: what its page says.
pub const OPERATOR: Operator = Operator {
    name: "render",
    aliases: &[],
    family: Family::Result,
    syntax: "render KIND [with (sparkline = COLUMN)]",
    summary: "Says how the result wishes to be shown.",
    notes: r#"The last operator of a query, if it is there; rows and columns do not depend on it. It goes along with the answer (`"render"` in JSON),
and a terminal, a chart or an editor does with it what it can.

| kind | wishes for |
|---|---|
| `table` | rows and columns |
| `timechart` | lines over time |
| `barchart` | bars |
| `piechart` | parts of a whole |
| `stat` | one large number |

`sparkline` names a column of lists of numbers, as `make-series` makes them, to be drawn as small lines. A kind or option that is not known
is a warning and no error, so that newer queries run with older programs; an unknown kind is shown as a table."#,
    examples: &[Example {
        title: "A table with a line in each row",
        query: r#"datatable(service: string, t: long) ["web", 0, "web", 1, "web", 1, "web", 3, "db", 2]
| make-series n = count() on t from 0 to 4 step 1 by service
| project service, n
| sort by service asc
| render table with (sparkline = n)"#,
    }],
};

/// Options of `render`, for suggestions.
const OPTIONS: [&str; 1] = ["sparkline"];

/// How a result wishes to be shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Render {
    /// As what.
    pub kind: RenderKind,
    /// A column of lists of numbers, each to be drawn as a line within its row.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sparkline: Option<String>,
}

/// The ways of `render`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum RenderKind {
    /// Rows and columns; also what an unknown way becomes.
    Table,
    /// Lines over time.
    Timechart,
    /// Bars.
    Barchart,
    /// Parts of a whole.
    Piechart,
    /// One large number.
    Stat,
}

impl RenderKind {
    /// The way of this name; the parser has warned of names that it does not know.
    fn named(name: &str) -> Self {
        match name {
            "timechart" => Self::Timechart,
            "barchart" => Self::Barchart,
            "piechart" => Self::Piechart,
            "stat" => Self::Stat,
            _ => Self::Table,
        }
    }
}

impl Binder<'_> {
    /// Binds the query of a file: the one place where `render` may end it.
    ///
    /// # Errors
    /// As [`Binder::query`].
    pub fn main_query(&mut self, query: &Query) -> Result<(Relation, Option<Render>)> {
        let Some((last, ops)) = query.ops.split_last() else {
            return Ok((self.query(query)?, None));
        };
        let OpKind::Render { how, with } = &last.kind else {
            return Ok((self.query(query)?, None));
        };
        let relation = self.piped(&query.source, ops)?;
        let render = self.render(&relation, how, with);
        Ok((relation, Some(render)))
    }

    fn render(&mut self, relation: &Relation, how: &Ident, with: &[Item]) -> Render {
        let mut render = Render {
            kind: RenderKind::named(&how.name),
            sparkline: None,
        };
        for item in with {
            let name = item.name.as_ref().map(|name| name.name.as_str());
            match name {
                Some("sparkline") => render.sparkline = self.attempt(|_| sparkline(relation, item)),
                _ => self.unknown_option(item),
            }
        }
        render
    }

    /// An option that we do not know must not stop a query, since newer doors may know more.
    fn unknown_option(&mut self, item: &Item) {
        let (span, name) = match &item.name {
            Some(name) => (name.span, name.name.as_str()),
            None => (item.expr.span, ""),
        };
        let message = match name {
            "" => "an option of `render` has no name and does nothing".to_owned(),
            name => format!("`render` has no option `{name}`, it does nothing"),
        };
        let near = suggest::nearest(name, OPTIONS);
        self.report(
            Diagnostic::warning("Q0412", message)
                .label(span, "not an option")
                .maybe_help(near.map(|near| format!("did you mean `{near}`?")))
                .help("options: `sparkline = column`"),
        );
    }
}

fn sparkline(relation: &Relation, item: &Item) -> Result<String> {
    let span = item.expr.span;
    let ExprKind::Name(name) = &item.expr.kind else {
        return Err(
            Diagnostic::error("Q0413", "a sparkline is drawn of a column")
                .label(span, "the name of a column is expected here")
                .help("compute it before: `extend line = …`")
                .into(),
        );
    };
    let Some(column) = relation.column(name) else {
        return Err(unknown_column(name, span, relation, false));
    };
    match &column.ty {
        Type::List(item) if item.is_number() => Ok(name.clone()),
        other => Err(Diagnostic::error(
            "Q0413",
            format!("a sparkline is drawn of a list of numbers, not of {other}"),
        )
        .label(span, other.to_string())
        .help("`make-series` and `make_list` make lists of numbers")
        .into()),
    }
}

/// `render` anywhere but at the end of the whole query.
pub(crate) fn misplaced_render(op: &Op) -> Box<Diagnostic> {
    Diagnostic::error("Q0411", "`render` ends the query")
        .label(
            op.span,
            "rows go on from here, and it says how they are shown at last",
        )
        .help("move it to the end of the last pipe")
        .into()
}
