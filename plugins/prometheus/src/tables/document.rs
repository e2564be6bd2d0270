//! Owns what tables of one document have in common: one request, one typed answer, a row for each thing in it. Refuses time bounds
//! and matchers.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use trawl_sdk::filter::{Parameter, Pushdown};
use trawl_sdk::records::Records;
use trawl_sdk::table::Table;
use trawl_sdk::types::{Column, Pushed, ScanPlan, ScanRequest};
use trawl_sdk::{Error, Output, plan, schema};

use super::{state, token};
use crate::Prometheus;
use crate::answer;
use crate::api::{Call, Remote};
use crate::clusters::{self, Clusters};

/// What a partition reads.
#[derive(Serialize, Deserialize)]
pub(super) struct Wanted {
    pub(super) projection: Vec<Column>,
    pub(super) call: Call,
    pub(super) limit: Option<u64>,
    pub(super) clusters: Option<Clusters>,
}

impl Wanted {
    /// Whether the rows of these labels are wanted.
    pub(super) fn wants(&self, labels: &answer::Labels) -> bool {
        let clusters = self.clusters.as_ref();
        clusters.is_none_or(|clusters| clusters.wants(labels))
    }

    /// Whose a row is, by the label of the configuration.
    pub(super) fn cluster_of(&self, labels: &answer::Labels) -> Option<&str> {
        self.clusters.as_ref()?.name_of(labels)
    }
}

/// A plan of one request. An equality on the parameter's column becomes the parameter; the rest stays with the host.
pub(super) fn plan(
    table: &dyn Table<Prometheus>,
    request: &ScanRequest,
    remote: &Remote<'_>,
    call: Call,
    of: &[Parameter],
) -> Result<ScanPlan, Error> {
    let mut filters = Pushdown::of(request);
    let pairs = filters.parameters(of).into_iter();
    let wanted = Wanted {
        projection: schema::undescribed(&request.projection),
        call: pairs.fold(call, |call, (name, value)| call.with(&name, value)),
        limit: plan::limit(request).filter(|_| filters.all_exact()),
        clusters: clusters::wanted(remote.config, request),
    };
    let explain = wanted.call.to_string();
    Ok(ScanPlan {
        filters: filters.pushed(),
        limit: wanted.limit.map_or(Pushed::NotPushed, |_| Pushed::Exact),
        ..plan::unpushed(request, token(table, &wanted)?, explain)
    })
}

/// Reads the document and hands it to `rows`.
pub(super) fn scan<T: DeserializeOwned>(
    table: &dyn Table<Prometheus>,
    token: &str,
    remote: &Remote<'_>,
    output: &dyn Output,
    rows: impl FnOnce(T, &Wanted, &mut Records<'_>) -> Result<(), Error>,
) -> Result<(), Error> {
    let wanted: Wanted = state(token)?;
    let said = answer::typed::<T>(wanted.call.start(remote)?)?;
    said.report(false, output);
    let mut records = Records::new(
        table.fields(),
        table.name(),
        &wanted.projection,
        wanted.limit,
        output,
    )?;
    rows(said.data, &wanted, &mut records)?;
    records.flush()
}

/// What Go writes for a time that was never.
const NEVER: &str = "0001-01-01T00:00:00Z";

/// A time as Go writes it; none where there is none.
pub(super) fn time_ns(text: &str) -> Option<i64> {
    (text != NEVER)
        .then(|| trawl_sdk::columns::parse_rfc3339_ns(text))
        .flatten()
}

/// Seconds as a span of nanoseconds; none for what no span can be.
pub(super) fn span_ns(seconds: f64) -> Option<i64> {
    /// The longest span, 292 years.
    const MOST: f64 = 9.2e9;
    // The cast is of a number that 64 bits hold.
    (seconds.abs() <= MOST).then(|| (seconds * 1e9).round() as i64)
}
