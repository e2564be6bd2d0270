//! What a `union` knows of the clusters that its rows come from.

use std::collections::BTreeMap;

use super::{Merged, Part};
use crate::bind::Binder;
use crate::catalog::ClusterSet;
use crate::relation::{Origin, ScanId};

/// What a union knows of the clusters of its rows.
#[derive(Default)]
pub(super) struct Places {
    /// The lineage of its columns, by their names.
    pub(super) origins: BTreeMap<String, Origin>,
    pub(super) scopes: BTreeMap<ScanId, ClusterSet>,
}

impl Binder<'_> {
    /// The places that survive: a column that is the same virtual column in every part stays one, of a scan that stands for one
    /// scan of each part. A scan that no such column speaks of keeps its own scope.
    pub(super) fn places(&mut self, parts: &[Part], merged: &[Merged]) -> Places {
        let mut numbers: BTreeMap<Vec<ScanId>, ScanId> = BTreeMap::new();
        let mut places = Places::default();
        for column in merged {
            let Some((name, scans)) = same_virtual(parts, &column.name) else {
                continue;
            };
            let scan = match numbers.get(&scans) {
                Some(scan) => *scan,
                None => {
                    let scan = self.next_scan();
                    numbers.insert(scans, scan);
                    scan
                }
            };
            let origin = Origin {
                scan,
                column: name,
                path: Vec::new(),
            };
            places.origins.insert(column.name.clone(), origin);
        }
        let of = |part: &Part, scan: &ScanId| part.relation.scopes.get(scan).cloned();
        for (scans, number) in &numbers {
            let scopes = parts
                .iter()
                .zip(scans)
                .filter_map(|(part, scan)| of(part, scan));
            let all: ClusterSet = scopes.flatten().collect();
            places.scopes.insert(*number, all);
        }
        for (position, part) in parts.iter().enumerate() {
            let spoken_of =
                |scan: &ScanId| numbers.keys().any(|all| all.get(position) == Some(scan));
            let silent = part
                .relation
                .scopes
                .iter()
                .filter(|(scan, _)| !spoken_of(scan));
            places
                .scopes
                .extend(silent.map(|(scan, scope)| (*scan, scope.clone())));
        }
        places
    }
}

/// The virtual column that a name stands for in every part, with its scan in each; `None` when one part has none or another.
fn same_virtual(parts: &[Part], name: &str) -> Option<(String, Vec<ScanId>)> {
    let mut of: Option<&str> = None;
    let mut scans = Vec::with_capacity(parts.len());
    for part in parts {
        let column = part
            .relation
            .column(name)
            .filter(|column| column.is_virtual())?;
        let origin = column.origin.as_ref()?;
        if *of.get_or_insert(&origin.column) != origin.column {
            return None;
        }
        scans.push(origin.scan);
    }
    Some((of?.to_owned(), scans))
}
