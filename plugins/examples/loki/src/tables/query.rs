//! Owns the default table, `loki(…)`: entries or samples, by what its LogQL text gives. Refuses to read them itself.

use trawl_sdk::records::Field;
use trawl_sdk::table::{self, Arguments, Table};
use trawl_sdk::types::{Argument, Param, ScanPlan, ScanRequest};
use trawl_sdk::{Error, Output, plan};

use super::{entries, get, placed, samples};
use crate::Loki;
use crate::arguments;
use crate::logql::{self, Kind};

/// The table.
pub(super) struct Query;

/// What the arguments give.
fn kind(arguments: Arguments<'_>) -> Result<Kind, Error> {
    let text = arguments::text(arguments, "query")?;
    Ok(text.map_or(Kind::Entries, |text| logql::kind(&text)))
}

impl Table<Loki> for Query {
    fn name(&self) -> &'static str {
        ""
    }

    fn description(&self) -> &'static str {
        "Log entries, or the samples of a LogQL query that counts or measures"
    }

    fn params(&self) -> Vec<Param> {
        let mut params = entries::params();
        params.extend(samples::own_params());
        params
    }

    fn fields(&self) -> &'static [Field] {
        entries::FIELDS
    }

    fn fields_for(&self, arguments: &[Argument]) -> Result<&'static [Field], Error> {
        Ok(match kind(Arguments::of(arguments))? {
            Kind::Entries => entries::FIELDS,
            Kind::Samples => samples::FIELDS,
        })
    }

    placed!();

    fn required_filters(&self, arguments: &[Argument]) -> Vec<Vec<&'static str>> {
        entries::required(arguments)
    }

    fn calls(&self) -> Vec<table::Call> {
        vec![get("query_range"), get("query")]
    }

    fn plan(&self, request: &ScanRequest, at: &Loki) -> Result<ScanPlan, Error> {
        let remote = &at.remote();
        let arguments = Arguments::of(&request.arguments);
        if kind(arguments)? == Kind::Samples {
            return samples::plan(request, arguments, remote);
        }
        if arguments.timestamp_ns("time")?.is_some()
            || arguments::step(arguments, "step")?.is_some()
        {
            return Err(Error::invalid_query(
                "expected `time` and `step` only with LogQL that gives samples, got them for entries",
            )
            .with_hint("say the time of entries by conditions on `timestamp`, or by `start` and `end`"));
        }
        entries::plan(request, arguments, remote)
    }

    fn scan(&self, token: &str, _: &Loki, _: &dyn Output) -> Result<(), Error> {
        // Its plans are those of the two other tables.
        Err(Error::internal(format!(
            "expected the token of `logs` or `samples`, got one of `{}`",
            plan::table_of(token)?
        )))
    }
}
