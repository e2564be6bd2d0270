//! Owns what a column is: its name and type, and where its values come from. Refuses to compute them.

use trawl_sdk::schema::{self, ColumnSpec, Type};

use crate::resource::Text;

/// One column of a table.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Column {
    pub(crate) name: Text,
    pub(crate) of: Type,
    pub(crate) from: Origin,
    pub(crate) description: Text,
    pub(crate) not_null: bool,
    /// Of a JSON column: what is known of its documents.
    pub(crate) shape: Option<Text>,
    /// Whether its paths begin at the row's item and not at the object.
    pub(crate) of_item: bool,
}

/// Where a column's values come from.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Origin {
    /// A path in the object.
    Path(Vec<Text>),
    /// Computed from the JSON texts at these paths.
    Derived(Derived),
    /// The field at the only input, with a value where the API leaves it out.
    Filled(Derived),
}

/// A computed column.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Derived {
    pub(crate) inputs: &'static [&'static [&'static str]],
    pub(crate) compute: fn(&[Option<&str>]) -> Value,
}

// Function pointers have no useful equality; two computed columns with the same inputs are the same to the tests.
impl PartialEq for Derived {
    fn eq(&self, other: &Self) -> bool {
        self.inputs == other.inputs
    }
}

/// A computed value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    Null,
    Bool(bool),
    Int(i64),
    Text(String),
    /// One JSON document.
    Json(String),
    /// Nanoseconds since the epoch.
    TimestampNs(i64),
}

/// A column at a path.
pub(crate) fn path(
    name: &'static str,
    of: Type,
    path: &'static [&'static str],
    description: &'static str,
) -> Column {
    let path = path.iter().map(|&key| Text::Borrowed(key)).collect();
    Column::new(name, of, Origin::Path(path)).described(description)
}

/// A computed column.
pub(crate) fn derived(
    name: &'static str,
    of: Type,
    inputs: &'static [&'static [&'static str]],
    compute: fn(&[Option<&str>]) -> Value,
    description: &'static str,
) -> Column {
    Column::new(name, of, Origin::Derived(Derived { inputs, compute })).described(description)
}

/// A field that the API leaves out when it is `false` or zero. Null would make `ready_replicas < replicas` miss the worst case.
pub(crate) fn filled(
    name: &'static str,
    of: Type,
    field: &'static [&'static [&'static str]],
    compute: fn(&[Option<&str>]) -> Value,
    description: &'static str,
) -> Column {
    let from = Derived {
        inputs: field,
        compute,
    };
    Column::new(name, of, Origin::Filled(from)).described(description)
}

impl Column {
    /// A column without a description.
    pub(crate) fn new(name: impl Into<Text>, of: Type, from: Origin) -> Self {
        Self {
            name: name.into(),
            of,
            from,
            description: Text::default(),
            not_null: false,
            shape: None,
            of_item: false,
        }
    }

    /// Says what it is.
    pub(crate) fn described(mut self, description: impl Into<Text>) -> Self {
        self.description = description.into();
        self
    }

    /// Says that its paths begin at the row's item.
    pub(crate) fn of_item(mut self) -> Self {
        self.of_item = true;
        self
    }

    /// Promises a value in every row.
    pub(crate) fn not_null(mut self) -> Self {
        self.not_null = true;
        self
    }

    /// Says what its documents look like. The files in `shapes/` are made from the API's own description by `tests/shapes.rs`.
    pub(crate) fn shaped(mut self, file: &'static str) -> Self {
        self.shape = Some(Text::Borrowed(file.trim_ascii_end()));
        self
    }

    /// The path in the object, when it is a field of it.
    pub(crate) fn path(&self) -> Option<Vec<&str>> {
        match &self.from {
            _ if self.of_item => None,
            Origin::Path(path) => Some(path.iter().map(AsRef::as_ref).collect()),
            Origin::Filled(derived) => derived.inputs.first().map(|path| path.to_vec()),
            Origin::Derived(_) => None,
        }
    }

    /// The column for the schema.
    pub(crate) fn spec(&self) -> ColumnSpec {
        let mut spec = schema::column(&self.name, self.of.clone(), &self.description);
        if let Some(shape) = &self.shape {
            spec = spec.shape(shape);
        }
        if self.not_null { spec.not_null() } else { spec }
    }
}
