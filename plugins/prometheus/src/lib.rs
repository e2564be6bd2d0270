//! Owns Prometheus' HTTP API as tables; refuses writes, the administration API, addresses and credentials.
//!
//! A table is one file in `tables/`. `promql` knows its texts, `filters` what becomes a matcher, `evaluate` asks for samples in
//! parts, `answer` decodes them as they arrive. See <https://prometheus.io/docs/prometheus/latest/querying/api/>.

mod answer;
mod api;
mod arguments;
mod clusters;
mod config;
mod evaluate;
mod filters;
mod matcher;
mod promql;
mod rows;
mod server;
mod tables;
mod time;

use std::rc::Rc;

use trawl_sdk::table::{About, Endpoint, Plugin, Table};
use trawl_sdk::{Error, Transport};

use api::{ENDPOINT, Remote};
use config::Config;

/// The plugin, and one connection of it: one Prometheus.
pub struct Prometheus {
    config: Config,
    http: Rc<dyn Transport>,
}

impl Plugin for Prometheus {
    fn about() -> About {
        let api = Endpoint::http(
            ENDPOINT,
            "The HTTP API below /api/v1: queries, metadata, targets, rules",
        );
        About::new(
            "prometheus",
            env!("CARGO_PKG_VERSION"),
            "Prometheus and what speaks its HTTP API: PromQL, samples, series, targets, rules, alerts",
        )
        .config_schema(config::SCHEMA)
        .cluster_key(config::CLUSTER_KEY)
        .endpoint(
            api.sends(["accept", "content-type"])
                .receives(["content-type", "retry-after"]),
        )
    }

    fn tables() -> Vec<&'static dyn Table<Self>> {
        tables::all()
    }

    fn connect(config: &str, http: Rc<dyn Transport>) -> Result<Self, Error> {
        Ok(Self {
            config: Config::read(config)?,
            http,
        })
    }
}

impl Prometheus {
    fn remote(&self) -> Remote<'_> {
        Remote {
            http: self.http.as_ref(),
            config: &self.config,
        }
    }
}

trawl_sdk::export_source!(Prometheus);
