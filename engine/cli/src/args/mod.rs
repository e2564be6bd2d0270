//! The command line as clap sees it.

mod access;
mod asking;
mod plugin;
mod serve;
mod state;

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};

pub use access::{Access, Role, Token};
pub use asking::{Answering, Explain, Format, Over, Query, Run};
pub use plugin::{Add, Build, Dev, Inspect, Language, List, New, Plugin, Remove, Test};
pub use serve::{LogForm, Serve};
pub use state::State;

/// One query over every cluster and every source, through plugins that cannot harm you.
#[derive(Debug, Parser)]
#[command(
    name = "trawl",
    version,
    max_term_width = 100,
    arg_required_else_help = true
)]
pub struct Args {
    /// What applies to every command.
    #[command(flatten)]
    pub global: Global,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What applies to every command.
#[derive(Debug, Clone, ClapArgs)]
pub struct Global {
    /// The inventory [default: $CLUSTER_CONFIG_PATH, config/clusters.yaml, the user's config folder, the kubeconfig's contexts]
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// The folder of installed plugins [default: $TRAWL_PLUGINS, trawl/plugins in the user's data folder]
    #[arg(long, global = true, value_name = "FOLDER")]
    pub plugins: Option<PathBuf>,
    /// A plugin that is being written: its name and its component, whatever the digest; it still needs its grants. May be repeated
    #[arg(long, global = true, value_name = "NAME=FILE")]
    pub dev_plugin: Vec<String>,
    /// Memory that the plugins of one query may have together, such as 512MiB or 4GiB; more of them wait for each other [default: 2GiB]
    #[arg(long, global = true, value_name = "SIZE", value_parser = size)]
    pub plugin_memory: Option<usize>,
    /// Use the embedded demo fleet instead of your clusters
    #[arg(long, global = true)]
    pub demo: bool,
    /// Clusters of the demo fleet
    #[arg(long, global = true, value_name = "N", default_value_t = 3)]
    pub demo_clusters: usize,
    /// Pods of each cluster of the demo fleet
    #[arg(long, global = true, value_name = "N", default_value_t = 60)]
    pub demo_pods: usize,
    /// Seed of the demo fleet: the same seed gives the same objects
    #[arg(long, global = true, value_name = "N", default_value_t = 7)]
    pub demo_seed: u64,
    /// A fault of the demo fleet: `prod-us=refused`, `prod-us=times:3:503` (the first three requests alone), of Prometheus
    /// `prod-us=prometheus:422`, of CloudWatch `prod-us=cloudwatch:partial`; any other word is refused with the list of all. May be
    /// repeated
    #[arg(long, global = true, value_name = "CLUSTER=FAULT")]
    pub demo_fault: Vec<String>,
    /// Colours in messages
    #[arg(long, global = true, value_enum, default_value_t = Color::Auto)]
    pub color: Color,
    /// No warnings and no completeness line when the answer is complete
    #[arg(short, long, global = true)]
    pub quiet: bool,
    /// More of what happens, on stderr; twice for still more
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
}

/// When to colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal, unless NO_COLOR is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run a query
    Query(Query),
    /// Run a saved query by its name; without a name list them
    Run(Run),
    /// Say what a query would ask of whom, without running it
    Explain(Explain),
    /// Say everything that is wrong with files of queries, without running them
    Check(Check),
    /// Rewrite files of queries in their canonical form
    Fmt(Fmt),
    /// List the tables that can be queried
    Tables(Tables),
    /// Show what a table looks like, and where clusters differ about it
    Describe(Describe),
    /// The clusters of the inventory
    Clusters {
        /// What to do with them.
        #[command(subcommand)]
        command: Clusters,
    },
    /// A guided tour on the embedded fleet
    Demo {
        /// Only run the fleet, for kubectl and other programs, until interrupted or stdin ends
        #[arg(long)]
        serve: bool,
    },
    /// Answer queries over HTTP
    Serve(Box<Serve>),
    /// Print what a shell completes: trawl completions bash > ~/.local/share/bash-completion/completions/trawl
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
    /// Print the manual page: trawl man | man -l -
    Man,
    /// Make a token for the file of `trawl serve --tokens`
    Token(Token),
    /// Compile the component on stdin within these bounds: what trawl runs for a plugin that did not come with it
    #[command(hide = true)]
    PluginCompile {
        /// Memory in bytes
        memory: u64,
        /// Computing time in seconds
        seconds: u64,
    },
    /// Write, look at, install and remove plugins
    Plugin {
        /// What to do with them.
        #[command(subcommand)]
        command: Plugin,
    },
}

impl Command {
    /// Whether it gives what it has when it is interrupted.
    pub fn answers(&self) -> bool {
        matches!(self, Self::Query(_) | Self::Run(_))
    }

    /// Whether it runs until it is told to stop.
    pub fn serves(&self) -> bool {
        matches!(
            self,
            Self::Serve(_)
                | Self::Demo { serve: true }
                | Self::Plugin {
                    command: Plugin::Dev(_)
                }
        )
    }
}

/// `trawl clusters …`
#[derive(Debug, Subcommand)]
pub enum Clusters {
    /// List them
    List {
        /// Form of the output
        #[arg(short, long, value_enum, default_value_t = ListFormat::Table)]
        output: ListFormat,
    },
    /// Seal the credentials of registered clusters with a new key; servers go on meanwhile
    RotateKey {
        /// Where they are kept.
        #[command(flatten)]
        state: State,
    },
}

/// Form of a listing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ListFormat {
    /// For people.
    Table,
    /// For programs.
    Json,
}

/// `trawl check …`
#[derive(Debug, ClapArgs)]
pub struct Check {
    /// Files and folders, of which all `.trawl` files are meant; `-` reads stdin
    #[arg(required = true)]
    pub files: Vec<PathBuf>,
    /// Form of the output
    #[arg(short, long, value_enum, default_value_t = ListFormat::Table)]
    pub output: ListFormat,
    /// Tables that are known by their schemas alone
    #[arg(long, value_name = "FILE")]
    pub catalogue: Option<PathBuf>,
}

/// `trawl tables …`
#[derive(Debug, ClapArgs)]
pub struct Tables {
    /// Only tables whose names contain this
    pub pattern: Option<String>,
    /// Ask the clusters for theirs too: custom resources
    #[arg(long)]
    pub discover: bool,
}

/// `trawl describe …`
#[derive(Debug, ClapArgs)]
pub struct Describe {
    /// The table: `pods`, `applications.argoproj.io`
    pub table: String,
    /// A part of it: `spec.template.spec`
    pub path: Option<String>,
    /// Only these clusters; `*` and `?` stand for any text and any character
    #[arg(short, long = "cluster", value_name = "GLOB", value_delimiter = ',')]
    pub clusters: Vec<String>,
    /// Form of the output
    #[arg(short, long, value_enum, default_value_t = ListFormat::Table)]
    pub output: ListFormat,
}

/// `trawl fmt …`
#[derive(Debug, ClapArgs)]
pub struct Fmt {
    /// Files and folders, of which all `.trawl` files are meant; `-` reads stdin and writes stdout
    #[arg(default_value = "-")]
    pub files: Vec<PathBuf>,
    /// Change nothing; say which files would change
    #[arg(long)]
    pub check: bool,
}

/// US dollars in millionths.
fn dollars(text: &str) -> Result<u64, String> {
    trawl_exec::micro_usd(text).ok_or_else(|| format!("expected {}", trawl_exec::DOLLARS_FORM))
}

fn size(text: &str) -> Result<usize, String> {
    trawl_fleet::parse_bytes(text)
        .and_then(|bytes| usize::try_from(bytes).ok())
        .ok_or_else(|| format!("expected a size such as 512MiB or 4GiB, got `{text}`"))
}

fn duration(text: &str) -> Result<Duration, String> {
    trawl_exec::parse_timespan(text)
        .and_then(|nanoseconds| u64::try_from(nanoseconds).ok())
        .filter(|nanoseconds| *nanoseconds > 0)
        .map(Duration::from_nanos)
        .ok_or_else(|| format!("expected a time such as 30s, 500ms or 2m, got `{text}`"))
}
