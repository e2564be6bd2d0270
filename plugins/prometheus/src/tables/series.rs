//! Owns the table `series`: which series had samples in a period, by filters on their labels. Refuses the samples.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, SeqAccess, Visitor};
use trawl_sdk::records::{Cell, Field, Records};
use trawl_sdk::table::{self, Arguments, Table};
use trawl_sdk::types::{Param, Pushed, ScanPlan, ScanRequest};
use trawl_sdk::{Error, Output, filter, plan, schema};

use super::document::Wanted;
use super::labels::Period;
use super::{CLUSTER, period, placed, state, text, text_map, token};
use crate::answer::{self, Interrupt, Labels};
use crate::api::Call;
use crate::clusters::{self, Clusters};
use crate::filters;
use crate::matcher::{Matcher, Selector};
use crate::time::NAME_LABEL;
use crate::{Prometheus, api};

/// The table.
pub(super) struct Series;

const FIELDS: &[Field] = &[
    Field::new(
        "metric",
        text,
        "The metric's name, which is also the label __name__",
    ),
    Field::new("labels", text_map, "Its labels").not_null(),
    CLUSTER,
];

impl Table<Prometheus> for Series {
    fn name(&self) -> &'static str {
        "series"
    }

    fn description(&self) -> &'static str {
        "Series that had samples in a period"
    }

    fn params(&self) -> Vec<Param> {
        period()
    }

    fn fields(&self) -> &'static [Field] {
        FIELDS
    }

    fn primary_key(&self) -> &'static [&'static str] {
        &["labels"]
    }

    fn calls(&self) -> Vec<table::Call> {
        api::calls(["series"])
    }

    placed!();

    fn plan(&self, request: &ScanRequest, at: &Prometheus) -> Result<ScanPlan, Error> {
        let remote = &at.remote();
        let period = Period::read(&Arguments::of(&request.arguments), request)?;
        let mut selector = Selector::default();
        let pushed: Vec<Pushed> = filter::predicates(request)
            .iter()
            .map(|predicate| match predicate {
                Some(predicate) => filters::take(predicate, &mut selector),
                None => Pushed::NotPushed,
            })
            .collect();
        let clusters = clusters::wanted(remote.config, request);
        if let Some(clusters) = clusters.as_ref().filter(|it| !it.is_empty()) {
            clusters.select(&mut selector);
        }
        if !selector.is_bounded() {
            // Every series has a name.
            selector.add_bounding(Matcher::present(NAME_LABEL));
        }
        let whole = pushed.iter().all(|pushed| *pushed == Pushed::Exact);
        let limit = plan::limit(request).filter(|_| whole);
        let call = period
            .of(Call::of(["series"]).with("match[]", selector.to_string()))
            .with_some("limit", limit.map(|limit| limit.to_string()));
        let wanted = Wanted {
            projection: schema::undescribed(&request.projection),
            call,
            limit,
            clusters,
        };
        let explain = wanted.call.to_string();
        Ok(ScanPlan {
            filters: pushed,
            limit: limit.map_or(Pushed::NotPushed, |_| Pushed::Exact),
            ..plan::unpushed(request, token(self, &wanted)?, explain)
        })
    }

    fn scan(&self, token: &str, at: &Prometheus, output: &dyn Output) -> Result<(), Error> {
        let remote = &at.remote();
        let wanted: Wanted = state(token)?;
        if wanted.clusters.as_ref().is_some_and(Clusters::is_empty) {
            return Ok(());
        }
        let mut rows = Records::new(
            FIELDS,
            self.name(),
            &wanted.projection,
            wanted.limit,
            output,
        )?;
        let interrupt = Interrupt::default();
        let each = Each(|labels: Labels| match row(&labels, &wanted, &mut rows) {
            Ok(true) => true,
            Ok(false) => interrupt.stop(),
            Err(error) => interrupt.fail(error),
        });
        let said = answer::read(wanted.call.start(remote)?, each, &interrupt);
        rows.flush()?;
        if let Some(said) = said? {
            said.report(rows.left() == Some(0), output);
        }
        Ok(())
    }
}

/// Puts out one series; says whether more are wanted.
fn row(labels: &Labels, wanted: &Wanted, rows: &mut Records<'_>) -> Result<bool, Error> {
    if rows.stopped() {
        return Ok(false);
    }
    let name = labels.get(NAME_LABEL);
    rows.row(&[
        name.map_or(Cell::Null, |name| Cell::Text(name)),
        Cell::Map(labels),
        wanted.cluster_of(labels).map_or(Cell::Null, Cell::Text),
    ])?;
    Ok(!rows.stopped())
}

/// A list whose items are given to a function as they come, until it says false.
struct Each<F>(F);

impl<'de, F: FnMut(Labels) -> bool> DeserializeSeed<'de> for Each<F> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de, F: FnMut(Labels) -> bool> Visitor<'de> for Each<F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of label sets")
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut seq: A) -> Result<(), A::Error> {
        while let Some(labels) = seq.next_element()? {
            if !(self.0)(labels) {
                return Err(serde::de::Error::custom("interrupted"));
            }
        }
        Ok(())
    }
}
