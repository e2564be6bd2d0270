//! Random texts of a tree: the tokens with random white space and comments between them. Shares nothing with the formatter
//! but the tree, so that the two cannot agree on a mistake.

use super::{Rng, spelling};
use crate::ast::{
    Arg, ArithmeticOp, Branch, CompareOp, Direction, Expr, ExprKind, File, Ident, InSet, Item, Key,
    LetValue, Op, OpKind, Pattern, Query, Side, Source, Tail, TextOp, TypeName,
};
use crate::words;

/// Comments, their line break aside. Those of three slashes are documentation before the first token.
const COMMENTS: &[&str] = &[
    "//",
    "// why",
    "//x",
    "//// four",
    "// | where a \"(",
    "// 漢字",
    "// spaces behind  ",
    "// ends as \\",
];

/// How tightly an expression binds.
type Level = u8;
const AND: Level = 1;
const NOT: Level = 2;
const COMPARISON: Level = 3;
const ADDITIVE: Level = 4;
const MULTIPLICATIVE: Level = 5;
const UNARY: Level = 6;
const POSTFIX: Level = 7;

/// Writes tokens.
pub(super) struct Speller {
    rng: Rng,
    out: String,
    /// Whether anything but comments is written.
    begun: bool,
    /// How often a comment stands between two tokens: once in so many.
    comments: u32,
    /// How often an expression gets brackets that it does not need.
    brackets: u32,
    /// Whether a name of a source's word would be read as that word here.
    source_begins: bool,
}

impl Speller {
    pub(super) fn new(seed: u64) -> Self {
        let mut rng = Rng::new(!seed);
        let comments = rng.pick(&[4, 20, 1000]);
        let brackets = rng.pick(&[5, 30, 1000]);
        Self {
            rng,
            out: String::new(),
            begun: false,
            comments,
            brackets,
            source_begins: false,
        }
    }

    pub(super) fn file(mut self, file: &File) -> String {
        for line in &file.docs {
            self.out.push_str("///");
            let padded = !line.is_empty() || self.rng.one_in(2);
            self.out.push_str(if padded { " " } else { "" });
            self.out.push_str(line);
            self.out.push('\n');
        }
        if file.syntax.is_some() {
            self.tokens(&["syntax", "1", ";"]);
        }
        for param in &file.params {
            self.token("param");
            self.ident(&param.name);
            self.token(":");
            self.type_name(&param.ty);
            self.after("=", param.default.as_ref());
            self.token(";");
        }
        for (index, binding) in file.lets.iter().enumerate() {
            self.token("let");
            self.ident(&binding.name);
            self.token("=");
            match &binding.value {
                LetValue::Query(query) => self.query(query),
                LetValue::Expr(expr) => {
                    self.source_begins = true;
                    self.expr(expr);
                }
            }
            let last = index + 1 == file.lets.len() && file.query.is_none();
            self.token(";");
            if last {
                self.between();
            }
        }
        if let Some(query) = &file.query {
            self.query(query);
            if self.rng.one_in(3) {
                self.token(";");
            }
        }
        if self.rng.one_in(2) {
            self.between();
        }
        self.out
    }

    /// One token, after random white space and comments.
    fn token(&mut self, token: &str) {
        self.between();
        let touching = [self.out.chars().next_back(), token.chars().next()];
        let separate = touching
            .iter()
            .flatten()
            .any(|edge| "()[],;.\n\t ".contains(*edge));
        if !separate || self.out.ends_with('/') {
            self.out.push(' ');
        }
        self.out.push_str(token);
        self.begun = true;
        self.source_begins = false;
    }

    fn tokens(&mut self, tokens: &[&str]) {
        for token in tokens {
            self.token(token);
        }
    }

    /// White space and comments.
    fn between(&mut self) {
        while self.rng.one_in(self.comments) {
            let own_line = self.rng.one_in(2);
            self.out.push_str(if own_line { "\n  " } else { " " });
            let documents = self.begun && self.rng.one_in(8);
            let comment = if documents {
                "/// not of the text"
            } else {
                self.rng.pick(COMMENTS)
            };
            self.out.push_str(comment);
            self.out.push_str(self.rng.pick(&["\n", "\r\n", "\n\n\n"]));
        }
        let space = self.rng.pick(&[
            "", "", " ", " ", " ", "\n", "\n    ", "\t", "\n\n\n", " \r\n",
        ]);
        self.out.push_str(space);
    }

    fn list<T>(&mut self, parts: &[T], each: impl Fn(&mut Self, &T)) {
        for (index, part) in parts.iter().enumerate() {
            if index > 0 {
                self.token(",");
            }
            each(self, part);
        }
    }

    fn after(&mut self, word: &str, expr: Option<&Expr>) {
        if let Some(expr) = expr {
            self.token(word);
            self.expr(expr);
        }
    }

    fn ident(&mut self, ident: &Ident) {
        let name = spelling::name(&mut self.rng, &ident.name, spelling::is_bare(&ident.name));
        self.token(&name);
    }

    /// A name before `(`, where it must be no word that begins something else.
    fn called(&mut self, name: &str, source: bool) {
        let special = name == "datetime" || (source && is_source_word(name));
        let bare = spelling::is_bare(name) && !special;
        let name = spelling::name(&mut self.rng, name, bare);
        self.token(&name);
    }

    fn field(&mut self, ident: &Ident) {
        self.token(".");
        let name = spelling::name(&mut self.rng, &ident.name, words::is_word(&ident.name));
        self.token(&name);
    }

    fn type_name(&mut self, ty: &TypeName) {
        match ty {
            TypeName::Named(name) => self.ident(name),
            TypeName::List(inner, _) => {
                self.tokens(&["list", "<"]);
                self.type_name(inner);
                self.token(">");
            }
        }
    }

    fn query(&mut self, query: &Query) {
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

    fn subquery(&mut self, query: &Query) {
        self.token("(");
        self.query(query);
        self.token(")");
    }

    fn branch(&mut self, branch: &Branch, source: bool) {
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

    fn args(&mut self, args: &[Arg]) {
        self.token("(");
        self.list(args, |it, arg| match arg {
            Arg::Star(_) => it.token("*"),
            Arg::Item(item) => it.item(item),
        });
        self.token(")");
    }

    fn item(&mut self, item: &Item) {
        if let Some(name) = &item.name {
            self.ident(name);
            self.token("=");
        }
        self.expr(&item.expr);
    }

    fn by(&mut self, by: &[Item]) {
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

    fn expr(&mut self, expr: &Expr) {
        self.expr_at(expr, 0);
    }

    fn expr_at(&mut self, expr: &Expr, least: Level) {
        if level(&expr.kind) < least || self.rng.one_in(self.brackets) {
            self.token("(");
            self.parts(expr);
            self.token(")");
        } else {
            self.parts(expr);
        }
    }

    fn parts(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::Literal(literal) => {
                let literal = spelling::literal(&mut self.rng, literal);
                self.token(&literal);
            }
            ExprKind::Var(name) => self.token(&format!("@{name}")),
            ExprKind::Side(Side::Left) => self.token("$left"),
            ExprKind::Side(Side::Right) => self.token("$right"),
            ExprKind::Name(name) => {
                let begins = self.source_begins && is_source_word(name);
                let bare = spelling::is_bare(name) && !begins;
                let name = spelling::name(&mut self.rng, name, bare);
                self.token(&name);
            }
            ExprKind::Call { name, args } => {
                let begins = self.source_begins;
                self.called(&name.name, begins);
                self.args(args);
            }
            ExprKind::Field { base, name } => {
                self.expr_at(base, POSTFIX);
                self.field(name);
            }
            ExprKind::Index { base, index } => {
                self.expr_at(base, POSTFIX);
                self.token("[");
                self.expr(index);
                self.token("]");
            }
            ExprKind::Every(base) => {
                self.expr_at(base, POSTFIX);
                self.tokens(&["[", "*", "]"]);
            }
            ExprKind::Neg(inner) => {
                self.token("-");
                self.expr_at(inner, UNARY);
            }
            ExprKind::Not(inner) => {
                self.token("not");
                self.expr_at(inner, NOT);
            }
            ExprKind::Arithmetic { op, left, right } => {
                let of = level(&expr.kind);
                self.expr_at(left, of);
                self.token(match op {
                    ArithmeticOp::Add => "+",
                    ArithmeticOp::Sub => "-",
                    ArithmeticOp::Mul => "*",
                    ArithmeticOp::Div => "/",
                    ArithmeticOp::Mod => "%",
                });
                self.expr_at(right, of + 1);
            }
            ExprKind::Compare { op, left, right } => {
                self.expr_at(left, ADDITIVE);
                self.token(match op {
                    CompareOp::Eq => "==",
                    CompareOp::Ne => "!=",
                    CompareOp::Lt => "<",
                    CompareOp::Le => "<=",
                    CompareOp::Gt => ">",
                    CompareOp::Ge => ">=",
                });
                self.expr_at(right, ADDITIVE);
            }
            ExprKind::Text {
                op,
                case_sensitive,
                negated,
                left,
                right,
            } => {
                self.expr_at(left, ADDITIVE);
                let word = match op {
                    TextOp::Has => "has",
                    TextOp::Contains => "contains",
                    TextOp::StartsWith => "startswith",
                    TextOp::EndsWith => "endswith",
                    TextOp::MatchesRegex => "matches",
                };
                let is_regex = *op == TextOp::MatchesRegex;
                let suffix = if *case_sensitive && !is_regex {
                    "_cs"
                } else {
                    ""
                };
                self.negatable(*negated, &format!("{word}{suffix}"));
                if is_regex {
                    self.token("regex");
                }
                self.expr_at(right, ADDITIVE);
            }
            ExprKind::In {
                negated,
                value,
                set,
            } => self.within(value, *negated, "in", set),
            ExprKind::HasAny {
                negated,
                value,
                set,
            } => {
                self.within(value, *negated, "has_any", set);
            }
            ExprKind::Between {
                negated,
                value,
                low,
                high,
            } => {
                self.expr_at(value, ADDITIVE);
                self.negatable(*negated, "between");
                self.token("(");
                self.expr(low);
                self.token("..");
                self.expr(high);
                self.token(")");
            }
            ExprKind::And(parts) => self.chain("and", parts, NOT),
            ExprKind::Or(parts) => self.chain("or", parts, AND),
            ExprKind::List(parts) => {
                self.token("[");
                self.list(parts, Self::expr);
                self.token("]");
            }
        }
    }

    fn chain(&mut self, word: &str, parts: &[Expr], tighter: Level) {
        for (index, part) in parts.iter().enumerate() {
            if index > 0 {
                self.token(word);
            }
            self.expr_at(part, tighter);
        }
    }

    fn negatable(&mut self, negated: bool, word: &str) {
        let bang = if negated { "!" } else { "" };
        self.token(&format!("{bang}{word}"));
    }

    fn within(&mut self, value: &Expr, negated: bool, word: &str, set: &InSet) {
        self.expr_at(value, ADDITIVE);
        self.negatable(negated, word);
        match set {
            InSet::Query(query) => self.subquery(query),
            InSet::Exprs(parts) => {
                self.token("(");
                self.list(parts, Self::expr);
                self.token(")");
            }
        }
    }
}

fn is_source_word(name: &str) -> bool {
    matches!(name, "union" | "print" | "datatable")
}

fn level(kind: &ExprKind) -> Level {
    match kind {
        ExprKind::Or(_) => 0,
        ExprKind::And(_) => AND,
        ExprKind::Not(_) => NOT,
        ExprKind::Compare { .. }
        | ExprKind::Text { .. }
        | ExprKind::In { .. }
        | ExprKind::HasAny { .. }
        | ExprKind::Between { .. } => COMPARISON,
        ExprKind::Arithmetic { op, .. } => match op {
            ArithmeticOp::Add | ArithmeticOp::Sub => ADDITIVE,
            ArithmeticOp::Mul | ArithmeticOp::Div | ArithmeticOp::Mod => MULTIPLICATIVE,
        },
        ExprKind::Neg(_) => UNARY,
        _ => POSTFIX,
    }
}
