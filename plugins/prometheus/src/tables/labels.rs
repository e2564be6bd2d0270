//! Owns the table `labels`: which labels there are, and their values. Refuses to count series.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};
use trawl_sdk::filter::{self, Predicate, Test};
use trawl_sdk::records::{Cell, Field, Records};
use trawl_sdk::schema::{self, Type, param};
use trawl_sdk::table::{self, Arguments, Table};
use trawl_sdk::types::{Column, CompareOp, Param, Pushed, ScanPlan, ScanRequest};
use trawl_sdk::{Error, Output, plan};

use super::{CLUSTER, period, placed, state, text, token};
use crate::answer;
use crate::api::{Call, Remote};
use crate::arguments::Promql;
use crate::clusters::{self, Clusters, Served};
use crate::promql::{restrict, segment};
use crate::time::{ms_of_ns, seconds};
use crate::{Prometheus, api};

/// The table.
pub(super) struct Labels;

const FIELDS: &[Field] = &[
    Field::new("name", text, "The label's name").not_null(),
    Field::new("values", || Type::list(Type::Utf8), "Its values, sorted"),
    CLUSTER,
];

/// Requests for values under way at once. Each is small; a server works at 20 queries at once by default.
const AT_ONCE: usize = 4;

/// How far back a period goes when nobody says it, in milliseconds. Older servers search all their blocks without one.
const PERIOD_MS: i64 = 3_600_000;

/// The period that a table without a time of its own is about.
#[derive(Serialize, Deserialize)]
pub(super) struct Period {
    start: Option<i64>,
    end: Option<i64>,
}

impl Period {
    /// From the arguments `start` and `end`.
    pub(super) fn read(arguments: &Arguments<'_>, request: &ScanRequest) -> Result<Self, Error> {
        let now = (request.now_ns > 0).then_some(ms_of_ns(request.now_ns));
        let end = arguments.time_ms("end")?.or(now);
        let before = end.map(|end| end.saturating_sub(PERIOD_MS));
        let start = arguments.time_ms("start")?.or(before);
        if start.zip(end).is_some_and(|(start, end)| start > end) {
            return Err(Error::invalid_query(
                "expected a `start` before the `end`, got it the other way round",
            ));
        }
        Ok(Self { start, end })
    }

    /// A call about it.
    pub(super) fn of(&self, call: Call) -> Call {
        call.with_some("start", self.start.map(seconds))
            .with_some("end", self.end.map(seconds))
    }
}

/// What a partition reads.
#[derive(Serialize, Deserialize)]
struct Wanted {
    projection: Vec<Column>,
    /// A selector of the series whose labels are meant.
    matching: Option<String>,
    period: Period,
    /// The labels that are asked for; none: all.
    names: Option<Vec<String>>,
    limit: Option<u64>,
    clusters: Option<Clusters>,
}

impl Wanted {
    /// The selector for one of the clusters.
    fn selector(&self, one: Option<(&Clusters, &Served)>) -> Result<Option<String>, Error> {
        match (&self.matching, one) {
            (Some(text), Some((all, one))) => restrict(text, &all.matcher_of(one)).map(Some),
            (None, Some((all, one))) => Ok(Some(format!("{{{}}}", all.matcher_of(one)))),
            (text, None) => Ok(text.clone()),
        }
    }

    fn call<'p>(&self, path: impl IntoIterator<Item = &'p str>, selector: Option<&str>) -> Call {
        self.period
            .of(Call::of(path).with_some("match[]", selector))
    }
}

/// The names that a predicate leaves; none when it leaves any.
fn names(predicate: &Predicate<'_>) -> Option<Vec<String>> {
    if predicate.column.name != "name" || !predicate.column.path.is_empty() {
        return None;
    }
    let texts = match &predicate.test {
        Test::Compare(CompareOp::Eq, literal) => vec![filter::text(literal)?],
        Test::In {
            items,
            negated: false,
        } => filter::texts(items)?,
        _ => return None,
    };
    // To a server an empty name is no name.
    let all_named = texts.iter().all(|text| !text.is_empty());
    all_named.then(|| texts.into_iter().map(str::to_owned).collect())
}

impl Table<Prometheus> for Labels {
    fn name(&self) -> &'static str {
        "labels"
    }

    fn description(&self) -> &'static str {
        "Labels that series had in a period, with their values"
    }

    fn params(&self) -> Vec<Param> {
        let mut params = vec![param(
            "match",
            &Type::Utf8,
            false,
            true,
            "a PromQL selector of the series that are meant; all by default",
        )];
        params.extend(period());
        params
    }

    fn fields(&self) -> &'static [Field] {
        FIELDS
    }

    fn primary_key(&self) -> &'static [&'static str] {
        &["name"]
    }

    fn calls(&self) -> Vec<table::Call> {
        api::calls(["labels", "label/{name}/values"])
    }

    placed!();

    fn plan(&self, request: &ScanRequest, at: &Prometheus) -> Result<ScanPlan, Error> {
        let remote = &at.remote();
        let arguments = Arguments::of(&request.arguments);
        let mut wanted = Wanted {
            projection: schema::undescribed(&request.projection),
            matching: arguments.promql("match")?,
            period: Period::read(&arguments, request)?,
            names: None,
            limit: None,
            clusters: clusters::wanted(remote.config, request),
        };
        let mut pushed = Vec::new();
        for predicate in filter::predicates(request) {
            let found = predicate.as_ref().and_then(names);
            pushed.push(match found {
                Some(mut found) => {
                    found.retain(|name| wanted.names.as_ref().is_none_or(|it| it.contains(name)));
                    found.sort_unstable();
                    found.dedup();
                    wanted.names = Some(found);
                    Pushed::Exact
                }
                None => Pushed::NotPushed,
            });
        }
        if pushed.iter().all(|pushed| *pushed == Pushed::Exact) {
            wanted.limit = plan::limit(request);
        }
        let first = wanted
            .clusters
            .as_ref()
            .and_then(|all| Some((all, all.served().first()?)));
        let selector = wanted.selector(first)?;
        let labels = wanted.call(["labels"], selector.as_deref()).to_string();
        let values = wanted.projection.iter().any(|it| it.name == "values");
        let explain = match &wanted.names {
            Some(names) => format!("GET /api/v1/label/{{name}}/values of {}", names.join(", ")),
            None if values => format!("{labels}; then the values of each"),
            None => labels,
        };
        Ok(ScanPlan {
            limit: wanted.limit.map_or(Pushed::NotPushed, |_| Pushed::Exact),
            filters: pushed,
            ..plan::unpushed(request, token(self, &wanted)?, explain)
        })
    }

    fn scan(&self, token: &str, at: &Prometheus, output: &dyn Output) -> Result<(), Error> {
        let remote = &at.remote();
        let wanted: Wanted = state(token)?;
        let mut rows = Records::new(
            FIELDS,
            self.name(),
            &wanted.projection,
            wanted.limit,
            output,
        )?;
        match &wanted.clusters {
            None => read(&wanted, None, remote, &mut rows, output)?,
            Some(all) => {
                for one in all.served() {
                    read(&wanted, Some((all, one)), remote, &mut rows, output)?;
                }
            }
        }
        rows.flush()
    }
}

/// Reads the labels of one cluster, or of all there is.
fn read(
    wanted: &Wanted,
    one: Option<(&Clusters, &Served)>,
    remote: &Remote<'_>,
    rows: &mut Records<'_>,
    output: &dyn Output,
) -> Result<(), Error> {
    let selector = wanted.selector(one)?;
    let cluster = one.map_or(Cell::Null, |(_, one)| Cell::Text(&one.name));
    let names = match &wanted.names {
        Some(names) => names.clone(),
        None => {
            let call = wanted.call(["labels"], selector.as_deref());
            let said = answer::typed::<Option<Vec<String>>>(call.start(remote)?)?;
            said.report(false, output);
            said.data.unwrap_or_default()
        }
    };
    if wanted.names.is_none() && !rows.wants(&["values"]) {
        for name in &names {
            if rows.stopped() {
                break;
            }
            rows.row(&[Cell::Text(name), Cell::Null, cluster])?;
        }
        return Ok(());
    }
    let start = |name: &String| {
        let name = segment(name);
        let path = ["label", &name, "values"];
        wanted.call(path, selector.as_deref()).start(remote)
    };
    let mut names = names.iter();
    let mut under_way = VecDeque::new();
    while !rows.stopped() {
        while under_way.len() < AT_ONCE
            && let Some(name) = names.next()
        {
            under_way.push_back((name, start(name)?));
        }
        let Some((name, pending)) = under_way.pop_front() else {
            break;
        };
        let said = answer::typed::<Option<Vec<String>>>(pending)?;
        said.report(false, output);
        let values = said.data.unwrap_or_default();
        // A label that was named in the query and has no values does not exist.
        if !values.is_empty() {
            rows.row(&[Cell::Text(name), Cell::Texts(&values), cluster])?;
        }
    }
    Ok(())
}
