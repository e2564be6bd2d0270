//! Owns whose rows are, at a Loki that holds the streams of several clusters: a stream label tells them apart. Refuses clusters that
//! were not asked for.

use serde::{Deserialize, Serialize};
use trawl_sdk::filter::matcher::Matcher;
use trawl_sdk::types::{Placement, ScanRequest, ServedCluster};

use crate::config::Config;

/// The column that says whose a row is.
pub(crate) const COLUMN: &str = "cluster";

/// Where the rows of tables belong whose streams have the label.
pub(crate) fn placement(config: &Config) -> Placement {
    match config.cluster_label {
        Some(_) => Placement::PerRow,
        None => Placement::Cluster,
    }
}

/// Whose a row is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) enum Whose {
    /// All rows are the connection's one cluster's: there is no such column.
    Connection,
    /// All rows are this cluster's, or nobody's.
    One(Option<String>),
    /// A label says it.
    Label {
        /// The label.
        label: String,
        /// The label's values and the clusters that they stand for.
        names: Vec<(String, String)>,
    },
}

impl Whose {
    /// The cluster of a row with these labels.
    pub(crate) fn name<'s>(
        &'s self,
        labels: &std::collections::BTreeMap<String, String>,
    ) -> Option<&'s str> {
        match self {
            Self::Connection => None,
            Self::One(name) => name.as_deref(),
            Self::Label { label, names } => {
                let value = labels.get(label)?;
                let found = names.iter().find(|(known, _)| known == value);
                found.map(|(_, name)| name.as_str())
            }
        }
    }
}

/// Streams that are asked for together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Share {
    /// What selects them among the others.
    pub(crate) matcher: Option<Matcher>,
    /// Whose they are.
    pub(crate) whose: Whose,
}

fn value(cluster: &ServedCluster) -> &str {
    cluster.key.as_deref().unwrap_or(&cluster.name)
}

/// One share for each cluster that is wanted, and one for what is nobody's: for answers that do not say whose they are.
pub(crate) fn each(config: &Config, request: &ScanRequest) -> Vec<Share> {
    let Some(label) = &config.cluster_label else {
        return vec![whole()];
    };
    let mut shares: Vec<Share> = request
        .clusters
        .iter()
        .map(|cluster| Share {
            matcher: Some(Matcher::equal(label, value(cluster))),
            whose: Whose::One(Some(cluster.name.clone())),
        })
        .collect();
    if request.unplaced {
        let known = request.clusters.iter().chain(&request.others);
        let values: Vec<&str> = known.map(value).collect();
        shares.push(Share {
            matcher: (!values.is_empty()).then(|| Matcher::among(label, &values, true)),
            whose: Whose::One(None),
        });
    }
    shares
}

/// All streams that are wanted as one share, for answers whose labels say whose they are; none when nothing is wanted.
pub(crate) fn together(config: &Config, request: &ScanRequest) -> Option<Share> {
    let Some(label) = &config.cluster_label else {
        return Some(whole());
    };
    let listed = if request.unplaced {
        &request.others
    } else {
        &request.clusters
    };
    let values: Vec<&str> = listed.iter().map(value).collect();
    if values.is_empty() && !request.unplaced {
        return None;
    }
    let name = |cluster: &ServedCluster| (value(cluster).to_owned(), cluster.name.clone());
    Some(Share {
        matcher: (!values.is_empty()).then(|| Matcher::among(label, &values, request.unplaced)),
        whose: Whose::Label {
            label: label.clone(),
            names: request.clusters.iter().map(name).collect(),
        },
    })
}

fn whole() -> Share {
    Share {
        matcher: None,
        whose: Whose::Connection,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use trawl_sdk::plan::request_for;

    fn served(name: &str, key: Option<&str>) -> ServedCluster {
        ServedCluster {
            name: name.to_owned(),
            key: key.map(str::to_owned),
        }
    }

    #[test]
    fn streams_are_shared_out_by_the_label() {
        let config = Config {
            cluster_label: Some("k8s".into()),
            ..Config::default()
        };
        let mut request = ScanRequest {
            clusters: vec![served("a", Some("eu-1")), served("b", None)],
            others: vec![served("c", None)],
            ..request_for(&["logs"])
        };
        let told = |request: &ScanRequest| {
            let all = each(&config, request);
            all.iter()
                .map(|share| share.matcher.as_ref().unwrap().to_string())
                .collect::<Vec<_>>()
        };
        assert_eq!(told(&request), [r#"k8s="eu-1""#, r#"k8s="b""#]);
        let share = together(&config, &request).unwrap();
        assert_eq!(share.matcher.unwrap().to_string(), r#"k8s=~"eu-1|b""#);
        let labels = [("k8s".to_owned(), "eu-1".to_owned())].into();
        assert_eq!(share.whose.name(&labels), Some("a"));
        assert_eq!(share.whose.name(&[].into()), None);
        request.unplaced = true;
        assert_eq!(told(&request).last().unwrap(), r#"k8s!~"eu-1|b|c""#);
        let share = together(&config, &request).unwrap();
        assert_eq!(share.matcher.unwrap().to_string(), r#"k8s!="c""#);
        let nothing = request_for(&["logs"]);
        assert_eq!(together(&config, &nothing), None);
        assert!(each(&config, &nothing).is_empty());
        let alone = together(&Config::default(), &nothing).unwrap();
        assert_eq!(alone.whose, Whose::Connection);
    }
}
