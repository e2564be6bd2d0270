//! Owns the kinds of kube-apiserver that are generated when they are first asked for, one concern a file. They are about
//! the workloads, pods and nodes of the plan. Stateful sets and daemon sets own no pods: a fleet has exactly as many
//! pods as it was asked for, and all of them belong to deployments and jobs.

mod batch;
mod cluster;
mod controllers;
mod endpoints;
mod guard;
mod helm;
mod metrics;
mod network;
mod rbac;
mod scaling;
mod signing;
mod storage;

pub(super) use network::host;

use super::custom;
use super::kinds::{Generator, Writer};

/// The generators, by group and plural.
pub(super) const GENERATORS: [(&str, &str, Generator); 30] = [
    ("", "endpoints", endpoints::endpoints),
    ("", "limitranges", guard::limit_ranges),
    ("", "persistentvolumeclaims", storage::claims),
    ("", "persistentvolumes", storage::volumes),
    ("", "resourcequotas", guard::resource_quotas),
    ("", "secrets", helm::releases),
    ("", "serviceaccounts", rbac::service_accounts),
    ("", "services", network::services),
    ("apps", "daemonsets", controllers::daemon_sets),
    ("apps", "statefulsets", controllers::stateful_sets),
    (
        "autoscaling",
        "horizontalpodautoscalers",
        scaling::autoscalers,
    ),
    ("batch", "cronjobs", batch::cron_jobs),
    ("batch", "jobs", batch::jobs),
    (
        "certificates.k8s.io",
        "certificatesigningrequests",
        signing::requests,
    ),
    ("networking.k8s.io", "ingressclasses", network::classes),
    ("networking.k8s.io", "ingresses", network::ingresses),
    ("networking.k8s.io", "networkpolicies", network::policies),
    ("policy", "poddisruptionbudgets", scaling::budgets),
    (
        "rbac.authorization.k8s.io",
        "clusterrolebindings",
        rbac::cluster_role_bindings,
    ),
    (
        "rbac.authorization.k8s.io",
        "clusterroles",
        rbac::cluster_roles,
    ),
    (
        "rbac.authorization.k8s.io",
        "rolebindings",
        rbac::role_bindings,
    ),
    ("rbac.authorization.k8s.io", "roles", rbac::roles),
    ("storage.k8s.io", "storageclasses", storage::classes),
    ("storage.k8s.io", "volumeattachments", storage::attachments),
    (
        "apiextensions.k8s.io",
        "customresourcedefinitions",
        definitions,
    ),
    (
        "scheduling.k8s.io",
        "priorityclasses",
        cluster::priority_classes,
    ),
    ("coordination.k8s.io", "leases", cluster::leases),
    (
        "discovery.k8s.io",
        "endpointslices",
        endpoints::endpoint_slices,
    ),
    ("metrics.k8s.io", "nodes", metrics::nodes),
    ("metrics.k8s.io", "pods", metrics::pods),
];

fn definitions(writer: &mut Writer<'_>) {
    let drafts = custom::objects(writer.plan, &mut writer.context);
    writer.extend(drafts);
}
