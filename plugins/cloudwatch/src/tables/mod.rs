//! Owns the tables that are listings of the account; refuses what they have in common, which is `table`'s.

pub(crate) mod alarm_history;
pub(crate) mod alarms;
pub(crate) mod log_groups;
pub(crate) mod log_streams;
pub(crate) mod metric_list;

use trawl_sdk::schema::Type;

/// Types of columns, as functions: they are trees.
pub(crate) mod types {
    use super::Type;

    pub(crate) fn text() -> Type {
        Type::Utf8
    }

    pub(crate) fn texts() -> Type {
        Type::list(Type::Utf8)
    }

    pub(crate) fn map() -> Type {
        Type::map(Type::Utf8)
    }

    pub(crate) fn time() -> Type {
        Type::Timestamp
    }

    pub(crate) fn span() -> Type {
        Type::Duration
    }

    pub(crate) fn real() -> Type {
        Type::Float64
    }

    pub(crate) fn long() -> Type {
        Type::Int64
    }

    pub(crate) fn boolean() -> Type {
        Type::Bool
    }

    pub(crate) fn json() -> Type {
        Type::Json
    }
}
