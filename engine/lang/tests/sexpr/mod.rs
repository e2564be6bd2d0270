//! The tree as compact s-expressions, without places, for reading in case files.

use trawl_lang::ast::*;

/// A whole text; statements and operators a line each.
pub fn file(file: &File) -> String {
    let mut lines = Vec::new();
    if let Some(edition) = file.syntax {
        lines.push(format!("(syntax {edition})"));
    }
    lines.extend(file.docs.iter().map(|line| format!("(doc {line:?})")));
    for param in &file.params {
        let default = param
            .default
            .as_ref()
            .map(|value| format!(" {}", expr(value)));
        lines.push(format!(
            "(param {} {}{})",
            param.name.name,
            ty(&param.ty),
            default.unwrap_or_default()
        ));
    }
    for binding in &file.lets {
        let value = match &binding.value {
            LetValue::Query(value) => format!("(query {})", query(value, " ")),
            LetValue::Expr(value) => expr(value),
        };
        lines.push(format!("(let {} {value})", binding.name.name));
    }
    lines.extend(file.query.iter().map(|value| query(value, "\n")));
    lines.join("\n")
}

fn query(query: &Query, separator: &str) -> String {
    let mut parts = vec![match &query.source {
        Source::Branch(value) => branch(value),
        Source::Union(branches) => format!("(union {})", all(branches, branch)),
        Source::Print(items) => format!("(print {})", all(items, item)),
        Source::DataTable { columns, cells } => {
            let columns = all(columns, |(name, of)| format!("{}:{}", name.name, ty(of)));
            format!("(datatable ({columns}) {})", all(cells, expr))
        }
    }];
    parts.extend(query.ops.iter().map(op));
    parts.join(separator)
}

fn branch(branch: &Branch) -> String {
    match branch {
        Branch::Query(inner) => format!("(query {})", query(inner, " ")),
        Branch::Table(table) => {
            let path: Vec<&str> = table.path.iter().map(|part| part.name.as_str()).collect();
            match &table.args {
                None => format!("(table {})", path.join(".")),
                Some(args) => format!("(table {} ({}))", path.join("."), all(args, arg)),
            }
        }
    }
}

fn op(op: &Op) -> String {
    match &op.kind {
        OpKind::Where(value) => format!("(where {})", expr(value)),
        OpKind::Extend(items) => format!("(extend {})", all(items, item)),
        OpKind::Project(items) => format!("(project {})", all(items, item)),
        OpKind::ProjectAway(names) => format!("(project-away {})", all(names, name)),
        OpKind::ProjectRename(pairs) => {
            format!(
                "(project-rename {})",
                all(pairs, |(new, old)| format!("({} {})", new.name, old.name))
            )
        }
        OpKind::Summarize { items, by } => {
            format!("(summarize ({}) by ({}))", all(items, item), all(by, item))
        }
        OpKind::MakeSeries {
            series,
            on,
            from,
            to,
            step,
            by,
        } => {
            let series = all(series, |serie| {
                let default = serie
                    .default
                    .as_ref()
                    .map(|value| format!(" default {}", expr(value)));
                format!("({}{})", item(&serie.item), default.unwrap_or_default())
            });
            let clauses = [on, from, to, step].map(expr).join(" ");
            format!("(make-series {series} {clauses} by ({}))", all(by, item))
        }
        OpKind::Sort(keys) => format!("(sort {})", all(keys, key)),
        OpKind::Take(count) => format!("(take {})", expr(count)),
        OpKind::Top { count, by } => format!("(top {} {})", expr(count), all(by, key)),
        OpKind::Distinct(items) if items.is_empty() => "(distinct *)".to_owned(),
        OpKind::Distinct(items) => format!("(distinct {})", all(items, item)),
        OpKind::Count => "(count)".to_owned(),
        OpKind::GetSchema => "(getschema)".to_owned(),
        OpKind::Join { kind, tail: right } => format!("(join{} {})", kind_of(kind), tail(right)),
        OpKind::Lookup(right) => format!("(lookup {})", tail(right)),
        OpKind::Union(branches) => format!("(union {})", all(branches, branch)),
        OpKind::MvExpand { kind, item: value } => {
            format!("(mv-expand{} {})", kind_of(kind), item(value))
        }
        OpKind::Parse {
            expr: value,
            pattern,
        } => {
            let pattern = all(pattern, |part| match part {
                Pattern::Any(_) => "*".to_owned(),
                Pattern::Text(text, _) => format!("{text:?}"),
                Pattern::Column(column, None) => column.name.clone(),
                Pattern::Column(column, Some(of)) => format!("{}:{}", column.name, ty(of)),
            });
            format!("(parse {} {pattern})", expr(value))
        }
        OpKind::Render { how, with } => format!("(render {} ({}))", how.name, all(with, item)),
    }
}

fn kind_of(kind: &Option<Ident>) -> String {
    kind.as_ref()
        .map(|kind| format!(" kind={}", kind.name))
        .unwrap_or_default()
}

fn tail(tail: &Tail) -> String {
    let alias = tail
        .alias
        .as_ref()
        .map(|alias| format!(" as {}", alias.name));
    format!(
        "{}{} on ({})",
        branch(&tail.right),
        alias.unwrap_or_default(),
        all(&tail.on, expr)
    )
}

fn key(key: &Key) -> String {
    match key.direction {
        None => expr(&key.expr),
        Some(Direction::Asc) => format!("(asc {})", expr(&key.expr)),
        Some(Direction::Desc) => format!("(desc {})", expr(&key.expr)),
    }
}

fn item(item: &Item) -> String {
    match &item.name {
        Some(name) => format!("({} = {})", name.name, expr(&item.expr)),
        None => expr(&item.expr),
    }
}

fn arg(arg: &Arg) -> String {
    match arg {
        Arg::Star(_) => "*".to_owned(),
        Arg::Item(value) => item(value),
    }
}

fn ty(of: &TypeName) -> String {
    match of {
        TypeName::Named(name) => name.name.clone(),
        TypeName::List(inner, _) => format!("list<{}>", ty(inner)),
    }
}

fn name(name: &Ident) -> String {
    name.name.clone()
}

fn expr(value: &Expr) -> String {
    match &value.kind {
        ExprKind::Literal(value) => literal(value),
        ExprKind::Var(name) => format!("@{name}"),
        ExprKind::Side(Side::Left) => "$left".to_owned(),
        ExprKind::Side(Side::Right) => "$right".to_owned(),
        ExprKind::Name(name) if trawl_lang::words::is_plain_name(name) => name.clone(),
        ExprKind::Name(name) => format!("`{name}`"),
        ExprKind::Call { name, args } => {
            format!("({} {})", name.name, all(args, arg)).replace(" )", ")")
        }
        ExprKind::Field { base, name } => format!("{}.{}", expr(base), name.name),
        ExprKind::Index { base, index } => format!("{}[{}]", expr(base), expr(index)),
        ExprKind::Every(base) => format!("{}[*]", expr(base)),
        ExprKind::Neg(inner) => format!("(- {})", expr(inner)),
        ExprKind::Not(inner) => format!("(not {})", expr(inner)),
        ExprKind::Arithmetic { op, left, right } => {
            let sign = match op {
                ArithmeticOp::Add => "+",
                ArithmeticOp::Sub => "-",
                ArithmeticOp::Mul => "*",
                ArithmeticOp::Div => "/",
                ArithmeticOp::Mod => "%",
            };
            format!("({sign} {} {})", expr(left), expr(right))
        }
        ExprKind::Compare { op, left, right } => {
            let sign = match op {
                CompareOp::Eq => "==",
                CompareOp::Ne => "!=",
                CompareOp::Lt => "<",
                CompareOp::Le => "<=",
                CompareOp::Gt => ">",
                CompareOp::Ge => ">=",
            };
            format!("({sign} {} {})", expr(left), expr(right))
        }
        ExprKind::Text {
            op,
            case_sensitive,
            negated,
            left,
            right,
        } => {
            let word = match op {
                TextOp::Has => "has",
                TextOp::Contains => "contains",
                TextOp::StartsWith => "startswith",
                TextOp::EndsWith => "endswith",
                TextOp::MatchesRegex => "matches-regex",
            };
            let case = if *case_sensitive && *op != TextOp::MatchesRegex {
                "_cs"
            } else {
                ""
            };
            format!(
                "({}{word}{case} {} {})",
                bang(*negated),
                expr(left),
                expr(right)
            )
        }
        ExprKind::In {
            negated,
            value,
            set: of,
        } => format!("({}in {} {})", bang(*negated), expr(value), set(of)),
        ExprKind::HasAny {
            negated,
            value,
            set: of,
        } => {
            format!("({}has_any {} {})", bang(*negated), expr(value), set(of))
        }
        ExprKind::Between {
            negated,
            value,
            low,
            high,
        } => {
            format!(
                "({}between {} {} {})",
                bang(*negated),
                expr(value),
                expr(low),
                expr(high)
            )
        }
        ExprKind::And(parts) => format!("(and {})", all(parts, expr)),
        ExprKind::Or(parts) => format!("(or {})", all(parts, expr)),
        ExprKind::List(parts) => format!("[{}]", all(parts, expr)),
    }
}

fn set(set: &InSet) -> String {
    match set {
        InSet::Exprs(values) => format!("({})", all(values, expr)),
        InSet::Query(inner) => format!("(query {})", query(inner, " ")),
    }
}

fn bang(negated: bool) -> &'static str {
    if negated { "!" } else { "" }
}

fn literal(literal: &Literal) -> String {
    match literal {
        Literal::Null => "null".to_owned(),
        Literal::Bool(value) => value.to_string(),
        Literal::Int(value) => value.to_string(),
        Literal::Real(value) => format!("{value:?}"),
        Literal::Duration(nanoseconds) => format!("{nanoseconds}ns"),
        Literal::Size(bytes) => format!("{bytes}B"),
        Literal::String(text) => format!("{text:?}"),
        Literal::Datetime(nanoseconds) => format!("@{nanoseconds}ns"),
    }
}

fn all<T>(parts: &[T], one: impl Fn(&T) -> String) -> String {
    parts.iter().map(one).collect::<Vec<_>>().join(" ")
}
