//! The arguments of commands that ask a query or explain one: which text, of whom, and how its answer is given.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args as ClapArgs, ValueEnum};
use trawl_exec::Require;

use super::{ListFormat, dollars, duration};

/// `trawl query …`
#[derive(Debug, ClapArgs)]
pub struct Query {
    /// Which query.
    #[command(flatten)]
    pub text: Text,
    /// Of whom.
    #[command(flatten)]
    pub over: Over,
    /// How.
    #[command(flatten)]
    pub answering: Answering,
}

/// `trawl run …`
#[derive(Debug, ClapArgs)]
pub struct Run {
    /// The name of the saved query: nodes.not-ready; without it all are listed
    pub name: Option<String>,
    /// A folder of saved queries, before those that come with trawl
    #[arg(long, env = "TRAWL_QUERIES", value_name = "FOLDER")]
    pub queries: Option<PathBuf>,
    /// Say what it is about and what may be given to it, instead of running it
    #[arg(long, requires = "name")]
    pub describe: bool,
    /// Of whom.
    #[command(flatten)]
    pub over: Over,
    /// How.
    #[command(flatten)]
    pub answering: Answering,
}

/// `trawl explain …`
#[derive(Debug, ClapArgs)]
pub struct Explain {
    /// Which query.
    #[command(flatten)]
    pub text: Text,
    /// Of whom.
    #[command(flatten)]
    pub over: Over,
    /// Form of the output
    #[arg(short, long, value_enum, default_value_t = ListFormat::Table)]
    pub output: ListFormat,
    /// Time that plugins may plan
    #[arg(long, default_value = "30s", value_name = "TIME", value_parser = duration)]
    pub timeout: Duration,
    /// Tables that are known by their schemas alone
    #[arg(long, value_name = "FILE")]
    pub catalogue: Option<PathBuf>,
}

/// The text of a query, or where it is.
#[derive(Debug, ClapArgs)]
pub struct Text {
    /// The query; `-` reads it from stdin
    #[arg(required_unless_present = "file", conflicts_with = "file")]
    pub text: Option<String>,
    /// Read the query from a file
    #[arg(short, long, value_name = "FILE")]
    pub file: Option<PathBuf>,
}

/// Of which clusters, and with which values.
#[derive(Debug, ClapArgs)]
pub struct Over {
    /// Only clusters whose names match; may be repeated
    #[arg(short, long = "cluster", value_name = "GLOB")]
    pub clusters: Vec<String>,
    /// Value of a parameter
    #[arg(short, long = "param", value_name = "NAME=VALUE")]
    pub params: Vec<String>,
}

/// How an answer is given, and what it may take.
#[derive(Debug, ClapArgs)]
pub struct Answering {
    /// Form of the output
    #[arg(short, long, value_enum, default_value_t = Format::Table)]
    pub output: Format,
    /// Targets that must answer: any, all or a percentage. Without it any will do, but where absence is the result: there the side in which
    /// nothing may be missing must be whole, unless `any` is said
    #[arg(long, value_name = "WHICH")]
    pub require: Option<Require>,
    /// Time for the whole query
    #[arg(long, default_value = "30s", value_name = "TIME", value_parser = duration)]
    pub timeout: Duration,
    /// Rows to give at most
    #[arg(long, value_name = "N")]
    pub max_rows: Option<u64>,
    /// US dollars that the remotes may charge for it together; each connection has a limit of its own
    #[arg(long, value_name = "USD", value_parser = dollars)]
    pub max_cost: Option<u64>,
    /// Run it once more with nothing left to the sources, and compare the rows
    #[arg(long)]
    pub verify_pushdown: bool,
}

/// Form of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people.
    Table,
    /// The whole answer as one JSON document.
    Json,
    /// A row a line, then the completeness.
    Ndjson,
    /// Comma-separated values with a header.
    Csv,
    /// Arrow's IPC stream.
    Arrow,
}
