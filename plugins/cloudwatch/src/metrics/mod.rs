//! Owns the table `metrics`: values of metrics over time, by GetMetricData. Refuses a query without a time range, a namespace and a
//! name, and metric math.
//!
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html>

mod data;
mod period;
mod series;
mod stat;
mod wanted;

use trawl_sdk::records::{Field, Records};
use trawl_sdk::schema::{Type, param};
use trawl_sdk::table::{Arguments, Call, Table};
use trawl_sdk::types::{Argument, Param, Placement, ScanPlan, ScanRequest};
use trawl_sdk::{Error, Output, plan};

use self::wanted::Wanted;
use crate::CloudWatch;
use crate::service::Action;
use crate::table;
use crate::tables::types::{map, real, span, text, time};
use crate::{price, times};

/// The table.
pub(crate) struct Metrics;

const FIELDS: &[Field] = &[
    Field::new(
        "timestamp",
        time,
        "Beginning of the period, UTC; a query must say from when",
    )
    .not_null(),
    Field::new("value", real, "The statistic over the period"),
    Field::new(
        "namespace",
        text,
        "Who puts the metric: AWS/EC2; a query must say which",
    )
    .not_null(),
    Field::new(
        "metric",
        text,
        "Its name: CPUUtilization; a query must say which",
    )
    .not_null(),
    Field::new("dimensions", map, "What it is measured of: InstanceId").not_null(),
    Field::new(
        "stat",
        text,
        "The statistic: Average unless a query says another",
    )
    .not_null(),
    Field::new("period", span, "How long each value is taken over").not_null(),
    Field::new("label", text, "What CloudWatch calls the series"),
];

impl Table<CloudWatch> for Metrics {
    fn name(&self) -> &'static str {
        "metrics"
    }

    fn description(&self) -> &'static str {
        "Values of metrics over time; filter on timestamp, and say namespace and metric"
    }

    fn params(&self) -> Vec<Param> {
        let argument = |name, of: &Type, description| param(name, of, false, false, description);
        vec![
            argument("namespace", &Type::Utf8, "who puts the metric: AWS/EC2"),
            argument("metric", &Type::Utf8, "its name: CPUUtilization"),
            argument(
                "dimensions",
                &Type::Utf8,
                "exactly these dimensions, `Name=value` with commas between them; without it all series are found by ListMetrics",
            ),
            argument(
                "stat",
                &Type::Utf8,
                "statistic: Average (default), Sum, Minimum, Maximum, SampleCount, p99, TM(2%:98%) …",
            ),
            argument(
                "period",
                &Type::Duration,
                "how long each value is taken over; by default what fits the time range",
            ),
        ]
    }

    fn fields(&self) -> &'static [Field] {
        FIELDS
    }

    fn primary_key(&self) -> &'static [&'static str] {
        &[
            "namespace",
            "metric",
            "dimensions",
            "stat",
            "period",
            "timestamp",
        ]
    }

    fn required_filters(&self, arguments: &[Argument]) -> Vec<Vec<&'static str>> {
        let needed = ["namespace", "metric"].into_iter();
        let needed = needed.filter(|name| !Arguments::of(arguments).has(name));
        let all = std::iter::once("timestamp").chain(needed);
        all.map(|name| vec![name]).collect()
    }

    fn placement(&self, _: &CloudWatch) -> Placement {
        Placement::Connection
    }

    fn calls(&self) -> Vec<Call> {
        vec![
            Action::GetMetricData.operation(),
            Action::ListMetrics.operation(),
        ]
    }

    fn plan(&self, request: &ScanRequest, at: &CloudWatch) -> Result<ScanPlan, Error> {
        let http = at.http.as_ref();
        let (wanted, filters) = wanted::read(request)?;
        // A column that is not there must not cost a listing.
        let mut plan = table::planned(
            self,
            request,
            &filters,
            wanted.limit,
            &wanted,
            String::new(),
        )?;
        if wanted.is_empty() {
            "nothing is asked: no value can match".clone_into(&mut plan.explain);
            plan.estimated_rows = Some(0);
            return Ok(plan);
        }
        let found = series::find(&wanted, http)?;
        let metrics = found.queries(&wanted);
        let calls = metrics.div_ceil(wanted.batch());
        plan.cost = Some(price::metrics(count(metrics), found.listings, count(calls)));
        plan.estimated_rows = Some(count(metrics).saturating_mul(wanted.points()));
        plan.explain = format!(
            "GetMetricData {}, {} every {}s from {} to {}: {metrics} metrics in {calls} requests",
            wanted.selection.text(),
            wanted.stats.join(", "),
            wanted.period,
            times::text(wanted.start.saturating_mul(times::SECOND)),
            times::text(wanted.end.saturating_mul(times::SECOND)),
        );
        Ok(plan)
    }

    fn scan(&self, token: &str, at: &CloudWatch, output: &dyn Output) -> Result<(), Error> {
        let http = at.http.as_ref();
        let wanted: Wanted = plan::table_state(token)?;
        let mut records = Records::new(
            FIELDS,
            self.name(),
            &wanted.projection,
            wanted.limit,
            output,
        )?;
        if records.stopped() || wanted.is_empty() {
            return Ok(());
        }
        let found = series::find(&wanted, http)?;
        wanted.report(output);
        data::read(&wanted, &found.series, http, output, &mut records)?;
        records.flush()
    }
}

/// A number of things in memory.
fn count(of: usize) -> u64 {
    u64::try_from(of).unwrap_or(u64::MAX)
}
