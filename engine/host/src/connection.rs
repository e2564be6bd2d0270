//! A loaded plugin, and a connection of it: the calls the rest of trawl makes. Each runs in an
//! instance of its own.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use wasmtime::component::ResourceAny;

use crate::bindings::types::{
    Argument, Description, ScanPlan, ScanRequest, TableDetail, TableInfo,
};
use crate::call::{self, Call};
use crate::contract::Prepared;
use crate::error::{Error, Failure, Identity, defect};
use crate::host::Inner;
use crate::imports::StateCache;
use crate::instance::Instance;
use crate::limits::Limits;
use crate::scan::{self, ScanContext, ScanStream};
use crate::stats::ScanStats;
use crate::{limits, plan, schema};

/// A component that was loaded and checked.
#[derive(Clone)]
pub struct Plugin {
    inner: Arc<Loaded>,
}

struct Loaded {
    host: Arc<Inner>,
    pre: Arc<dyn Prepared>,
    identity: Identity,
    limits: Limits,
    digest: String,
    description: Description,
}

impl Plugin {
    pub(crate) fn new(
        host: Arc<Inner>,
        pre: Arc<dyn Prepared>,
        identity: Identity,
        limits: Limits,
        digest: String,
        description: Description,
    ) -> Self {
        Self {
            inner: Arc::new(Loaded {
                host,
                pre,
                identity,
                limits,
                digest,
                description,
            }),
        }
    }

    /// The name it is installed under.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.inner.identity.plugin
    }

    /// Its version, by its own description.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.inner.identity.version
    }

    /// The SHA-256 of its file, in hexadecimal.
    #[must_use]
    pub fn digest(&self) -> &str {
        &self.inner.digest
    }

    /// What each of its calls may use.
    #[must_use]
    pub fn limits(&self) -> &Limits {
        &self.inner.limits
    }

    /// What it says about itself: configuration schema, endpoints, operations.
    #[must_use]
    pub fn description(&self) -> &Description {
        &self.inner.description
    }

    /// A connection. Nothing is contacted until a call needs it. The connection's cache lives as
    /// long as this value and its clones.
    #[must_use]
    pub fn connect(&self, spec: ConnectionSpec) -> Connection {
        let identity = Identity {
            connection: Some(spec.name),
            ..self.inner.identity.clone()
        };
        Connection {
            plugin: Arc::clone(&self.inner),
            site: Arc::new(Site {
                identity,
                limits: self.inner.limits,
                config: spec.config,
                endpoints: spec.endpoints,
                state: StateCache::default(),
            }),
            is_callers: false,
            context: None,
        }
    }
}

/// How a connection is made.
#[derive(Clone, Default)]
pub struct ConnectionSpec {
    /// Its name in messages: `prod-ap/kube`.
    pub name: String,
    /// The plugin's part of the configuration, as a JSON object.
    pub config: String,
    /// What the plugin may call, by the names it declared.
    pub endpoints: BTreeMap<String, trawl_connect::Endpoint>,
}

/// What belongs to one connection and is shared by all instances of it.
pub(crate) struct Site {
    pub(crate) identity: Identity,
    pub(crate) limits: Limits,
    pub(crate) config: String,
    pub(crate) endpoints: BTreeMap<String, trawl_connect::Endpoint>,
    pub(crate) state: StateCache,
}

impl Site {
    /// For calls that need no connection.
    pub(crate) fn nowhere(identity: Identity, limits: Limits) -> Self {
        Self {
            identity,
            limits,
            config: String::new(),
            endpoints: BTreeMap::new(),
            state: StateCache::default(),
        }
    }
}

/// One connection of one plugin. Clones share its cache.
#[derive(Clone)]
pub struct Connection {
    plugin: Arc<Loaded>,
    site: Arc<Site>,
    is_callers: bool,
    context: Option<ScanContext>,
}

impl Connection {
    /// The connection's name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.site.identity.connection.as_deref().unwrap_or_default()
    }

    /// The same connection for one caller: endpoints that are asked in their caller's name are asked in this one, and what its
    /// instances remember is its own.
    #[must_use]
    pub fn for_caller(&self, caller: &Arc<trawl_connect::Impersonation>) -> Self {
        let endpoints = self.site.endpoints.iter();
        let endpoints = endpoints.map(|(name, it)| (name.clone(), it.for_caller(caller)));
        Self {
            plugin: Arc::clone(&self.plugin),
            site: Arc::new(Site {
                identity: self.site.identity.clone(),
                limits: self.site.limits,
                config: self.site.config.clone(),
                endpoints: endpoints.collect(),
                state: StateCache::default(),
            }),
            is_callers: true,
            context: self.context.clone(),
        }
    }

    /// Whether it is one caller's.
    #[must_use]
    pub fn is_callers(&self) -> bool {
        self.is_callers
    }

    /// The same connection, whose `tables`, `table_schema` and `plan` end at the context's deadline
    /// and count into its statistics. Without one each ends after ten seconds; [`Limits::deadline`] holds anyway.
    #[must_use]
    pub fn within(&self, context: ScanContext) -> Self {
        Self {
            context: Some(context),
            ..self.clone()
        }
    }

    /// The tables that every connection of the plugin has. The remote is not asked.
    ///
    /// # Errors
    /// The plugin's own, or it was stopped.
    pub async fn known_tables(&self) -> Result<Vec<TableInfo>, Error> {
        self.run("list of tables", |instance, session| {
            Box::pin(async move {
                let (tables, _) = table_page(instance, session, None).await?;
                Ok(tables)
            })
        })
        .await
    }

    /// All tables, page by page; those that only the remote knows are among them.
    ///
    /// # Errors
    /// The plugin's own, or it was stopped; also when its pages do not end.
    pub async fn tables(&self) -> Result<Vec<TableInfo>, Error> {
        self.run("list of tables", |instance, session| {
            Box::pin(async move { all_tables(instance, session).await })
        })
        .await
    }

    /// What a table looks like with these arguments.
    ///
    /// # Errors
    /// The plugin's own (`not-found` for a table it does not have), it was stopped, or its schema
    /// cannot be.
    pub async fn table_schema(
        &self,
        path: &[String],
        args: &[Argument],
    ) -> Result<TableDetail, Error> {
        let (path, args) = (path.to_vec(), args.to_vec());
        self.run("table schema", |instance, session| {
            Box::pin(async move {
                let detail = instance
                    .exports
                    .table_schema(&mut instance.store, session, &path, &args)
                    .await;
                let detail = instance.answer(detail)?;
                schema::arrow_schema(&detail.schema).map_err(|error| {
                    defect(format!("the schema of table `{}`: {error}", path.join(".")))
                })?;
                Ok(detail)
            })
        })
        .await
    }

    /// How the plugin would do a request, checked against it.
    ///
    /// # Errors
    /// The plugin's own, it was stopped, or its plan claims what cannot be.
    pub async fn plan(&self, request: &ScanRequest) -> Result<ScanPlan, Error> {
        let request = request.clone();
        self.run("plan", |instance, session| {
            Box::pin(async move {
                let plan = instance
                    .exports
                    .plan(&mut instance.store, session, &request)
                    .await;
                plan::check(&request, instance.answer(plan)?)
            })
        })
        .await
    }

    /// Reads one partition of a plan. It begins at once; dropping the stream cancels it, down to the
    /// remote requests. Rows have the schema of [`crate::output_schema`].
    ///
    /// The plan must come from [`Connection::plan`] with this request.
    #[must_use]
    pub fn scan(
        &self,
        request: &ScanRequest,
        plan: &ScanPlan,
        partition: usize,
        context: ScanContext,
    ) -> ScanStream {
        let schema = plan::output_schema(request, plan.aggregated);
        let token = plan.partitions.get(partition).cloned();
        let limit = request
            .limit
            .filter(|_| plan.limit == crate::types::Pushed::Exact);
        scan::start(self, schema, token, limit, context)
    }

    pub(crate) fn host(&self) -> &Arc<Inner> {
        &self.plugin.host
    }

    pub(crate) fn pre(&self) -> &Arc<dyn Prepared> {
        &self.plugin.pre
    }

    pub(crate) fn site(&self) -> &Arc<Site> {
        &self.site
    }

    async fn run<T, F>(&self, what: &'static str, task: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: for<'a> FnOnce(
                &'a mut Instance,
                ResourceAny,
            ) -> futures::future::BoxFuture<'a, Result<T, Failure>>
            + Send
            + 'static,
    {
        let host = self.host();
        let call = match &self.context {
            Some(context) => Call {
                what,
                deadline: context.deadline,
                stats: Arc::clone(&context.stats),
                memory: context.memory.clone(),
            },
            None => Call {
                what,
                deadline: call::after(limits::CALL),
                stats: Arc::new(ScanStats::default()),
                memory: None,
            },
        };
        let site = Arc::clone(&self.site);
        let in_session: call::Task<T> = Box::new(move |instance| {
            Box::pin(async move {
                let session = instance.open(&site.config).await?;
                task(instance, session).await
            })
        });
        call::run(host, self.pre(), &self.site, call, in_session).await
    }
}

/// One page of the tables, and the cursor of the next.
async fn table_page(
    instance: &mut Instance,
    session: ResourceAny,
    cursor: Option<&str>,
) -> Result<(Vec<TableInfo>, Option<String>), Failure> {
    let page = instance
        .exports
        .tables(&mut instance.store, session, cursor, None)
        .await;
    let page = instance.answer(page)?;
    if page.tables.len() > limits::TABLES {
        return Err(too_many_tables());
    }
    Ok((page.tables, page.next_cursor))
}

fn too_many_tables() -> Failure {
    defect(format!(
        "the plugin lists more than {} tables",
        limits::TABLES
    ))
}

async fn all_tables(
    instance: &mut Instance,
    session: ResourceAny,
) -> Result<Vec<TableInfo>, Failure> {
    let mut tables = Vec::new();
    let mut cursor: Option<String> = None;
    let mut seen = HashSet::new();
    for _ in 0..limits::TABLE_PAGES {
        let (page, next_cursor) = table_page(instance, session, cursor.as_deref()).await?;
        tables.extend(page);
        if tables.len() > limits::TABLES {
            return Err(too_many_tables());
        }
        match next_cursor {
            None => return Ok(tables),
            Some(next) if !seen.insert(next.clone()) => {
                return Err(defect(
                    "the plugin's list of tables runs in a circle: a cursor came twice",
                ));
            }
            Some(next) => cursor = Some(next),
        }
    }
    Err(defect(format!(
        "the plugin's list of tables has more than {} pages",
        limits::TABLE_PAGES
    )))
}
