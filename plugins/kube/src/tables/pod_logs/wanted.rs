//! Owns what a request for logs wants: of which pods, which containers, which time, and how many lines. Refuses a request that
//! names no pods, and to ask for anything.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use trawl_sdk::filter::{self, Predicate, Test, TimeRange};
use trawl_sdk::schema::{self, Type};
use trawl_sdk::types::{Column, CompareOp, Pushed, ScanRequest};
use trawl_sdk::{Error, types};

use crate::kinds::{self, Origin};
use crate::lists::List;
use crate::pushdown::{self, Selection};
use crate::resource::{Known, Resource, Text};
use crate::selector;
use crate::tables::truth;

/// Lines asked for beyond those that a `top` by time wants. A runtime stamps a container's two streams before it writes them, so
/// that lines of the same moment may stand in another order than their times.
const TAIL_SLACK: u64 = 100;

/// What a scan of logs needs to know; it travels in the token.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Wanted {
    pub(super) projection: Vec<Column>,
    /// Namespaces, with the pod when it is named; none when nothing can match.
    pub(super) lists: Vec<List>,
    /// The label selector of the pods.
    pub(super) labels: String,
    /// Terms of the field selector of the pods.
    pub(super) fields: Vec<String>,
    /// Some: these containers only.
    pub(super) containers: Option<BTreeSet<String>>,
    /// Containers that are not wanted.
    pub(super) without: BTreeSet<String>,
    /// Some: only the instance before the present one, or only the present one.
    pub(super) previous: Option<bool>,
    /// The times wanted.
    pub(super) time: TimeRange,
    /// Rows to put out at most.
    pub(super) limit: Option<u64>,
    /// Lines of each container that are enough, counted from its end.
    pub(super) tail: Option<u64>,
}

/// The pods of the logs as a list of the API: `namespace`, `pod` and `labels` select among them.
fn pods() -> Result<Resource, Error> {
    let kind = kinds::find("pods")
        .ok_or_else(|| Error::internal("expected the kind pods, there is none"))?;
    let column = |name: &'static str, of, key: &'static str| {
        let path = vec![Text::Borrowed("metadata"), Text::Borrowed(key)];
        kinds::Column::new(name, of, Origin::Path(path))
    };
    Ok(Resource {
        columns: vec![
            column("namespace", Type::Utf8, "namespace"),
            column("pod", Type::Utf8, "name"),
            column("labels", Type::map(Type::Utf8), "labels"),
        ],
        fields: Vec::new(),
        origin: Known::BuiltIn(kind.name.to_owned()),
        ..Resource::built_in(kind)
    })
}

/// Reads a request: what it wants, how exactly each filter is taken, and how the limit is.
///
/// # Errors
/// `invalid-query` when it names no namespace, or neither pods nor their labels.
pub(super) fn read(request: &ScanRequest) -> Result<(Wanted, Vec<Pushed>, Pushed), Error> {
    let (selection, mut pushed) = pushdown::select(&pods()?, request);
    let mut wanted = Wanted {
        projection: schema::undescribed(&request.projection),
        ..Wanted::default()
    };
    let mut nothing = selection.nothing;
    for (predicate, pushed) in filter::predicates(request).iter().zip(&mut pushed) {
        if let (Some(predicate), Pushed::NotPushed) = (predicate, &pushed)
            && let Some(possible) = wanted.take(predicate)
        {
            nothing |= !possible;
            *pushed = Pushed::Exact;
        }
    }
    check(&selection)?;
    if !nothing {
        wanted.lists = lists(&selection);
    }
    wanted.labels = selection.labels.join(",");
    wanted.fields = selection.fields;
    let limit = wanted.limit(request, &pushed);
    Ok((wanted, pushed, limit))
}

/// A query that does not say whose logs would read those of the whole cluster.
fn check(selection: &Selection) -> Result<(), Error> {
    let missing = match (&selection.namespaces, &selection.names) {
        (None, _) => "`namespace`",
        (Some(_), None) if selection.labels.is_empty() && !selection.nothing => {
            "`pod` or one of `labels`"
        }
        _ => return Ok(()),
    };
    Err(Error::invalid_query(format!(
        "expected filters on `namespace` and on `pod` or one of `labels` before logs are read, got none on {missing} that says which"
    ))
    .with_hint(
        "write `pod_logs | where namespace == \"a\" and pod == \"b\"`, or `labels.app == \"b\"` for all pods with that label; lists with `in` are taken as well",
    ))
}

fn lists(selection: &Selection) -> Vec<List> {
    let namespaces = selection.namespaces.iter().flatten();
    // A text that cannot be a pod's name is no pod's, and must not become a part of a URL.
    let names: Vec<Option<String>> = match &selection.names {
        None => vec![None],
        Some(names) => names
            .iter()
            .filter(|name| selector::is_dns_subdomain(name))
            .cloned()
            .map(Some)
            .collect(),
    };
    namespaces
        .flat_map(|namespace| {
            names.iter().map(move |name| List {
                namespace: Some(namespace.clone()),
                name: name.clone(),
            })
        })
        .collect()
}

impl Wanted {
    /// Takes a predicate on a container, an instance or a time. Says whether a line can still match; none when it is not taken.
    fn take(&mut self, predicate: &Predicate<'_>) -> Option<bool> {
        if !predicate.column.path.is_empty() {
            return None;
        }
        if let Some(value) = truth(predicate, "previous") {
            return Some(self.take_previous(value));
        }
        match predicate.column.name.as_str() {
            "container" if pushdown::is_text(predicate.column) => {
                self.take_container(&predicate.test)
            }
            "timestamp" => self.time.take(predicate).then(|| !self.time.is_empty()),
            _ => None,
        }
    }

    fn take_container(&mut self, test: &Test<'_>) -> Option<bool> {
        let (names, negated) = match test {
            Test::Compare(CompareOp::Eq, literal) => (vec![filter::text(literal)?], false),
            Test::Compare(CompareOp::Ne, literal) => (vec![filter::text(literal)?], true),
            Test::In { items, negated } => (filter::texts(items)?, *negated),
            _ => return None,
        };
        // They travel in the token, whose size is limited.
        if names.len() > pushdown::MAX_LISTS {
            return None;
        }
        let names = names.into_iter().map(str::to_owned);
        if negated {
            self.without.extend(names);
            return Some(true);
        }
        let before = self.containers.take();
        let both: BTreeSet<String> = names
            .filter(|name| before.as_ref().is_none_or(|before| before.contains(name)))
            .collect();
        let possible = !both.is_empty();
        self.containers = Some(both);
        Some(possible)
    }

    fn take_previous(&mut self, value: bool) -> bool {
        let possible = self.previous.is_none_or(|before| before == value);
        self.previous = Some(value);
        possible
    }

    /// Whether a container's log may be read.
    pub(super) fn container(&self, name: &str) -> bool {
        !self.without.contains(name)
            && self
                .containers
                .as_ref()
                .is_none_or(|names| names.contains(name))
    }

    /// Takes the limit over as far as it can be. The end of a log is the cheapest part of it, and enough unless lines after the
    /// wanted time stand there.
    fn limit(&mut self, request: &ScanRequest, pushed: &[Pushed]) -> Pushed {
        let exact = pushed.iter().all(|pushed| *pushed == Pushed::Exact);
        let Some(limit) = request.limit else {
            return Pushed::NotPushed;
        };
        if !exact || request.aggregate.is_some() {
            return Pushed::NotPushed;
        }
        match request.sort.as_slice() {
            [] => {
                self.limit = Some(limit);
                // Lines before the wanted time, or without one, stand among the last ones too.
                let slack = if self.time.from.is_some() {
                    TAIL_SLACK
                } else {
                    0
                };
                self.tail = self
                    .time
                    .to
                    .is_none()
                    .then_some(limit.saturating_add(slack));
                Pushed::Exact
            }
            [key] if self.time.to.is_none() && latest_first(request, key) => {
                self.tail = Some(limit.saturating_add(TAIL_SLACK));
                Pushed::Inexact
            }
            _ => Pushed::NotPushed,
        }
    }
}

/// Whether the order begins with the latest line. A line without a time comes last in it.
fn latest_first(request: &ScanRequest, key: &types::SortKey) -> bool {
    let column = usize::try_from(key.column)
        .ok()
        .and_then(|at| request.refs.get(at));
    key.descending
        && !key.nulls_first
        && column.is_some_and(|column| column.name == "timestamp" && filter::is_timestamp(column))
}
