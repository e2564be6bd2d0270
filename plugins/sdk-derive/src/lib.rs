//! Owns `#[derive(Table)]`; refuses a struct whose columns could not be named, described or typed, with an error at the field.

mod attributes;
mod expand;

use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

/// Makes a struct with named fields the row of a table: its schema, and the writing of rows into the columns that are wanted.
///
/// The first paragraph of a doc comment is the description: the struct's for the table, a field's for its column. A field's type
/// is its column's type; what `Option` is around may be null.
///
/// `#[table(…)]` at the struct:
///
/// | | |
/// |---|---|
/// | `name = "tags"` | the table's name; left out, the struct's in snake case: `LogStream` is `log_stream`. `""` is the plugin's default table |
/// | `aliases("tag")` | other names |
/// | `key(repository, tag)` | the columns that identify a row |
/// | `required(repository, from \| until)` | a query must filter on one column of each group |
/// | `placement = connection` | where rows belong: `cluster` (left out), `per_row` (there must be a column `cluster`), `connection` |
/// | `calls("GET /v2/{name...}/tags/list")` | what it calls, for the operator to approve; an action of AWS stands behind the path |
/// | `endpoint = "registry"` | whose operations they are; left out, the plugin's first endpoint |
/// | `arguments = function` | `fn() -> Vec<Param>`: the arguments it takes |
///
/// `#[column(…)]` at a field:
///
/// | | |
/// |---|---|
/// | `name = "type"` | the column's name; left out, the field's |
/// | `shape = "struct<a: string>"` | what is known of a JSON column's documents |
/// | `skip` | the field is no column |
#[proc_macro_derive(Table, attributes(table, column))]
pub fn derive_table(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    expand::table(&input)
        .unwrap_or_else(syn::Error::into_compile_error)
        .into()
}
