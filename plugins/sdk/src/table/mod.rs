//! Owns plugins as lists of tables: what a table says of itself, and how plans and partitions find back to it. Refuses to know how
//! rows are read.
//!
//! There are two ways to write a table, and a plugin may mix them:
//!
//! - a struct with `#[derive(Table)]` and [`Read`]: the struct is the row, its doc comments are the descriptions, the SDK makes the
//!   plan and the batches. The documentation of the [crate] begins with one.
//! - the trait [`Table`] itself, for tables whose plans have several forms or whose rows come as columns already.
//!
//! [`Plugin`] puts the tables together; whoever needs more than it implements [`Source`](crate::Source) and
//! [`Session`](crate::Session) and uses [`find`], [`info`] and [`detail`] for those of its tables that are a [`Table`].

mod arguments;
mod list;
mod plugin;
mod read;
mod row;
mod value;

pub use arguments::Arguments;
pub use list::{detail, find, info, of_token};
pub use plugin::{About, Connected, Endpoint, Plugin};
pub use read::{Ask, Planned, Read, Rows};
pub use row::{Call, Declared, Row};
/// Makes a struct the [`Row`] of a table.
pub use trawl_sdk_derive::Table;
pub use value::Value;

use crate::records::Field;
use crate::types::{Argument, Param, Placement, ScanPlan, ScanRequest};
use crate::{Error, Output};

/// A table of a connection `C`.
pub trait Table<C> {
    /// Its name, which is its path; empty for the plugin's default table.
    fn name(&self) -> &'static str;

    /// Other names of it.
    fn aliases(&self) -> &'static [&'static str] {
        &[]
    }

    /// What is in it, one sentence.
    fn description(&self) -> &'static str;

    /// The arguments it takes.
    fn params(&self) -> Vec<Param> {
        Vec::new()
    }

    /// All columns that it can have.
    fn fields(&self) -> &'static [Field];

    /// Its columns, given its arguments: for tables whose embedded text says what comes out of it.
    ///
    /// # Errors
    /// `invalid-query` when the arguments make no sense.
    fn fields_for(&self, _arguments: &[Argument]) -> Result<&'static [Field], Error> {
        Ok(self.fields())
    }

    /// Whether a connection's table has the column.
    fn has(&self, _field: &Field, _at: &C) -> bool {
        true
    }

    /// The columns that identify a row within its placement.
    fn primary_key(&self) -> &'static [&'static str] {
        &[]
    }

    /// Where its rows belong.
    fn placement(&self, _at: &C) -> Placement {
        Placement::Cluster
    }

    /// Columns of each inner list of which a query must filter on one, given these arguments.
    fn required_filters(&self, _arguments: &[Argument]) -> Vec<Vec<&'static str>> {
        Vec::new()
    }

    /// What it calls, for the operator to approve.
    fn calls(&self) -> Vec<Call> {
        Vec::new()
    }

    /// How a request is done; must not read rows. The tokens are made by [`plan::table_token`](crate::plan::table_token) with the
    /// table's name. Arguments and the projection are checked when it is called.
    ///
    /// # Errors
    /// `invalid-query` or `unsupported` when it cannot be done.
    fn plan(&self, request: &ScanRequest, at: &C) -> Result<ScanPlan, Error>;

    /// Reads one partition.
    ///
    /// # Errors
    /// What the remote answers; rows that were pushed before stay.
    fn scan(&self, token: &str, at: &C, output: &dyn Output) -> Result<(), Error>;
}
