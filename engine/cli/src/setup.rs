//! From global flags to an engine: the inventory, the demo fleet, the cache folder.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use trawl_demo::{Fleet, FleetOptions};
use trawl_exec::{DeclaredTable, Engine, EngineOptions, InstalledPlugin, declared_tables};
use trawl_fleet::{Inventory, LoadOptions, Origin};
use trawl_telemetry::{LogFormat, Telemetry};

use crate::args::{Args, Command, Global, LogForm};
use crate::commands::plugin_compile;
use crate::exit::{Failure, QueryText};
use crate::input;
use crate::plugins;

/// An engine, and the demo fleet that it may query: the fleet ends when this is dropped.
pub struct Session {
    /// The engine.
    pub engine: Engine,
    /// The embedded fleet.
    pub fleet: Option<Fleet>,
}

/// Logs to stderr as `-v` asks; a server may log JSON and send its spans to a collector.
///
/// # Errors
/// When the collector's address is none.
pub fn telemetry(args: &Args, colored: bool) -> Result<Telemetry, Failure> {
    let serve = match &args.command {
        Command::Serve(serve) => Some(serve),
        _ => None,
    };
    let level = match args.global.verbose {
        // What a server has to say is its log.
        0 if serve.is_some() => "warn",
        0 => "error",
        1 => "info",
        // The libraries beneath print addresses as they were configured, credentials included.
        _ => {
            "debug,kube_client=warn,kube=warn,hyper=info,hyper_util=info,tower=info,h2=info,rustls=info,reqwest=info"
        }
    };
    let options = trawl_telemetry::Options {
        filter: level.to_owned(),
        format: match serve.map(|serve| serve.log_format) {
            Some(LogForm::Json) => LogFormat::Json,
            _ => LogFormat::Text { colored },
        },
        collector: serve.and_then(|serve| serve.otlp_endpoint.clone()),
    };
    trawl_telemetry::start(options).map_err(|error| Failure::Usage(error.to_string()))
}

/// The embedded fleet as the flags ask for it.
///
/// # Errors
/// For an unknown cluster or fault.
pub async fn fleet(global: &Global) -> Result<Fleet, Failure> {
    let mut faults = Vec::new();
    for fault in &global.demo_fault {
        let Some((cluster, fault)) = fault.split_once('=') else {
            return Err(Failure::Usage(format!(
                "--demo-fault expects CLUSTER=FAULT, got `{fault}`"
            )));
        };
        let fault = fault
            .parse()
            .map_err(|error| Failure::Usage(format!("--demo-fault: {error}")))?;
        faults.push((cluster.to_owned(), fault));
    }
    let options = FleetOptions {
        clusters: global.demo_clusters,
        pods: global.demo_pods,
        seed: global.demo_seed,
        faults,
        ..FleetOptions::default()
    };
    Fleet::start(options)
        .await
        .map_err(|error| Failure::Usage(format!("the demo fleet did not start: {error}")))
}

impl Session {
    /// Ends the demo fleet, if there is one.
    pub async fn end(self) {
        if let Some(fleet) = self.fleet {
            fleet.shutdown().await;
        }
    }
}

/// The engine that a command works with.
///
/// # Errors
/// When the inventory is wrong or missing.
pub async fn session(global: &Global) -> Result<Session, Failure> {
    engine(global, false, Vec::new()).await
}

/// The engine of a command that only reads queries: it needs no inventory, and tables may be declared in a file.
///
/// # Errors
/// When the inventory or the catalogue is wrong.
pub async fn reading(global: &Global, catalogue: Option<&Path>) -> Result<Session, Failure> {
    let declared = catalogue.map(declared).transpose()?;
    engine(global, true, declared.unwrap_or_default()).await
}

/// The tables of a catalogue.
fn declared(catalogue: &Path) -> Result<Vec<DeclaredTable>, Failure> {
    let text = input::file(catalogue)?;
    declared_tables(&text.text).map_err(|error| Failure::Usage(format!("{}: {error}", text.name)))
}

async fn engine(
    global: &Global,
    without_inventory: bool,
    declared: Vec<DeclaredTable>,
) -> Result<Session, Failure> {
    let fleet = if global.demo {
        Some(fleet(global).await?)
    } else {
        None
    };
    let plugins = plugins::all(global)?;
    let inventory = match inventory(config(global, fleet.as_ref()), &plugins) {
        Err(trawl_fleet::Error::NotFound { .. }) if without_inventory => {
            Inventory::of(Vec::new(), Vec::new(), Origin::Kubeconfig(Vec::new()))
        }
        loaded => loaded.map_err(|error| Failure::Usage(error.to_string()))?,
    };
    let mut engine = made(EngineOptions {
        inventory,
        plugins,
        declared,
        cache_dir: cache_dir(),
    })?;
    if let Some(bytes) = global.plugin_memory {
        engine = engine.with_plugin_memory(bytes);
    }
    Ok(Session { engine, fleet })
}

/// The inventory that a command works with, where flags name one.
pub fn config(global: &Global, fleet: Option<&Fleet>) -> Option<PathBuf> {
    match fleet {
        Some(fleet) => Some(fleet.clusters_yaml().to_path_buf()),
        None => global.config.clone(),
    }
}

/// The inventory that a running process began with, as it is now. `gone` are plugins that were installed while it ran: what still
/// names them is no mistake of the rest of the file.
///
/// # Errors
/// It is not there, or wrong.
pub fn again(
    origin: &Origin,
    plugins: &[InstalledPlugin],
    gone: &BTreeSet<String>,
) -> Result<Inventory, trawl_fleet::Error> {
    let names = plugins.iter().map(|plugin| plugin.name.as_str());
    let names: Vec<&str> = names.chain(gone.iter().map(String::as_str)).collect();
    Inventory::again(origin, LoadOptions::of_process(None, &names))
}

fn inventory(
    config: Option<PathBuf>,
    plugins: &[InstalledPlugin],
) -> Result<Inventory, trawl_fleet::Error> {
    let names: Vec<&str> = plugins.iter().map(|plugin| plugin.name.as_str()).collect();
    Inventory::load(LoadOptions::of_process(config, &names))
}

/// An engine.
///
/// # Errors
/// The sandbox cannot be set up.
pub fn made(options: EngineOptions) -> Result<Engine, Failure> {
    Engine::with_compiler(options, plugin_compile::compiler())
        .map_err(|error| Failure::Query(error, QueryText::default()))
}

/// `$XDG_CACHE_HOME/trawl`, else `~/.cache/trawl`: where compiled plugins are kept.
pub fn cache_dir() -> Option<PathBuf> {
    let absolute = |name: &str| {
        std::env::var_os(name)
            .map(PathBuf::from)
            .filter(|path| path.is_absolute())
    };
    absolute("XDG_CACHE_HOME")
        .or_else(|| absolute("HOME").map(|home| home.join(".cache")))
        .map(|cache| cache.join("trawl"))
}

/// Ready when the process is asked to end: ctrl-c, or SIGTERM as service managers send it. Both are caught from the call on.
pub fn interrupted() -> impl Future<Output = ()> {
    use tokio::signal::unix::{SignalKind, signal};
    let signals = signal(SignalKind::terminate()).and_then(|terminate| {
        let interrupt = signal(SignalKind::interrupt())?;
        Ok((terminate, interrupt))
    });
    async move {
        match signals {
            Ok((mut terminate, mut interrupt)) => tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            },
            // Without handlers a signal ends the process by itself.
            Err(_) => std::future::pending().await,
        }
    }
}
