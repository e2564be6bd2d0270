//! Owns what tables of one document have in common: one request, one typed answer, a row for each thing in it. Refuses time bounds
//! and matchers.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use trawl_sdk::filter::{self, Predicate, Test};
use trawl_sdk::records::{self, Records};
use trawl_sdk::types::{Column, CompareOp, Pushed, ScanPlan, ScanRequest};
use trawl_sdk::{Error, Output, plan, schema};

use super::{Table, state, token};
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

/// A column and the parameter that selects by its values, with each value as the parameter has it.
pub(super) struct Parameter {
    pub(super) column: &'static str,
    pub(super) name: &'static str,
    /// None: values go out as they are.
    pub(super) values: &'static [(&'static str, &'static str)],
}

/// The value of the parameter that a predicate is; none when it is another one.
fn parameter(predicate: &Predicate<'_>, of: &Parameter) -> Option<String> {
    if predicate.column.name != of.column || !predicate.column.path.is_empty() {
        return None;
    }
    let Test::Compare(CompareOp::Eq, literal) = predicate.test else {
        return None;
    };
    let text = filter::text(literal).filter(|text| !text.is_empty())?;
    if of.values.is_empty() {
        return Some(text.to_owned());
    }
    let known = of.values.iter().find(|(ours, _)| *ours == text)?;
    Some(known.1.to_owned())
}

/// A plan of one request. An equality on the parameter's column becomes the parameter; the rest stays with the host.
pub(super) fn plan(
    table: &dyn Table,
    request: &ScanRequest,
    remote: &Remote<'_>,
    call: Call,
    of: Option<&Parameter>,
) -> Result<ScanPlan, Error> {
    records::check(table.fields(), table.name(), &request.projection)?;
    let mut call = call;
    let mut taken = false;
    let mut pushed = Vec::new();
    for predicate in filter::predicates(request) {
        let value = predicate
            .as_ref()
            .zip(of)
            .filter(|_| !taken)
            .and_then(|(predicate, of)| Some((of.name, parameter(predicate, of)?)));
        pushed.push(match value {
            Some((name, value)) => {
                taken = true;
                call = call.with(name, value);
                Pushed::Exact
            }
            None => Pushed::NotPushed,
        });
    }
    let whole = pushed.iter().all(|pushed| *pushed == Pushed::Exact);
    let wanted = Wanted {
        projection: schema::undescribed(&request.projection),
        call,
        limit: plan::limit(request).filter(|_| whole),
        clusters: clusters::wanted(remote.config, request),
    };
    let explain = wanted.call.to_string();
    Ok(ScanPlan {
        filters: pushed,
        limit: wanted.limit.map_or(Pushed::NotPushed, |_| Pushed::Exact),
        ..plan::unpushed(request, token(table, &wanted)?, explain)
    })
}

/// Reads the document and hands it to `rows`.
pub(super) fn scan<T: DeserializeOwned>(
    table: &dyn Table,
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
