//! Owns the cutting of a scan into lists and partitions, and the requests they make; refuses to read answers.

use serde::{Deserialize, Serialize};
use trawl_sdk::types::{Column, Pushed, ScanPlan, ScanRequest};
use trawl_sdk::{Error, http, plan, schema};

use crate::config::Config;
use crate::encoding::Encoding;
use crate::pushdown::{self, Selection};
use crate::resource::{Known, Resource};
use crate::{ENDPOINT, count, rows, selector};

/// Lists that `explain` writes out; the rest is counted.
const EXPLAINED_LISTS: usize = 3;

/// One list of the API.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct List {
    pub(crate) namespace: Option<String>,
    pub(crate) name: Option<String>,
}

/// What a scan needs to know; it travels in the partition's token.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Partition {
    /// Whose lists they are.
    pub(crate) resource: Known,
    pub(crate) projection: Vec<Column>,
    /// Read one after the other; none when nothing can match.
    pub(crate) lists: Vec<List>,
    pub(crate) labels: String,
    pub(crate) fields: Vec<String>,
    /// Rows to put out at most.
    pub(crate) limit: Option<u64>,
    pub(crate) metadata_only: bool,
    pub(crate) encoding: Encoding,
    /// One row goes out: the number of objects, which may be an estimate.
    pub(crate) counted: bool,
}

/// How a request is done.
pub(crate) fn plan(
    resource: &Resource,
    request: &ScanRequest,
    config: &Config,
) -> Result<ScanPlan, Error> {
    let (selection, filters) = pushdown::select(resource, request);
    let lists = lists(&selection);
    let parts = usize::try_from(request.max_partitions.max(1))
        .unwrap_or(usize::MAX)
        .min(lists.len().max(1));
    let exact = filters.iter().all(|pushed| *pushed == Pushed::Exact);
    // A limit over an order or an aggregate is the host's; over several partitions it must count again.
    let (limit, pushed_limit) = match request.limit {
        Some(limit) if exact && request.sort.is_empty() && request.aggregate.is_none() => {
            let pushed = if parts == 1 {
                Pushed::Exact
            } else {
                Pushed::Inexact
            };
            (Some(limit), pushed)
        }
        _ => (None, Pushed::NotPushed),
    };
    let whole = Partition {
        resource: resource.origin.clone(),
        metadata_only: rows::needs_metadata_only(resource, &request.projection),
        encoding: rows::encoding(resource, &request.projection)?,
        projection: schema::undescribed(&request.projection),
        lists,
        labels: selection.labels.join(","),
        fields: selection.fields,
        limit,
        counted: false,
    };
    // A table with several rows an object has more rows than the list has objects.
    if exact
        && resource.items.is_none()
        && let Some(column) = count::wanted(request)?
        && !whole.selects()
    {
        return count::plan(resource, whole, column, filters, config);
    }
    let explain = explain(resource, &whole, config);
    let size = whole.lists.len().div_ceil(parts).max(1);
    let partitions = if whole.lists.is_empty() {
        vec![plan::token(&whole)?]
    } else {
        whole
            .lists
            .chunks(size)
            .map(|lists| {
                plan::token(&Partition {
                    lists: lists.to_vec(),
                    ..whole.clone()
                })
            })
            .collect::<Result<_, _>>()?
    };
    Ok(ScanPlan {
        schema: schema::projected(&request.projection),
        filters,
        limit: pushed_limit,
        sorted: false,
        aggregated: false,
        partitions,
        estimated_rows: None,
        cost: None,
        explain,
    })
}

/// The plan for a kind that the cluster does not have: it has no objects, whatever is asked of them.
pub(crate) fn absent(request: &ScanRequest) -> Result<ScanPlan, Error> {
    let name = request.table.join(".");
    let partition = Partition {
        resource: Known::Absent(name.clone()),
        projection: Vec::new(),
        lists: Vec::new(),
        labels: String::new(),
        fields: Vec::new(),
        limit: None,
        metadata_only: false,
        encoding: Encoding::Json,
        counted: false,
    };
    let explain = format!("nothing is asked: the cluster has no {name}");
    Ok(ScanPlan {
        filters: vec![Pushed::Exact; request.filters.roots.len()],
        ..plan::unpushed(request, plan::token(&partition)?, explain)
    })
}

/// Every namespace with every name, or one list of all.
pub(crate) fn lists(selection: &Selection) -> Vec<List> {
    if selection.nothing {
        return Vec::new();
    }
    let each = |set: &Option<std::collections::BTreeSet<String>>| match set {
        Some(values) => values.iter().cloned().map(Some).collect(),
        None => vec![None],
    };
    let names: Vec<Option<String>> = each(&selection.names);
    each(&selection.namespaces)
        .into_iter()
        .flat_map(|namespace| {
            names.iter().map(move |name| List {
                namespace: namespace.clone(),
                name: name.clone(),
            })
        })
        .collect()
}

impl Partition {
    /// One list of all objects, for a scan that makes its own rows of them.
    pub(crate) fn of_all(resource: &Resource, metadata_only: bool) -> Self {
        Self {
            resource: resource.origin.clone(),
            projection: Vec::new(),
            lists: vec![List {
                namespace: None,
                name: None,
            }],
            labels: String::new(),
            fields: Vec::new(),
            limit: None,
            metadata_only,
            encoding: Encoding::Json,
            counted: false,
        }
    }

    /// Objects to ask for when `left` more rows are wanted.
    pub(crate) fn page_size(&self, config: &Config, left: Option<u64>) -> u32 {
        let left = left.map_or(u32::MAX, |left| u32::try_from(left).unwrap_or(u32::MAX));
        config.page_size.min(left).max(1)
    }

    /// The request of one page. No resourceVersion is sent: the server would then ignore `limit`, or refuse `continue`.
    pub(crate) fn request(
        &self,
        resource: &Resource,
        list: &List,
        page_size: u32,
        token: Option<&str>,
    ) -> http::RequestBuilder {
        let mut request = http::get(ENDPOINT, resource.segments(list.namespace.as_deref()))
            .header("accept", self.encoding.accept(self.metadata_only))
            .query("limit", page_size.to_string());
        if !self.labels.is_empty() {
            request = request.query("labelSelector", &self.labels);
        }
        let name = list
            .name
            .iter()
            .map(|name| selector::field("metadata.name", true, name));
        let fields: Vec<String> = name.chain(self.fields.iter().cloned()).collect();
        if !fields.is_empty() {
            request = request.query("fieldSelector", fields.join(","));
        }
        match token {
            Some(token) => request.query("continue", token),
            None => request,
        }
    }

    /// Whether the API was asked to filter beyond the path.
    pub(crate) fn selects(&self) -> bool {
        !self.labels.is_empty()
            || !self.fields.is_empty()
            || self.lists.iter().any(|l| l.name.is_some())
    }
}

/// What will be sent, for `explain`.
pub(crate) fn explain(resource: &Resource, partition: &Partition, config: &Config) -> String {
    if partition.lists.is_empty() {
        return "nothing is asked: no object can match".to_owned();
    }
    let mut lines: Vec<String> = partition
        .lists
        .iter()
        .take(EXPLAINED_LISTS)
        .map(|list| {
            let size = partition.page_size(config, partition.limit);
            let request = partition.request(resource, list, size, None);
            let request = request.request();
            let query: Vec<_> = request
                .query
                .iter()
                .map(|(k, v)| format!("{k}={v}"))
                .collect();
            format!("GET /{}?{}", request.path.join("/"), query.join("&"))
        })
        .collect();
    if let Some(rest) = partition.lists.len().checked_sub(EXPLAINED_LISTS)
        && rest > 0
    {
        lines.push(format!("and {rest} more lists"));
    }
    if partition.metadata_only {
        lines.push("metadata only".to_owned());
    }
    lines.join("; ")
}
