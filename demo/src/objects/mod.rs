//! Owns a cluster's content: everything it will ever serve, generated once from the seed: pods and what is about
//! them at start, every other kind when it is first asked for. Nothing is created, changed or deleted afterwards.

mod builtin;
mod catalog;
mod collection;
pub(crate) mod custom;
mod deployment;
mod event;
mod incident;
mod kinds;
pub(crate) mod log;
mod managed_fields;
mod meta;
mod namespaced;
mod node;
mod plan;
mod pod;
mod pod_plan;
mod pod_spec;
mod pod_status;
pub(crate) mod signal;
pub(crate) mod usage;
mod workload;

use std::collections::BTreeMap;
use std::sync::OnceLock;

pub(crate) use collection::{Collection, Object};
pub(crate) use node::NodePlan;
pub(crate) use plan::Plan;
pub(crate) use pod_plan::{PodPlan, PodState};
pub(crate) use usage::RunningContainer;
pub(crate) use workload::{Owner, Workload};

use crate::clock::Clock;
use crate::options::ClusterProfile;
use collection::Draft;
use kinds::Key;

/// The kinds of which a part is written at start, beside the deployments, and the rest when it is asked for: the secrets
/// of Helm are as many again and take time to compress, and the services of the stores came later.
const IN_TWO_PARTS: [Key; 2] = [("", "secrets"), ("", "services")];

/// All of one cluster.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) profile: ClusterProfile,
    pub(crate) seed: u64,
    /// The resource version of the only snapshot there is.
    pub(crate) resource_version: u64,
    pub(crate) plan: Plan,
    /// The last resource version given at start.
    eager_version: u64,
    /// Kinds that were not generated at start are generated when they are first asked for.
    collections: BTreeMap<Key, OnceLock<Collection>>,
    /// The first parts of the kinds that have two.
    first_parts: BTreeMap<Key, Vec<Draft>>,
    /// Every container of every pod whose phase is Running.
    pub(crate) running: Vec<RunningContainer>,
}

impl World {
    /// The objects of a kind, by its group and plural; unknown ones have none.
    pub(crate) fn collection(&self, group: &str, plural: &str) -> Option<&Collection> {
        let (key, cell) = self
            .collections
            .iter()
            .find(|((of, name), _)| *of == group && *name == plural)?;
        let written = self
            .first_parts
            .get(key)
            .map_or(&[] as &[Draft], Vec::as_slice);
        Some(cell.get_or_init(|| kinds::generate(&self.plan, self.eager_version, *key, written)))
    }

    /// Generates a cluster.
    pub(crate) fn generate(
        seed: u64,
        profile: &ClusterProfile,
        pods: usize,
        clock: Clock,
    ) -> World {
        let plan = Plan::new(seed, profile, pods, clock);
        let (workloads, nodes, pods) = (&plan.workloads, &plan.nodes, &plan.pods);
        let mut context = meta::Context::new(seed, profile, clock, nodes.len());
        let mut drafts: BTreeMap<&'static str, Vec<Draft>> = BTreeMap::new();
        let mut put =
            |plural: &'static str, new: Vec<Draft>| drafts.entry(plural).or_default().extend(new);

        put(
            "namespaces",
            catalog::namespaces()
                .into_iter()
                .map(|name| namespaced::namespace(&mut context, name))
                .collect(),
        );
        for node in nodes {
            put("nodes", vec![node::node(&mut context, node)]);
            put("events", event::about_node(&mut context, node));
        }
        // Counted once: asking every pod for every workload would take minutes at 100,000 pods.
        let mut ready = vec![0usize; workloads.len()];
        for pod in pods.iter().filter(|pod| pod.state == PodState::Running) {
            if let Some(count) = ready.get_mut(pod.workload) {
                *count = count.saturating_add(1);
            }
        }
        for (index, workload) in workloads
            .iter()
            .enumerate()
            .filter(|(_, workload)| workload.owner == Owner::Deployment)
        {
            let ready = ready.get(index).copied().unwrap_or(0);
            put(
                "deployments",
                vec![deployment::deployment(&mut context, workload, ready)],
            );
            put(
                "replicasets",
                deployment::replica_sets(&mut context, workload, ready),
            );
            put(
                "services",
                vec![namespaced::service(&mut context, workload)],
            );
            put(
                "configmaps",
                vec![namespaced::config_map(&mut context, workload)],
            );
            put("secrets", vec![namespaced::secret(&mut context, workload)]);
            put("events", event::about_deployment(&mut context, workload));
        }
        put("pods", Vec::new());
        for plan in pods {
            let Some(workload) = workloads.get(plan.workload) else {
                continue;
            };
            let node = plan.node.and_then(|node| nodes.get(node));
            put("pods", vec![pod::pod(&mut context, workload, plan, node)]);
            put(
                "events",
                event::about_pod(&mut context, workload, plan, node),
            );
        }
        // Last, so that what was there before these keeps its resource versions.
        let incidents = incident::incidents(&context);
        for plan in pods {
            let node = plan.node.and_then(|node| nodes.get(node));
            let Some((workload, node)) = workloads.get(plan.workload).zip(node) else {
                continue;
            };
            let hit = incident::about_pod(&context, &incidents, workload, plan, node);
            if let Some((warning, mut rng)) = hit {
                put(
                    "events",
                    vec![event::write(&mut context, warning, &mut rng)],
                );
            }
        }
        let eager_version = context.list_version();
        let first_parts = IN_TWO_PARTS
            .into_iter()
            .map(|key| (key, drafts.remove(key.1).unwrap_or_default()))
            .collect();
        let eager = drafts.into_iter().map(|(plural, drafts)| {
            let collection = OnceLock::from(Collection::build(drafts));
            ((group_of(plural), plural), collection)
        });
        let lazy = kinds::keys(&plan)
            .into_iter()
            .map(|key| (key, OnceLock::new()));
        let collections = lazy.chain(eager).collect();
        World {
            profile: profile.clone(),
            seed,
            resource_version: kinds::last_version(eager_version),
            eager_version,
            collections,
            first_parts,
            running: usage::running(&plan),
            plan,
        }
    }
}

/// The group of a kind that is generated at start.
fn group_of(plural: &str) -> &'static str {
    match plural {
        "deployments" | "replicasets" => "apps",
        _ => "",
    }
}

#[cfg(test)]
mod tests;
