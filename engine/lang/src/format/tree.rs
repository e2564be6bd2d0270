//! The tree that the formatted text has: places erased, defaults written. Owns what two trees must share for their texts
//! to mean the same; tests and fuzz targets compare with it.

use crate::ast::{
    Arg, Branch, Direction, Expr, ExprKind, File, Ident, InSet, Item, Key, Let, LetValue, OpKind,
    Param, Pattern, Query, Serie, Source, TableRef, Tail, TypeName,
};
use crate::span::Span;
use crate::words::JOIN_KINDS;

/// `file` without places, with `kind=` on each join and a direction on each key. Two texts mean the same exactly when
/// their explicit trees are equal.
pub fn explicit(file: &File) -> File {
    let mut file = file.clone();
    for Param {
        name,
        ty,
        default,
        span,
    } in &mut file.params
    {
        erase(span);
        ident(name);
        type_name(ty);
        default.iter_mut().for_each(expr);
    }
    for Let { name, value, span } in &mut file.lets {
        erase(span);
        ident(name);
        match value {
            LetValue::Query(value) => query(value),
            LetValue::Expr(value) => expr(value),
        }
    }
    file.query.iter_mut().for_each(query);
    file
}

fn erase(span: &mut Span) {
    *span = Span::default();
}

fn ident(name: &mut Ident) {
    erase(&mut name.span);
}

fn type_name(mut ty: &mut TypeName) {
    loop {
        match ty {
            TypeName::Named(name) => return ident(name),
            TypeName::List(inner, span) => {
                erase(span);
                ty = inner;
            }
        }
    }
}

fn query(query: &mut Query) {
    erase(&mut query.span);
    match &mut query.source {
        Source::Branch(one) => branch(one),
        Source::Union(branches) => branches.iter_mut().for_each(branch),
        Source::Print(items) => items.iter_mut().for_each(item),
        Source::DataTable { columns, cells } => {
            for (name, ty) in columns {
                ident(name);
                type_name(ty);
            }
            cells.iter_mut().for_each(expr);
        }
    }
    for op in &mut query.ops {
        erase(&mut op.name);
        erase(&mut op.span);
        op_kind(&mut op.kind);
    }
}

fn branch(branch: &mut Branch) {
    match branch {
        Branch::Query(inner) => query(inner),
        Branch::Table(TableRef { path, args, span }) => {
            erase(span);
            path.iter_mut().for_each(ident);
            args.iter_mut().flatten().for_each(arg);
        }
    }
}

fn op_kind(kind: &mut OpKind) {
    match kind {
        OpKind::Where(value) | OpKind::Take(value) => expr(value),
        OpKind::Extend(items) | OpKind::Project(items) | OpKind::Distinct(items) => {
            items.iter_mut().for_each(item);
        }
        OpKind::ProjectAway(names) => names.iter_mut().for_each(ident),
        OpKind::ProjectRename(pairs) => {
            for (new, old) in pairs {
                ident(new);
                ident(old);
            }
        }
        OpKind::Summarize { items, by } => items.iter_mut().chain(by).for_each(item),
        OpKind::MakeSeries {
            series,
            on,
            from,
            to,
            step,
            by,
        } => {
            for Serie {
                item: value,
                default,
            } in series
            {
                item(value);
                default.iter_mut().for_each(expr);
            }
            [on, from, to, step].into_iter().for_each(expr);
            by.iter_mut().for_each(item);
        }
        OpKind::Sort(keys) => keys.iter_mut().for_each(key),
        OpKind::Top { count, by } => {
            expr(count);
            by.iter_mut().for_each(key);
        }
        OpKind::Count | OpKind::GetSchema => {}
        OpKind::Join { kind, tail: right } => {
            let inner = || Ident {
                name: JOIN_KINDS.first().copied().unwrap_or_default().to_owned(),
                span: Span::default(),
            };
            ident(kind.get_or_insert_with(inner));
            tail(right);
        }
        OpKind::Lookup(right) => tail(right),
        OpKind::Union(branches) => branches.iter_mut().for_each(branch),
        OpKind::MvExpand { kind, item: value } => {
            kind.iter_mut().for_each(ident);
            item(value);
        }
        OpKind::Parse {
            expr: value,
            pattern,
        } => {
            expr(value);
            pattern.iter_mut().for_each(part);
        }
        OpKind::Render { how, with } => {
            ident(how);
            with.iter_mut().for_each(item);
        }
    }
}

fn part(part: &mut Pattern) {
    match part {
        Pattern::Any(span) | Pattern::Text(_, span) => erase(span),
        Pattern::Column(name, ty) => {
            ident(name);
            ty.iter_mut().for_each(type_name);
        }
    }
}

fn tail(tail: &mut Tail) {
    branch(&mut tail.right);
    tail.alias.iter_mut().for_each(ident);
    tail.on.iter_mut().for_each(expr);
}

fn key(key: &mut Key) {
    expr(&mut key.expr);
    key.direction.get_or_insert(Direction::Desc);
}

fn item(item: &mut Item) {
    item.name.iter_mut().for_each(ident);
    expr(&mut item.expr);
}

fn arg(arg: &mut Arg) {
    match arg {
        Arg::Star(span) => erase(span),
        Arg::Item(value) => item(value),
    }
}

fn expr(expr: &mut Expr) {
    // A list instead of recursion: chains lean to the left, hundreds deep.
    let mut open = vec![expr];
    while let Some(Expr { kind, span }) = open.pop() {
        erase(span);
        match kind {
            ExprKind::Literal(_) | ExprKind::Var(_) | ExprKind::Side(_) | ExprKind::Name(_) => {}
            ExprKind::Call { name, args } => {
                ident(name);
                args.iter_mut().for_each(arg);
            }
            ExprKind::Field { base, name } => {
                ident(name);
                open.push(base);
            }
            ExprKind::Index { base, index } => open.extend([&mut **base, &mut **index]),
            ExprKind::Every(inner) | ExprKind::Neg(inner) | ExprKind::Not(inner) => {
                open.push(inner);
            }
            ExprKind::Arithmetic { left, right, .. }
            | ExprKind::Compare { left, right, .. }
            | ExprKind::Text { left, right, .. } => open.extend([&mut **left, &mut **right]),
            ExprKind::In { value, set, .. } | ExprKind::HasAny { value, set, .. } => {
                open.push(value);
                match set {
                    InSet::Exprs(values) => open.extend(values),
                    InSet::Query(inner) => query(inner),
                }
            }
            ExprKind::Between {
                value, low, high, ..
            } => open.extend([&mut **value, &mut **low, &mut **high]),
            ExprKind::And(parts) | ExprKind::Or(parts) | ExprKind::List(parts) => {
                open.extend(parts);
            }
        }
    }
}
