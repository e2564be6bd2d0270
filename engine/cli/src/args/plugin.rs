//! `trawl plugin …` as clap sees it.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args as ClapArgs, Subcommand, ValueEnum};

use super::ListFormat;

/// `trawl plugin …`
#[derive(Debug, Subcommand)]
pub enum Plugin {
    /// Begin a plugin: a project that builds and passes its own tests
    New(New),
    /// Build a project into dist/NAME.wasm, and say what the component is
    Build(Build),
    /// Try the rules that every plugin keeps, and the project's cases
    Test(Test),
    /// Say what a component is, what it wants and what it would be refused for
    Inspect(Inspect),
    /// Install a plugin, or a newer version of one
    Add(Add),
    /// Take a plugin away
    Remove(Remove),
    /// List the plugins that are installed, and those that came with trawl
    List(List),
    /// Serve with a plugin that is being written, and build it again whenever its sources change
    Dev(Dev),
}

/// The language of a project.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Language {
    /// Rust, by cargo.
    Rust,
    /// JavaScript, by componentize-js.
    Js,
    /// Python, by componentize-py.
    Python,
}

/// `trawl plugin new …`
#[derive(Debug, ClapArgs)]
pub struct New {
    /// Its name: lower-case letters, digits and hyphens
    pub name: String,
    /// The language it is written in
    #[arg(long, value_enum)]
    pub lang: Language,
    /// The folder to make [default: the name, in this folder]
    #[arg(long, value_name = "DIR")]
    pub path: Option<PathBuf>,
}

/// `trawl plugin build …`
#[derive(Debug, ClapArgs)]
pub struct Build {
    /// The project
    #[arg(default_value = ".", value_name = "DIR")]
    pub folder: PathBuf,
}

/// `trawl plugin test …`
#[derive(Debug, ClapArgs)]
pub struct Test {
    /// The project, or a component
    #[arg(default_value = ".", value_name = "DIR|FILE")]
    pub target: PathBuf,
    /// The name that it is installed under [default: the project's, else what it calls itself]
    #[arg(long)]
    pub name: Option<String>,
    /// Only this check of docs/conformance.md; may be repeated
    #[arg(long, value_name = "CHECK")]
    pub only: Vec<String>,
    /// Ask a connection of clusters.yaml instead of the recordings, by its name or its cluster's
    #[arg(long, value_name = "CONNECTION")]
    pub live: Option<String>,
    /// Take what came for what tests/cases/*.txt expect, and try nothing
    #[arg(long, conflicts_with_all = ["only", "record"])]
    pub update: bool,
    /// Write what the remote answers to the cases and whole tables to tests/recorded/live.http, and try nothing
    #[arg(long, conflicts_with = "only")]
    pub record: bool,
    /// Test the component in dist/ as it is, without building it first
    #[arg(long)]
    pub no_build: bool,
    /// Form of the output
    #[arg(short, long, value_enum, default_value_t = ListFormat::Table)]
    pub output: ListFormat,
}

/// `trawl plugin inspect …`
#[derive(Debug, ClapArgs)]
pub struct Inspect {
    /// A component, or the name of an installed plugin
    #[arg(value_name = "FILE|NAME")]
    pub what: String,
    /// Of an installed plugin the newer version that waits to serve
    #[arg(long)]
    pub next: bool,
    /// The columns of each table too
    #[arg(long)]
    pub columns: bool,
    /// Form of the output
    #[arg(short, long, value_enum, default_value_t = ListFormat::Table)]
    pub output: ListFormat,
}

/// `trawl plugin add …`
#[derive(Debug, ClapArgs)]
pub struct Add {
    /// A file, https://…, or oci://HOST/NAME@sha256:…
    #[arg(value_name = "FILE|URL|oci://…")]
    pub source: String,
    /// The name it gets [default: what it calls itself]
    #[arg(long)]
    pub name: Option<String>,
    /// The digest that the component must have, as whoever publishes it says; an address needs it
    #[arg(long, value_name = "sha256:…")]
    pub digest: Option<trawl_install::Digest>,
    /// Grant what it declares on these clusters, in the clusters.yaml in use; names or globs, may be repeated
    #[arg(long = "grant", value_name = "GLOB")]
    pub grants: Vec<String>,
    /// Accept what a newer version sends and reads beyond the one that serves, and no grant names: headers, kinds of endpoints.
    /// `--grant` accepts it too
    #[arg(long)]
    pub accept: bool,
    /// Ask nothing
    #[arg(short, long)]
    pub yes: bool,
}

/// `trawl plugin remove …`
#[derive(Debug, ClapArgs)]
pub struct Remove {
    /// Its installed name
    pub name: String,
}

/// `trawl plugin list …`
#[derive(Debug, ClapArgs)]
pub struct List {
    /// Form of the output
    #[arg(short, long, value_enum, default_value_t = ListFormat::Table)]
    pub output: ListFormat,
}

/// `trawl plugin dev …`
#[derive(Debug, ClapArgs)]
pub struct Dev {
    /// The project
    #[arg(default_value = ".", value_name = "DIR")]
    pub folder: PathBuf,
    /// Address to listen on
    #[arg(long, default_value = super::serve::LISTEN, value_name = "ADDR")]
    pub listen: SocketAddr,
    /// Ask nobody for a token
    #[arg(long)]
    pub no_auth: bool,
}
