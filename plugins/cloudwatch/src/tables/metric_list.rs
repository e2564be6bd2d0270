//! Owns the table `metric_list`: which metrics there are. Refuses their values, which are `metrics`'.
//!
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_ListMetrics.html>, 500 a page.

use serde::{Deserialize, Serialize};
use trawl_sdk::filter::Pushdown;
use trawl_sdk::records::{Cell, Field, Records};
use trawl_sdk::schema::{self, Type, param};
use trawl_sdk::table::{Arguments, Call, Table};
use trawl_sdk::types::{Column, Param, Placement, Pushed, ScanPlan, ScanRequest};
use trawl_sdk::{Error, Output, plan};

use super::types::{map, text};
use crate::CloudWatch;
use crate::pages::{self, Then};
use crate::selection::{MetricPage, Selection};
use crate::service::Action;
use crate::table;

/// The table.
pub(crate) struct MetricList;

const FIELDS: &[Field] = &[
    Field::new("namespace", text, "Who puts the metric: AWS/EC2").not_null(),
    Field::new("metric", text, "Its name: CPUUtilization").not_null(),
    Field::new("dimensions", map, "What it is measured of: InstanceId").not_null(),
];

#[derive(Serialize, Deserialize)]
struct State {
    projection: Vec<Column>,
    selection: Selection,
    recent: bool,
    limit: Option<u64>,
}

impl Table<CloudWatch> for MetricList {
    fn name(&self) -> &'static str {
        "metric_list"
    }

    fn description(&self) -> &'static str {
        "Metrics that had data in the last two weeks"
    }

    fn params(&self) -> Vec<Param> {
        vec![param(
            "recent",
            &Type::Bool,
            false,
            false,
            "whether only metrics are wanted that had data in the last three hours",
        )]
    }

    fn fields(&self) -> &'static [Field] {
        FIELDS
    }

    fn placement(&self, _: &CloudWatch) -> Placement {
        Placement::Connection
    }

    fn calls(&self) -> Vec<Call> {
        vec![Action::ListMetrics.operation()]
    }

    fn plan(&self, request: &ScanRequest, _: &CloudWatch) -> Result<ScanPlan, Error> {
        let mut selection = Selection::default();
        let mut filters = Pushdown::of(request);
        filters.take(|predicate| selection.take(predicate).then_some(Pushed::Exact));
        let limit = table::own_limit(request, &filters);
        let explain = format!("ListMetrics {}", selection.text());
        let state = State {
            projection: schema::undescribed(&request.projection),
            selection,
            recent: Arguments::of(&request.arguments)
                .boolean("recent")?
                .unwrap_or(false),
            limit,
        };
        table::planned(self, request, &filters, limit, &state, explain)
    }

    fn scan(&self, token: &str, at: &CloudWatch, output: &dyn Output) -> Result<(), Error> {
        let http = at.http.as_ref();
        let state: State = plan::table_state(token)?;
        let mut records =
            Records::new(FIELDS, self.name(), &state.projection, state.limit, output)?;
        if records.stopped() || state.selection.is_empty() {
            return Ok(());
        }
        let bodies = state.selection.requests(state.recent);
        let ahead = state.limit.is_none();
        pages::walk(
            http,
            Action::ListMetrics,
            &bodies,
            ahead,
            |_, page: Result<MetricPage, _>| {
                for metric in page?.selected(&state.selection) {
                    if records.stopped() {
                        break;
                    }
                    records.row(&[
                        Cell::Text(&metric.namespace),
                        Cell::Text(&metric.metric),
                        Cell::Map(&metric.dimensions),
                    ])?;
                }
                Ok(if records.stopped() {
                    Then::Stop
                } else {
                    Then::Go
                })
            },
        )?;
        records.flush()
    }
}
