//! Owns Istio's objects: the routes to the programs that have a proxy beside them, what the proxies do when those fail,
//! and the gateways at the edge.

use serde_json::json;

use crate::objects::builtin::host;
use crate::objects::kinds::{Writer, labels};
use crate::objects::meta::{Managers, Meta};
use crate::objects::plan::trouble;
use crate::objects::pod;
use crate::objects::pod_plan::PodState;
use crate::objects::workload::Workload;

const MANAGERS: Managers = Managers {
    api_version: "networking.istio.io/v1",
    manager: "helm",
    status_manager: None,
};
const AGE_S: u64 = 70 * 86_400;

fn service(workload: &Workload) -> String {
    format!("{}.{}.svc.cluster.local", workload.name, workload.namespace)
}

fn meta(writer: &Writer<'_>, workload: &Workload) -> Meta {
    Meta {
        generation: Some(4),
        labels: pod::labels(workload),
        ..writer.meta(
            workload.namespace,
            workload.name.clone(),
            workload.rolled_out_s.saturating_mul(4),
        )
    }
}

/// A route for each program of the mesh. Where a program crashes, half of its requests are kept on what ran before.
pub(in crate::objects) fn virtual_services(writer: &mut Writer<'_>) {
    let plan = writer.plan;
    for (workload, pods) in plan.deployments().filter(|(workload, _)| workload.sidecar) {
        let crashes = trouble(pods) == Some(PodState::CrashLoop);
        let to = |subset: &str, weight: u64| {
            json!({
                "destination": {"host": service(workload), "subset": subset, "port": {"number": 80}}, "weight": weight,
            })
        };
        let route = if crashes {
            json!([to("current", 50), to("previous", 50)])
        } else {
            json!([to("current", 100)])
        };
        let mut hosts = vec![service(workload)];
        let mut gateways = vec!["mesh".to_owned()];
        if let Some(host) = host(plan, workload) {
            hosts.push(host);
            gateways.push("kube-system/edge".to_owned());
        }
        let rest = json!({"spec": {
            "hosts": hosts,
            "gateways": gateways,
            "http": [{
                "name": "primary",
                "match": [{"uri": {"prefix": "/"}}],
                "route": route,
                "timeout": if crashes { "2s" } else { "10s" },
                "retries": {"attempts": 2, "perTryTimeout": "2s", "retryOn": "5xx,reset,connect-failure"},
            }],
        }});
        let meta = meta(writer, workload);
        writer.put(meta, &MANAGERS, Vec::new(), rest);
    }
}

/// The two versions of each program of the mesh, and when a pod is left out.
pub(in crate::objects) fn destination_rules(writer: &mut Writer<'_>) {
    let plan = writer.plan;
    for (workload, _) in plan.deployments().filter(|(workload, _)| workload.sidecar) {
        let subset = |name: &str, version: &str| json!({"name": name, "labels": {"app.kubernetes.io/version": version}});
        let rest = json!({"spec": {
            "host": service(workload),
            "trafficPolicy": {
                "connectionPool": {
                    "tcp": {"maxConnections": 100},
                    "http": {"http1MaxPendingRequests": 100, "http2MaxRequests": 1000},
                },
                "outlierDetection": {
                    "consecutive5xxErrors": 5, "interval": "10s", "baseEjectionTime": "30s", "maxEjectionPercent": 50,
                },
                "tls": {"mode": if workload.namespace == "search" { "DISABLE" } else { "ISTIO_MUTUAL" }},
            },
            "subsets": [
                subset("current", &workload.version), subset("previous", &workload.previous_version),
            ],
        }});
        let meta = meta(writer, workload);
        writer.put(meta, &MANAGERS, Vec::new(), rest);
    }
}

/// The gateway at the edge, and the one between clusters.
pub(in crate::objects) fn gateways(writer: &mut Writer<'_>) {
    let domain = format!("*.{}.acme.example", writer.plan.profile.name);
    for (name, selector, server) in [
        (
            "edge",
            "ingressgateway",
            json!({
                "port": {"number": 443, "name": "https", "protocol": "HTTPS"}, "hosts": [domain],
                "tls": {"mode": "SIMPLE", "credentialName": "edge-tls", "minProtocolVersion": "TLSV1_2"},
            }),
        ),
        (
            "east-west",
            "eastwestgateway",
            json!({
                "port": {"number": 15443, "name": "tls", "protocol": "TLS"}, "hosts": ["*.local"],
                "tls": {"mode": "AUTO_PASSTHROUGH"},
            }),
        ),
    ] {
        let meta = Meta {
            generation: Some(1),
            labels: labels(&[("istio", selector)]),
            ..writer.meta("kube-system", name, AGE_S)
        };
        let rest = json!({"spec": {"selector": {"istio": selector}, "servers": [server]}});
        writer.put(meta, &MANAGERS, Vec::new(), rest);
    }
}
