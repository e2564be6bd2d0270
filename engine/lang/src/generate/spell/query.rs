//! Random spellings of queries and of the operators of the pipe.

use super::Speller;
use crate::ast::{Branch, Direction, Ident, Item, Key, Op, OpKind, Pattern, Query, Source, Tail};
use crate::generate::spelling;

impl Speller {
    pub(super) fn query(&mut self, query: &Query) {
        match &query.source {
            Source::Branch(branch) => self.branch(branch, true),
            Source::Union(branches) => {
                self.token("union");
                self.list(branches, |it, branch| it.branch(branch, false));
            }
            Source::Print(items) => {
                self.token("print");
                self.list(items, Self::item);
            }
            Source::DataTable { columns, cells } => {
                self.tokens(&["datatable", "("]);
                self.list(columns, |it, (name, ty)| {
                    it.ident(name);
                    it.token(":");
                    it.type_name(ty);
                });
                self.tokens(&[")", "["]);
                self.list(cells, Self::expr);
                self.token("]");
            }
        }
        for op in &query.ops {
            self.op(op);
        }
    }

    pub(super) fn subquery(&mut self, query: &Query) {
        self.token("(");
        self.query(query);
        self.token(")");
    }

    pub(super) fn branch(&mut self, branch: &Branch, source: bool) {
        let table = match branch {
            Branch::Query(query) => return self.subquery(query),
            Branch::Table(table) => table,
        };
        let Some((head, fields)) = table.path.split_first() else {
            return;
        };
        if table.args.is_some() && fields.is_empty() {
            self.called(&head.name, source);
        } else {
            self.ident(head);
        }
        for field in fields {
            self.field(field);
        }
        if let Some(args) = &table.args {
            self.args(args);
        }
    }

    pub(super) fn by(&mut self, by: &[Item]) {
        if !by.is_empty() {
            self.token("by");
            self.list(by, Self::item);
        }
    }

    fn keys(&mut self, keys: &[Key]) {
        self.token("by");
        self.list(keys, |it, key| {
            it.expr(&key.expr);
            match key.direction {
                Some(Direction::Asc) => it.token("asc"),
                Some(Direction::Desc) => it.token("desc"),
                None => {}
            }
        });
    }

    fn operator(&mut self, names: &[&'static str]) {
        let name = self.rng.pick(names);
        self.tokens(&["|", name]);
    }

    fn op(&mut self, op: &Op) {
        match &op.kind {
            OpKind::Where(expr) => {
                self.operator(&["where"]);
                self.expr(expr);
            }
            OpKind::Take(expr) => {
                self.operator(&["take", "limit"]);
                self.expr(expr);
            }
            OpKind::Extend(items) => self.items("extend", items),
            OpKind::Project(items) => self.items("project", items),
            OpKind::ProjectAway(names) => {
                self.operator(&["project-away"]);
                self.list(names, Self::ident);
            }
            OpKind::ProjectRename(pairs) => {
                self.operator(&["project-rename"]);
                self.list(pairs, |it, (new, old)| {
                    it.ident(new);
                    it.token("=");
                    it.ident(old);
                });
            }
            OpKind::Summarize { items, by } => {
                self.items("summarize", items);
                self.by(by);
            }
            OpKind::MakeSeries {
                series,
                on,
                from,
                to,
                step,
                by,
            } => {
                self.operator(&["make-series"]);
                self.list(series, |it, serie| {
                    it.item(&serie.item);
                    if serie.default.is_some() {
                        it.token("default");
                    }
                    it.after("=", serie.default.as_ref());
                });
                for (word, expr) in [("on", on), ("from", from), ("to", to), ("step", step)] {
                    self.after(word, Some(expr));
                }
                self.by(by);
            }
            OpKind::Sort(keys) => {
                self.operator(&["sort", "order"]);
                self.keys(keys);
            }
            OpKind::Top { count, by } => {
                self.operator(&["top"]);
                self.expr(count);
                self.keys(by);
            }
            OpKind::Distinct(items) if items.is_empty() => {
                self.operator(&["distinct"]);
                self.token("*");
            }
            OpKind::Distinct(items) => self.items("distinct", items),
            OpKind::Count => self.operator(&["count"]),
            OpKind::GetSchema => self.operator(&["getschema"]),
            OpKind::Join { kind, tail } => {
                self.operator(&["join"]);
                self.kind(kind.as_ref());
                self.tail(tail);
            }
            OpKind::Lookup(tail) => {
                self.operator(&["lookup"]);
                self.tail(tail);
            }
            OpKind::Union(branches) => {
                self.operator(&["union"]);
                self.list(branches, |it, branch| it.branch(branch, false));
            }
            OpKind::MvExpand { kind, item } => {
                self.operator(&["mv-expand"]);
                self.kind(kind.as_ref());
                match &item.name {
                    Some(name) if name.name == "kind" && kind.is_none() => {
                        self.tokens(&["`kind`", "="]);
                        self.expr(&item.expr);
                    }
                    _ => self.item(item),
                }
            }
            OpKind::Parse { expr, pattern } => {
                self.operator(&["parse"]);
                self.expr(expr);
                self.token("with");
                pattern.iter().for_each(|part| self.pattern(part));
            }
            OpKind::Render { how, with } => {
                self.operator(&["render"]);
                self.ident(how);
                if !with.is_empty() {
                    self.tokens(&["with", "("]);
                    self.list(with, Self::item);
                    self.token(")");
                }
            }
        }
    }

    fn items(&mut self, name: &'static str, items: &[Item]) {
        self.operator(&[name]);
        self.list(items, Self::item);
    }

    fn kind(&mut self, kind: Option<&Ident>) {
        if let Some(kind) = kind {
            self.tokens(&["kind", "="]);
            self.ident(kind);
        }
    }

    fn tail(&mut self, tail: &Tail) {
        self.branch(&tail.right, false);
        if let Some(alias) = &tail.alias {
            self.token("as");
            self.ident(alias);
        }
        self.token("on");
        self.list(&tail.on, Self::expr);
    }

    fn pattern(&mut self, part: &Pattern) {
        match part {
            Pattern::Any(_) => self.token("*"),
            Pattern::Text(text, _) => {
                let text = spelling::string(&mut self.rng, text);
                self.token(&text);
            }
            Pattern::Column(name, ty) => {
                self.ident(name);
                if let Some(ty) = ty {
                    self.token(":");
                    self.type_name(ty);
                }
            }
        }
    }
}
