//! Owns what is known of the server behind a connection: which one it is, and what its ranges hold. Refuses to guess: an unknown
//! server is unknown.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use trawl_sdk::Error;
use trawl_sdk::http::cached;

use crate::answer::{self, Said};
use crate::api::{Call, Remote};

/// For how long it is remembered. Servers are replaced by newer ones within minutes, but not every minute.
const REMEMBERED: Duration = Duration::from_secs(600);

/// The key under which it is remembered.
const KEY: &str = "server";

/// What `m[d]` at `t` holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Ranges {
    /// The samples from `t - d` to `t`, both included: Prometheus 2.
    Closed,
    /// Those after `t - d` up to `t`: Prometheus 3.
    LeftOpen,
}

/// What is known of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Server {
    pub(crate) ranges: Ranges,
    /// Whether its ranges hold floats alone: `sum_over_time` and its kin leave out or refuse native histograms, so that their
    /// results are not those of the rows.
    pub(crate) floats_only: bool,
}

/// What is known of the server; none for any but Prometheus itself.
///
/// # Errors
/// When the server cannot be reached: then nothing else can be asked of it.
pub(crate) fn known(remote: &Remote<'_>) -> Result<Option<Server>, Error> {
    cached(remote.http, KEY, REMEMBERED, || ask(remote))
}

/// <https://prometheus.io/docs/prometheus/latest/querying/api/#build-information>. Mimir and Cortex add `application`; Thanos has
/// versions below 1; VictoriaMetrics gives a version of Prometheus and nothing else.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Build {
    version: String,
    revision: String,
    #[serde(rename = "goVersion")]
    go_version: String,
    application: Option<String>,
}

impl Build {
    /// Major and minor version, where it is Prometheus itself.
    fn prometheus(&self) -> Option<(u32, u32)> {
        if self.revision.is_empty() || self.go_version.is_empty() || self.application.is_some() {
            return None;
        }
        let mut parts = self.version.split('.').map(str::parse);
        match (parts.next(), parts.next()) {
            (Some(Ok(major)), Some(Ok(minor))) => Some((major, minor)),
            _ => None,
        }
    }
}

fn ask(remote: &Remote<'_>) -> Result<Option<Server>, Error> {
    let Some(build) = status::<Build>("buildinfo", remote)? else {
        return Ok(None);
    };
    let (ranges, by_flag) = match build.prometheus() {
        Some((2, _)) => (Ranges::Closed, true),
        // From 3.8 on native histograms need no flag.
        Some((3, minor)) => (Ranges::LeftOpen, minor < 8),
        _ => return Ok(None),
    };
    let mut floats_only = false;
    if by_flag && let Some(flags) = status::<BTreeMap<String, String>>("flags", remote)? {
        let features = flags.get("enable-feature");
        floats_only = features.is_some_and(|features| !features.contains("native-histograms"));
    }
    Ok(Some(Server {
        ranges,
        floats_only,
    }))
}

/// A page of /api/v1/status; none where the server does not have it or does not show it.
fn status<T: serde::de::DeserializeOwned>(
    page: &str,
    remote: &Remote<'_>,
) -> Result<Option<T>, Error> {
    match answer::typed(Call::of(["status", page]).start(remote)?) {
        Ok(Said { data, .. }) => Ok(Some(data)),
        Err(error) if error.http_status.is_some() => Ok(None),
        Err(error) => Err(error),
    }
}
