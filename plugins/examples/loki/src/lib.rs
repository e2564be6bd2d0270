//! Owns Loki's HTTP API as tables; refuses pushing, deleting, rules, addresses and credentials.
//!
//! A table is one file in `tables/`. `conditions` says what of a query's filters becomes LogQL, `pages` walks through entries by
//! time, `answer` decodes. See <https://grafana.com/docs/loki/latest/reference/loki-http-api/>.

mod answer;
mod api;
mod arguments;
mod conditions;
mod config;
mod failure;
mod lines;
mod logql;
mod pages;
mod shares;
mod tables;
mod window;

use std::rc::Rc;

use trawl_sdk::table::{About, Endpoint, Plugin, Table};
use trawl_sdk::{Error, Transport};

use config::Config;

/// The plugin, and one connection of it: one Loki.
pub struct Loki {
    config: Config,
    http: Rc<dyn Transport>,
}

impl Plugin for Loki {
    fn about() -> About {
        let api = Endpoint::http(
            api::ENDPOINT,
            "Loki's query API below /loki/api/v1; it reads and nothing else",
        );
        About::new(
            "loki",
            env!("CARGO_PKG_VERSION"),
            "Grafana Loki: log entries, LogQL, samples, labels, streams",
        )
        .config_schema(config::SCHEMA)
        .cluster_key(config::CLUSTER_KEY)
        .endpoint(api.sends(["accept", api::FLAGS_HEADER]))
        .fact("license", "Apache-2.0")
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

impl Loki {
    fn remote(&self) -> api::Remote<'_> {
        api::Remote {
            http: self.http.as_ref(),
            config: &self.config,
        }
    }
}

trawl_sdk::export_source!(Loki);
