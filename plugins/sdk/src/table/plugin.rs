//! Owns the way from a list of tables to a plugin: its description, its catalogue, and the way of a request to its table. Refuses
//! tables that only the remote knows; those need a [`Session`] of their own.

use std::rc::Rc;

use super::list;
use super::{Arguments, Call, Table};
use crate::types::{
    Argument, Description, EndpointDeclaration, Operation, ScanPlan, ScanRequest, TableDetail,
    TablePage,
};
use crate::{Error, Output, Session, Source, Transport, records};

/// A plugin that is a list of tables. Implemented for the state of a connection: what its tables are given.
pub trait Plugin: Sized + 'static {
    /// What it says of itself; what it calls, its tables say.
    fn about() -> About;

    /// Its tables: the default one first, then by name.
    fn tables() -> Vec<&'static dyn Table<Self>>;

    /// Opens a connection; asks the remote nothing. `config` is a JSON document that the host has checked against the schema.
    ///
    /// # Errors
    /// `invalid-config` when the document says something that the schema cannot express.
    fn connect(config: &str, http: Rc<dyn Transport>) -> Result<Self, Error>;
}

/// What a plugin says of itself.
#[derive(Debug, Clone)]
pub struct About {
    name: &'static str,
    version: &'static str,
    description: &'static str,
    config_schema: String,
    cluster_key: Option<&'static str>,
    endpoints: Vec<Endpoint>,
    metadata: Vec<(String, String)>,
}

/// Nothing can be said in the configuration.
const NO_CONFIG: &str = r#"{"type": "object", "additionalProperties": false}"#;

impl About {
    /// A plugin's name (lower-case letters, digits and hyphens), its version (`env!("CARGO_PKG_VERSION")`), and what it reads, from
    /// where, in one sentence for the operator. Its configuration is empty.
    pub fn new(name: &'static str, version: &'static str, description: &'static str) -> Self {
        Self {
            name,
            version,
            description,
            config_schema: NO_CONFIG.to_owned(),
            cluster_key: None,
            endpoints: Vec::new(),
            metadata: Vec::new(),
        }
    }

    /// The JSON Schema of its configuration.
    #[must_use]
    pub fn config_schema(mut self, schema: &str) -> Self {
        schema.clone_into(&mut self.config_schema);
        self
    }

    /// The key of the configuration that only tells the clusters of a connection apart.
    #[must_use]
    pub fn cluster_key(mut self, key: &'static str) -> Self {
        self.cluster_key = Some(key);
        self
    }

    /// Adds an endpoint. The first one is that of calls which name none.
    #[must_use]
    pub fn endpoint(mut self, endpoint: Endpoint) -> Self {
        self.endpoints.push(endpoint);
        self
    }

    /// Adds a fact such as `homepage` or `license`.
    #[must_use]
    pub fn fact(mut self, key: &str, value: &str) -> Self {
        self.metadata.push((key.to_owned(), value.to_owned()));
        self
    }

    /// The description, with what the tables call.
    fn described(self, calls: &[Call]) -> Description {
        let first = self.endpoints.first().map_or("", |endpoint| endpoint.name);
        let endpoints = self.endpoints.iter().map(|endpoint| {
            let mine = calls.iter().chain(&endpoint.calls).filter(|call| {
                let named = if call.endpoint.is_empty() {
                    first
                } else {
                    call.endpoint
                };
                named == endpoint.name
            });
            let mut operations: Vec<Operation> = Vec::new();
            // Several tables may call the same.
            for operation in mine.map(Call::operation) {
                if !operations.contains(&operation) {
                    operations.push(operation);
                }
            }
            endpoint.declaration(operations)
        });
        Description {
            name: self.name.to_owned(),
            version: self.version.to_owned(),
            description: Some(self.description.to_owned()),
            endpoints: endpoints.collect(),
            config_schema: self.config_schema,
            cluster_key: self.cluster_key.map(str::to_owned),
            metadata: self.metadata,
        }
    }
}

/// An endpoint as a plugin declares it.
#[derive(Debug, Clone)]
pub struct Endpoint {
    name: &'static str,
    kind: &'static str,
    description: &'static str,
    sends: Vec<&'static str>,
    receives: Vec<&'static str>,
    calls: Vec<Call>,
}

impl Endpoint {
    /// An HTTP API under the name that requests use; the description says what is there and what the plugin wants of it.
    pub fn http(name: &'static str, description: &'static str) -> Self {
        Self::new(name, "http", description)
    }

    /// A service of AWS, by AWS' own name of it (`monitoring`): the host makes its address and signs.
    pub fn aws(name: &'static str, description: &'static str) -> Self {
        Self::new(name, "aws", description)
    }

    /// An API server of Kubernetes.
    pub fn kubernetes(name: &'static str, description: &'static str) -> Self {
        Self::new(name, "kubernetes", description)
    }

    fn new(name: &'static str, kind: &'static str, description: &'static str) -> Self {
        Self {
            name,
            kind,
            description,
            sends: Vec::new(),
            receives: Vec::new(),
            calls: Vec::new(),
        }
    }

    /// Headers that requests may have, in lower case; others are dropped by the host.
    #[must_use]
    pub fn sends<const N: usize>(mut self, headers: [&'static str; N]) -> Self {
        self.sends.extend(headers);
        self
    }

    /// Headers of answers that the plugin reads, in lower case; `content-type` and `retry-after` need not be named.
    #[must_use]
    pub fn receives<const N: usize>(mut self, headers: [&'static str; N]) -> Self {
        self.receives.extend(headers);
        self
    }

    /// What is called there for no table in particular.
    #[must_use]
    pub fn calls(mut self, calls: impl IntoIterator<Item = Call>) -> Self {
        let name = self.name;
        let at_home = |call: Call| Call {
            endpoint: name,
            ..call
        };
        self.calls.extend(calls.into_iter().map(at_home));
        self
    }

    fn declaration(&self, operations: Vec<Operation>) -> EndpointDeclaration {
        let owned = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
        EndpointDeclaration {
            name: self.name.to_owned(),
            kind: self.kind.to_owned(),
            description: Some(self.description.to_owned()),
            operations,
            request_headers: owned(&self.sends),
            response_headers: owned(&self.receives),
        }
    }
}

impl<P: Plugin> Source for P {
    type Session = Connected<P>;

    fn describe() -> Description {
        let calls = P::tables().into_iter().flat_map(Table::calls);
        P::about().described(&calls.collect::<Vec<_>>())
    }

    fn open(config: &str, http: Rc<dyn Transport>) -> Result<Connected<P>, Error> {
        P::connect(config, http).map(Connected)
    }
}

/// One connection of a [`Plugin`].
#[derive(Debug)]
pub struct Connected<P>(P);

impl<P: Plugin> Connected<P> {
    fn find(path: &[String]) -> Result<&'static dyn Table<P>, Error> {
        list::find(&P::tables(), path, P::about().name)
    }
}

impl<P: Plugin> Session for Connected<P> {
    fn tables(&self, _cursor: Option<&str>, prefix: Option<&str>) -> Result<TablePage, Error> {
        let prefix = prefix.unwrap_or_default();
        let wanted = P::tables()
            .into_iter()
            .filter(|table| table.name().starts_with(prefix));
        Ok(TablePage {
            tables: wanted.map(list::info).collect(),
            next_cursor: None,
        })
    }

    fn table_schema(&self, path: &[String], arguments: &[Argument]) -> Result<TableDetail, Error> {
        let table = Self::find(path)?;
        // Arguments that are required may still be missing: tools ask what a table looks like before anybody calls it.
        Arguments::known(arguments, &table.params())?;
        list::detail(table, arguments, &self.0)
    }

    fn plan(&self, request: &ScanRequest) -> Result<ScanPlan, Error> {
        let table = Self::find(&request.table)?;
        Arguments::check(&request.arguments, &table.params())?;
        let fields = table.fields_for(&request.arguments)?;
        records::check(fields, table.name(), &request.projection)?;
        table.plan(request, &self.0)
    }

    fn scan(&self, token: &str, output: &dyn Output) -> Result<(), Error> {
        list::of_token(&P::tables(), token)?.scan(token, &self.0, output)
    }
}
