//! Owns what leads traffic to the programs and keeps it from them: the services without a deployment, ingress classes,
//! ingresses and network policies.

use serde_json::{Value, json};

use super::controllers::stores;
use crate::objects::kinds::{Writer, labels};
use crate::objects::meta::{Managers, Meta};
use crate::objects::plan::Plan;
use crate::objects::pod;
use crate::objects::workload::Workload;

const AGE_S: u64 = 80 * 86_400;
/// Clusters are this old; see the namespaces.
const CLUSTER_AGE_S: u64 = 90 * 86_400;
/// The first address of the services' network is the API server's.
const API_SERVER_IP: &str = "10.96.0.1";
const API_VERSION: &str = "networking.k8s.io/v1";

/// The host name a program is reached by from outside, if it is.
pub(in crate::objects) fn host(plan: &Plan, workload: &Workload) -> Option<String> {
    let public = matches!(workload.component, "api" | "web");
    public.then(|| {
        format!(
            "{}.{}.acme.example",
            workload.name,
            plan.profile.name.as_str()
        )
    })
}

/// The services besides those of the deployments: the API server's own, and the headless ones of the stores.
pub(super) fn services(writer: &mut Writer<'_>) {
    let service = |ip: &str, ports: Value, selector: Value| {
        json!({
            "spec": {
                "ports": ports, "selector": selector, "clusterIP": ip, "clusterIPs": [ip], "type": "ClusterIP",
                "sessionAffinity": "None", "ipFamilies": ["IPv4"], "ipFamilyPolicy": "SingleStack",
                "internalTrafficPolicy": "Cluster",
            },
            "status": {"loadBalancer": {}},
        })
    };
    let fields = |ip: &str| {
        vec![
            ("spec.clusterIP", ip.to_owned()),
            ("spec.type", "ClusterIP".to_owned()),
        ]
    };
    let managers = |manager: &'static str| Managers {
        api_version: "v1",
        manager,
        status_manager: None,
    };
    let port = |name: &str, port: u64, target: u64| json!([{"name": name, "protocol": "TCP", "port": port, "targetPort": target}]);
    let meta = Meta {
        labels: labels(&[("component", "apiserver"), ("provider", "kubernetes")]),
        ..writer.meta("default", "kubernetes", CLUSTER_AGE_S)
    };
    let mut own = service(API_SERVER_IP, port("https", 443, 6443), Value::Null);
    if let Some(spec) = own["spec"].as_object_mut() {
        spec.shift_remove("selector");
    }
    writer.put(
        meta,
        &managers("kube-apiserver"),
        fields(API_SERVER_IP),
        own,
    );
    for store in stores(writer) {
        let (name, number) = if store.name == "redis-master" {
            ("redis", 6379)
        } else {
            ("postgres", 5432)
        };
        let meta = Meta {
            labels: labels(&[
                ("app.kubernetes.io/name", &store.name),
                ("team", store.namespace),
            ]),
            ..writer.meta(store.namespace, store.name.clone(), store.age_s)
        };
        let selector = json!({"app.kubernetes.io/name": store.name});
        let rest = service("None", port(name, number, number), selector);
        writer.put(meta, &managers("helm"), fields("None"), rest);
    }
}

/// Two controllers, of which nginx is the default.
pub(super) fn classes(writer: &mut Writer<'_>) {
    for (name, controller, default) in [
        ("alb", "ingress.k8s.aws/alb", "false"),
        ("nginx", "k8s.io/ingress-nginx", "true"),
    ] {
        let meta = Meta {
            generation: Some(1),
            annotations: labels(&[("ingressclass.kubernetes.io/is-default-class", default)]),
            ..writer.meta("", name, AGE_S)
        };
        let managers = Managers {
            api_version: API_VERSION,
            manager: "helm",
            status_manager: None,
        };
        writer.put(
            meta,
            &managers,
            Vec::new(),
            json!({"spec": {"controller": controller}}),
        );
    }
}

/// An ingress for every program that is reached from outside.
pub(super) fn ingresses(writer: &mut Writer<'_>) {
    let managers = Managers {
        api_version: API_VERSION,
        manager: "helm",
        status_manager: Some("nginx-ingress-controller"),
    };
    let plan = writer.plan;
    let balancer = format!("lb-1.{}.elb.amazonaws.com", plan.profile.region);
    for (workload, _) in plan.deployments() {
        let Some(host) = host(plan, workload) else {
            continue;
        };
        let meta = Meta {
            generation: Some(1),
            labels: pod::labels(workload),
            annotations: labels(&[("cert-manager.io/cluster-issuer", "letsencrypt")]),
            ..writer.meta(
                workload.namespace,
                workload.name.clone(),
                workload.rolled_out_s.saturating_mul(4),
            )
        };
        let rest = json!({
            "spec": {
                "ingressClassName": "nginx",
                "tls": [{"hosts": [host], "secretName": format!("{}-tls", workload.name)}],
                "rules": [{"host": host, "http": {"paths": [{
                    "path": "/", "pathType": "Prefix",
                    "backend": {"service": {"name": workload.name, "port": {"name": "http"}}},
                }]}}],
            },
            "status": {"loadBalancer": {"ingress": [{"hostname": balancer}]}},
        });
        writer.put(meta, &managers, Vec::new(), rest);
    }
}

/// In every team's namespace nothing comes in but from the namespace itself, the ingress and the monitoring.
pub(super) fn policies(writer: &mut Writer<'_>) {
    let managers = Managers {
        api_version: API_VERSION,
        manager: "helm",
        status_manager: None,
    };
    for namespace in writer.plan.team_namespaces() {
        let from = |name: &str| json!({"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": name}}});
        for (name, spec) in [
            (
                "default-deny",
                json!({"podSelector": {}, "policyTypes": ["Ingress"]}),
            ),
            (
                "allow-known",
                json!({
                    "podSelector": {},
                    "ingress": [{"from": [
                        {"podSelector": {}}, from("kube-system"), from("monitoring"),
                    ]}],
                    "policyTypes": ["Ingress"],
                }),
            ),
        ] {
            let meta = Meta {
                generation: Some(1),
                ..writer.meta(namespace, name, AGE_S)
            };
            writer.put(meta, &managers, Vec::new(), json!({"spec": spec}));
        }
    }
}
