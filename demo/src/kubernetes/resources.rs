//! Owns the list of resources the API serves: names, scope, versions, and the fields that selectors may use. Discovery,
//! routing and selectors all read this table; a resource that is not in it does not exist.

use std::sync::LazyLock;

use crate::objects::custom::{self, Definition};
use crate::options::ClusterProfile;

/// One resource of the API, in one of its versions.
#[derive(Debug)]
pub(crate) struct Resource {
    /// The API group; empty for core.
    pub(crate) group: &'static str,
    pub(crate) version: &'static str,
    pub(crate) plural: &'static str,
    pub(crate) singular: &'static str,
    pub(crate) kind: &'static str,
    pub(crate) short: &'static [&'static str],
    pub(crate) categories: &'static [&'static str],
    pub(crate) namespaced: bool,
    /// What field selectors may use besides `metadata.name` and `metadata.namespace`.
    pub(crate) fields: &'static [&'static str],
    pub(crate) origin: Origin,
}

/// Who serves a resource, which decides how its lists are encoded, printed and paged.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Origin {
    /// kube-apiserver itself.
    BuiltIn,
    /// kube-apiserver, from a custom resource definition.
    Custom(&'static Definition),
    /// metrics-server, behind the aggregation layer: one page, labels only.
    Metrics,
}

/// The demo can be read and nothing else, and discovery says so.
pub(crate) const VERBS: [&str; 2] = ["get", "list"];
/// The group of metrics-server.
pub(crate) const METRICS_GROUP: &str = "metrics.k8s.io";
/// A cluster of every three has no metrics-server: the third.
const WITHOUT_METRICS: usize = 2;

impl Resource {
    /// `v1` or `apps/v1`.
    pub(crate) fn api_version(&self) -> String {
        group_version(self.group, self.version)
    }

    /// Whether a field selector may name this field.
    pub(crate) fn has_field(&self, field: &str) -> bool {
        let metadata = matches!(field, "metadata.name" | "metadata.namespace");
        !matches!(self.origin, Origin::Metrics) && (metadata || self.fields.contains(&field))
    }

    /// Whether this names it: its plural, or its plural and group (`gateways.submariner.io`; `pods.` is core's).
    pub(crate) fn is_named(&self, name: &str) -> bool {
        match name.split_once('.') {
            Some((plural, group)) => plural == self.plural && group == self.group,
            None => name == self.plural,
        }
    }

    /// The definition of a custom resource.
    pub(crate) fn definition(&self) -> Option<&'static Definition> {
        match self.origin {
            Origin::Custom(definition) => Some(definition),
            Origin::BuiltIn | Origin::Metrics => None,
        }
    }

    /// What a single object has besides `get`: pods have a log.
    pub(crate) fn subresources(&self) -> &'static [&'static str] {
        match (self.group, self.plural) {
            ("", "pods") => &["log"],
            _ => &[],
        }
    }

    fn is_served(&self, profile: &ClusterProfile) -> bool {
        match self.origin {
            Origin::BuiltIn => true,
            Origin::Custom(definition) => definition.is_served(profile),
            Origin::Metrics => profile.index % 3 != WITHOUT_METRICS,
        }
    }

    const fn namespaced(
        group: &'static str,
        plural: &'static str,
        singular: &'static str,
        kind: &'static str,
    ) -> Resource {
        Resource {
            group,
            version: "v1",
            plural,
            singular,
            kind,
            short: &[],
            categories: &[],
            namespaced: true,
            fields: &[],
            origin: Origin::BuiltIn,
        }
    }

    const fn cluster(
        group: &'static str,
        plural: &'static str,
        singular: &'static str,
        kind: &'static str,
    ) -> Resource {
        Resource {
            namespaced: false,
            ..Resource::namespaced(group, plural, singular, kind)
        }
    }

    const fn short(self, short: &'static [&'static str]) -> Resource {
        Resource { short, ..self }
    }

    const fn within(self, categories: &'static [&'static str]) -> Resource {
        Resource { categories, ..self }
    }

    const fn fields(self, fields: &'static [&'static str]) -> Resource {
        Resource { fields, ..self }
    }

    const fn of_metrics(self) -> Resource {
        Resource {
            version: "v1beta1",
            origin: Origin::Metrics,
            ..self
        }
    }
}

/// `v1` or `apps/v1`.
pub(crate) fn group_version(group: &str, version: &str) -> String {
    if group.is_empty() {
        version.to_owned()
    } else {
        format!("{group}/{version}")
    }
}

const ALL: &[&str] = &["all"];
const APPS: &str = "apps";
const NETWORKING: &str = "networking.k8s.io";
const RBAC: &str = "rbac.authorization.k8s.io";
const STORAGE: &str = "storage.k8s.io";

const EVENT_FIELDS: &[&str] = &[
    "involvedObject.kind",
    "involvedObject.namespace",
    "involvedObject.name",
    "involvedObject.uid",
    "involvedObject.apiVersion",
    "involvedObject.resourceVersion",
    "involvedObject.fieldPath",
    "reason",
    "reportingComponent",
    "source",
    "type",
];
const POD_FIELDS: &[&str] = &[
    "spec.nodeName",
    "spec.restartPolicy",
    "spec.schedulerName",
    "spec.serviceAccountName",
    "spec.hostNetwork",
    "status.phase",
    "status.podIP",
    "status.podIPs",
    "status.nominatedNodeName",
];

/// The kinds of kube-apiserver and of metrics-server, group by group in the order discovery lists them. The field
/// selectors of a kind are those of `AddFieldLabelConversionFunc` in kube-apiserver's source.
#[rustfmt::skip]
const BUILT_IN: [Resource; 37] = [
    Resource::namespaced("", "configmaps", "configmap", "ConfigMap").short(&["cm"]),
    Resource::namespaced("", "endpoints", "endpoints", "Endpoints").short(&["ep"]),
    Resource::namespaced("", "events", "event", "Event").short(&["ev"]).fields(EVENT_FIELDS),
    Resource::namespaced("", "limitranges", "limitrange", "LimitRange").short(&["limits"]),
    Resource::cluster("", "namespaces", "namespace", "Namespace").short(&["ns"]).fields(&["status.phase"]),
    Resource::cluster("", "nodes", "node", "Node").short(&["no"]).fields(&["spec.unschedulable"]),
    Resource::namespaced("", "persistentvolumeclaims", "persistentvolumeclaim", "PersistentVolumeClaim").short(&["pvc"]),
    Resource::cluster("", "persistentvolumes", "persistentvolume", "PersistentVolume").short(&["pv"]),
    Resource::namespaced("", "pods", "pod", "Pod").short(&["po"]).within(ALL).fields(POD_FIELDS),
    Resource::namespaced("", "resourcequotas", "resourcequota", "ResourceQuota").short(&["quota"]),
    Resource::namespaced("", "secrets", "secret", "Secret").fields(&["type"]),
    Resource::namespaced("", "serviceaccounts", "serviceaccount", "ServiceAccount").short(&["sa"]),
    Resource::namespaced("", "services", "service", "Service").short(&["svc"]).within(ALL).fields(&["spec.clusterIP", "spec.type"]),
    Resource::namespaced(APPS, "daemonsets", "daemonset", "DaemonSet").short(&["ds"]).within(ALL),
    Resource::namespaced(APPS, "deployments", "deployment", "Deployment").short(&["deploy"]).within(ALL),
    Resource::namespaced(APPS, "replicasets", "replicaset", "ReplicaSet").short(&["rs"]).within(ALL).fields(&["status.replicas"]),
    Resource::namespaced(APPS, "statefulsets", "statefulset", "StatefulSet").short(&["sts"]).within(ALL),
    Resource { version: "v2", ..Resource::namespaced("autoscaling", "horizontalpodautoscalers", "horizontalpodautoscaler", "HorizontalPodAutoscaler").short(&["hpa"]).within(ALL) },
    Resource::namespaced("batch", "cronjobs", "cronjob", "CronJob").short(&["cj"]).within(ALL),
    Resource::namespaced("batch", "jobs", "job", "Job").within(ALL).fields(&["status.successful"]),
    Resource::cluster("certificates.k8s.io", "certificatesigningrequests", "certificatesigningrequest", "CertificateSigningRequest").short(&["csr"]).fields(&["spec.signerName"]),
    Resource::cluster(NETWORKING, "ingressclasses", "ingressclass", "IngressClass"),
    Resource::namespaced(NETWORKING, "ingresses", "ingress", "Ingress").short(&["ing"]),
    Resource::namespaced(NETWORKING, "networkpolicies", "networkpolicy", "NetworkPolicy").short(&["netpol"]),
    Resource::namespaced("policy", "poddisruptionbudgets", "poddisruptionbudget", "PodDisruptionBudget").short(&["pdb"]),
    Resource::cluster(RBAC, "clusterrolebindings", "clusterrolebinding", "ClusterRoleBinding"),
    Resource::cluster(RBAC, "clusterroles", "clusterrole", "ClusterRole"),
    Resource::namespaced(RBAC, "rolebindings", "rolebinding", "RoleBinding"),
    Resource::namespaced(RBAC, "roles", "role", "Role"),
    Resource::cluster(STORAGE, "storageclasses", "storageclass", "StorageClass").short(&["sc"]),
    Resource::cluster(STORAGE, "volumeattachments", "volumeattachment", "VolumeAttachment"),
    Resource::cluster("apiextensions.k8s.io", "customresourcedefinitions", "customresourcedefinition", "CustomResourceDefinition").short(&["crd", "crds"]).within(&["api-extensions"]),
    Resource::cluster("scheduling.k8s.io", "priorityclasses", "priorityclass", "PriorityClass").short(&["pc"]),
    Resource::namespaced("coordination.k8s.io", "leases", "lease", "Lease"),
    Resource::namespaced("discovery.k8s.io", "endpointslices", "endpointslice", "EndpointSlice"),
    Resource::cluster(METRICS_GROUP, "nodes", "", "NodeMetrics").of_metrics(),
    Resource::namespaced(METRICS_GROUP, "pods", "", "PodMetrics").of_metrics(),
];

static RESOURCES: LazyLock<Vec<Resource>> = LazyLock::new(|| {
    let custom = custom::definitions().iter().flat_map(|definition| {
        definition.versions.iter().map(move |version| Resource {
            group: &definition.group,
            version: &version.name,
            plural: &definition.plural,
            singular: &definition.singular,
            kind: &definition.kind,
            short: &definition.short,
            categories: &definition.categories,
            namespaced: definition.namespaced,
            fields: &[],
            origin: Origin::Custom(definition),
        })
    });
    BUILT_IN.into_iter().chain(custom).collect()
});

/// What one cluster serves.
#[derive(Debug)]
pub(crate) struct Served {
    resources: Vec<&'static Resource>,
}

impl Served {
    /// The resources of this cluster.
    pub(crate) fn by(profile: &ClusterProfile) -> Served {
        let resources = RESOURCES
            .iter()
            .filter(|resource| resource.is_served(profile))
            .collect();
        Served { resources }
    }

    /// All of them, in the order of discovery.
    pub(crate) fn all(&self) -> impl Iterator<Item = &'static Resource> {
        self.resources.iter().copied()
    }

    /// The resource with this plural in this group and version.
    pub(crate) fn find(
        &self,
        group: &str,
        version: &str,
        plural: &str,
    ) -> Option<&'static Resource> {
        self.of(group, version)
            .find(|resource| resource.plural == plural)
    }

    /// The resources of a version of a group, in the order discovery lists them; none for what is not served.
    pub(crate) fn of<'a>(
        &'a self,
        group: &'a str,
        version: &'a str,
    ) -> impl Iterator<Item = &'static Resource> + 'a {
        self.all()
            .filter(move |resource| resource.group == group && resource.version == version)
    }

    /// The groups besides core, in the order of discovery.
    pub(crate) fn groups(&self) -> Vec<&'static str> {
        let mut names: Vec<&str> = Vec::new();
        for resource in self.all() {
            if !resource.group.is_empty() && !names.contains(&resource.group) {
                names.push(resource.group);
            }
        }
        names
    }

    /// The versions of a group, the preferred one first; none for a group that is not served.
    pub(crate) fn versions(&self, group: &str) -> Vec<&'static str> {
        let mut versions: Vec<&str> = Vec::new();
        for resource in self.all().filter(|resource| resource.group == group) {
            if !versions.contains(&resource.version) {
                versions.push(resource.version);
            }
        }
        versions
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn no_resource_is_listed_twice_and_groups_stay_together() {
        for index in 0..3 {
            let served = Served::by(&ClusterProfile::nth(index));
            let names: BTreeSet<_> = served
                .all()
                .map(|resource| (resource.group, resource.version, resource.plural))
                .collect();
            assert_eq!(names.len(), served.all().count());
            let mut groups: Vec<_> = served.all().map(|resource| resource.group).collect();
            groups.dedup();
            assert_eq!(groups.len(), served.groups().len() + 1, "{groups:?}");
        }
    }

    #[test]
    fn clusters_differ_in_what_they_serve() {
        let serves = |index: usize, group: &str| {
            let served = Served::by(&ClusterProfile::nth(index));
            served.versions(group)
        };
        assert_eq!(serves(0, METRICS_GROUP), ["v1beta1"]);
        assert!(serves(2, METRICS_GROUP).is_empty());
        assert!(serves(2, "argoproj.io").is_empty());
        assert_eq!(serves(1, "helm.toolkit.fluxcd.io"), ["v2beta2"]);
        assert_eq!(serves(2, "helm.toolkit.fluxcd.io"), ["v2"]);
        assert_eq!(serves(0, "networking.istio.io"), ["v1", "v1beta1"]);
    }
}
