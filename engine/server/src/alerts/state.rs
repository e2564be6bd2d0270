//! What an alert came to, and how one evaluation changes it. An alert never resolves because its cluster died: what a cluster fired
//! last stays until that cluster answers again.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};
use utoipa::ToSchema;

use crate::limits;

/// A row that fired, by the names of its columns.
pub(crate) type Row = Map<String, Json>;

/// One evaluation.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Evaluation {
    /// In whose name; none: the server's own.
    pub(crate) identity: Option<String>,
    /// Rows by cluster; none for rows that are no cluster's.
    pub(crate) rows: BTreeMap<Option<String>, u64>,
    /// Some of them.
    pub(crate) sample: Vec<Row>,
    /// Clusters that did not answer.
    pub(crate) missing: BTreeSet<String>,
    /// Whether rows of any cluster may be missing, and not just those of `missing`.
    pub(crate) unplaced: bool,
    /// Whether every target answered, so that what is not there is not so.
    pub(crate) complete: bool,
    /// Why there was no answer at all, or what it lacks.
    pub(crate) problem: Option<String>,
}

impl Evaluation {
    /// One that gave no answer at all.
    pub(crate) fn failed(why: String) -> Self {
        Self {
            problem: Some(why),
            unplaced: true,
            ..Self::default()
        }
    }
}

/// What an alert came to so far.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct AlertState {
    /// In whose name it was evaluated last, a name of the file of tokens; null: the server's own, to which nothing is outside.
    #[serde(rename = "as", default)]
    pub(crate) identity: Option<String>,
    /// When it was evaluated last, in seconds since the Unix epoch; none: never.
    pub(crate) evaluated_s: Option<u64>,
    /// When every target answered last, in seconds since the Unix epoch.
    pub(crate) last_success_s: Option<u64>,
    /// Whether every target answered the last evaluation.
    pub(crate) complete: bool,
    /// What fires, by cluster.
    pub(crate) clusters: Vec<Firing>,
    /// Some of the rows that fired last.
    #[schema(value_type = Vec<Object>)]
    pub(crate) rows: Vec<Row>,
    /// Clusters that did not answer the last evaluation.
    pub(crate) missing: Vec<String>,
    /// Why the last evaluation gave no answer, or what it lacks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) problem: Option<String>,
    /// A digest of the query's text: what another text came to is not gone on with.
    #[serde(default)]
    pub(crate) definition: String,
}

/// What fires on one cluster.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct Firing {
    /// The cluster; null for rows that are no cluster's.
    pub(crate) cluster: Option<String>,
    /// Rows; zero: nothing fires.
    pub(crate) rows: u64,
    /// Since when it fires without a pause, in seconds since the Unix epoch.
    pub(crate) since_s: Option<u64>,
    /// Whether this is what the cluster said before it stopped answering.
    pub(crate) stale: bool,
}

impl AlertState {
    /// Whether anything fires.
    pub(crate) fn fires(&self) -> bool {
        self.clusters.iter().any(|it| it.rows > 0)
    }

    /// What it is after an evaluation; `known` are the clusters that there are.
    pub(crate) fn after(&self, it: Evaluation, known: &BTreeSet<String>, now_s: u64) -> Self {
        let before =
            |cluster: &Option<String>| self.clusters.iter().find(|old| old.cluster == *cluster);
        let mut names: BTreeSet<Option<String>> = known.iter().cloned().map(Some).collect();
        names.extend(it.rows.keys().cloned());
        // Rows of no cluster may be those of a cluster that did not answer.
        let lacking = |cluster: &Option<String>| match cluster {
            Some(name) => it.missing.contains(name) || it.unplaced,
            None => !it.complete,
        };
        if before(&None).is_some_and(|old| old.rows > 0) {
            names.insert(None);
        }
        let clusters = names.into_iter().map(|cluster| {
            let old = before(&cluster);
            let kept = old.map_or(0, |old| old.rows);
            let found = it.rows.get(&cluster).copied().unwrap_or(0);
            let stale = lacking(&cluster) && kept > found;
            let rows = if stale { kept } else { found };
            let since = old.filter(|old| old.rows > 0).and_then(|old| old.since_s);
            Firing {
                since_s: (rows > 0).then(|| since.unwrap_or(now_s)),
                cluster,
                rows,
                stale,
            }
        });
        let clusters: Vec<Firing> = clusters.collect();
        let mut rows = it.sample;
        let told: BTreeSet<Option<String>> = rows.iter().map(cluster_of).collect();
        let stale = |row: &&Row| {
            let cluster = cluster_of(row);
            !told.contains(&cluster) && clusters.iter().any(|it| it.stale && it.cluster == cluster)
        };
        rows.extend(self.rows.iter().filter(stale).cloned());
        rows.truncate(limits::ALERT_SAMPLE);
        Self {
            identity: it.identity,
            evaluated_s: Some(now_s),
            last_success_s: if it.complete {
                Some(now_s)
            } else {
                self.last_success_s
            },
            complete: it.complete,
            clusters,
            rows,
            missing: it.missing.into_iter().collect(),
            problem: it.problem,
            definition: self.definition.clone(),
        }
    }
}

/// The cluster that a row names.
pub(crate) fn cluster_of(row: &Row) -> Option<String> {
    row.get("cluster").and_then(Json::as_str).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known() -> BTreeSet<String> {
        ["eu", "us"].map(str::to_owned).into()
    }

    fn rows(rows: &[(&str, u64)], missing: &[&str]) -> Evaluation {
        let row = |cluster: &str| Row::from_iter([("cluster".to_owned(), Json::from(cluster))]);
        Evaluation {
            rows: rows
                .iter()
                .map(|(name, count)| (Some((*name).to_owned()), *count))
                .collect(),
            sample: rows.iter().map(|(name, _)| row(name)).collect(),
            missing: missing.iter().map(|it| (*it).to_owned()).collect(),
            complete: missing.is_empty(),
            ..Evaluation::default()
        }
    }

    fn told(state: &AlertState) -> Vec<(&str, u64, Option<u64>, bool)> {
        let each = |it: &'_ Firing| (it.rows, it.since_s, it.stale);
        let name = |it: &'_ Firing| match it.cluster.as_deref() {
            Some("eu") => "eu",
            Some("us") => "us",
            _ => "-",
        };
        let all = state.clusters.iter().map(|it| (name(it), each(it)));
        all.map(|(name, (rows, since, stale))| (name, rows, since, stale))
            .collect()
    }

    #[test]
    fn what_a_dead_cluster_fired_stays_until_it_answers() {
        let state = AlertState::default().after(rows(&[("eu", 2), ("us", 1)], &[]), &known(), 100);
        assert_eq!(
            told(&state),
            [("eu", 2, Some(100), false), ("us", 1, Some(100), false)]
        );
        assert_eq!((state.complete, state.last_success_s), (true, Some(100)));
        // `us` dies, `eu` gets well.
        let state = state.after(rows(&[], &["us"]), &known(), 160);
        assert_eq!(
            told(&state),
            [("eu", 0, None, false), ("us", 1, Some(100), true)]
        );
        assert_eq!(
            (state.complete, state.last_success_s, state.fires()),
            (false, Some(100), true)
        );
        assert_eq!(state.rows.len(), 1);
        // Still dead, and it says it another time.
        let state = state.after(rows(&[("eu", 1)], &["us"]), &known(), 220);
        assert_eq!(
            told(&state),
            [("eu", 1, Some(220), false), ("us", 1, Some(100), true)]
        );
        assert_eq!(state.rows.len(), 2);
        let state = state.after(rows(&[], &[]), &known(), 280);
        assert_eq!(
            told(&state),
            [("eu", 0, None, false), ("us", 0, None, false)]
        );
        assert!(!state.fires() && state.rows.is_empty());
    }

    #[test]
    fn no_answer_at_all_changes_nothing_that_fires() {
        let state = AlertState::default().after(rows(&[("eu", 2)], &[]), &known(), 100);
        let failed = Evaluation::failed("the query is wrong".to_owned());
        let state = state.after(failed, &known(), 160);
        assert_eq!(
            told(&state),
            [("eu", 2, Some(100), true), ("us", 0, None, false)]
        );
        assert_eq!(state.problem.as_deref(), Some("the query is wrong"));
        assert_eq!(
            (state.evaluated_s, state.last_success_s),
            (Some(160), Some(100))
        );
    }

    #[test]
    fn more_rows_of_a_cluster_that_broke_off_count() {
        let state = AlertState::default().after(rows(&[("eu", 2)], &[]), &known(), 100);
        let state = state.after(rows(&[("eu", 3)], &["eu"]), &known(), 160);
        assert_eq!(told(&state)[0], ("eu", 3, Some(100), false));
    }

    #[test]
    fn what_can_be_missing_of_anybody_resolves_nobody() {
        let state = AlertState::default().after(rows(&[("eu", 2), ("us", 1)], &[]), &known(), 100);
        let late = Evaluation {
            unplaced: true,
            ..rows(&[("us", 1)], &["us"])
        };
        let state = state.after(late, &known(), 160);
        assert_eq!(
            told(&state),
            [("eu", 2, Some(100), true), ("us", 1, Some(100), false)]
        );
        // However often it is evaluated, no row is kept twice.
        let mut state = state;
        for at in 0..10 {
            state = state.after(rows(&[("us", 1)], &["eu"]), &known(), 220 + at);
        }
        assert_eq!(state.rows.len(), 2, "{:?}", state.rows);
    }

    #[test]
    fn a_cluster_that_left_the_inventory_fires_no_more() {
        let state = AlertState::default().after(rows(&[("eu", 2), ("us", 1)], &[]), &known(), 100);
        let left = ["eu".to_owned()].into();
        let state = state.after(rows(&[("eu", 2)], &[]), &left, 160);
        assert_eq!(told(&state), [("eu", 2, Some(100), false)]);
    }

    #[test]
    fn rows_of_no_cluster_stay_while_anything_is_missing() {
        let one = |complete, count| Evaluation {
            rows: BTreeMap::from([(None, count)]),
            complete,
            missing: if complete {
                BTreeSet::new()
            } else {
                ["us".to_owned()].into()
            },
            ..Evaluation::default()
        };
        let state = AlertState::default().after(one(true, 2), &known(), 100);
        let kept = state.after(one(false, 0), &known(), 160);
        assert_eq!(told(&kept)[0], ("-", 2, Some(100), true));
        let gone = kept.after(one(true, 0), &known(), 220);
        assert_eq!(told(&gone)[0], ("-", 0, None, false));
    }
}
