//! Owns a cluster's content: everything it will ever serve, generated once from the seed. Nothing is created,
//! changed or deleted afterwards.

mod catalog;
mod collection;
mod deployment;
mod event;
mod incident;
mod managed_fields;
mod meta;
mod namespaced;
mod node;
mod pod;
mod pod_plan;
mod pod_spec;
mod pod_status;
mod workload;

use std::collections::BTreeMap;

pub(crate) use collection::{Collection, Object};

use crate::clock::Clock;
use crate::options::ClusterProfile;
use pod_plan::PodState;
use workload::Owner;

/// A container that runs, as the metrics know it.
#[derive(Debug, Clone)]
pub(crate) struct RunningContainer {
    pub(crate) namespace: String,
    pub(crate) pod: String,
    pub(crate) container: String,
    pub(crate) node: String,
    pub(crate) cpu_request_m: u64,
    pub(crate) memory_limit_mib: u64,
    /// Seconds since 1970.
    pub(crate) started_s: i64,
}

/// A node as the metrics know it.
#[derive(Debug, Clone)]
pub(crate) struct KnownNode {
    pub(crate) name: String,
    pub(crate) ip: String,
    pub(crate) ready: bool,
}

/// All of one cluster.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) profile: ClusterProfile,
    pub(crate) seed: u64,
    /// The resource version of the only snapshot there is.
    pub(crate) resource_version: u64,
    collections: BTreeMap<&'static str, Collection>,
    /// Every container of every pod whose phase is Running.
    pub(crate) running: Vec<RunningContainer>,
    pub(crate) nodes: Vec<KnownNode>,
}

impl World {
    /// The objects of a resource, by its plural; unknown ones have none.
    pub(crate) fn collection(&self, plural: &str) -> Option<&Collection> {
        self.collections.get(plural)
    }

    /// Generates a cluster.
    pub(crate) fn generate(
        seed: u64,
        profile: &ClusterProfile,
        pods: usize,
        clock: Clock,
    ) -> World {
        let workloads = workload::plan(seed, profile, pods);
        let nodes = node::plan(seed, profile, pods);
        let mut context = meta::Context::new(seed, profile, clock, nodes.len());
        let pods = pod_plan::plan(seed, profile, &workloads, &nodes);
        let mut drafts: BTreeMap<&'static str, Vec<collection::Draft>> = BTreeMap::new();
        let mut put = |plural: &'static str, new: Vec<collection::Draft>| {
            drafts.entry(plural).or_default().extend(new)
        };

        put(
            "namespaces",
            catalog::namespaces()
                .into_iter()
                .map(|name| namespaced::namespace(&mut context, name))
                .collect(),
        );
        for node in &nodes {
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
        let mut running = Vec::new();
        put("pods", Vec::new());
        for plan in &pods {
            let Some(workload) = workloads.get(plan.workload) else {
                continue;
            };
            let node = plan.node.and_then(|node| nodes.get(node));
            put("pods", vec![pod::pod(&mut context, workload, plan, node)]);
            put(
                "events",
                event::about_pod(&mut context, workload, plan, node),
            );
            if let (Some(node), "Running") = (node, plan.state.phase()) {
                running.extend(
                    pod_spec::container_names(workload)
                        .into_iter()
                        .map(|container| RunningContainer {
                            namespace: workload.namespace.to_owned(),
                            pod: plan.name.clone(),
                            node: node.name.clone(),
                            cpu_request_m: if container == workload.name {
                                workload.cpu_request_m
                            } else {
                                50
                            },
                            memory_limit_mib: if container == workload.name {
                                workload.memory_limit_mib
                            } else {
                                256
                            },
                            started_s: clock.ago_s(plan.age_s),
                            container,
                        }),
                );
            }
        }
        // Last, so that what was there before these keeps its resource versions.
        let incidents = incident::incidents(&context);
        for plan in &pods {
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
        let resource_version = context.list_version();
        let collections = drafts
            .into_iter()
            .map(|(plural, drafts)| (plural, Collection::build(drafts)))
            .collect();
        let nodes = nodes
            .into_iter()
            .map(|node| KnownNode {
                name: node.name,
                ip: node.ip,
                ready: node.ready,
            })
            .collect();
        World {
            profile: profile.clone(),
            seed,
            resource_version,
            collections,
            running,
            nodes,
        }
    }
}

#[cfg(test)]
mod tests;
