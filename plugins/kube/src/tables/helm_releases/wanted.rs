//! Owns what a request for releases wants and what of it the API can select by the labels that Helm puts on its Secrets; refuses
//! to ask for anything.

use serde::{Deserialize, Serialize};
use trawl_sdk::filter::{self, Predicate, Test};
use trawl_sdk::schema::{self, Type};
use trawl_sdk::types::{Column, CompareOp, Literal, Pushed, ScanRequest};

use crate::kinds::{self, Origin};
use crate::lists::{self, List, Partition};
use crate::pushdown;
use crate::resource::{Known, Resource, Text};
use crate::selector;
use crate::tables::truth;

/// What every Secret of Helm's has.
const OWNER: &str = "owner=helm";

/// The type of a Secret that holds a release. Helm 2, and Helm 3 with `HELM_DRIVER=configmap`, keep them in ConfigMaps, which are
/// not read.
const TYPE: &str = "type=helm.sh/release.v1";

/// What a scan of releases needs to know; it travels in the token.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Wanted {
    pub(super) projection: Vec<Column>,
    /// None when nothing can match.
    pub(super) lists: Vec<List>,
    /// The label selector of the Secrets that go out.
    pub(super) labels: String,
    /// The label selector of all revisions of their releases, by which the latest are found.
    pub(super) of_releases: String,
    /// Terms of the field selector.
    pub(super) fields: Vec<String>,
    /// Some: only the latest revisions, or only the others.
    pub(super) latest: Option<bool>,
    /// Rows to put out at most.
    pub(super) limit: Option<u64>,
}

/// Helm's Secrets as a list of the API. Without `revisions` only what all revisions of a release have in common selects.
pub(super) fn secrets(revisions: bool) -> Resource {
    let column = |name: &'static str, of, path: &[&'static str]| {
        let path = path.iter().map(|&key| Text::Borrowed(key)).collect();
        kinds::Column::new(name, of, Origin::Path(path))
    };
    let mut columns = vec![
        column("namespace", Type::Utf8, &["metadata", "namespace"]),
        column("name", Type::Utf8, &["metadata", "labels", "name"]),
    ];
    if revisions {
        columns.extend([
            column("status", Type::Utf8, &["metadata", "labels", "status"]),
            column("labels", Type::map(Type::Utf8), &["metadata", "labels"]),
        ]);
    }
    Resource {
        name: Text::Borrowed("secrets"),
        api: vec![Text::Borrowed("api"), Text::Borrowed("v1")],
        plural: Text::Borrowed("secrets"),
        description: Text::default(),
        namespaced: true,
        columns,
        items: None,
        fields: Vec::new(),
        selects_fields: true,
        optional: false,
        origin: Known::BuiltIn("secrets".to_owned()),
    }
}

/// Reads a request: what it wants, how exactly each filter is taken, and how the limit is.
pub(super) fn read(request: &ScanRequest) -> (Wanted, Vec<Pushed>, Pushed) {
    let (mut selection, mut pushed) = pushdown::select(&secrets(true), request);
    let (of_releases, _) = pushdown::select(&secrets(false), request);
    let mut latest = None;
    for (predicate, pushed) in filter::predicates(request).iter().zip(&mut pushed) {
        let (Some(predicate), Pushed::NotPushed) = (predicate, &pushed) else {
            continue;
        };
        if let Some(revision) = revision(predicate) {
            let term = selector::label("version", true, &revision.to_string());
            selection.labels.push(term);
            *pushed = Pushed::Exact;
        } else if let Some(value) = truth(predicate, "latest") {
            selection.nothing |= latest.is_some_and(|before| before != value);
            latest = Some(value);
            *pushed = Pushed::Exact;
        }
    }
    let exact = pushed.iter().all(|pushed| *pushed == Pushed::Exact);
    let limit = request
        .limit
        .filter(|_| exact && request.sort.is_empty() && request.aggregate.is_none());
    let join = |terms: Vec<String>| {
        let all: Vec<String> = std::iter::once(OWNER.to_owned()).chain(terms).collect();
        all.join(",")
    };
    let wanted = Wanted {
        projection: schema::undescribed(&request.projection),
        lists: lists::lists(&selection),
        labels: join(selection.labels),
        of_releases: join(of_releases.labels),
        fields: std::iter::once(TYPE.to_owned())
            .chain(selection.fields)
            .collect(),
        latest,
        limit,
    };
    let limit = match limit {
        Some(_) => Pushed::Exact,
        None => Pushed::NotPushed,
    };
    (wanted, pushed, limit)
}

/// `revision == n`, which Helm writes in a label as well.
fn revision(predicate: &Predicate<'_>) -> Option<i64> {
    match &predicate.test {
        Test::Compare(CompareOp::Eq, Literal::Int64(revision))
            if predicate.column.name == "revision"
                && predicate.column.path.is_empty()
                && *revision >= 0 =>
        {
            Some(*revision)
        }
        _ => None,
    }
}

impl Wanted {
    /// The Secrets that go out.
    pub(super) fn rows(&self, resource: &Resource, metadata_only: bool) -> Partition {
        Partition {
            lists: self.lists.clone(),
            labels: self.labels.clone(),
            fields: self.fields.clone(),
            ..Partition::of_all(resource, metadata_only)
        }
    }

    /// All revisions of their releases.
    pub(super) fn releases(&self, resource: &Resource) -> Partition {
        Partition {
            labels: self.of_releases.clone(),
            ..self.rows(resource, true)
        }
    }
}
