//! `schema`: what a table says of its columns, and rows that keep to it.

use std::collections::BTreeSet;

use futures::FutureExt;
use serde_json::Value as Json;
use trawl_host::types::{DataType, Field, Placement, TableDetail};
use trawl_plan::parse_type;

use super::{Check, Findings, shape};
use crate::error::Error;
use crate::report::{Finding, Tally};
use crate::suite::{Base, Suite, Table, Unread};

/// The check.
pub const CHECK: Check = Check {
    name: "schema",
    rule: "Every table has a valid schema, and its rows are as it says: columns of these types, no null where none may be, documents of the shape that is promised, keys that are different.",
    tried: "`table-schema` is read of every table, and each table that a recording or the living remote can answer is read whole by the host, which checks every value.",
    help: "Make the schema say what the rows hold: a column that the remote may leave out is nullable, and a table whose rows name their clusters has a column `cluster`.",
    run,
};

fn run(suite: &Suite) -> Findings<'_> {
    let findings = suite.tables.iter().flat_map(of_table).collect();
    async move { Ok::<Vec<Finding>, Error>(findings) }.boxed_local()
}

fn of_table(table: &Table) -> Vec<Finding> {
    let mut tally = CHECK.tally(&table.name, "facts");
    let needs_arguments = table.info.params.iter().any(|param| param.required);
    match &table.detail {
        // What it looks like may depend on its arguments.
        Err(why) if needs_arguments => tally.left_out(why.clone()),
        Err(why) => tally.tried(Some(format!("it has no schema: {why}"))),
        Ok(detail) => {
            for wrong in of_detail(detail) {
                tally.tried(wrong);
            }
        }
    }
    match &table.base {
        Ok(base) => of_rows(table, base, &mut tally),
        Err(Unread::NotRecorded(what)) => tally.left_out(what.clone()),
        Err(Unread::Broken(why)) => tally.tried(Some(format!(
            "it cannot be read, although the remote answered everything: {why}"
        ))),
    }
    tally.findings()
}

/// The root fields.
fn roots(fields: &[Field]) -> Vec<&Field> {
    let (mut roots, mut at) = (Vec::new(), 0);
    while let Some(field) = fields.get(at) {
        roots.push(field);
        at += size(fields, at);
    }
    roots
}

/// How many fields a field is with its subtree.
fn size(fields: &[Field], at: usize) -> usize {
    let mut open = 1_u64;
    let mut count = 0;
    for field in fields.iter().skip(at) {
        count += 1;
        open = open - 1 + u64::from(field.children);
        if open == 0 {
            break;
        }
    }
    count
}

/// A line for each fact: nothing, or what is wrong with it.
fn of_detail(detail: &TableDetail) -> Vec<Option<String>> {
    let columns = roots(&detail.schema.fields);
    let find = |name: &str| columns.iter().find(|column| column.name == name);
    let mut facts = vec![columns.is_empty().then(|| "it has no column".to_owned())];
    let mut names = BTreeSet::new();
    for column in &columns {
        let name = &column.name;
        facts.push((!names.insert(name)).then(|| format!("two columns are called `{name}`")));
        facts.push(
            (name.is_empty() || name.contains('`') || name.chars().any(char::is_control))
                .then(|| format!("the column {name:?} cannot be written in a query")),
        );
        let shape = column.metadata.iter().find(|(key, _)| key == "shape");
        if let Some((_, shape)) = shape {
            facts.push(
                parse_type(shape)
                    .err()
                    .map(|error| format!("the shape of the column `{name}` is no type: {error}")),
            );
        }
    }
    if detail.placement == Placement::PerRow {
        facts.push(match find("cluster").map(|column| &column.data_type) {
            Some(DataType::Utf8) => None,
            Some(other) => Some(format!(
                "its column `cluster` is of the type {}; expected text",
                // The generated types name their enum, too.
                format!("{other:?}").trim_start_matches("DataType::")
            )),
            None => Some(
                "its rows belong to the clusters that they name, but it has no column `cluster`"
                    .to_owned(),
            ),
        });
    }
    let required = detail.required_filters.iter().flatten();
    for name in detail.primary_key.iter().chain(required) {
        facts.push(
            find(name)
                .is_none()
                .then(|| format!("its key or required filters name `{name}`, which is no column")),
        );
    }
    facts
}

/// What rows show.
fn of_rows(table: &Table, base: &Base, tally: &mut Tally) {
    tally.tried(None);
    if let Some(gap) = base.gaps.first() {
        tally.left_out(format!("rows that the plugin says are missing: {gap}"));
    }
    let Ok(detail) = &table.detail else { return };
    for column in roots(&detail.schema.fields) {
        let name = &column.name;
        let is_null = |row: &Json| row.get(name).is_some_and(Json::is_null);
        let broken = !column.nullable && base.rows.iter().any(is_null);
        tally.tried(
            broken.then(|| {
                format!("`{name}` is null in a row, and the schema says that it never is")
            }),
        );
        let shape = column.metadata.iter().find(|(key, _)| key == "shape");
        let Some(shape) = shape.and_then(|(_, text)| parse_type(text).ok()) else {
            continue;
        };
        let documents = base.rows.iter().filter_map(|row| row.get(&column.name));
        let wrong = documents
            .filter_map(|document| shape::misfit(document, &shape, &column.name))
            .next();
        tally.tried(wrong);
    }
    if !detail.primary_key.is_empty() {
        tally.tried(twice(&detail.primary_key, &base.rows));
    }
}

/// A key that two rows of one cluster have.
fn twice(key: &[String], rows: &[Json]) -> Option<String> {
    let mut seen = BTreeSet::new();
    let place = "cluster".to_owned();
    let names: Vec<&String> = std::iter::once(&place).chain(key).collect();
    for row in rows {
        let values: Vec<&Json> = names
            .iter()
            .map(|name| row.get(name.as_str()).unwrap_or(&Json::Null))
            .collect();
        let text = serde_json::to_string(&values).unwrap_or_default();
        if !seen.insert(text.clone()) {
            return Some(format!(
                "two rows have the key ({}) = {text}, which identifies one",
                names
                    .iter()
                    .map(|it| it.as_str())
                    .collect::<Vec<_>>()
                    .join(", ")
            ));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use trawl_host::types::Schema;

    fn field(name: &str, data_type: DataType, children: u32) -> Field {
        Field {
            name: name.to_owned(),
            data_type,
            nullable: true,
            children,
            description: None,
            metadata: Vec::new(),
        }
    }

    fn detail() -> TableDetail {
        TableDetail {
            schema: Schema {
                fields: vec![
                    field("name", DataType::Utf8, 0),
                    field("labels", DataType::Dictionary, 2),
                    field("key", DataType::Utf8, 0),
                    field("value", DataType::Array, 1),
                    field("item", DataType::Utf8, 0),
                    field("cluster", DataType::Utf8, 0),
                ],
            },
            placement: Placement::PerRow,
            primary_key: vec!["name".to_owned()],
            required_filters: Vec::new(),
            identity: None,
            notes: Vec::new(),
            description: None,
            metadata: Vec::new(),
        }
    }

    #[test]
    fn what_is_wrong_with_a_schema_is_named() {
        assert!(of_detail(&detail()).iter().all(Option::is_none));
        type Change = fn(&mut TableDetail);
        let cases: [(&str, Change); 5] = [
            ("no column `cluster`", |it| drop(it.schema.fields.pop())),
            ("of the type Int64; expected text", |it| {
                it.schema.fields[5].data_type = DataType::Int64;
            }),
            ("two columns are called `name`", |it| {
                it.schema.fields[5].name = "name".into()
            }),
            ("name `none`, which is no column", |it| {
                it.required_filters = vec![vec!["none".into()]]
            }),
            ("the shape of the column `name`", |it| {
                it.schema.fields[0].metadata = vec![("shape".into(), "struct<".into())];
            }),
        ];
        for (expected, change) in cases {
            let mut detail = detail();
            change(&mut detail);
            let facts = of_detail(&detail);
            let wrong: Vec<&String> = facts.iter().flatten().collect();
            assert!(
                wrong.iter().any(|it| it.contains(expected)),
                "{expected}: {wrong:?}"
            );
        }
    }

    #[test]
    fn a_key_that_comes_twice_in_one_cluster_is_none() {
        let key = ["name".to_owned()];
        let rows = [
            json!({"cluster": "a", "name": "x"}),
            json!({"cluster": "b", "name": "x"}),
        ];
        assert_eq!(twice(&key, &rows), None);
        let rows = [rows[0].clone(), rows[1].clone(), rows[0].clone()];
        assert!(twice(&key, &rows).is_some());
    }
}
