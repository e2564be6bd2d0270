//! Owns what lists of tables have in common: finding one by its path or by a token, and what the catalogue says of one. Refuses
//! tables that only the remote knows.

use super::Table;
use crate::records::Field;
use crate::types::{Argument, TableDetail, TableInfo};
use crate::{Error, plan, schema};

/// The table of a path, by its name or another name of it.
///
/// # Errors
/// `not-found` when there is none, with those there are.
pub fn find<C>(
    tables: &[&'static dyn Table<C>],
    path: &[String],
    plugin: &str,
) -> Result<&'static dyn Table<C>, Error> {
    let name = match path {
        [] => Some(""),
        [name] => Some(name.as_str()),
        _ => None,
    };
    let found = name.and_then(|name| by_name(tables, name));
    found.ok_or_else(|| {
        let names = tables.iter().map(|table| match table.name() {
            "" => "its default table",
            name => name,
        });
        let names: Vec<&str> = names.collect();
        Error::not_found(format!(
            "expected a table of {plugin} ({}), got `{}`",
            names.join(", "),
            path.join(".")
        ))
    })
}

fn by_name<C>(tables: &[&'static dyn Table<C>], name: &str) -> Option<&'static dyn Table<C>> {
    let mut tables = tables.iter().copied();
    tables.find(|table| table.name() == name || table.aliases().contains(&name))
}

/// Whose token it is.
///
/// # Errors
/// `internal` when it is no token of these tables.
pub fn of_token<C>(
    tables: &[&'static dyn Table<C>],
    token: &str,
) -> Result<&'static dyn Table<C>, Error> {
    let name = plan::table_of(token)?;
    by_name(tables, &name).ok_or_else(|| {
        Error::internal(format!(
            "expected the token of a plan of this plugin, got one of the table `{name}`"
        ))
        .with_hint("run the query again")
    })
}

/// The entry in the catalogue.
pub fn info<C>(table: &dyn Table<C>) -> TableInfo {
    let path = match table.name() {
        "" => Vec::new(),
        name => vec![name.to_owned()],
    };
    TableInfo {
        path,
        aliases: owned(table.aliases()),
        params: table.params(),
        description: Some(table.description().to_owned()),
    }
}

/// What a table looks like on a connection.
///
/// # Errors
/// Those of the table, when its arguments make no sense.
pub fn detail<C>(
    table: &dyn Table<C>,
    arguments: &[Argument],
    at: &C,
) -> Result<TableDetail, Error> {
    let fields = table.fields_for(arguments)?.iter();
    let fields = fields.filter(|field| table.has(field, at));
    Ok(TableDetail {
        metadata: Vec::new(),
        schema: schema::schema(fields.map(Field::spec)),
        placement: table.placement(at),
        primary_key: owned(table.primary_key()),
        required_filters: table
            .required_filters(arguments)
            .iter()
            .map(|names| owned(names))
            .collect(),
        identity: None,
        notes: Vec::new(),
        description: Some(table.description().to_owned()),
    })
}

fn owned(names: &[&str]) -> Vec<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}
