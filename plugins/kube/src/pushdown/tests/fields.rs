//! Owns the table of field selectors, kind by kind; refuses labels, namespaces and names of other kinds.

use super::*;

#[test]
fn fields_are_taken_as_far_as_they_are_the_same() {
    use Case::*;
    use Pushed::{Exact, Inexact, NotPushed};
    for (table, path, case, expected, exactness) in [
        // fields: absent is "" to the API
        (
            "pods",
            "phase",
            Eq("Running"),
            "f:status.phase=Running",
            Exact,
        ),
        (
            "pods",
            "status.phase",
            Eq("Running"),
            "f:status.phase=Running",
            Exact,
        ),
        (
            "pods",
            "status.phase",
            Ne("Running"),
            "f:status.phase!=Running",
            Exact,
        ),
        (
            "pods",
            "phase",
            NotIn(&["A", "B"]),
            "f:status.phase!=A,status.phase!=B",
            Exact,
        ),
        ("pods", "phase", In(&["A"]), "f:status.phase=A", Exact),
        ("pods", "phase", In(&["A", "B"]), "", NotPushed),
        ("pods", "node", Eq(""), "", NotPushed),
        ("pods", "node", Ne(""), "", NotPushed),
        ("pods", "node", Null, "f:spec.nodeName=", Inexact),
        ("pods", "node", NotNull, "", NotPushed),
        ("pods", "spec.nodeName", Eq("n"), "f:spec.nodeName=n", Exact),
        (
            "pods",
            "service_account",
            Eq("s"),
            "f:spec.serviceAccountName=s",
            Exact,
        ),
        (
            "pods",
            "spec.hostNetwork",
            True,
            "f:spec.hostNetwork=true",
            Exact,
        ),
        (
            "pods",
            "spec.hostNetwork",
            NotTrue,
            "f:spec.hostNetwork!=true",
            Exact,
        ),
        ("pods", "spec.hostNetwork", False, "", NotPushed),
        (
            "nodes",
            "unschedulable",
            True,
            "f:spec.unschedulable=true",
            Exact,
        ),
        // a field with a value where the API leaves it out: absent is the same on both sides
        (
            "nodes",
            "unschedulable",
            NotTrue,
            "f:spec.unschedulable!=true",
            Exact,
        ),
        (
            "nodes",
            "unschedulable",
            False,
            "f:spec.unschedulable=false",
            Exact,
        ),
        (
            "nodes",
            "unschedulable",
            NotFalse,
            "f:spec.unschedulable!=false",
            Exact,
        ),
        ("nodes", "unschedulable", Null, "", NotPushed),
        (
            "nodes",
            "spec.unschedulable",
            NotTrue,
            "f:spec.unschedulable!=true",
            Exact,
        ),
        ("nodes", "spec.unschedulable", False, "", NotPushed),
        (
            "pods",
            "host_network",
            False,
            "f:spec.hostNetwork=false",
            Exact,
        ),
        (
            "jobs",
            "succeeded",
            Count(3),
            "f:status.successful=3",
            Exact,
        ),
        (
            "jobs",
            "succeeded",
            Count(0),
            "f:status.successful=0",
            Exact,
        ),
        (
            "jobs",
            "succeeded",
            NotCount(0),
            "f:status.successful!=0",
            Exact,
        ),
        ("jobs", "succeeded", Eq("3"), "", NotPushed),
        ("jobs", "succeeded", Less("3"), "", NotPushed),
        (
            "jobs",
            "status.succeeded",
            Count(3),
            "f:status.successful=3",
            Exact,
        ),
        (
            "jobs",
            "status.succeeded",
            NotCount(3),
            "f:status.successful!=3",
            Exact,
        ),
        ("jobs", "status.succeeded", Count(0), "", NotPushed),
        ("jobs", "status.succeeded", NotCount(0), "", NotPushed),
        ("jobs", "failed", Count(3), "", NotPushed),
        // kube-apiserver refuses this one
        ("replicasets", "current_replicas", Count(0), "", NotPushed),
        // what else each kind can select by
        ("secrets", "type", Eq("Opaque"), "f:type=Opaque", Exact),
        (
            "secrets",
            "type",
            Ne("kubernetes.io/tls"),
            "f:type!=kubernetes.io/tls",
            Exact,
        ),
        ("secrets", "annotations.a", Eq("x"), "", NotPushed),
        (
            "services",
            "type",
            Eq("LoadBalancer"),
            "f:spec.type=LoadBalancer",
            Exact,
        ),
        (
            "services",
            "cluster_ip",
            Eq("None"),
            "f:spec.clusterIP=None",
            Exact,
        ),
        ("services", "cluster_ip", Ne(""), "", NotPushed),
        (
            "certificatesigningrequests",
            "signer_name",
            Eq("a.b/c"),
            "f:spec.signerName=a.b/c",
            Exact,
        ),
        ("configmaps", "name", Eq("a"), "name[a]", Exact),
        (
            "persistentvolumeclaims",
            "phase",
            Eq("Bound"),
            "",
            NotPushed,
        ),
        // the metrics API knows no field selectors
        ("pod_metrics", "namespace", Eq("a"), "ns[a]", Exact),
        ("pod_metrics", "namespace", Ne("a"), "", NotPushed),
        ("pod_metrics", "name", Eq("a"), "", NotPushed),
        ("node_metrics", "name", In(&["a", "b"]), "", NotPushed),
        ("node_metrics", "labels.zone", Eq("a"), "l:zone=a", Exact),
        (
            "namespaces",
            "phase",
            Eq("Active"),
            "f:status.phase=Active",
            Exact,
        ),
        ("events", "type", Eq("Warning"), "f:type=Warning", Exact),
        (
            "events",
            "reason",
            Ne("Started"),
            "f:reason!=Started",
            Exact,
        ),
        (
            "events",
            "involved_kind",
            Eq("Pod"),
            "f:involvedObject.kind=Pod",
            Exact,
        ),
        (
            "events",
            "involvedObject.fieldPath",
            Eq("a{b}"),
            "f:involvedObject.fieldPath=a{b}",
            Exact,
        ),
        ("events", "source.component", Eq("kubelet"), "", NotPushed),
        ("deployments", "status.phase", Eq("x"), "", NotPushed),
    ] {
        let (text, pushed) = sent(table, &[(path, case)]);
        assert_eq!(
            (text.as_str(), pushed),
            (expected, exactness),
            "{table}.{path}"
        );
    }
}
