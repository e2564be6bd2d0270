//! Owns the clusters of a server that holds the series of several: which label tells them apart, and whose a series is. Refuses
//! clusters that were not asked for.

use serde::{Deserialize, Serialize};
use trawl_sdk::types::{Placement, ScanRequest, ServedCluster};

use crate::answer::Labels;
use crate::config::Config;
use crate::matcher::{Matcher, Selector};

/// The column that says whose a row is.
pub(crate) const COLUMN: &str = "cluster";

/// The clusters that are wanted of such a server.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Clusters {
    label: String,
    served: Vec<Served>,
    /// Those whose rows are not wanted.
    others: Vec<Served>,
    /// Whether rows are wanted that are nobody's.
    unplaced: bool,
}

/// One of them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Served {
    /// Its name in the inventory.
    pub(crate) name: String,
    /// The label's value.
    value: String,
}

/// Where the rows of tables belong whose series have the label.
pub(crate) fn placement(config: &Config) -> Placement {
    match config.cluster_label {
        Some(_) => Placement::PerRow,
        None => Placement::Cluster,
    }
}

/// Where the rows of tables belong that are the server's own.
pub(crate) fn placement_of_server(config: &Config) -> Placement {
    match config.cluster_label {
        Some(_) => Placement::Connection,
        None => Placement::Cluster,
    }
}

/// The clusters that a request wants; none when the server is one cluster's.
pub(crate) fn wanted(config: &Config, request: &ScanRequest) -> Option<Clusters> {
    let label = config.cluster_label.clone()?;
    let served = |cluster: &ServedCluster| Served {
        name: cluster.name.clone(),
        value: cluster.key.clone().unwrap_or_else(|| cluster.name.clone()),
    };
    Some(Clusters {
        label,
        served: request.clusters.iter().map(served).collect(),
        others: request.others.iter().map(served).collect(),
        unplaced: request.unplaced,
    })
}

impl Clusters {
    /// Each of them.
    pub(crate) fn served(&self) -> &[Served] {
        &self.served
    }

    /// Whether nothing is wanted.
    pub(crate) fn is_empty(&self) -> bool {
        self.served.is_empty() && !self.unplaced
    }

    /// The label that tells them apart.
    pub(crate) fn label(&self) -> &str {
        &self.label
    }

    /// What selects the series of one of them.
    pub(crate) fn matcher_of(&self, one: &Served) -> Matcher {
        Matcher::equal(&self.label, &one.value)
    }

    /// What selects the series that are wanted; none when all are. Those that are nobody's lack the label, or have another value
    /// than any cluster's: then the others are left out instead.
    pub(crate) fn matcher(&self) -> Option<Matcher> {
        let listed = if self.unplaced {
            &self.others
        } else {
            &self.served
        };
        let values: Vec<&str> = listed.iter().map(|it| it.value.as_str()).collect();
        (!values.is_empty()).then(|| Matcher::among(&self.label, &values, self.unplaced))
    }

    /// Has a selector choose the series that are wanted.
    pub(crate) fn select(&self, selector: &mut Selector) {
        match self.matcher() {
            // What leaves values out also matches series without the label: it bounds nothing.
            Some(matcher) if self.unplaced => selector.add(matcher),
            Some(matcher) => selector.add_bounding(matcher),
            None => {}
        }
    }

    /// Whether the rows of these labels are wanted.
    pub(crate) fn wants(&self, labels: &Labels) -> bool {
        let value = labels.get(&self.label);
        let is = |served: &Served| value.is_some_and(|value| served.value == *value);
        self.served.iter().any(is) || (self.unplaced && !self.others.iter().any(is))
    }

    /// Whose a series is; none when it is nobody's that was asked for.
    pub(crate) fn name_of(&self, labels: &Labels) -> Option<&str> {
        self.name_of_value(labels.get(&self.label)?)
    }

    /// Whose a value of the label is.
    pub(crate) fn name_of_value(&self, value: &str) -> Option<&str> {
        let found = self.served.iter().find(|served| served.value == value);
        found.map(|served| served.name.as_str())
    }
}
