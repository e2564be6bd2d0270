//! Owns what `#[derive(Table)]` says of a struct: the declaration of its table, and how a row's value goes into a column. Refuses
//! reading.

use std::borrow::Cow;

use crate::Error;
use crate::columns::ColumnBuilder;
use crate::records::Field;
use crate::types::{Method, Operation, Param, PathStep, Placement};

/// A row of a table. Implemented by `#[derive(Table)]`.
pub trait Row: 'static {
    /// What the table says of itself.
    const TABLE: Declared;

    /// Appends the field of that index, or what the path selects in it, to a column; null where there is nothing.
    ///
    /// # Errors
    /// When a buffer is full, or a JSON value is none.
    fn append(
        &self,
        field: usize,
        column: &mut ColumnBuilder,
        path: &[PathStep],
    ) -> Result<(), Error>;
}

/// What a table says of itself, as far as it is known when the plugin is compiled.
#[derive(Debug, Clone, Copy)]
pub struct Declared {
    /// Its name; empty for the plugin's default table.
    pub name: &'static str,
    /// Other names.
    pub aliases: &'static [&'static str],
    /// One sentence.
    pub description: &'static str,
    /// Its columns.
    pub fields: &'static [Field],
    /// The columns that identify a row.
    pub key: &'static [&'static str],
    /// A query must filter on one column of each group.
    pub required: &'static [&'static [&'static str]],
    /// Where rows belong.
    pub placement: Placement,
    /// What it calls.
    pub calls: &'static [Call],
    /// The arguments it takes.
    pub arguments: fn() -> Vec<Param>,
}

/// Something that a plugin calls, for the operator to approve.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// The endpoint; empty: the plugin's first one.
    pub endpoint: &'static str,
    /// The method.
    pub method: Method,
    /// The path, `{x}` for one segment and `{x...}` for the rest: `/v2/{name...}/tags/list`.
    pub path: Cow<'static, str>,
    /// The value of `X-Amz-Target`, for AWS.
    pub action: Option<Cow<'static, str>>,
}

impl Call {
    /// A GET at the plugin's first endpoint.
    pub fn get(path: impl Into<Cow<'static, str>>) -> Self {
        Self {
            endpoint: "",
            method: Method::Get,
            path: path.into(),
            action: None,
        }
    }

    /// A POST at the plugin's first endpoint, where an API reads by POST.
    pub fn post(path: impl Into<Cow<'static, str>>) -> Self {
        Self {
            method: Method::Post,
            ..Self::get(path)
        }
    }

    /// With this `X-Amz-Target`.
    #[must_use]
    pub fn action(mut self, action: impl Into<Cow<'static, str>>) -> Self {
        self.action = Some(action.into());
        self
    }

    /// At this endpoint.
    #[must_use]
    pub fn at(mut self, endpoint: &'static str) -> Self {
        self.endpoint = endpoint;
        self
    }

    /// As the contract has it.
    pub fn operation(&self) -> Operation {
        Operation {
            method: self.method,
            path: self.path.clone().into_owned(),
            action: self.action.clone().map(Cow::into_owned),
        }
    }
}
