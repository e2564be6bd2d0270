//! Owns the traits that a plugin implements and the one it writes rows to; refuses the component model's handles.

use std::rc::Rc;

use crate::Transport;
use crate::types::{
    Argument, Description, Error, Flow, Gap, Payload, ProgressReport, ScanPlan, ScanRequest,
    TableDetail, TablePage,
};

/// A plugin: what it is, and how a connection is opened.
pub trait Source: 'static {
    /// One connection's view, in one instance.
    type Session: Session;

    /// What the plugin is and what it calls. Reads nothing: it must work without a configuration.
    fn describe() -> Description;

    /// Opens a connection. `config` is a JSON document that the host has checked against the description's schema.
    ///
    /// # Errors
    /// `invalid-config` when the document says something that the schema cannot express.
    fn open(config: &str, http: Rc<dyn Transport>) -> Result<Self::Session, Error>;
}

/// One connection's view, in one instance; it never outlives a call of the host.
pub trait Session: 'static {
    /// One page of the catalogue, of tables whose first path element begins with `prefix`. The first page holds the tables that
    /// every connection has and asks the remote nothing; those that only the remote knows are on the pages behind it.
    ///
    /// # Errors
    /// What the remote answers when the catalogue is discovered.
    fn tables(&self, cursor: Option<&str>, prefix: Option<&str>) -> Result<TablePage, Error>;

    /// What a table looks like, given its arguments.
    ///
    /// # Errors
    /// `not-found` when there is no such table.
    fn table_schema(&self, path: &[String], arguments: &[Argument]) -> Result<TableDetail, Error>;

    /// How a request would be done. Must not read rows.
    ///
    /// # Errors
    /// `invalid-query` or `unsupported` when it cannot be done.
    fn plan(&self, request: &ScanRequest) -> Result<ScanPlan, Error>;

    /// Reads one partition. The token may come from another instance's plan.
    ///
    /// # Errors
    /// What the remote answers; rows that were pushed before stay.
    fn scan(&self, token: &str, output: &dyn Output) -> Result<(), Error>;
}

/// Where rows go. The host's sink in a component, a list in tests.
pub trait Output {
    /// Hands over rows; waits while there is no room downstream.
    ///
    /// # Errors
    /// When the payload does not fit the plan's schema or a limit is reached.
    fn push(&self, payload: Payload) -> Result<Flow, Error>;

    /// Says what is missing; it turns up in the completeness of the target.
    fn report(&self, gap: Gap, cluster: Option<&str>, message: &str);

    /// Tells how far the scan is; `stop` means that no more rows are wanted.
    fn progress(&self, report: ProgressReport) -> Flow;
}
