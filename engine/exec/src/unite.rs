//! One table out of what several connections say of it: where clusters serve different versions of a kind, its columns are all of
//! theirs, and what one of them lacks is null there.

use std::sync::Arc;

use trawl_plan::Type;

use crate::schema::{SourceColumn, path_fields};

/// A column, or a part of one, that is not the same everywhere.
#[derive(Debug, Clone, PartialEq, serde::Serialize, utoipa::ToSchema)]
pub struct Drift {
    /// `status.health.status`; `[*]` stands for the items of a list.
    pub path: String,
    /// The connections that do not have it.
    pub lacking: Vec<String>,
    /// What it is elsewhere, when that differs: types with the connections that have them.
    pub types: Vec<(String, Vec<String>)>,
}

/// The columns of all connections together, in the order in which they are met, and where they differ.
pub fn unite(said: &[(String, Vec<SourceColumn>)]) -> (Vec<SourceColumn>, Vec<Drift>) {
    let mut columns: Vec<SourceColumn> = Vec::new();
    for (_, theirs) in said {
        for column in theirs {
            match columns
                .iter_mut()
                .find(|known| known.column.name == column.column.name)
            {
                Some(known) => widen(known, column),
                None => columns.push(column.clone()),
            }
        }
    }
    let mut drift = Vec::new();
    for column in &mut columns {
        let name = &column.column.name;
        let seen = said.iter().map(|(connection, theirs)| {
            let theirs = theirs.iter().find(|their| their.column.name == *name);
            (connection.as_str(), theirs.map(known_type))
        });
        let seen: Vec<(&str, Option<&Type>)> = seen.collect();
        column.column.nullable |= seen.iter().any(|(_, ty)| ty.is_none());
        // Sources are held to what they were asked for.
        if let Some(field) = column.fields.first_mut() {
            field.nullable |= column.column.nullable;
        }
        compare(name, &seen, &mut drift);
    }
    (columns, drift)
}

/// What is known of a column's values.
fn known_type(column: &SourceColumn) -> &Type {
    match &column.column.shape {
        Some(shape) => shape,
        None => &column.column.ty,
    }
}

/// Makes a column wide enough for another connection's.
fn widen(known: &mut SourceColumn, other: &SourceColumn) {
    let shape = match (&known.column.shape, &other.column.shape) {
        (Some(a), Some(b)) => Some(Arc::new(either(a, b))),
        _ => None,
    };
    if known.column.ty != other.column.ty {
        known.fields = path_fields(&known.column.name, &Type::Dynamic);
        known.column.ty = Type::Dynamic;
    }
    known.column.shape = shape.filter(|shape| **shape != Type::Dynamic);
    known.column.nullable |= other.column.nullable;
}

/// The type of values that are of one type or the other.
fn either(a: &Type, b: &Type) -> Type {
    match (a, b) {
        (Type::Struct(ours), Type::Struct(theirs)) => {
            let theirs_of = |name: &str| theirs.iter().find(|(other, _)| other == name);
            let both = ours.iter().map(|(name, ty)| {
                let ty = theirs_of(name).map_or_else(|| ty.clone(), |(_, other)| either(ty, other));
                (name.clone(), ty)
            });
            let new = theirs
                .iter()
                .filter(|(name, _)| !ours.iter().any(|(our, _)| our == name));
            Type::Struct(both.chain(new.cloned()).collect())
        }
        (Type::List(a), Type::List(b)) => Type::List(Box::new(either(a, b))),
        (Type::Map(a), Type::Map(b)) => Type::Map(Box::new(either(a, b))),
        _ if a == b => a.clone(),
        _ => Type::Dynamic,
    }
}

/// Tells where a path is not the same on all connections, from the top: below what is lacking nothing more is said of those who
/// lack it.
fn compare(path: &str, seen: &[(&str, Option<&Type>)], drift: &mut Vec<Drift>) {
    let having: Vec<(&str, &Type)> = seen
        .iter()
        .filter_map(|(connection, ty)| Some((*connection, (*ty)?)))
        .collect();
    let lacking: Vec<String> = seen
        .iter()
        .filter(|(_, ty)| ty.is_none())
        .map(|(connection, _)| (*connection).to_owned())
        .collect();
    let mut types: Vec<(String, Vec<String>)> = Vec::new();
    for (connection, ty) in &having {
        let word = word(ty);
        match types.iter_mut().find(|(known, _)| *known == word) {
            Some((_, connections)) => connections.push((*connection).to_owned()),
            None => types.push((word, vec![(*connection).to_owned()])),
        }
    }
    let same = types.len() <= 1;
    if !lacking.is_empty() || !same {
        drift.push(Drift {
            path: path.to_owned(),
            lacking,
            types: if same { Vec::new() } else { types },
        });
    }
    if !same {
        return;
    }
    match having.first() {
        Some((_, Type::Struct(_))) => {
            for name in field_names(&having) {
                let below: Vec<(&str, Option<&Type>)> = having
                    .iter()
                    .map(|(connection, ty)| (*connection, field(ty, name)))
                    .collect();
                compare(&format!("{path}.{name}"), &below, drift);
            }
        }
        Some((_, Type::List(_) | Type::Map(_))) => {
            let below: Vec<(&str, Option<&Type>)> = having
                .iter()
                .map(|(connection, ty)| (*connection, item(ty)))
                .collect();
            compare(&format!("{path}[*]"), &below, drift);
        }
        _ => {}
    }
}

/// A type without what is below it.
fn word(ty: &Type) -> String {
    match ty {
        Type::Struct(_) => "struct".to_owned(),
        Type::List(_) => "list".to_owned(),
        Type::Map(_) => "map".to_owned(),
        other => other.to_string(),
    }
}

fn field_names<'a>(having: &[(&str, &'a Type)]) -> Vec<&'a str> {
    let mut names: Vec<&str> = Vec::new();
    for (_, ty) in having {
        if let Type::Struct(fields) = ty {
            for (name, _) in fields {
                if !names.contains(&name.as_str()) {
                    names.push(name);
                }
            }
        }
    }
    names
}

fn field<'a>(ty: &'a Type, name: &str) -> Option<&'a Type> {
    match ty {
        Type::Struct(fields) => fields.iter().find(|(n, _)| n == name).map(|(_, ty)| ty),
        _ => None,
    }
}

fn item(ty: &Type) -> Option<&Type> {
    match ty {
        Type::List(item) | Type::Map(item) => Some(item),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use trawl_plan::{Column, parse_type};

    /// Columns as `name: type` or, for documents with a shape, `name: dynamic = type`.
    fn columns(texts: &[&str]) -> Vec<SourceColumn> {
        let column = |text: &&str| {
            let (name, rest) = text.split_once(": ").unwrap();
            let (ty, shape) = match rest.split_once(" = ") {
                Some((ty, shape)) => (ty, Some(Arc::new(parse_type(shape).unwrap()))),
                None => (rest, None),
            };
            let ty = parse_type(ty).unwrap();
            SourceColumn {
                fields: path_fields(name, &ty),
                column: Column {
                    name: name.to_owned(),
                    ty,
                    nullable: false,
                    description: None,
                    shape,
                },
            }
        };
        texts.iter().map(column).collect()
    }

    fn united(said: &[(&str, &[&str])]) -> (Vec<String>, Vec<String>) {
        let said: Vec<_> = said
            .iter()
            .map(|(name, texts)| ((*name).to_owned(), columns(texts)))
            .collect();
        let (columns, drift) = unite(&said);
        let columns = columns.iter().map(|it| {
            let (column, null) = (&it.column, if it.column.nullable { "?" } else { "" });
            match &column.shape {
                Some(shape) => format!("{}: {}{null} = {shape}", column.name, column.ty),
                None => format!("{}: {}{null}", column.name, column.ty),
            }
        });
        let drift = drift.iter().map(|it| {
            let types = it.types.iter().map(|(ty, by)| format!("{ty} in {by:?}"));
            let types: Vec<String> = types.collect();
            format!("{} not in {:?}; {}", it.path, it.lacking, types.join(", "))
        });
        (columns.collect(), drift.collect())
    }

    #[test]
    fn equal_tables_stay_what_they_are() {
        let table: &[&str] = &["name: string", "spec: dynamic = struct<a: long>"];
        let (columns, drift) = united(&[("x", table), ("y", table)]);
        assert_eq!(columns, table);
        assert_eq!(drift, [""; 0]);
    }

    #[test]
    fn fields_that_one_lacks_are_added_and_told() {
        let (columns, drift) = united(&[
            (
                "x",
                &["spec: dynamic = struct<a: long, l: list<struct<b: string>>>"],
            ),
            (
                "y",
                &[
                    "spec: dynamic = struct<a: long, l: list<struct<b: string, c: bool>>, n: struct<z: long>>",
                    "extra: string",
                ],
            ),
        ]);
        assert_eq!(
            columns,
            [
                "spec: dynamic = struct<a: long, l: list<struct<b: string, c: bool>>, n: struct<z: long>>",
                "extra: string?"
            ]
        );
        assert_eq!(
            drift,
            [
                r#"spec.l[*].c not in ["x"]; "#,
                r#"spec.n not in ["x"]; "#,
                r#"extra not in ["x"]; "#
            ]
        );
    }

    #[test]
    fn what_differs_in_type_is_dynamic() {
        let (columns, drift) = united(&[
            ("x", &["port: long", "spec: dynamic = struct<a: long>"]),
            ("y", &["port: string", "spec: dynamic = struct<a: string>"]),
            ("z", &["port: string", "spec: dynamic"]),
        ]);
        assert_eq!(columns, ["port: dynamic", "spec: dynamic"]);
        assert_eq!(
            drift,
            [
                r#"port not in []; long in ["x"], string in ["y", "z"]"#,
                r#"spec not in []; struct in ["x", "y"], dynamic in ["z"]"#
            ]
        );
    }
}
