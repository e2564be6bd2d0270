//! The host: one engine, one runtime for guests, one folder of compiled code, for all plugins of a
//! process.

use std::path::PathBuf;
use std::sync::Arc;

use sha2::{Digest, Sha256};
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::sync::Semaphore;
use wasmtime::Engine;
use wasmtime::component::{Component, Linker};

use crate::apart::{self, Compiler};
use crate::bindings::types::ErrorCode;
use crate::call;
use crate::compiled::{Cache, hex};
use crate::connection::{Plugin, Site};
use crate::contract::{self, CONTRACTS, Contract, Prepared};
use crate::engine::{self, Ticker};
use crate::error::{Error, Failure, Identity, failure, failure_with};
use crate::instance::Guest;
use crate::limits::{self, Limits};
use crate::{inspect, load};

/// How a host is set up.
#[derive(Debug, Clone)]
pub struct HostOptions {
    /// Where compiled plugins are kept; made with mode 700. None: every process compiles anew.
    pub cache_folder: Option<PathBuf>,
    /// The most linear memory that a plugin's limits may give an instance, in bytes.
    pub memory: usize,
    /// Instances at one time over all queries; more wait.
    pub instances: u32,
    /// Threads for guests; none: as many as there are processors.
    pub threads: Option<usize>,
    /// What compiles components that are loaded apart; none: those are refused, unless they were compiled before.
    pub compiler: Option<Compiler>,
}

impl Default for HostOptions {
    fn default() -> Self {
        Self {
            cache_folder: None,
            memory: limits::INSTANCE_MEMORY,
            instances: limits::INSTANCES,
            threads: None,
            compiler: None,
        }
    }
}

/// How a plugin is loaded.
#[derive(Debug, Clone, Copy, Default)]
pub struct PluginOptions {
    /// What each of its calls may use.
    pub limits: Limits,
    /// Whether it is compiled by [`HostOptions::compiler`], in a process of its own whose time and memory are bounded: so for
    /// every component that did not come with trawl. One that was compiled before comes from the cache either way. Without a
    /// compiler it is an error rather than compiled here, since nobody would see that the bounds are gone.
    pub apart: bool,
}

/// Loads plugins and runs their instances.
#[derive(Clone)]
pub struct Host {
    inner: Arc<Inner>,
}

/// What all plugins of a host share.
pub(crate) struct Inner {
    pub(crate) engine: Engine,
    linker: Linker<Guest>,
    contracts: &'static [&'static dyn Contract],
    cache: Cache,
    compiler: Option<Compiler>,
    /// One compiler at a time: their memory adds up.
    compiling: Semaphore,
    pub(crate) ticker: Ticker,
    /// The most memory an instance may be given.
    memory: usize,
    /// Requests, deadlines and consumers live here: the runtime of the caller.
    pub(crate) io: Handle,
    guests: Option<Runtime>,
    /// Stands before the pool, so that instances wait for each other instead of failing.
    pub(crate) instances: Arc<Semaphore>,
}

impl Inner {
    /// The runtime guests compute on. A guest that spins delays every timer on its threads, so that
    /// nothing else runs there.
    pub(crate) fn guests(&self) -> Option<&Handle> {
        self.guests.as_ref().map(Runtime::handle)
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        // A runtime must not be waited for inside another one.
        if let Some(guests) = self.guests.take() {
            guests.shutdown_background();
        }
    }
}

impl Host {
    /// A host whose requests run on the current tokio runtime.
    ///
    /// # Errors
    /// There is no current runtime, or this machine cannot run wasm or start threads.
    #[allow(clippy::result_large_err)] // Once a process.
    pub fn new(options: HostOptions) -> Result<Self, Error> {
        Self::linking(options, CONTRACTS)
    }

    /// The same, with these versions of the contract.
    #[allow(clippy::result_large_err)] // Once a process.
    pub(crate) fn linking(
        options: HostOptions,
        contracts: &'static [&'static dyn Contract],
    ) -> Result<Self, Error> {
        let identity = Identity::unread("(host)");
        let broken = |what: &str, error: &dyn std::fmt::Display| {
            identity.error(failure(
                ErrorCode::Unsupported,
                format!("cannot start {what}: {error}"),
            ))
        };
        let io = Handle::try_current()
            .map_err(|error| broken("the plugin host outside of a tokio runtime", &error))?;
        let engine = engine::engine(options.memory, options.instances)
            .map_err(|error| broken("the wasm engine", &error))?;
        let linker = load::linker(&engine, contracts)
            .map_err(|error| broken("the plugin contract", &error))?;
        let ticker = Ticker::start(&engine).map_err(|error| broken("the epoch thread", &error))?;
        let threads = options
            .threads
            .or_else(|| std::thread::available_parallelism().map(usize::from).ok())
            .unwrap_or(1)
            .max(1);
        let guests = Builder::new_multi_thread()
            .worker_threads(threads)
            .thread_name("trawl-guest")
            // Guests yield at every tick; between two of them timers and wakers are looked at.
            .event_interval(1)
            .enable_all()
            .build()
            .map_err(|error| broken("the threads of the plugins", &error))?;
        let instances = usize::try_from(options.instances).unwrap_or(Semaphore::MAX_PERMITS);
        Ok(Self {
            inner: Arc::new(Inner {
                linker,
                contracts,
                cache: Cache::new(options.cache_folder),
                compiler: options.compiler,
                compiling: Semaphore::new(1),
                ticker,
                memory: options.memory,
                io,
                guests: Some(guests),
                instances: Arc::new(Semaphore::new(instances)),
                engine,
            }),
        })
    }

    /// Whether it can compile components apart.
    #[must_use]
    pub fn compiles_apart(&self) -> bool {
        self.inner.compiler.is_some()
    }

    /// Loads a component and reads its description. `installed_name` is the name the operator gave it.
    ///
    /// # Errors
    /// It is no component, does not compile, imports what plugins do not get (which is named), or
    /// describes itself wrongly; or its limits are beyond the host's.
    pub async fn load(
        &self,
        installed_name: &str,
        wasm: &[u8],
        options: PluginOptions,
    ) -> Result<Plugin, Error> {
        let mut identity = Identity::unread(installed_name);
        let refused = |failure: Failure| Identity::unread(installed_name).error(failure);
        self.check_limits(&identity, &options.limits)
            .map_err(refused)?;
        // Before a compiler sees it.
        let contract = self.contract(wasm).map_err(refused)?;
        let digest = hex(&Sha256::digest(wasm));
        let component = self.component(&identity, &digest, wasm, &options).await;
        let pre = component
            .and_then(|component| self.prepare(contract, &component))
            .map_err(refused)?;
        let site = Arc::new(Site::nowhere(identity.clone(), options.limits));
        let description = call::describe(&self.inner, &pre, &site).await?;
        load::check_description(&description).map_err(refused)?;
        identity.version.clone_from(&description.version);
        Ok(Plugin::new(
            Arc::clone(&self.inner),
            pre,
            identity,
            options.limits,
            digest,
            description,
        ))
    }

    fn check_limits(&self, identity: &Identity, limits: &Limits) -> Result<(), Failure> {
        if limits.memory > self.inner.memory {
            return Err(failure(
                ErrorCode::InvalidConfig,
                format!(
                    "{} is {} MiB; at most {} MiB can be given to one instance",
                    identity.setting("memory"),
                    limits.memory >> 20,
                    self.inner.memory >> 20
                ),
            ));
        }
        if limits.requests_in_flight == 0 {
            return Err(failure(
                ErrorCode::InvalidConfig,
                format!(
                    "{} is 0; expected at least 1",
                    identity.setting("requests_in_flight")
                ),
            ));
        }
        Ok(())
    }

    /// What was compiled before, or else compiles: here or apart.
    async fn component(
        &self,
        identity: &Identity,
        digest: &str,
        wasm: &[u8],
        options: &PluginOptions,
    ) -> Result<Component, Failure> {
        let key = digest.to_owned();
        let found = self.blocking(move |host| host.cache.find(&host.engine, &key));
        if let Some(component) = found.await? {
            return Ok(component);
        }
        let key = digest.to_owned();
        if !options.apart {
            let wasm = wasm.to_vec();
            let compiled = self.blocking(move |host| host.cache.compile(&host.engine, &key, &wasm));
            return compiled
                .await?
                .map_err(|error| inspect::does_not_compile(&format!("{error:#}")));
        }
        let Some(compiler) = &self.inner.compiler else {
            return Err(failure(
                ErrorCode::Unsupported,
                "a component that did not come with trawl is compiled in a process of its own, and this program has none for that",
            ));
        };
        let turn = self.inner.compiling.acquire().await;
        let code = apart::compile(compiler, &options.limits, identity, wasm).await?;
        drop(turn);
        let kept = self.blocking(move |host| host.cache.keep(&host.engine, &key, &code));
        kept.await?.map_err(|error| {
            failure_with(
                ErrorCode::Internal,
                format!("the compiler of plugins made code that does not fit: {error:#}"),
                "the program was replaced while it runs: restart it",
            )
        })
    }

    /// Runs what computes or reads files for seconds, not on a thread that serves others.
    async fn blocking<T: Send + 'static>(
        &self,
        task: impl FnOnce(&Inner) -> T + Send + 'static,
    ) -> Result<T, Failure> {
        let host = Arc::clone(&self.inner);
        let done = self.inner.io.spawn_blocking(move || task(&host)).await;
        done.map_err(|error| {
            failure(
                ErrorCode::Internal,
                format!("the compiler of plugins ended early: {error}"),
            )
        })
    }

    /// The version of the contract that a component was built for, when nothing speaks against its imports.
    fn contract(&self, wasm: &[u8]) -> Result<&'static dyn Contract, Failure> {
        let surface = inspect::surface(wasm)?;
        let known = contract::numbers(self.inner.contracts);
        let found = inspect::check_surface(&surface, &known)?;
        let mut contracts = self.inner.contracts.iter().copied();
        contracts
            .find(|contract| inspect::is_version(found, contract.version()))
            .ok_or_else(|| inspect::other_version(found, &known))
    }

    /// Checks that a component fits what it is linked with, function by function.
    fn prepare(
        &self,
        contract: &dyn Contract,
        component: &Component,
    ) -> Result<Arc<dyn Prepared>, Failure> {
        let linked = self.inner.linker.instantiate_pre(component);
        linked
            .and_then(|linked| contract.prepare(linked))
            .map_err(|error| {
                failure_with(
                    ErrorCode::Unsupported,
                    format!(
                        "the component does not fit the plugin contract {}: {error:#}",
                        contract.version()
                    ),
                    "build the plugin against wit/source.wit of this version of trawl",
                )
            })
    }
}
