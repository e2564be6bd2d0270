//! Owns what a fleet is made from: how many clusters and pods, from which seed, with which faults; and the
//! names, regions and tags of its clusters.

use crate::error::Error;
use crate::fault::Fault;

/// More clusters than this would take more ports and threads of generation than one process should.
const MAX_CLUSTERS: usize = 512;
/// A cluster's pods are held as bytes, about 9 KB each; a million of them would be 9 GB.
const MAX_PODS: usize = 1_000_000;

/// What to build. The default is the fleet of the guided tour.
#[derive(Debug, Clone)]
pub struct FleetOptions {
    /// How many clusters, 1 to 512. The first three are `prod-ap`, `prod-us` and `staging`; see [`ClusterProfile`].
    pub clusters: usize,
    /// How many pods each cluster has, exactly; at most 1,000,000.
    pub pods: usize,
    /// The same seed with the same [`now_s`](Self::now_s) gives the same bytes.
    pub seed: u64,
    /// Faults to start with, by cluster name. More than one of a cluster is possible: one for its Kubernetes API,
    /// one (`prometheus:…`) for its Prometheus API, one (`cloudwatch:…`) for CloudWatch in its region.
    pub faults: Vec<(String, Fault)>,
    /// The instant the content is relative to, in seconds since 1970; `None` is the system's clock at the start.
    pub now_s: Option<i64>,
}

impl Default for FleetOptions {
    fn default() -> FleetOptions {
        FleetOptions {
            clusters: 3,
            pods: 120,
            seed: 7,
            faults: Vec::new(),
            now_s: None,
        }
    }
}

impl FleetOptions {
    /// The clusters these options describe, or which option is out of range.
    pub(crate) fn profiles(&self) -> Result<Vec<ClusterProfile>, Error> {
        let out_of_range = |option, value: String, expected: String| Error::Option {
            option,
            value,
            expected,
        };
        if self.clusters == 0 || self.clusters > MAX_CLUSTERS {
            let expected = format!("1 to {MAX_CLUSTERS}");
            return Err(out_of_range(
                "clusters",
                self.clusters.to_string(),
                expected,
            ));
        }
        if self.pods > MAX_PODS {
            return Err(out_of_range(
                "pods",
                self.pods.to_string(),
                format!("at most {MAX_PODS}"),
            ));
        }
        let profiles: Vec<ClusterProfile> = (0..self.clusters).map(ClusterProfile::nth).collect();
        for (cluster, _) in &self.faults {
            if !profiles.iter().any(|profile| profile.name == *cluster) {
                let names: Vec<&str> = profiles
                    .iter()
                    .map(|profile| profile.name.as_str())
                    .take(8)
                    .collect();
                let expected =
                    format!("the name of a cluster of this fleet ({})", names.join(", "));
                return Err(out_of_range("faults", format!("for `{cluster}`"), expected));
            }
        }
        Ok(profiles)
    }
}

/// What is known of a cluster before anything of it is generated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClusterProfile {
    /// Its name in the kubeconfig and in clusters.yaml.
    pub name: String,
    /// Its AWS region, which its nodes' zones belong to.
    pub region: String,
    /// `production`, `staging` or `development`.
    pub environment: String,
    /// The team that owns it, as the tag `team`.
    pub team: String,
    /// Its place in the fleet, from 0.
    pub(crate) index: usize,
}

/// Where further clusters stand, in turn: (short name, region).
const REGIONS: [(&str, &str); 6] = [
    ("eu", "eu-west-1"),
    ("in", "ap-south-1"),
    ("jp", "ap-northeast-1"),
    ("ca", "ca-central-1"),
    ("br", "sa-east-1"),
    ("oregon", "us-west-2"),
];
/// What further clusters are for, in turn: (prefix of the name, environment, team).
const PURPOSES: [(&str, &str, &str); 3] = [
    ("prod", "production", "platform"),
    ("staging", "staging", "platform"),
    ("dev", "development", "search"),
];

impl ClusterProfile {
    /// The cluster at this place: the three of the tour, then `prod-eu-3`, `staging-in-4`, `dev-jp-5`, ….
    pub(crate) fn nth(index: usize) -> ClusterProfile {
        let of = |name: &str, region: &str, environment: &str, team: &str| ClusterProfile {
            name: name.to_owned(),
            region: region.to_owned(),
            environment: environment.to_owned(),
            team: team.to_owned(),
            index,
        };
        match index {
            0 => of("prod-ap", "ap-southeast-1", "production", "payments"),
            1 => of("prod-us", "us-east-1", "production", "payments"),
            2 => of("staging", "ap-southeast-1", "staging", "platform"),
            _ => {
                let turn = index.saturating_sub(3);
                let (place, region) = REGIONS[turn % REGIONS.len()];
                let (purpose, environment, team) = PURPOSES[turn % PURPOSES.len()];
                of(
                    &format!("{purpose}-{place}-{index}"),
                    region,
                    environment,
                    team,
                )
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn the_first_three_are_those_of_the_tour_and_no_name_repeats() {
        let profiles = FleetOptions {
            clusters: 200,
            ..FleetOptions::default()
        }
        .profiles()
        .unwrap();
        let names: Vec<&str> = profiles
            .iter()
            .map(|profile| profile.name.as_str())
            .collect();
        assert_eq!(
            names[..5],
            ["prod-ap", "prod-us", "staging", "prod-eu-3", "staging-in-4"]
        );
        assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), 200);
        assert_eq!(profiles[1].region, "us-east-1");
        assert_eq!(profiles[2].environment, "staging");
    }

    #[test]
    fn what_is_out_of_range_is_named() {
        let options = FleetOptions::default();
        for (options, needle) in [
            (
                FleetOptions {
                    clusters: 0,
                    ..options.clone()
                },
                "clusters is 0, expected 1 to 512",
            ),
            (
                FleetOptions {
                    clusters: 513,
                    ..options.clone()
                },
                "expected 1 to 512",
            ),
            (
                FleetOptions {
                    pods: 2_000_000,
                    ..options.clone()
                },
                "at most 1000000",
            ),
            (
                FleetOptions {
                    faults: vec![("prod-eu".into(), Fault::Refused)],
                    ..options.clone()
                },
                "for `prod-eu`, expected the name of a cluster of this fleet (prod-ap, prod-us, staging)",
            ),
        ] {
            let message = options.profiles().unwrap_err().to_string();
            assert!(message.contains(needle), "{message}");
        }
    }
}
