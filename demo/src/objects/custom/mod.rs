//! Owns the custom resources of the fleet: which definitions a cluster has (`definition`), and their objects, one
//! project a file. Clusters differ on purpose: in which projects they run and in which versions.

mod argo;
mod cert_manager;
mod cluster_api;
mod definition;
mod flux;
mod istio;
mod multicluster;

pub(crate) use definition::{Definition, definitions};
pub(super) use definition::{find, objects};

use super::kinds::Generator;

/// The generators of custom objects, by group and plural.
pub(super) const GENERATORS: [(&str, &str, Generator); 19] = [
    ("argoproj.io", "applications", argo::applications),
    ("argoproj.io", "appprojects", argo::app_projects),
    (
        "cert-manager.io",
        "certificates",
        cert_manager::certificates,
    ),
    (
        "cert-manager.io",
        "clusterissuers",
        cert_manager::cluster_issuers,
    ),
    ("cert-manager.io", "issuers", cert_manager::issuers),
    (
        "networking.istio.io",
        "destinationrules",
        istio::destination_rules,
    ),
    ("networking.istio.io", "gateways", istio::gateways),
    (
        "networking.istio.io",
        "virtualservices",
        istio::virtual_services,
    ),
    (
        "multicluster.x-k8s.io",
        "serviceexports",
        multicluster::service_exports,
    ),
    (
        "multicluster.x-k8s.io",
        "serviceimports",
        multicluster::service_imports,
    ),
    ("submariner.io", "clusters", multicluster::clusters),
    ("submariner.io", "endpoints", multicluster::endpoints),
    ("submariner.io", "gateways", multicluster::gateways),
    (
        "source.toolkit.fluxcd.io",
        "gitrepositories",
        flux::git_repositories,
    ),
    (
        "kustomize.toolkit.fluxcd.io",
        "kustomizations",
        flux::kustomizations,
    ),
    (
        "helm.toolkit.fluxcd.io",
        "helmreleases",
        flux::helm_releases,
    ),
    ("cluster.x-k8s.io", "clusters", cluster_api::clusters),
    (
        "cluster.x-k8s.io",
        "machinedeployments",
        cluster_api::machine_deployments,
    ),
    ("cluster.x-k8s.io", "machines", cluster_api::machines),
];
