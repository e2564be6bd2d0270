//! Tables known by their schemas alone: queries about them can be checked and explained where no source is connected, and not run.
//! Owns the JSON form in which they are declared (see `docs/catalogue.md`).

use serde::Deserialize;
use trawl_host::types;
use trawl_plan::{Column, Type};

use crate::schema::path_fields;

/// A table that is only declared.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeclaredTable {
    /// As a query names it: `cloudwatch.alarms`, `certificates.cert-manager.io`.
    pub name: String,
    /// What it holds.
    pub description: Option<String>,
    /// Its columns; those that say where a row comes from (`cluster`, …) are every table's and not declared.
    pub columns: Vec<DeclaredColumn>,
    /// What stands in parentheses behind its name.
    #[serde(default)]
    pub arguments: Vec<DeclaredArgument>,
}

/// A column of a declared table.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeclaredColumn {
    /// Its name.
    pub name: String,
    /// Its type, as the language writes it: `list<struct<type: string>>`.
    #[serde(rename = "type", deserialize_with = "as_type")]
    pub ty: Type,
    /// Of a dynamic column: what is known of its documents.
    #[serde(default, deserialize_with = "as_shape")]
    pub shape: Option<Type>,
    /// What it holds.
    pub description: Option<String>,
}

/// An argument of a declared table.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeclaredArgument {
    /// Its name.
    pub name: String,
    /// Its type.
    #[serde(rename = "type", deserialize_with = "as_type")]
    pub ty: Type,
    /// Whether it must be given.
    #[serde(default)]
    pub required: bool,
    /// Whether it may be given without its name.
    #[serde(default)]
    pub positional: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Catalogue {
    tables: Vec<DeclaredTable>,
}

fn as_type<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Type, D::Error> {
    let text = String::deserialize(deserializer)?;
    trawl_plan::parse_type(&text)
        .map_err(|error| serde::de::Error::custom(format!("`{text}` is not a type: {error}")))
}

fn as_shape<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Type>, D::Error> {
    as_type(deserializer).map(Some)
}

/// Reads a catalogue: `{"tables": [{"name", "description", "columns": [{"name", "type"}], "arguments": […]}]}`.
///
/// # Errors
/// A message with line and column when it is not one.
pub fn declared_tables(json: &str) -> Result<Vec<DeclaredTable>, String> {
    let catalogue: Catalogue = serde_json::from_str(json).map_err(|error| error.to_string())?;
    for table in &catalogue.tables {
        let taken = |column: &&DeclaredColumn| trawl_plan::virtuals::is_virtual(&column.name);
        if let Some(column) = table.columns.iter().find(taken) {
            return Err(format!(
                "the table `{}` declares a column `{}`, which every table has by itself: leave it out",
                table.name, column.name
            ));
        }
    }
    Ok(catalogue.tables)
}

impl DeclaredTable {
    /// Its columns as the planner sees them.
    pub(crate) fn planned(&self) -> Vec<Column> {
        self.columns
            .iter()
            .map(|column| Column {
                name: column.name.clone(),
                ty: column.ty.clone(),
                nullable: true,
                description: column.description.clone(),
                shape: column.shape.clone().map(std::sync::Arc::new),
            })
            .collect()
    }

    /// It as a plugin would list it, so that arguments are checked in one way.
    pub(crate) fn info(&self) -> types::TableInfo {
        let param = |argument: &DeclaredArgument| types::Param {
            name: argument.name.clone(),
            data_type: path_fields(&argument.name, &argument.ty)
                .into_iter()
                .next()
                .map_or(types::DataType::Json, |field| field.data_type),
            required: argument.required,
            positional: argument.positional,
            description: None,
        };
        types::TableInfo {
            path: vec![self.name.clone()],
            aliases: Vec::new(),
            params: self.arguments.iter().map(param).collect(),
            description: self.description.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_catalogue_is_read_and_its_mistakes_are_named() {
        let tables = declared_tables(
            r#"{"tables": [{"name": "a.b", "columns": [
                {"name": "x", "type": "list<struct<type: string>>"},
                {"name": "spec", "type": "dynamic", "shape": "struct<n: long>"}
            ], "arguments": [{"name": "group", "type": "string", "required": true}]}]}"#,
        )
        .unwrap();
        assert_eq!(
            tables[0].columns[0].ty.to_string(),
            "list<struct<type: string>>"
        );
        assert!(tables[0].info().params[0].required);
        for (json, part) in [
            ("{", "EOF"),
            (r#"{"tables": [{"nam": "a", "columns": []}]}"#, "nam"),
            (
                r#"{"tables": [{"name": "a", "columns": [{"name": "x", "type": "int"}]}]}"#,
                "`int` is not a type",
            ),
            (
                r#"{"tables": [{"name": "a", "columns": [{"name": "cluster", "type": "string"}]}]}"#,
                "leave it out",
            ),
        ] {
            let error = declared_tables(json).unwrap_err();
            assert!(error.contains(part), "{part}: {error}");
        }
    }
}
