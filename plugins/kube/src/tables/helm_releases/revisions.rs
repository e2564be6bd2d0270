//! Owns the finding of each release's latest revision, from the metadata of its Secrets alone; refuses payloads.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::Deserialize;
use serde::de::Deserializer;

use crate::page::Item;
use crate::scan::Objects;
use crate::selector;

/// What is read of a Secret's metadata.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Meta {
    pub(super) namespace: String,
    pub(super) labels: Option<BTreeMap<String, String>>,
}

impl Meta {
    /// A label that Helm puts on it.
    pub(super) fn label(&self, key: &str) -> Option<&str> {
        self.labels.as_ref()?.get(key).map(String::as_str)
    }

    /// Counts the installation, upgrades and rollbacks of a release, from 1.
    pub(super) fn revision(&self) -> Option<i64> {
        self.label("version")?.parse().ok()
    }
}

/// The latest revision of each release.
#[derive(Debug, Default)]
pub(super) struct Latest {
    /// By namespace and name: the revision, and its status.
    of: HashMap<(String, String), (i64, Option<String>)>,
    seen: u64,
    stopped: bool,
}

impl Latest {
    /// Whether a Secret holds the latest revision of its release. One that was stored after they were looked for is later than
    /// the latest.
    pub(super) fn holds(&self, meta: &Meta) -> bool {
        let (Some(name), Some(revision)) = (meta.label("name"), meta.revision()) else {
            return false;
        };
        self.of
            .get(&(meta.namespace.clone(), name.to_owned()))
            .is_none_or(|(latest, _)| revision >= *latest)
    }

    /// A label selector that lets all of the latest revisions through and few others: most of a cluster's revisions are
    /// superseded. None when a status is not known.
    pub(super) fn selector(&self) -> Option<String> {
        let mut statuses = BTreeSet::new();
        for (_, status) in self.of.values() {
            let status = status.as_deref()?;
            if status.is_empty() || !selector::is_label_value(status) {
                return None;
            }
            statuses.insert(status);
        }
        let statuses: Vec<&str> = statuses.into_iter().collect();
        match statuses.as_slice() {
            [] => None,
            [status] => Some(selector::label("status", true, status)),
            statuses => Some(selector::label_set("status", false, statuses)),
        }
    }
}

#[derive(Deserialize)]
struct Object {
    metadata: Option<Meta>,
}

impl Objects for Latest {
    fn count(&self) -> u64 {
        self.seen
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
        let meta = Object::deserialize(deserializer)?
            .metadata
            .unwrap_or_default();
        self.seen = self.seen.saturating_add(1);
        if let (Some(name), Some(revision)) = (meta.label("name"), meta.revision()) {
            let key = (meta.namespace.clone(), name.to_owned());
            let status = meta.label("status").map(str::to_owned);
            let latest = self.of.entry(key).or_insert((revision, status.clone()));
            if revision > latest.0 {
                *latest = (revision, status);
            }
        }
        Ok(Item::More)
    }
}
