//! The arguments of `trawl serve`.

use std::net::SocketAddr;

use clap::Args as ClapArgs;
use trawl_server::QueryLimits;

use super::State;

/// Where it listens unless it is told otherwise.
pub(super) const LISTEN: &str = "127.0.0.1:7117";

/// `trawl serve`
#[derive(Debug, ClapArgs)]
pub struct Serve {
    /// Address to listen on
    #[arg(long, default_value = LISTEN, value_name = "ADDR")]
    pub listen: SocketAddr,
    /// Queries that run at once
    #[arg(long, value_name = "N", default_value_t = QueryLimits::default().concurrent, value_parser = at_least_one)]
    pub concurrent_queries: usize,
    /// Queries that wait for their turn; more are refused with 429
    #[arg(long, value_name = "N", default_value_t = QueryLimits::default().queued)]
    pub queued_queries: usize,
    /// Where registered clusters are kept.
    #[command(flatten)]
    pub state: State,
    /// A network that registered clusters may lead to beyond what they always may, such as 127.0.0.0/8; repeatable
    #[arg(long, value_name = "CIDR")]
    pub register_allow: Vec<String>,
}

impl Serve {
    /// Serving at an address with all defaults.
    pub fn at(listen: SocketAddr) -> Self {
        let limits = QueryLimits::default();
        Self {
            listen,
            concurrent_queries: limits.concurrent,
            queued_queries: limits.queued,
            state: State::default(),
            register_allow: Vec::new(),
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

fn at_least_one(text: &str) -> Result<usize, String> {
    let number = text.parse::<usize>().ok().filter(|number| *number > 0);
    number.ok_or_else(|| "expected a whole number above zero".to_owned())
}
