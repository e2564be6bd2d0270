//! Owns the way from the API's own description to types, and which part of it each shape is; refuses to write files.

use k8s_openapi::api::{
    apps::v1 as apps, autoscaling::v2 as autoscaling, batch::v1 as batch,
    certificates::v1 as certificates, coordination::v1 as coordination, core::v1 as core,
    discovery::v1 as discovery, networking::v1 as networking, policy::v1 as policy,
    rbac::v1 as rbac, storage::v1 as storage,
};
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1 as apiextensions;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;
use k8s_openapi::schemars::{JsonSchema, SchemaGenerator, generate::SchemaSettings};
use serde_json::Value;
use trawl_sdk::schema::Type;

/// The type of a part of the API, as the language has it.
fn shape_of<T: JsonSchema>() -> Type {
    let mut generator = SchemaGenerator::new(SchemaSettings::draft2020_12());
    let root = serde_json::to_value(generator.root_schema_for::<T>()).unwrap();
    Reader {
        definitions: &root["$defs"],
        open: vec![T::schema_name().into_owned()],
    }
    .of(&root)
}

struct Reader<'s> {
    definitions: &'s Value,
    /// The definitions that are being read: one that contains itself ends in `dynamic`.
    open: Vec<String>,
}

impl Reader<'_> {
    fn of(&mut self, schema: &Value) -> Type {
        if let Some(reference) = schema["$ref"].as_str() {
            return self.definition(reference.strip_prefix("#/$defs/").unwrap());
        }
        // An int-or-string has no type here, and so has a document of the user's own.
        match (schema["type"].as_str(), schema["format"].as_str()) {
            (Some("boolean"), _) => Type::Bool,
            (Some("integer"), Some("int32" | "int64")) => Type::Int64,
            (Some("number"), _) => Type::Float64,
            (Some("string"), Some("date-time")) => Type::Timestamp,
            (Some("string"), None | Some("byte")) => Type::Utf8,
            (Some("array"), None) => Type::list(self.of(&schema["items"])),
            (Some("object"), None) => {
                match (&schema["properties"], &schema["additionalProperties"]) {
                    (Value::Object(fields), Value::Null) => {
                        let fields = fields.iter();
                        Type::Object(fields.map(|(n, of)| (n.clone(), self.of(of))).collect())
                    }
                    (Value::Null, Value::Null | Value::Bool(_)) => Type::Json,
                    (Value::Null, value) => Type::map(self.of(value)),
                    (fields, others) => panic!("an object of {fields} and {others}"),
                }
            }
            (None, None) => Type::Json,
            other => panic!("the API has a new kind of type: {other:?}"),
        }
    }

    fn definition(&mut self, name: &str) -> Type {
        // It is marked like an int-or-string; only its name tells it.
        if name == "io.k8s.apimachinery.pkg.api.resource.Quantity" {
            return Type::Quantity;
        }
        if self.open.iter().any(|open| open == name) {
            return Type::Json;
        }
        self.open.push(name.to_owned());
        let of = self.of(&self.definitions[name]);
        self.open.pop();
        of
    }
}

/// ContainerMetrics of k8s.io/metrics/pkg/apis/metrics/v1beta1, which the API's own description does not have.
fn container_metrics() -> Type {
    Type::list(Type::object([
        ("name", Type::Utf8),
        ("usage", Type::map(Type::Quantity)),
    ]))
}

/// Every file in `src/shapes`, with what must be in it.
pub fn files() -> Vec<(&'static str, Type)> {
    vec![
        (
            "certificatesigningrequests.spec",
            shape_of::<certificates::CertificateSigningRequestSpec>(),
        ),
        (
            "certificatesigningrequests.status",
            shape_of::<certificates::CertificateSigningRequestStatus>(),
        ),
        (
            "clusterroles.aggregationRule",
            shape_of::<rbac::AggregationRule>(),
        ),
        // It has all fields of the other kinds of containers, and one more.
        ("containers.spec", shape_of::<core::EphemeralContainer>()),
        ("containers.status", shape_of::<core::ContainerStatus>()),
        ("cronjobs.spec", shape_of::<batch::CronJobSpec>()),
        ("cronjobs.status", shape_of::<batch::CronJobStatus>()),
        (
            "customresourcedefinitions.spec",
            shape_of::<apiextensions::CustomResourceDefinitionSpec>(),
        ),
        (
            "customresourcedefinitions.status",
            shape_of::<apiextensions::CustomResourceDefinitionStatus>(),
        ),
        ("daemonsets.spec", shape_of::<apps::DaemonSetSpec>()),
        ("daemonsets.status", shape_of::<apps::DaemonSetStatus>()),
        ("deployments.spec", shape_of::<apps::DeploymentSpec>()),
        ("deployments.status", shape_of::<apps::DeploymentStatus>()),
        (
            "endpoints.subsets",
            Type::list(shape_of::<core::EndpointSubset>()),
        ),
        (
            "endpointslices.endpoints",
            Type::list(shape_of::<discovery::Endpoint>()),
        ),
        (
            "endpointslices.ports",
            Type::list(shape_of::<discovery::EndpointPort>()),
        ),
        ("events.involvedObject", shape_of::<core::ObjectReference>()),
        ("events.related", shape_of::<core::ObjectReference>()),
        ("events.series", shape_of::<core::EventSeries>()),
        ("events.source", shape_of::<core::EventSource>()),
        (
            "horizontalpodautoscalers.spec",
            shape_of::<autoscaling::HorizontalPodAutoscalerSpec>(),
        ),
        (
            "horizontalpodautoscalers.status",
            shape_of::<autoscaling::HorizontalPodAutoscalerStatus>(),
        ),
        (
            "ingressclasses.spec",
            shape_of::<networking::IngressClassSpec>(),
        ),
        ("ingresses.spec", shape_of::<networking::IngressSpec>()),
        ("ingresses.status", shape_of::<networking::IngressStatus>()),
        ("jobs.spec", shape_of::<batch::JobSpec>()),
        ("jobs.status", shape_of::<batch::JobStatus>()),
        ("leases.spec", shape_of::<coordination::LeaseSpec>()),
        ("limitranges.spec", shape_of::<core::LimitRangeSpec>()),
        ("namespaces.spec", shape_of::<core::NamespaceSpec>()),
        ("namespaces.status", shape_of::<core::NamespaceStatus>()),
        (
            "networkpolicies.spec",
            shape_of::<networking::NetworkPolicySpec>(),
        ),
        ("nodes.spec", shape_of::<core::NodeSpec>()),
        ("nodes.status", shape_of::<core::NodeStatus>()),
        ("owner_references", Type::list(shape_of::<OwnerReference>())),
        (
            "persistentvolumeclaims.spec",
            shape_of::<core::PersistentVolumeClaimSpec>(),
        ),
        (
            "persistentvolumeclaims.status",
            shape_of::<core::PersistentVolumeClaimStatus>(),
        ),
        (
            "persistentvolumes.spec",
            shape_of::<core::PersistentVolumeSpec>(),
        ),
        (
            "persistentvolumes.status",
            shape_of::<core::PersistentVolumeStatus>(),
        ),
        ("pod_metrics.containers", container_metrics()),
        (
            "poddisruptionbudgets.spec",
            shape_of::<policy::PodDisruptionBudgetSpec>(),
        ),
        (
            "poddisruptionbudgets.status",
            shape_of::<policy::PodDisruptionBudgetStatus>(),
        ),
        ("pods.spec", shape_of::<core::PodSpec>()),
        ("pods.status", shape_of::<core::PodStatus>()),
        ("replicasets.spec", shape_of::<apps::ReplicaSetSpec>()),
        ("replicasets.status", shape_of::<apps::ReplicaSetStatus>()),
        ("resourcequotas.spec", shape_of::<core::ResourceQuotaSpec>()),
        (
            "resourcequotas.status",
            shape_of::<core::ResourceQuotaStatus>(),
        ),
        ("rolebindings.roleRef", shape_of::<rbac::RoleRef>()),
        (
            "rolebindings.subjects",
            Type::list(shape_of::<rbac::Subject>()),
        ),
        ("roles.rules", Type::list(shape_of::<rbac::PolicyRule>())),
        (
            "serviceaccounts.imagePullSecrets",
            Type::list(shape_of::<core::LocalObjectReference>()),
        ),
        (
            "serviceaccounts.secrets",
            Type::list(shape_of::<core::ObjectReference>()),
        ),
        ("services.spec", shape_of::<core::ServiceSpec>()),
        ("services.status", shape_of::<core::ServiceStatus>()),
        ("statefulsets.spec", shape_of::<apps::StatefulSetSpec>()),
        ("statefulsets.status", shape_of::<apps::StatefulSetStatus>()),
        (
            "storageclasses.allowedTopologies",
            Type::list(shape_of::<core::TopologySelectorTerm>()),
        ),
        (
            "volumeattachments.spec",
            shape_of::<storage::VolumeAttachmentSpec>(),
        ),
        (
            "volumeattachments.status",
            shape_of::<storage::VolumeAttachmentStatus>(),
        ),
    ]
}
