//! Owns who may do what: service accounts, roles and their bindings. One binding gives a team's robot the whole cluster,
//! as somebody once needed it to.

use serde_json::{Value, json};

use crate::objects::catalog;
use crate::objects::kinds::{Writer, labels};
use crate::objects::meta::{Managers, Meta};

const AGE_S: u64 = 88 * 86_400;
const GROUP: &str = "rbac.authorization.k8s.io";
const SERVER: Managers = Managers {
    api_version: "rbac.authorization.k8s.io/v1",
    manager: "kube-apiserver",
    status_manager: None,
};
const HELM: Managers = Managers {
    manager: "helm",
    ..SERVER
};
/// The account that deploys a team's programs.
const ROBOT: &str = "deployer";

/// `default` in every namespace, and the robots of the teams.
pub(super) fn service_accounts(writer: &mut Writer<'_>) {
    let managers = |manager: &'static str| Managers {
        api_version: "v1",
        manager,
        status_manager: None,
    };
    for namespace in catalog::namespaces() {
        let meta = writer.meta(namespace, "default", AGE_S);
        writer.put(
            meta,
            &managers("kube-controller-manager"),
            Vec::new(),
            json!({}),
        );
    }
    for namespace in writer.plan.team_namespaces() {
        let role = format!("arn:aws:iam::111122223333:role/{namespace}-deployer");
        let meta = Meta {
            labels: labels(&[("team", namespace)]),
            annotations: labels(&[("eks.amazonaws.com/role-arn", &role)]),
            ..writer.meta(namespace, ROBOT, AGE_S)
        };
        let rest = json!({"automountServiceAccountToken": false});
        writer.put(meta, &managers("helm"), Vec::new(), rest);
    }
}

fn rule(groups: &[&str], resources: &[&str], verbs: &[&str]) -> Value {
    json!({"verbs": verbs, "apiGroups": groups, "resources": resources})
}

const READ: &[&str] = &["get", "list", "watch"];
const WRITE: &[&str] = &[
    "create", "delete", "get", "list", "patch", "update", "watch",
];

/// What a team's people may do in their namespace.
pub(super) fn roles(writer: &mut Writer<'_>) {
    for namespace in writer.plan.team_namespaces() {
        for (name, rules) in [
            (
                "deployer",
                json!([
                    rule(&["apps"], &["deployments", "statefulsets"], WRITE),
                    rule(&[""], &["configmaps", "secrets", "services"], WRITE),
                ]),
            ),
            (
                "viewer",
                json!([
                    rule(&[""], &["configmaps", "pods", "pods/log", "services"], READ),
                    rule(&["apps"], &["deployments", "replicasets"], READ),
                ]),
            ),
        ] {
            let meta = writer.meta(namespace, name, AGE_S);
            writer.put(meta, &HELM, Vec::new(), json!({"rules": rules}));
        }
    }
}

fn role_ref(kind: &str, name: &str) -> Value {
    json!({"apiGroup": GROUP, "kind": kind, "name": name})
}

fn group(name: &str) -> Value {
    json!({"kind": "Group", "apiGroup": GROUP, "name": name})
}

fn account(namespace: &str, name: &str) -> Value {
    json!({"kind": "ServiceAccount", "name": name, "namespace": namespace})
}

/// Who has the roles of a namespace.
pub(super) fn role_bindings(writer: &mut Writer<'_>) {
    for namespace in writer.plan.team_namespaces() {
        for (name, subject) in [
            ("deployer", account(namespace, ROBOT)),
            ("viewer", group(&format!("acme:{namespace}"))),
        ] {
            let meta = writer.meta(namespace, name, AGE_S);
            let rest = json!({"subjects": [subject], "roleRef": role_ref("Role", name)});
            writer.put(meta, &HELM, Vec::new(), rest);
        }
    }
}

/// The roles kube-apiserver makes, as far as the bindings name them, and the company's own.
pub(super) fn cluster_roles(writer: &mut Writer<'_>) {
    let all = json!([
        {"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]},
        {"verbs": ["*"], "nonResourceURLs": ["*"]},
    ]);
    let view = json!([
        rule(&[""], &["configmaps", "events", "pods", "services"], READ),
        rule(&["apps"], &["deployments", "replicasets"], READ),
    ]);
    let info = json!([{"verbs": ["get"], "nonResourceURLs": ["/healthz", "/livez", "/readyz", "/version"]}]);
    for (name, rules) in [
        ("cluster-admin", all),
        ("system:public-info-viewer", info),
        ("view", view),
    ] {
        let meta = Meta {
            labels: labels(&[("kubernetes.io/bootstrapping", "rbac-defaults")]),
            annotations: labels(&[("rbac.authorization.kubernetes.io/autoupdate", "true")]),
            ..writer.meta("", name, AGE_S)
        };
        writer.put(meta, &SERVER, Vec::new(), json!({"rules": rules}));
    }
    let nodes = json!([
        rule(&[""], &["nodes"], READ),
        rule(&["metrics.k8s.io"], &["nodes", "pods"], READ),
    ]);
    let meta = writer.meta("", "acme:capacity-viewer", AGE_S);
    writer.put(meta, &HELM, Vec::new(), json!({"rules": nodes}));
}

/// Who has the roles of the cluster.
pub(super) fn cluster_role_bindings(writer: &mut Writer<'_>) {
    for (name, role, subject, managers) in [
        (
            "cluster-admin",
            "cluster-admin",
            group("system:masters"),
            &SERVER,
        ),
        (
            "system:public-info-viewer",
            "system:public-info-viewer",
            group("system:unauthenticated"),
            &SERVER,
        ),
        (
            "acme:platform",
            "cluster-admin",
            group("acme:platform"),
            &HELM,
        ),
        (
            "acme:everybody",
            "acme:capacity-viewer",
            group("acme:engineers"),
            &HELM,
        ),
        (
            "tmp-search-deployer",
            "cluster-admin",
            account("search", ROBOT),
            &HELM,
        ),
    ] {
        let meta = writer.meta("", name, AGE_S);
        let rest = json!({"subjects": [subject], "roleRef": role_ref("ClusterRole", role)});
        writer.put(meta, managers, Vec::new(), rest);
    }
}
