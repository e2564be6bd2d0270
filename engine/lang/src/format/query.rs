//! Queries: sources, brackets around them, and the pipe. Owns that a query at the top has an operator a line, while one in
//! brackets stays on its line as long as it fits.

use super::name::Place;
use super::writer::Writer;
use crate::ast::{Branch, Expr, Ident, Query, Source, TableRef, TypeName};

impl Writer<'_> {
    /// A query at the top, or of a `let`.
    pub(super) fn query(&mut self, query: &Query) {
        self.source(query);
        for op in &query.ops {
            self.end_line();
            self.op(op);
        }
    }

    /// `(query)`.
    pub(super) fn subquery(&mut self, query: &Query) {
        let origin = self.origin.as_ref();
        let at = origin.and_then(|it| it.before(query.span.start));
        self.bracketed(["(", ")"], at, |w| {
            w.source(query);
            for op in &query.ops {
                w.line();
                w.op(op);
            }
        });
    }

    fn source(&mut self, query: &Query) {
        self.comments_before(query.span.start);
        match &query.source {
            Source::Branch(branch) => self.branch(branch),
            Source::Union(branches) => self.with_list("union", branches, Self::branch),
            Source::Print(items) => self.with_list("print", items, Self::item),
            Source::DataTable { columns, cells } => self.data_table(columns, cells),
        }
    }

    /// A table, or a query in brackets.
    pub(super) fn branch(&mut self, branch: &Branch) {
        match branch {
            Branch::Query(query) => self.subquery(query),
            Branch::Table(table) => self.table(table),
        }
    }

    fn table(&mut self, table: &TableRef) {
        let Some((head, fields)) = table.path.split_first() else {
            return;
        };
        let place = match (&table.args, fields) {
            (Some(_), []) => {
                // `print (…)` would be a source of another form, and `datetime(…)` a literal.
                self.source_may_begin();
                Place::Called
            }
            _ => Place::Plain,
        };
        self.name(&head.name, head.span, place);
        for field in fields {
            self.field(field);
        }
        if let (Some(args), Some(last)) = (&table.args, table.path.last()) {
            self.args(args, last.span);
        }
    }

    fn data_table(&mut self, columns: &[(Ident, TypeName)], cells: &[Expr]) {
        let first = columns.first().map(|(name, _)| name.span.start);
        let origin = self.origin.as_ref();
        let names = origin.zip(first).and_then(|(it, first)| it.before(first));
        self.text("datatable");
        self.bracketed(["(", ")"], names, |w| {
            w.list(columns, |w, (name, ty)| {
                w.ident(name);
                w.text(": ");
                w.type_name(ty);
            });
        });
        let origin = self.origin.as_ref();
        let at = origin
            .zip(names)
            .and_then(|(it, names)| it.after(names.close));
        if cells.is_empty() {
            return self.empty(["[", "]"], at);
        }
        // A row a line: columns are the width of the table.
        let rows: Vec<&[Expr]> = cells.chunks(columns.len().max(1)).collect();
        self.bracketed(["[", "]"], at, |w| {
            w.list(&rows, |w, row| {
                w.indented(|w| w.list(row, Self::expr));
            });
        });
    }

    /// `list<string>`.
    pub(super) fn type_name(&mut self, ty: &TypeName) {
        let mut inner = ty;
        let mut levels = 0;
        while let TypeName::List(next, _) = inner {
            inner = next;
            levels += 1;
        }
        if let TypeName::Named(name) = inner {
            self.comments_before(name.span.start);
            self.text("list<".repeat(levels));
            self.ident(name);
            self.text(">".repeat(levels));
        }
    }
}
