//! Owns the counting of a list's objects: by reading their metadata, or, where the argument `approximate` allows it, by the API
//! server's estimate. Refuses to estimate unless it was asked for.

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny};
use trawl_sdk::columns::{BatchBuilder, Scalar};
use trawl_sdk::schema::{Type, param};
use trawl_sdk::types::{
    AggregateFunction, Argument, ArgumentValue, Column, ErrorCode, Gap, Literal, Param, Pushed,
    ScanPlan, ScanRequest, Schema,
};
use trawl_sdk::{Error, Output, Transport, plan as token};

use crate::config::Config;
use crate::encoding::Encoding;
use crate::lists::{self, List, Partition};
use crate::page::Item;
use crate::resource::Resource;
use crate::scan::{self, Objects};
use crate::status::Status;

/// The argument's name.
const APPROXIMATE: &str = "approximate";

/// The argument, for a table that takes it.
pub(crate) fn approximate() -> Param {
    param(
        APPROXIMATE,
        &Type::Bool,
        false,
        false,
        "whether the API server's own estimate is enough where only the number of objects is asked for",
    )
}

/// Whether the argument was given as true.
///
/// # Errors
/// `invalid-query` when it was given as something else than a truth value.
pub(crate) fn may_estimate(arguments: &[Argument]) -> Result<bool, Error> {
    let mut of_name = arguments.iter().filter(|given| given.name == APPROXIMATE);
    match of_name.next().map(|given| &given.value) {
        None | Some(ArgumentValue::Scalar(Literal::Null)) => Ok(false),
        Some(ArgumentValue::Scalar(Literal::Boolean(given))) => Ok(*given),
        Some(_) => Err(Error::invalid_query(format!(
            "expected true or false for `{APPROXIMATE}`, got another value"
        ))
        .with_hint(format!("write `{APPROXIMATE} = true`"))),
    }
}

/// The column that the number of objects goes out as; none when the request wants anything else, or no estimate.
///
/// # Errors
/// As [`may_estimate`].
pub(crate) fn wanted(request: &ScanRequest) -> Result<Option<Column>, Error> {
    if !may_estimate(&request.arguments)? {
        return Ok(None);
    }
    let Some(aggregate) = &request.aggregate else {
        return Ok(None);
    };
    Ok(match aggregate.calls.as_slice() {
        [call]
            if aggregate.group_by.is_empty()
                && call.function == AggregateFunction::Count
                && call.column.is_none() =>
        {
            Some(Column {
                name: call.output.name.clone(),
                path: Vec::new(),
                output: vec![call.output.clone()],
            })
        }
        _ => None,
    })
}

/// The plan of a scan that counts the objects of `whole`, which has no selectors.
pub(crate) fn plan(
    resource: &Resource,
    whole: Partition,
    column: Column,
    filters: Vec<Pushed>,
    config: &Config,
) -> Result<ScanPlan, Error> {
    let schema = Schema {
        fields: column.output.clone(),
    };
    let counted = Partition {
        projection: vec![column],
        limit: Some(1),
        metadata_only: true,
        encoding: Encoding::Json,
        counted: true,
        ..whole
    };
    let explain = lists::explain(resource, &counted, config);
    Ok(ScanPlan {
        schema,
        filters,
        limit: Pushed::NotPushed,
        sorted: false,
        aggregated: true,
        partitions: vec![token::token(&counted)?],
        estimated_rows: Some(1),
        cost: None,
        explain: format!("{explain}; the number of objects is the server's estimate"),
    })
}

/// Puts out the one row of such a scan.
pub(crate) fn scan(
    resource: &Resource,
    partition: &Partition,
    config: &Config,
    http: &dyn Transport,
    output: &dyn Output,
) -> Result<(), Error> {
    let whole = Partition {
        limit: None,
        ..partition.clone()
    };
    let count = estimated(resource, &whole, config, http, output)?;
    let mut batch = BatchBuilder::new(&partition.projection)?;
    for column in batch.columns_mut() {
        column.append(Scalar::Uint(count))?;
    }
    batch.end_row()?;
    match batch.finish() {
        Some(row) => output.push(row).map(drop),
        None => Ok(()),
    }
}

/// The number of objects by the first page of each list; counted where the server does not say what remains.
///
/// # Errors
/// What the API answers.
pub(crate) fn estimated(
    resource: &Resource,
    partition: &Partition,
    config: &Config,
    http: &dyn Transport,
    output: &dyn Output,
) -> Result<u64, Error> {
    let mut sum = 0_u64;
    let mut estimates = false;
    for list in &partition.lists {
        let one = Partition {
            lists: vec![list.clone()],
            ..partition.clone()
        };
        let count = match first_page(resource, &one, list, config, http)? {
            Remaining::None(count) => count,
            Remaining::Estimate(count) => {
                estimates = true;
                count
            }
            Remaining::Unknown => exact(resource, &one, config, http, output)?,
        };
        sum = sum.saturating_add(count);
    }
    if estimates {
        output.report(
            Gap::Note,
            None,
            &format!(
                "the number of {} is the API server's estimate, as `{APPROXIMATE} = true` allows; without it they are counted",
                resource.name
            ),
        );
    }
    Ok(sum)
}

/// What the first page says of the number of objects.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Remaining {
    /// The list ends with it.
    None(u64),
    /// The page and what the server thinks remains.
    Estimate(u64),
    /// More is there, and the server does not say how much.
    Unknown,
}

/// The first page of a list. `remainingItemCount` is "not guaranteed to be accurate" and may be absent,
/// <https://pkg.go.dev/k8s.io/apimachinery/pkg/apis/meta/v1#ListMeta>.
#[derive(Deserialize)]
struct FirstPage {
    #[serde(default)]
    kind: String,
    metadata: Option<Meta>,
    // Go writes a slice that is nil as null.
    items: Option<Vec<IgnoredAny>>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
struct Meta {
    #[serde(rename = "continue")]
    token: Option<String>,
    remaining_item_count: Option<u64>,
}

fn first_page(
    resource: &Resource,
    partition: &Partition,
    list: &List,
    config: &Config,
    http: &dyn Transport,
) -> Result<Remaining, Error> {
    let size = partition.page_size(config, Some(1));
    let request = partition.request(resource, list, size, None);
    let (head, body) = request.start(http)?.finish()?;
    if head.status != 200 {
        let error =
            Status::read(&head, &body).error(&head, &resource.name, resource.namespaced, false);
        return match error.code {
            // Reading the list knows what to do when the whole cluster may not be listed, or lacks the kind.
            ErrorCode::PermissionDenied | ErrorCode::NotFound => Ok(Remaining::Unknown),
            _ => Err(error),
        };
    }
    let page: FirstPage = serde_json::from_slice(&body).map_err(|e| {
        Error::protocol(format!(
            "expected one page of {} in JSON, got something else: {e}",
            resource.name
        ))
    })?;
    // Whatever else is an object is no empty list.
    if !page.kind.ends_with("List") {
        return Err(Error::protocol(format!(
            "expected one page of {}, got an object of the kind `{}`",
            resource.name, page.kind
        )));
    }
    let meta = page.metadata.unwrap_or_default();
    let items = page.items.map_or(0, |items| items.len() as u64);
    let more = meta.token.is_some_and(|token| !token.is_empty());
    Ok(match (more, meta.remaining_item_count) {
        (false, _) => Remaining::None(items),
        (true, Some(remaining)) => Remaining::Estimate(items.saturating_add(remaining)),
        (true, None) => Remaining::Unknown,
    })
}

/// The number of objects, by reading the metadata of all of them.
///
/// # Errors
/// What the API answers.
pub(crate) fn exact(
    resource: &Resource,
    partition: &Partition,
    config: &Config,
    http: &dyn Transport,
    output: &dyn Output,
) -> Result<u64, Error> {
    let mut tally = Tally::default();
    scan::walk(resource, partition, config, http, output, &mut tally)?;
    Ok(tally.count)
}

/// Counts objects without a look at them.
#[derive(Default)]
struct Tally {
    count: u64,
    stopped: bool,
}

impl Objects for Tally {
    fn count(&self) -> u64 {
        self.count
    }

    fn stopped(&self) -> bool {
        self.stopped
    }

    fn stop(&mut self) {
        self.stopped = true;
    }

    fn object<'de, D: Deserializer<'de>>(
        &mut self,
        _: &mut [Option<&'de str>],
        deserializer: D,
    ) -> Result<Item, D::Error> {
        IgnoredAny::deserialize(deserializer)?;
        self.count = self.count.saturating_add(1);
        Ok(Item::More)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn argument(value: Literal) -> [Argument; 1] {
        [Argument {
            name: APPROXIMATE.into(),
            value: ArgumentValue::Scalar(value),
        }]
    }

    #[test]
    fn only_true_allows_an_estimate() {
        assert!(may_estimate(&argument(Literal::Boolean(true))).unwrap());
        assert!(!may_estimate(&argument(Literal::Boolean(false))).unwrap());
        assert!(!may_estimate(&argument(Literal::Null)).unwrap());
        assert!(!may_estimate(&[]).unwrap());
        let error = may_estimate(&argument(Literal::Int64(1))).unwrap_err();
        assert!(error.hint.unwrap().contains("approximate = true"));
    }
}
