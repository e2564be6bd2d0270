//! The arguments of `trawl serve`.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args as ClapArgs, ValueEnum};
use trawl_saved::limits;
use trawl_server::QueryLimits;

use super::{Access, State, duration, size};

/// Where it listens unless it is told otherwise.
pub(super) const LISTEN: &str = "127.0.0.1:7117";

/// The least memory that queries can have: a few clusters' plugins, and some rows.
const LEAST_MEMORY: usize = 64 << 20;

/// `trawl serve`
#[derive(Debug, ClapArgs)]
pub struct Serve {
    /// Address to listen on; beyond loopback it takes --tokens, and --tls-cert or --insecure-http
    #[arg(long, default_value = LISTEN, value_name = "ADDR")]
    pub listen: SocketAddr,
    /// Queries that run at once
    #[arg(long, value_name = "N", default_value_t = QueryLimits::default().concurrent, value_parser = at_least_one)]
    pub concurrent_queries: usize,
    /// Queries that wait for their turn; more are refused with 429
    #[arg(long, value_name = "N", default_value_t = QueryLimits::default().queued)]
    pub queued_queries: usize,
    /// Memory that all queries have together, such as 2GiB: a half for what is sorted, grouped and joined, a half for plugins [default: 60%
    /// of what this process may have]
    #[arg(long, value_name = "SIZE", value_parser = memory)]
    pub memory: Option<usize>,
    /// A folder of saved queries, before those that come with trawl; read again when it changes
    #[arg(long, env = "TRAWL_QUERIES", value_name = "FOLDER")]
    pub queries: Option<PathBuf>,
    /// Evaluate the alerts among the saved queries, each so often unless it says otherwise: 1m
    #[arg(long, value_name = "EVERY", value_parser = interval)]
    pub alerts: Option<Duration>,
    /// As whom alerts are evaluated: a name of the file of --tokens, with its scope and budget [default: the server itself, which sees
    /// everything]
    #[arg(long, value_name = "NAME", requires = "alerts", requires = "tokens")]
    pub alerts_as: Option<String>,
    /// How old rows may be that saved queries and the endpoints of dashboards are answered with, where a request does not say it: 15s
    /// [default: all rows are read]
    #[arg(long, value_name = "AGE", value_parser = age)]
    pub cache: Option<Duration>,
    /// Form of the logs on stderr
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub log_format: LogForm,
    /// A collector of OpenTelemetry traces over HTTP, such as http://127.0.0.1:4318
    #[arg(long, env = "OTEL_EXPORTER_OTLP_ENDPOINT", value_name = "URL")]
    pub otlp_endpoint: Option<String>,
    /// Where registered clusters are kept.
    #[command(flatten)]
    pub state: State,
    /// A network that registered clusters may lead to beyond what they always may, such as 127.0.0.0/8; repeatable
    #[arg(long, value_name = "CIDR")]
    pub register_allow: Vec<String>,
    /// Who may ask.
    #[command(flatten)]
    pub access: Access,
}

impl Serve {
    /// Serving at an address with all defaults, to everybody there or to who has the machine's token.
    pub fn at(listen: SocketAddr, no_auth: bool) -> Self {
        let limits = QueryLimits::default();
        Self {
            listen,
            concurrent_queries: limits.concurrent,
            queued_queries: limits.queued,
            memory: None,
            queries: None,
            alerts: None,
            alerts_as: None,
            cache: None,
            log_format: LogForm::Text,
            otlp_endpoint: None,
            state: State::default(),
            register_allow: Vec::new(),
            access: Access {
                no_auth,
                ..Access::default()
            },
        }
    }

    /// How many queries it takes.
    pub fn query_limits(&self) -> QueryLimits {
        QueryLimits {
            concurrent: self.concurrent_queries,
            queued: self.queued_queries,
        }
    }
}

/// The form of logs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogForm {
    /// Lines for people
    Text,
    /// An object a line
    Json,
}

/// How often alerts are evaluated: as the files say it, within the same bounds.
fn interval(text: &str) -> Result<Duration, String> {
    let every = duration(text)?;
    let allowed = limits::ALERT_EVERY_MIN..=limits::ALERT_EVERY_MAX;
    allowed.contains(&every).then_some(every).ok_or_else(|| {
        format!(
            "expected from {} s to {} h",
            limits::ALERT_EVERY_MIN.as_secs(),
            limits::ALERT_EVERY_MAX.as_secs() / 3600
        )
    })
}

/// How old rows may be: no older than rows are kept.
fn age(text: &str) -> Result<Duration, String> {
    let age = duration(text)?;
    let most = trawl_exec::limits::CACHE_MAX_AGE;
    (age <= most).then_some(age).ok_or_else(|| {
        format!(
            "expected at most {} m: older rows are not kept",
            most.as_secs() / 60
        )
    })
}

fn at_least_one(text: &str) -> Result<usize, String> {
    let number = text.parse::<usize>().ok().filter(|number| *number > 0);
    number.ok_or_else(|| "expected a whole number above zero".to_owned())
}

fn memory(text: &str) -> Result<usize, String> {
    let bytes = size(text)?;
    match bytes >= LEAST_MEMORY {
        true => Ok(bytes),
        false => Err(format!(
            "expected {} MiB at least, got `{text}`",
            LEAST_MEMORY >> 20
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_a_size_that_something_fits_into() {
        assert_eq!(memory("64MiB"), Ok(64 << 20));
        assert_eq!(memory("2GiB"), Ok(2 << 30));
        let error = memory("256KiB").unwrap_err();
        assert_eq!(error, "expected 64 MiB at least, got `256KiB`");
        assert!(memory("much").unwrap_err().contains("expected a size"));
    }
}
