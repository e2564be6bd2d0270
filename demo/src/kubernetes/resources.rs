//! Owns the list of resources the API serves: names, scope, and the fields that selectors may use. Discovery,
//! routing and selectors all read this table; a resource that is not in it does not exist.

/// One resource of the API.
#[derive(Debug)]
pub(crate) struct Resource {
    /// The API group; empty for core.
    pub(crate) group: &'static str,
    pub(crate) plural: &'static str,
    pub(crate) singular: &'static str,
    pub(crate) kind: &'static str,
    pub(crate) short: &'static [&'static str],
    pub(crate) categories: &'static [&'static str],
    pub(crate) namespaced: bool,
    /// What field selectors may use besides `metadata.name` and `metadata.namespace`.
    pub(crate) fields: &'static [&'static str],
}

/// Every group here is served in this version alone.
pub(crate) const VERSION: &str = "v1";
/// The demo can be read and nothing else, and discovery says so.
pub(crate) const VERBS: [&str; 2] = ["get", "list"];

impl Resource {
    /// `v1` or `apps/v1`.
    pub(crate) fn api_version(&self) -> String {
        if self.group.is_empty() {
            VERSION.to_owned()
        } else {
            format!("{}/{VERSION}", self.group)
        }
    }

    /// Whether a field selector may name this field.
    pub(crate) fn has_field(&self, field: &str) -> bool {
        matches!(field, "metadata.name" | "metadata.namespace") || self.fields.contains(&field)
    }
}

/// The field selectors of a kind are those of `AddFieldLabelConversionFunc` in kube-apiserver's source.
pub(crate) const RESOURCES: [Resource; 9] = [
    Resource {
        group: "",
        plural: "configmaps",
        singular: "configmap",
        kind: "ConfigMap",
        short: &["cm"],
        categories: &[],
        namespaced: true,
        fields: &[],
    },
    Resource {
        group: "",
        plural: "events",
        singular: "event",
        kind: "Event",
        short: &["ev"],
        categories: &[],
        namespaced: true,
        fields: &[
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
        ],
    },
    Resource {
        group: "",
        plural: "namespaces",
        singular: "namespace",
        kind: "Namespace",
        short: &["ns"],
        categories: &[],
        namespaced: false,
        fields: &["status.phase"],
    },
    Resource {
        group: "",
        plural: "nodes",
        singular: "node",
        kind: "Node",
        short: &["no"],
        categories: &[],
        namespaced: false,
        fields: &["spec.unschedulable"],
    },
    Resource {
        group: "",
        plural: "pods",
        singular: "pod",
        kind: "Pod",
        short: &["po"],
        categories: &["all"],
        namespaced: true,
        fields: &[
            "spec.nodeName",
            "spec.restartPolicy",
            "spec.schedulerName",
            "spec.serviceAccountName",
            "spec.hostNetwork",
            "status.phase",
            "status.podIP",
            "status.podIPs",
            "status.nominatedNodeName",
        ],
    },
    Resource {
        group: "",
        plural: "secrets",
        singular: "secret",
        kind: "Secret",
        short: &[],
        categories: &[],
        namespaced: true,
        fields: &["type"],
    },
    Resource {
        group: "",
        plural: "services",
        singular: "service",
        kind: "Service",
        short: &["svc"],
        categories: &["all"],
        namespaced: true,
        fields: &["spec.clusterIP", "spec.type"],
    },
    Resource {
        group: "apps",
        plural: "deployments",
        singular: "deployment",
        kind: "Deployment",
        short: &["deploy"],
        categories: &["all"],
        namespaced: true,
        fields: &[],
    },
    Resource {
        group: "apps",
        plural: "replicasets",
        singular: "replicaset",
        kind: "ReplicaSet",
        short: &["rs"],
        categories: &["all"],
        namespaced: true,
        fields: &["status.replicas"],
    },
];

/// The resource with this plural in this group.
pub(crate) fn find(group: &str, plural: &str) -> Option<&'static Resource> {
    RESOURCES
        .iter()
        .find(|resource| resource.group == group && resource.plural == plural)
}

/// The resources of a group, in the order discovery lists them; empty for a group that is not served.
pub(crate) fn of_group(group: &str) -> impl Iterator<Item = &'static Resource> {
    RESOURCES
        .iter()
        .filter(move |resource| resource.group == group)
}
