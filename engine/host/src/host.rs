//! The host: one engine, one runtime for guests, one folder of compiled code, for all plugins of a
//! process.

use std::path::PathBuf;
use std::sync::Arc;

use sha2::{Digest, Sha256};
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::sync::Semaphore;
use wasmtime::Engine;
use wasmtime::component::Linker;

use crate::bindings::SourcePluginPre;
use crate::bindings::types::ErrorCode;
use crate::call;
use crate::compiled::{Cache, hex};
use crate::connection::{Plugin, Site};
use crate::engine::{self, Ticker};
use crate::error::{Error, Failure, Identity, failure, failure_with};
use crate::instance::Guest;
use crate::limits::Limits;
use crate::load;

/// How a host is set up.
#[derive(Debug, Clone, Default)]
pub struct HostOptions {
    /// Where compiled plugins are kept; made with mode 700. None: every process compiles anew.
    pub cache_folder: Option<PathBuf>,
    /// What an instance may use.
    pub limits: Limits,
    /// Threads for guests; none: as many as there are processors.
    pub threads: Option<usize>,
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
    cache: Cache,
    pub(crate) ticker: Ticker,
    pub(crate) limits: Limits,
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
        let identity = Identity::unread("(host)");
        let broken = |what: &str, error: &dyn std::fmt::Display| {
            identity.error(failure(
                ErrorCode::Unsupported,
                format!("cannot start {what}: {error}"),
            ))
        };
        let io = Handle::try_current()
            .map_err(|error| broken("the plugin host outside of a tokio runtime", &error))?;
        let limits = options.limits;
        let engine = engine::engine(&limits).map_err(|error| broken("the wasm engine", &error))?;
        let linker =
            load::linker(&engine).map_err(|error| broken("the plugin contract", &error))?;
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
        let instances = usize::try_from(limits.instances).unwrap_or(Semaphore::MAX_PERMITS);
        Ok(Self {
            inner: Arc::new(Inner {
                linker,
                cache: Cache::new(options.cache_folder),
                ticker,
                limits,
                io,
                guests: Some(guests),
                instances: Arc::new(Semaphore::new(instances)),
                engine,
            }),
        })
    }

    /// Loads a component and reads its description. `installed_name` is the name the operator gave it.
    ///
    /// # Errors
    /// It is no component, does not compile, imports what plugins do not get (which is named), or
    /// describes itself wrongly.
    pub async fn load(&self, installed_name: &str, wasm: &[u8]) -> Result<Plugin, Error> {
        let mut identity = Identity::unread(installed_name);
        let refused = |failure: Failure| Identity::unread(installed_name).error(failure);
        load::check_file(wasm).map_err(refused)?;
        let digest = hex(&Sha256::digest(wasm));
        let pre = {
            let (host, digest, wasm) = (Arc::clone(&self.inner), digest.clone(), wasm.to_vec());
            // Compiling takes seconds for the largest: not on a thread that serves others.
            let compiled = self
                .inner
                .io
                .spawn_blocking(move || compile(&host, &digest, &wasm));
            match compiled.await {
                Ok(compiled) => compiled.map_err(refused)?,
                Err(error) => {
                    return Err(refused(failure(
                        ErrorCode::Internal,
                        format!("the compiler of plugins ended early: {error}"),
                    )));
                }
            }
        };
        let site = Arc::new(Site::nowhere(identity.clone()));
        let description = call::describe(&self.inner, &pre, &site).await?;
        load::check_description(&description).map_err(refused)?;
        identity.version.clone_from(&description.version);
        Ok(Plugin::new(
            Arc::clone(&self.inner),
            pre,
            identity,
            digest,
            description,
        ))
    }
}

/// Compiles, or loads what was compiled before, and checks imports and exports.
fn compile(host: &Inner, digest: &str, wasm: &[u8]) -> Result<SourcePluginPre<Guest>, Failure> {
    let component = host.cache.component(&host.engine, digest, wasm).map_err(|error| {
        failure_with(
            ErrorCode::Unsupported,
            format!("the component does not compile: {error:#}"),
            "build it for the target wasm32-wasip2, without threads, memory64 or garbage collection",
        )
    })?;
    load::check_imports(&host.engine, &component)?;
    host.linker
        .instantiate_pre(&component)
        .and_then(SourcePluginPre::new)
        .map_err(|error| {
            failure_with(
                ErrorCode::Unsupported,
                format!("the component does not fit the plugin contract 0.1: {error:#}"),
                "build the plugin against wit/source.wit of this version of trawl",
            )
        })
}
