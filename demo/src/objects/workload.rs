//! Owns the plan of a cluster: which workloads run in which namespace, in which version and with how many pods.
//! Every object of the cluster is generated from it.

use super::catalog::CATALOG;
use crate::options::ClusterProfile;
use crate::seed::Rng;

/// Pods of one deployment on average: larger clusters get more deployments, not larger ones (as recorded: 12).
const PODS_PER_DEPLOYMENT: usize = 8;
/// Of so many pods one belongs to a job that has ended.
const PODS_PER_JOB_POD: usize = 16;

/// Who creates a workload's pods.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Owner {
    /// A deployment, through its newest replica set.
    Deployment,
    /// A job, whose pods run to their end.
    Job,
}

/// One workload of a cluster.
#[derive(Debug, Clone)]
pub(crate) struct Workload {
    pub(crate) owner: Owner,
    pub(crate) namespace: &'static str,
    pub(crate) name: String,
    pub(crate) component: &'static str,
    pub(crate) team: &'static str,
    /// Repository without its tag.
    pub(crate) image: String,
    /// The tag, which differs between clusters for some workloads.
    pub(crate) version: String,
    /// The version the previous replica set ran.
    pub(crate) previous_version: String,
    /// Whether an `envoy` runs beside the program.
    pub(crate) sidecar: bool,
    pub(crate) replicas: usize,
    /// `pod-template-hash` of the newest replica set, or the number of the job's run.
    pub(crate) hash: String,
    pub(crate) uid: String,
    pub(crate) owner_uid: String,
    /// Seconds since the newest rollout.
    pub(crate) rolled_out_s: u64,
    pub(crate) cpu_request_m: u64,
    pub(crate) memory_limit_mib: u64,
}

impl Workload {
    /// The name of the object that owns the pods.
    pub(crate) fn owner_name(&self) -> String {
        format!("{}-{}", self.name, self.hash)
    }

    /// The image with its tag.
    pub(crate) fn image_reference(&self) -> String {
        format!("{}:{}", self.image, self.version)
    }
}

/// The workloads of a cluster; their replicas add up to `pods`.
pub(crate) fn plan(seed: u64, profile: &ClusterProfile, pods: usize) -> Vec<Workload> {
    let job_pods = pods / PODS_PER_JOB_POD;
    let deployed = pods.saturating_sub(job_pods);
    let count = deployed.div_ceil(PODS_PER_DEPLOYMENT).max(1);
    let mut workloads: Vec<Workload> = (0..count)
        .map(|number| {
            let replicas = share(deployed, count, number);
            workload(seed, profile, Owner::Deployment, number, replicas)
        })
        .collect();
    let jobs = job_pods.div_ceil(2);
    workloads.extend((0..jobs).map(|number| {
        workload(
            seed,
            profile,
            Owner::Job,
            number,
            share(job_pods, jobs, number),
        )
    }));
    workloads
}

/// The part of `total` that falls to place `number` of `count` when it is dealt out evenly.
fn share(total: usize, count: usize, number: usize) -> usize {
    let (each, rest) = (
        total.checked_div(count).unwrap_or(0),
        total.checked_rem(count).unwrap_or(0),
    );
    each.saturating_add(usize::from(number < rest))
}

fn workload(
    seed: u64,
    profile: &ClusterProfile,
    owner: Owner,
    number: usize,
    replicas: usize,
) -> Workload {
    let (namespace, base, component, team, image, sidecar) = CATALOG[number % CATALOG.len()];
    let name = match (owner, number / CATALOG.len()) {
        (Owner::Deployment, 0) => base.to_owned(),
        (Owner::Deployment, round) => format!("{base}-{round}"),
        (Owner::Job, 0) => format!("{base}-report"),
        (Owner::Job, round) => format!("{base}-report-{round}"),
    };
    // What is the same in every cluster (size, age of the code) comes from the name alone.
    let mut everywhere = Rng::keyed(seed, &["workload", namespace, &name]);
    let (cpu_request_m, memory_limit_mib) = (
        everywhere.pick(&[50, 100, 250, 500]),
        everywhere.pick(&[256, 512, 1024, 2048]),
    );
    let release = Release {
        major: 1,
        minor: everywhere.between(2, 38),
        patch: everywhere.between(1, 9),
    };
    let mut here = Rng::keyed(seed, &["workload", namespace, &name, &profile.name]);
    let release = release.drifted(profile, number, &mut here);
    let hash = match owner {
        Owner::Deployment => here.suffix(10),
        Owner::Job => here.between(29_300_000, 29_399_999).to_string(),
    };
    Workload {
        owner,
        namespace,
        name,
        component,
        team,
        image: image.to_owned(),
        version: release.tag(),
        previous_version: Release {
            patch: release.patch.saturating_sub(1),
            ..release
        }
        .tag(),
        sidecar: sidecar && owner == Owner::Deployment,
        replicas,
        hash,
        uid: here.uid(),
        owner_uid: here.uid(),
        rolled_out_s: here.between(3 * 3600, 21 * 86_400),
        cpu_request_m,
        memory_limit_mib,
    }
}

/// A version as the company tags its images.
#[derive(Clone, Copy)]
struct Release {
    major: u64,
    minor: u64,
    patch: u64,
}

impl Release {
    fn tag(self) -> String {
        format!("v{}.{}.{}", self.major, self.minor, self.patch)
    }

    /// The version that runs in this cluster: staging is often ahead, and every fourth production rollout has
    /// not reached every region. The first workload drifts always, so that there is something to find.
    fn drifted(self, profile: &ClusterProfile, number: usize, rng: &mut Rng) -> Release {
        match profile.environment.as_str() {
            "production" if profile.index == 0 => self,
            "production" if number == 0 || rng.chance(250) => Release {
                patch: self.patch.saturating_sub(1),
                ..self
            },
            "production" => self,
            _ if rng.chance(600) => Release {
                minor: self.minor.saturating_add(1),
                patch: 0,
                ..self
            },
            _ => self,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn the_replicas_add_up_to_the_pods_asked_for() {
        let profile = ClusterProfile::nth(0);
        for pods in [0, 1, 2, 7, 16, 120, 5000] {
            let workloads = plan(7, &profile, pods);
            assert_eq!(
                workloads
                    .iter()
                    .map(|workload| workload.replicas)
                    .sum::<usize>(),
                pods,
                "{pods}"
            );
            let names: BTreeSet<_> = workloads
                .iter()
                .map(|workload| (workload.namespace, workload.name.clone()))
                .collect();
            assert_eq!(names.len(), workloads.len(), "no name twice");
        }
    }

    #[test]
    fn images_drift_between_clusters_but_programs_do_not() {
        let (ap, us) = (
            plan(7, &ClusterProfile::nth(0), 120),
            plan(7, &ClusterProfile::nth(1), 120),
        );
        assert_eq!(ap.len(), us.len());
        assert!(
            ap.iter()
                .zip(&us)
                .all(|(ap, us)| ap.name == us.name && ap.image == us.image)
        );
        let drifted = ap
            .iter()
            .zip(&us)
            .filter(|(ap, us)| ap.version != us.version)
            .count();
        assert!(
            (1..ap.len()).contains(&drifted),
            "{drifted} of {}",
            ap.len()
        );
        assert_ne!(ap[0].version, us[0].version);
    }
}
