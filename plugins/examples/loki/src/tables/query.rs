//! Owns the default table, `loki(…)`: entries or samples, by what its LogQL text gives. Refuses to read them itself.

use trawl_sdk::records::Field;
use trawl_sdk::types::{Argument, Param, ScanPlan, ScanRequest};
use trawl_sdk::{Error, Output, plan};

use super::{Table, entries, samples};
use crate::api::Remote;
use crate::arguments::Arguments;
use crate::logql::{self, Kind};

/// The table.
pub(super) struct Query;

/// What the arguments give.
fn kind(arguments: &Arguments<'_>) -> Result<Kind, Error> {
    let text = arguments.logql("query")?;
    Ok(text.map_or(Kind::Entries, |text| logql::kind(&text)))
}

impl Table for Query {
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

    fn fields(&self, arguments: &[Argument]) -> Result<&'static [Field], Error> {
        let arguments = Arguments::read(arguments, &self.params())?;
        Ok(match kind(&arguments)? {
            Kind::Entries => entries::FIELDS,
            Kind::Samples => samples::FIELDS,
        })
    }

    fn required_filters(&self, arguments: &[Argument]) -> &'static [&'static str] {
        entries::required(arguments)
    }

    fn plan(&self, request: &ScanRequest, remote: &Remote<'_>) -> Result<ScanPlan, Error> {
        let arguments = Arguments::read(&request.arguments, &self.params())?;
        if kind(&arguments)? == Kind::Samples {
            return samples::plan(&samples::Samples, request, &arguments, remote);
        }
        if arguments.time("time")?.is_some() || arguments.step("step")?.is_some() {
            return Err(Error::invalid_query(
                "expected `time` and `step` only with LogQL that gives samples, got them for entries",
            )
            .with_hint("say the time of entries by conditions on `timestamp`, or by `start` and `end`"));
        }
        entries::plan(&entries::Logs, request, &arguments, remote)
    }

    fn scan(&self, token: &str, _: &Remote<'_>, _: &dyn Output) -> Result<(), Error> {
        // Its plans are those of the two other tables.
        Err(Error::internal(format!(
            "expected the token of `logs` or `samples`, got one of `{}`",
            plan::table_of(token)?
        )))
    }
}
