//! Owns the table `label_values`: the values of stream labels. A condition on `label` says which are asked for; refuses to count them.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};
use trawl_sdk::filter::{self, Test};
use trawl_sdk::records::{Cell, Field, Records};
use trawl_sdk::table::{self, Arguments, Table};
use trawl_sdk::types::{CompareOp, Param, Pushed, ScanPlan, ScanRequest};
use trawl_sdk::{Error, Output};

use super::labels::{self, Wanted};
use super::{CLUSTER, Plan, get, placed, planned, state, text};
use crate::Loki;
use crate::answer::{self, Labels};
use crate::api::Call;
use crate::logql::is_label_name;

/// The table.
pub(super) struct LabelValues;

const FIELDS: &[Field] = &[
    Field::new("label", text, "The label's name").not_null(),
    Field::new("value", text, "One of its values").not_null(),
    CLUSTER,
];

/// Requests under way at once: each is small, and others want some of the server.
const AT_ONCE: usize = 4;

/// What a partition reads.
#[derive(Serialize, Deserialize)]
struct Values {
    of: Wanted,
    /// The labels whose values are wanted; none: all.
    names: Option<Vec<String>>,
}

impl Values {
    fn call(&self, name: &str, selector: Option<&str>) -> Call {
        self.of
            .of(Call::of(["label", name, "values"]))
            .with_some("query", selector)
    }
}

/// The labels that the conditions leave, and how exactly each of those is kept.
fn named(request: &ScanRequest) -> (Option<Vec<String>>, Vec<Pushed>) {
    let mut names: Option<Vec<String>> = None;
    let mut pushed = Vec::new();
    for predicate in filter::predicates(request) {
        let listed = predicate.as_ref().and_then(|predicate| {
            if predicate.column.name != "label" || !predicate.column.path.is_empty() {
                return None;
            }
            match &predicate.test {
                Test::Compare(CompareOp::Eq, literal) => Some(vec![filter::text(literal)?]),
                Test::In {
                    items,
                    negated: false,
                } => filter::texts(items),
                _ => None,
            }
        });
        let Some(listed) = listed else {
            pushed.push(Pushed::NotPushed);
            continue;
        };
        let mut left: Vec<String> = listed
            .into_iter()
            // No stream has a label of another name.
            .filter(|name| is_label_name(name))
            .filter(|name| {
                let before = names.as_ref();
                before.is_none_or(|before| before.iter().any(|it| it == name))
            })
            .map(str::to_owned)
            .collect();
        left.sort();
        left.dedup();
        names = Some(left);
        pushed.push(Pushed::Exact);
    }
    (names, pushed)
}

impl Table<Loki> for LabelValues {
    fn name(&self) -> &'static str {
        "label_values"
    }

    fn description(&self) -> &'static str {
        "Values that stream labels had in a period"
    }

    fn params(&self) -> Vec<Param> {
        labels::params()
    }

    fn fields(&self) -> &'static [Field] {
        FIELDS
    }

    placed!();

    fn primary_key(&self) -> &'static [&'static str] {
        &["label", "value"]
    }

    fn calls(&self) -> Vec<table::Call> {
        vec![get("labels"), get("label/{name}/values")]
    }

    fn plan(&self, request: &ScanRequest, at: &Loki) -> Result<ScanPlan, Error> {
        let remote = &at.remote();
        let arguments = Arguments::of(&request.arguments);
        let (names, filters) = named(request);
        let values = Values {
            of: Wanted::read(request, arguments, remote)?,
            names,
        };
        let first = values
            .of
            .asks
            .first()
            .and_then(|(query, _)| query.as_deref());
        let explain = match &values.names {
            None => format!("{}, for each label", values.call("{name}", first)),
            Some(names) => match names.as_slice() {
                [] => "nothing is asked: no label is left".to_owned(),
                [only] => values.call(only, first).to_string(),
                [one, ..] => {
                    format!(
                        "{} (the first of {} labels)",
                        values.call(one, first),
                        names.len()
                    )
                }
            },
        };
        planned(
            self.name(),
            request,
            Plan {
                partitions: vec![values],
                filters,
                limited: false,
                sorted: false,
                explain,
            },
        )
    }

    fn scan(&self, token: &str, at: &Loki, output: &dyn Output) -> Result<(), Error> {
        let remote = &at.remote();
        let values: Values = state(token)?;
        values.of.report(output);
        let mut records = Records::new(FIELDS, self.name(), &values.of.projection, None, output)?;
        for (selector, whose) in &values.of.asks {
            let selector = selector.as_deref();
            let names = match &values.names {
                Some(names) => names.clone(),
                None => {
                    let call = values.of.of(Call::of(["labels"]));
                    let pending = call.with_some("query", selector).start(remote)?;
                    answer::wait(pending)?.list(output)?
                }
            };
            let cluster = whose.name(&Labels::new());
            let mut waiting = names.iter();
            let mut under_way = VecDeque::new();
            while !records.stopped() {
                while under_way.len() < AT_ONCE
                    && let Some(name) = waiting.next()
                {
                    under_way.push_back((name, values.call(name, selector).start(remote)?));
                }
                let Some((name, pending)) = under_way.pop_front() else {
                    break;
                };
                for value in answer::wait(pending)?.list::<String>(output)? {
                    records.row(&[
                        Cell::Text(name),
                        Cell::Text(&value),
                        cluster.map_or(Cell::Null, Cell::Text),
                    ])?;
                }
                records.flush()?;
            }
        }
        records.flush()
    }
}
