//! The columns that every table has and no source gives: where a row comes from.

use crate::types::Type;

/// Name of the column that every scope is about.
pub const CLUSTER: &str = "cluster";

/// The virtual columns in order, with their types.
pub fn columns() -> [(&'static str, Type); 5] {
    [
        (CLUSTER, Type::String),
        ("region", Type::String),
        ("environment", Type::String),
        ("account", Type::String),
        ("tags", Type::Map(Box::new(Type::String))),
    ]
}

/// Whether a column of this name is virtual.
pub fn is_virtual(name: &str) -> bool {
    columns()
        .iter()
        .any(|(virtual_name, _)| *virtual_name == name)
}
