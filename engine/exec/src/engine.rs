//! The engine: inventory and plugins, and the way of a query through parser, planner and scans.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use datafusion::execution::runtime_env::RuntimeEnv;
use datafusion::physical_plan::{SendableRecordBatchStream, execute_stream};
use tracing::Instrument;
use trawl_connect::Circuits;
use trawl_fleet::Inventory;
use trawl_host::{Compiler, Host, HostOptions, Plugin, QueryMemory};
use trawl_lang::Diagnostic;
use trawl_lang::ast::File;
use trawl_plan::{Planned, Value};

use crate::answer::{Answer, AnswerColumn, Head};
use crate::cache::ScanCache;
use crate::catalog::{self, QueryCatalog};
use crate::context::{Purpose, Pushdown, QueryContext};
use crate::declared::DeclaredTable;
use crate::error::Error;
use crate::explain::{self, Explanation};
use crate::fleet::View;
use crate::installed::InstalledPlugin;
use crate::limits;
use crate::loaded::Loaded;
use crate::memory::EngineMemory;
use crate::prepare::prepare;
use crate::request::QueryRequest;
use crate::scope::Scope;
use crate::scoped::Parts;
use crate::serving;
use crate::session::session_of;
use crate::sides::Sides;
use crate::sources::{Slot, Sources, Tools};
use crate::verify;

/// What an engine is made from.
#[derive(Debug)]
pub struct EngineOptions {
    /// Clusters and connections.
    pub inventory: Inventory,
    /// What can be queried: usually [`bundled_plugins`](crate::bundled_plugins).
    pub plugins: Vec<InstalledPlugin>,
    /// Tables known by their schemas alone, for what no plugin gives.
    pub declared: Vec<DeclaredTable>,
    /// Where compiled plugins and answers that never change are kept; none: nowhere.
    pub cache_dir: Option<PathBuf>,
}

/// The engine. Cheap to share behind an `Arc`; it holds no state of a query. Its futures want threads with
/// [`limits::STACK_BYTES`] of stack: plans are walked recursively.
#[derive(Debug)]
pub struct Engine {
    /// What queries that begin now see.
    state: RwLock<Arc<State>>,
    /// Held by whoever replaces it.
    pub(crate) replacing: tokio::sync::Mutex<()>,
    declared: Vec<DeclaredTable>,
    /// What was read a moment ago.
    cache: Arc<ScanCache>,
    /// Bytes that the plugins of one query have together.
    plugin_memory: usize,
    /// What all queries have together.
    pub(crate) memory: EngineMemory,
    /// What callers see who do not see everything.
    pub(crate) parts: Parts,
}

/// What a query sees from its beginning to its end.
#[derive(Debug)]
pub(crate) struct State {
    /// Clusters and connections.
    pub(crate) inventory: Arc<Inventory>,
    /// The plugins with the connections of that inventory.
    pub(crate) sources: Sources,
    /// What of all there is these are.
    pub(crate) scope: Arc<Scope>,
    /// Names it among those of this process: what was read under another one is not read again under this one.
    pub(crate) generation: u64,
}

impl State {
    /// All there is.
    pub(crate) fn whole(inventory: Arc<Inventory>, sources: Sources) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Self {
            generation: NEXT.fetch_add(1, Ordering::Relaxed),
            inventory,
            sources,
            scope: Arc::default(),
        }
    }
}

impl Engine {
    /// An engine over an inventory. Nothing is loaded or contacted yet.
    ///
    /// # Errors
    /// When the sandbox cannot be set up.
    pub fn new(options: EngineOptions) -> Result<Self, Error> {
        Self::with_compiler(options, None)
    }

    /// The same, with strangers' components compiled by another process, within its bounds. Without one they are compiled in this
    /// process, as tests do it, which a server must not: a component can be made to keep a compiler busy for hours.
    ///
    /// # Errors
    /// As [`Engine::new`].
    pub fn with_compiler(
        options: EngineOptions,
        compiler: Option<Compiler>,
    ) -> Result<Self, Error> {
        let host_options = HostOptions {
            cache_folder: options.cache_dir.clone(),
            compiler,
            ..HostOptions::default()
        };
        let host = Host::new(host_options).map_err(|error| Error::Internal(error.to_string()))?;
        let inventory = Arc::new(options.inventory);
        let tools = Tools::new(host, options.cache_dir.as_deref());
        let sources = Sources::new(tools, Arc::clone(&inventory), options.plugins);
        Ok(Self {
            state: RwLock::new(Arc::new(State::whole(inventory, sources))),
            replacing: tokio::sync::Mutex::new(()),
            declared: options.declared,
            plugin_memory: limits::PLUGIN_MEMORY_BYTES,
            memory: EngineMemory::default(),
            cache: Arc::new(ScanCache::new(limits::CACHE_BYTES)),
            parts: Parts::default(),
        })
    }

    /// The same, whose queries' plugins have so many bytes of memory together. Each has its own limit besides.
    #[must_use]
    pub fn with_plugin_memory(self, plugin_memory: usize) -> Self {
        Self {
            plugin_memory,
            ..self
        }
    }

    /// The same, all of whose queries have so many bytes of memory together: a half for their relational parts, which spill or end beyond
    /// it, a half for their plugins, which wait for each other. Without it each query has its own limits alone.
    #[must_use]
    pub fn with_memory(self, bytes: usize) -> Self {
        Self {
            memory: EngineMemory::of(bytes),
            ..self
        }
    }

    /// What the plugins of one more query, or of one more question about tables, have.
    pub(crate) fn memory_of_plugins(&self) -> QueryMemory {
        self.memory.plugins(self.plugin_memory)
    }

    /// The same, which does not try a remote again for a moment that could not be reached several times in a row, and says so: for who
    /// answers many queries. One query alone tries each of its remotes.
    #[must_use]
    pub fn with_circuits(mut self) -> Self {
        let state = self.state.get_mut().unwrap_or_else(PoisonError::into_inner);
        // Nobody has asked it anything yet.
        if let Some(state) = Arc::get_mut(state) {
            state.sources.tools.endpoints.circuits = Some(Circuits::default());
        }
        self
    }

    /// An engine over the one plugin that `host` has loaded, for who tries a component in many worlds: the code is shared, connections
    /// and what they remember are this engine's own. The plugin may do what it declares, unless the inventory grants something else.
    ///
    /// # Errors
    /// [`Error::Config`] when a connection is configured wrongly, or the plugin cannot be worked with.
    pub fn over(host: Host, plugin: Plugin, inventory: Inventory) -> Result<Self, Error> {
        // Its component is loaded, and never read again.
        let installed = InstalledPlugin::bundled(plugin.name(), Vec::new());
        let inventory = Arc::new(inventory);
        let tools = Tools::new(host, None);
        let loaded = Arc::new(Loaded::of(plugin)?);
        let source = serving::connected(&tools, &inventory, &installed, loaded, None)?;
        let sources = Sources {
            tools,
            inventory: Arc::clone(&inventory),
            slots: vec![Slot::ready(installed, source)],
            within: None,
        };
        Ok(Self {
            state: RwLock::new(Arc::new(State::whole(inventory, sources))),
            replacing: tokio::sync::Mutex::new(()),
            declared: Vec::new(),
            plugin_memory: limits::PLUGIN_MEMORY_BYTES,
            memory: EngineMemory::default(),
            cache: Arc::new(ScanCache::new(limits::CACHE_BYTES)),
            parts: Parts::default(),
        })
    }

    /// The names of the installed plugins.
    pub fn plugins(&self) -> Vec<String> {
        self.state().sources.names().map(str::to_owned).collect()
    }

    /// The inventory as queries that begin now see it.
    pub fn inventory(&self) -> Arc<Inventory> {
        Arc::clone(&self.state().inventory)
    }

    /// What a query that begins now sees, to its end.
    pub(crate) fn state(&self) -> Arc<State> {
        let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(&state)
    }

    /// Takes over another state for queries that begin later.
    pub(crate) fn swap(&self, state: State) {
        *self.state.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(state);
    }

    /// Runs a query. Rows come as they are read; see [`Answer`].
    ///
    /// # Errors
    /// [`Error::Query`] when the text is wrong, [`Error::Config`] for an unknown cluster; nothing was contacted then.
    pub async fn query(&self, request: QueryRequest) -> Result<Answer, Error> {
        let span = tracing::info_span!("query", id = %request.id);
        self.answer(request).instrument(span).await
    }

    async fn answer(&self, request: QueryRequest) -> Result<Answer, Error> {
        if request.verify_pushdown {
            return verify::both_ways(self, &request).await;
        }
        let now_ns = request.now_ns.unwrap_or_else(now_ns);
        let state = self.state_within(&request.scope);
        self.run(&state, &request, now_ns, request.pushdown).await
    }

    /// Runs a query at a moment, with its sources offered all or nothing.
    pub(crate) async fn run(
        &self,
        state: &State,
        request: &QueryRequest,
        now_ns: i64,
        pushdown: Pushdown,
    ) -> Result<Answer, Error> {
        let begun = self.begin(state, request, now_ns, pushdown);
        let begun = tokio::select! {
            biased;
            () = request.monitor.cancelled() => return Err(Error::Cancelled),
            begun = begun => begun?,
        };
        let Begun {
            rows,
            runtime,
            head,
            context,
            left_open,
        } = begun;
        let answer = Answer::new(rows, runtime, head, context, request).await?;
        Ok(answer.leaving_open(left_open))
    }

    /// Plans a query and begins to execute the plan.
    async fn begin(
        &self,
        state: &State,
        request: &QueryRequest,
        now_ns: i64,
        pushdown: Pushdown,
    ) -> Result<Begun, Error> {
        let read = self.read(request, now_ns)?;
        let bound = self
            .bind(state, read, request, now_ns, Purpose::Run, pushdown)
            .await?;
        let session = session_of(&self.memory)?;
        let (plan, _) = prepare(session.optimize(&bound.planned.plan)?).await?;
        let physical = session
            .query_planner()
            .create_physical_plan(&plan, &session)
            .await?;
        let rows = execute_stream(physical, session.task_ctx())?;
        let left_open = verify::left_open(&bound.planned.plan);
        let head = Head {
            columns: bound.planned.columns,
            render: bound.planned.render,
            diagnostics: bound.warnings,
            sides: Sides::of(&bound.planned.unmatched, request.require)?,
        };
        Ok(Begun {
            rows,
            runtime: Arc::clone(session.runtime_env()),
            head,
            context: bound.context,
            left_open,
        })
    }

    /// Says what a query would do: what each source would be asked and what would run here. Nothing is read; a plugin whose
    /// planning asks its remote and gets no answer is shown as such.
    ///
    /// # Errors
    /// As [`Engine::query`].
    pub async fn explain(&self, request: QueryRequest) -> Result<Explanation, Error> {
        let now_ns = request.now_ns.unwrap_or_else(now_ns);
        let read = self.read(&request, now_ns)?;
        let bound = self
            .bind(
                &self.state_within(&request.scope),
                read,
                &request,
                now_ns,
                Purpose::Read,
                request.pushdown,
            )
            .await?;
        let (plan, scans) =
            prepare(session_of(&self.memory)?.optimize(&bound.planned.plan)?).await?;
        Ok(Explanation::of(explain::Parts {
            plan: &plan,
            scans: &scans,
            columns: AnswerColumn::all(bound.planned.columns),
            diagnostics: bound.warnings,
            warnings: bound.context.warnings(),
            joined: &bound.planned.joined,
            text: &request.query,
        }))
    }

    /// Parses a query and gives its parameters their values.
    fn read(&self, request: &QueryRequest, now_ns: i64) -> Result<Read, Error> {
        let parsed = trawl_lang::parse(&request.query);
        let warnings = parsed.diagnostics;
        let file = match parsed.file {
            Some(file) if !warnings.iter().any(Diagnostic::is_error) => file,
            _ => return Err(Error::Query(warnings)),
        };
        let params =
            trawl_plan::parameters(&file, &request.params, now_ns).map_err(Error::Query)?;
        Ok(Read {
            file,
            params,
            warnings,
        })
    }

    /// Resolves the tables of a query and plans it. Clusters are contacted only for tables that no plugin knows without them.
    pub(crate) async fn bind(
        &self,
        state: &State,
        read: Read,
        request: &QueryRequest,
        now_ns: i64,
        purpose: Purpose,
        pushdown: Pushdown,
    ) -> Result<Bound, Error> {
        let Read {
            file,
            params,
            mut warnings,
        } = read;
        let references =
            trawl_plan::references(&file, &request.query, &params, now_ns).map_err(Error::Query)?;
        let view = View::new(Arc::clone(&state.inventory), &request.clusters)?;
        // Compiling a plugin, once in a machine's life, is not the query's time.
        let loading = Instant::now();
        catalog::load(&references, &state.sources).await?;
        let loaded = loading.elapsed();
        let timeout = request.timeout.min(limits::QUERY_TIMEOUT_MAX);
        let mut context = QueryContext::new(view, now_ns, timeout, purpose, pushdown);
        context.scope = Arc::clone(&state.scope);
        context.max_cost = request.max_cost;
        context.memory = self.memory_of_plugins();
        context.generation = state.generation;
        // What is explained or compared is what the sources say.
        let is_plain = purpose == Purpose::Run && !request.verify_pushdown;
        let max_age = request
            .max_age
            .filter(|_| is_plain && pushdown == Pushdown::Everything);
        context.cache = max_age.map(|max_age| {
            let cache = Arc::clone(&self.cache);
            (cache, max_age.min(limits::CACHE_MAX_AGE))
        });
        if let Some(received) = request.received {
            context.started = received + loaded;
        }
        let context = Arc::new(context);
        request.monitor.show(&context);
        let reach = trawl_plan::reach(&file, &params, now_ns, &context.view);
        let catalog = QueryCatalog::resolve(
            &references,
            &state.sources,
            &self.declared,
            &reach,
            Arc::clone(&context),
        )
        .await?;
        let planned = trawl_plan::plan(&file, &params, context.now_ns, &catalog, &context.view)
            .map_err(Error::Query)?;
        warnings.extend(planned.warnings.iter().cloned());
        Ok(Bound {
            planned,
            warnings,
            context,
        })
    }
}

/// A text that was parsed, with the values of its parameters.
pub(crate) struct Read {
    pub(crate) file: File,
    pub(crate) params: BTreeMap<String, Value>,
    pub(crate) warnings: Vec<Diagnostic>,
}

/// A query whose rows can come.
struct Begun {
    rows: SendableRecordBatchStream,
    /// Where its memory is counted.
    runtime: Arc<RuntimeEnv>,
    head: Head,
    context: Arc<QueryContext>,
    /// What it leaves open, so that two right answers may differ.
    left_open: Option<&'static str>,
}

/// A query that was planned.
pub(crate) struct Bound {
    pub(crate) planned: Planned,
    pub(crate) warnings: Vec<Diagnostic>,
    context: Arc<QueryContext>,
}

/// Now, in nanoseconds since the Unix epoch; zero for a clock before it.
pub(crate) fn now_ns() -> i64 {
    let elapsed = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    i64::try_from(elapsed.as_nanos()).unwrap_or(i64::MAX)
}
