//! Owns which log groups a request is about, and whose cluster their rows are; refuses to guess one.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use trawl_sdk::schema::{Type, param};
use trawl_sdk::types::{ErrorCode, Gap, Param, ScanRequest, ServedCluster};
use trawl_sdk::{Error, Output};

use crate::arguments;
use crate::texts::Texts;

/// A log group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Group {
    /// As it was given: its name, or its ARN when another account shares it.
    pub(crate) id: String,
    /// The cluster that names it as its log group.
    pub(crate) cluster: Option<String>,
}

impl Group {
    /// Its name.
    pub(crate) fn name(&self) -> &str {
        name_of(&self.id)
    }

    /// The member of a request that means it.
    pub(crate) fn member(&self) -> Map<String, Value> {
        let key = if self.id.starts_with(ARN) {
            "logGroupIdentifier"
        } else {
            "logGroupName"
        };
        // The `:*` at the end of an ARN means its streams, and is refused there.
        let id = self.id.strip_suffix(":*").unwrap_or(&self.id);
        Map::from_iter([(key.to_owned(), Value::from(id))])
    }
}

/// How every ARN begins.
const ARN: &str = "arn:";

/// `arn:aws:logs:region:account:log-group:NAME:*` is `NAME`, and a name is itself.
pub(crate) fn name_of(id: &str) -> &str {
    match id.split_once(":log-group:") {
        Some((_, name)) if id.starts_with(ARN) => name.strip_suffix(":*").unwrap_or(name),
        _ => id,
    }
}

/// The log groups of a request.
#[derive(Debug, Default)]
pub(crate) struct Groups {
    pub(crate) all: Vec<Group>,
    /// Clusters that are asked for but name no log group.
    pub(crate) without: Vec<String>,
}

/// The argument that names one.
pub(crate) fn argument(description: &str) -> Param {
    param("group", &Type::Utf8, false, false, description)
}

/// The log groups of a request: of its argument `group`, of its conditions on the column, or of the clusters that are wanted.
///
/// # Errors
/// `invalid-query` when none of them says one, or what it says cannot be a log group.
pub(crate) fn wanted(request: &ScanRequest, column: &Texts) -> Result<Groups, Error> {
    let mut groups = Groups::default();
    let named: Vec<String> = match (
        arguments::text(&request.arguments, "group")?,
        column.listed(),
    ) {
        (Some(text), _) => text.split(',').map(|name| name.trim().to_owned()).collect(),
        (None, Some(listed)) => listed.into_iter().map(str::to_owned).collect(),
        (None, None) => {
            groups.without = request
                .clusters
                .iter()
                .filter(|cluster| cluster.key.is_none())
                .map(|cluster| cluster.name.clone())
                .collect();
            let keys = request
                .clusters
                .iter()
                .filter_map(|cluster| cluster.key.clone());
            let mut keys: Vec<String> = keys.collect();
            keys.sort();
            keys.dedup();
            if keys.is_empty() {
                return Err(none(&groups.without));
            }
            keys
        }
    };
    for id in named {
        check(&id)?;
        if column.matches(Some(name_of(&id))) && groups.all.iter().all(|group| group.id != id) {
            let cluster = cluster(&request.clusters, name_of(&id));
            groups.all.push(Group { id, cluster });
        }
    }
    Ok(groups)
}

/// The one cluster that names a log group; none when several do, since nothing tells whose a line is.
fn cluster(clusters: &[ServedCluster], name: &str) -> Option<String> {
    let mut of = clusters.iter().filter(|cluster| {
        cluster
            .key
            .as_deref()
            .is_some_and(|key| name_of(key) == name)
    });
    match (of.next(), of.next()) {
        (Some(only), None) => Some(only.name.clone()),
        _ => None,
    }
}

fn none(clusters: &[String]) -> Error {
    let of = match clusters {
        [] => String::new(),
        clusters => format!(": {} name none", clusters.join(", ")),
    };
    Error::invalid_query(format!(
        "expected a log group, from the argument `group`, a condition `group == \"…\"` or `log_group` of the clusters' configuration, got none{of}"
    ))
    .with_hint("write `cloudwatch.logs(group = \"/aws/containerinsights/prod/application\")`; `cloudwatch.log_groups` lists them")
}

/// <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_LogGroup.html>: letters, digits and `.-_/#`, 512 at most.
fn check(id: &str) -> Result<(), Error> {
    let name = name_of(id);
    let allowed = |c: char| c.is_ascii_alphanumeric() || ".-_/#".contains(c);
    if (1..=512).contains(&name.len()) && name.chars().all(allowed) {
        return Ok(());
    }
    let shown: String = id.chars().take(100).collect();
    Err(Error::invalid_query(format!(
        "expected the name of a log group (1 to 512 letters, digits and `.-_/#`) or its ARN, got `{shown}`"
    ))
    .with_hint("`cloudwatch.log_groups` lists them"))
}

/// An error that says which log groups it is about where they are not there: the service does not.
pub(crate) fn named(groups: &[Group], error: Error) -> Error {
    if error.code != ErrorCode::NotFound {
        return error;
    }
    let names: Vec<_> = groups.iter().map(Group::name).collect();
    Error {
        message: format!("log group `{}`: {}", names.join("`, `"), error.message),
        ..error
    }
}

/// Says of which clusters nothing can be read, since they name no log group. That is no failure: they may be there for their alarms.
pub(crate) fn report(without: &[String], output: &dyn Output) {
    for cluster in without {
        let text = format!(
            "`{cluster}` names no `log_group` in its configuration: nothing is read for it"
        );
        output.report(Gap::Note, Some(cluster), &text);
    }
}
