//! Owns what leads traffic to the services and keeps it from them: ingress classes, ingresses and network policies.

use serde_json::json;

use crate::objects::kinds::{Writer, labels};
use crate::objects::meta::{Managers, Meta};
use crate::objects::plan::Plan;
use crate::objects::pod;
use crate::objects::workload::Workload;

const AGE_S: u64 = 80 * 86_400;
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
