//! Owns which log groups a request is about, and whose cluster their rows are; refuses to guess one.
//!
//! Whose a log group is does not depend on which clusters a query wants: all that the connection serves are asked for it. So a row
//! has the same cluster in every query, and the rows of a cluster that is not wanted are not read as nobody's.

use serde::{Deserialize, Serialize};
use trawl_sdk::filter::Texts;
use trawl_sdk::schema::{Type, param};
use trawl_sdk::table::Arguments;
use trawl_sdk::types::{ErrorCode, Gap, Param, ScanRequest, ServedCluster};
use trawl_sdk::{Error, Output};

use crate::group::{Group, Same, name_of, same};

/// The log groups of a request.
#[derive(Debug, Default)]
pub(crate) struct Groups {
    pub(crate) all: Vec<Group>,
    pub(crate) notes: Vec<Note>,
}

/// What the user is told of log groups; it travels in the token. It is no failure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Note {
    cluster: Option<String>,
    text: String,
}

/// The argument that names one.
pub(crate) fn argument(description: &str) -> Param {
    param("group", &Type::Utf8, false, false, description)
}

/// The log groups of a table whose rows say their cluster: of its argument `group`, of its conditions on that column, or of the
/// clusters that the connection serves. `cluster` is what is left of the column `cluster`.
///
/// # Errors
/// `invalid-query` when none of them says one, or what it says cannot be log groups.
pub(crate) fn wanted(
    request: &ScanRequest,
    column: &Texts,
    cluster: &Texts,
) -> Result<Groups, Error> {
    let mut groups = Groups::default();
    // Those of clusters that are not wanted are among them, since what several of them name is nobody's.
    let ids = match named(request, column)? {
        Some(named) => named,
        None => {
            groups.notes = without(&request.clusters);
            let served = request.clusters.iter().chain(&request.others);
            left(keys(served).ok_or_else(|| none(request))?, column)
        }
    };
    for id in ids {
        let of = whose(request, &id);
        let name = of.only.map(|it| it.name.as_str());
        let maybe = |it: &&ServedCluster| {
            request.clusters.contains(it) && cluster.matches(Some(it.name.as_str()))
        };
        let kept = cluster.matches(name);
        if name.is_none() && (kept || of.candidates.iter().any(maybe)) {
            groups.notes.extend(of.note(&id));
        }
        if kept {
            let unwanted = of.only.is_some_and(|it| !request.clusters.contains(it));
            groups.all.push(Group {
                cluster: name.map(str::to_owned),
                unwanted,
                id,
            });
        }
    }
    Ok(groups)
}

/// The log groups of a table whose rows are the connection's, whatever clusters there are: of its argument `group`, of its
/// conditions on that column, or of the clusters that are wanted.
///
/// # Errors
/// As [`wanted`].
pub(crate) fn of_connection(request: &ScanRequest, column: &Texts) -> Result<Vec<Group>, Error> {
    let ids = match named(request, column)? {
        Some(named) => named,
        None => match keys(request.clusters.iter()) {
            Some(keys) => left(keys, column),
            // Those that name one are not wanted.
            None if keys(request.others.iter()).is_some() => Vec::new(),
            None => return Err(none(request)),
        },
    };
    let group = |id| Group {
        id,
        cluster: None,
        unwanted: false,
    };
    Ok(ids.into_iter().map(group).collect())
}

/// The log groups that the request names, each once; none when it names no log groups.
fn named(request: &ScanRequest, column: &Texts) -> Result<Option<Vec<String>>, Error> {
    let given = Arguments::of(&request.arguments).text("group")?;
    let named: Vec<String> = match (given, column.listed()) {
        (Some(text), _) => text.split(',').map(|id| id.trim().to_owned()).collect(),
        // The column has names: an ARN is equal to none of them.
        (None, Some(listed)) => listed
            .into_iter()
            .filter(|id| name_of(id) == *id)
            .map(str::to_owned)
            .collect(),
        (None, None) => return Ok(None),
    };
    let mut ids: Vec<String> = Vec::new();
    for id in named {
        check(&id)?;
        let left = column.matches(Some(name_of(&id)));
        if !left || ids.iter().any(|other| same(other, &id) == Same::Yes) {
            continue;
        }
        if let Some(other) = ids.iter().find(|other| same(other, &id) == Same::Unknown) {
            return Err(twice(other, &id));
        }
        ids.push(id);
    }
    Ok(Some(ids))
}

/// Those of log groups that conditions on the column leave, which says their names.
fn left(mut ids: Vec<String>, column: &Texts) -> Vec<String> {
    ids.retain(|id| column.matches(Some(name_of(id))));
    ids
}

/// The log groups that clusters name, each once, in order; none when no cluster names one.
fn keys<'c>(clusters: impl Iterator<Item = &'c ServedCluster>) -> Option<Vec<String>> {
    let mut keys: Vec<String> = clusters.filter_map(|it| it.key.clone()).collect();
    keys.sort();
    keys.dedup_by(|one, other| same(one, other) == Same::Yes);
    Some(keys).filter(|keys| !keys.is_empty())
}

/// The clusters that may name a log group, of all that the connection serves.
struct Of<'r> {
    candidates: Vec<&'r ServedCluster>,
    /// The one that surely does, where no other one may.
    only: Option<&'r ServedCluster>,
}

fn whose<'r>(request: &'r ScanRequest, id: &str) -> Of<'r> {
    let told = |it: &ServedCluster| it.key.as_deref().map_or(Same::No, |key| same(key, id));
    let served = request.clusters.iter().chain(&request.others);
    let candidates: Vec<_> = served.filter(|it| told(it) != Same::No).collect();
    let only = match candidates.as_slice() {
        [only] if told(only) == Same::Yes => Some(*only),
        _ => None,
    };
    Of { candidates, only }
}

impl Of<'_> {
    /// Why the rows are nobody's although some cluster may name the log group.
    fn note(&self, id: &str) -> Option<Note> {
        let mut names: Vec<_> = self.candidates.iter().map(|it| it.name.as_str()).collect();
        // Not in the order in which they were asked for.
        names.sort_unstable();
        let text = match names.as_slice() {
            [] => return None,
            [one] => format!(
                "`{id}` may be the log group of `{one}` or another account's of that name: its rows have no cluster; give its name alone where it is the connection's own"
            ),
            several => format!(
                "the log group `{id}` is that of `{}`: its rows have no cluster",
                several.join("`, `")
            ),
        };
        Some(Note {
            cluster: None,
            text,
        })
    }
}

/// Of which wanted clusters nothing can be read, since they name no log group: they may be there for their alarms.
fn without(clusters: &[ServedCluster]) -> Vec<Note> {
    let without = clusters.iter().filter(|it| it.key.is_none());
    let note = |it: &ServedCluster| Note {
        cluster: Some(it.name.clone()),
        text: format!(
            "`{}` names no `log_group` in its configuration: nothing is read for it",
            it.name
        ),
    };
    without.map(note).collect()
}

fn none(request: &ScanRequest) -> Error {
    let served = request.clusters.iter().chain(&request.others);
    let names: Vec<_> = served.map(|it| it.name.as_str()).collect();
    let of = match names.as_slice() {
        [] => String::new(),
        names => format!(": {} name none", names.join(", ")),
    };
    Error::invalid_query(format!(
        "expected a log group, from the argument `group`, a condition `group == \"…\"` or `log_group` of the clusters' configuration, got none{of}"
    ))
    .with_hint("write `cloudwatch.logs(group = \"/aws/containerinsights/prod/application\")`; `cloudwatch.log_groups` lists them")
}

fn twice(one: &str, other: &str) -> Error {
    Error::invalid_query(format!(
        "expected each log group once in `group`, got `{one}` and `{other}`, which may be the same one"
    ))
    .with_hint("leave one of them out, or give both as ARNs: those of two accounts are two log groups")
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
pub(crate) fn told<'g>(groups: impl IntoIterator<Item = &'g Group>, error: Error) -> Error {
    if error.code != ErrorCode::NotFound {
        return error;
    }
    let names: Vec<_> = groups.into_iter().map(Group::name).collect();
    Error {
        message: format!("log group `{}`: {}", names.join("`, `"), error.message),
        ..error
    }
}

/// Tells the user what there is to say.
pub(crate) fn report(notes: &[Note], output: &dyn Output) {
    for note in notes {
        output.report(Gap::Note, note.cluster.as_deref(), &note.text);
    }
}
