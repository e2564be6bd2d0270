//! Owns the small kinds around a workload: namespaces, services, config maps and secrets. The secrets' values
//! are made up and lead nowhere.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::collection::Draft;
use super::meta::{Context, Managers, Meta, draft};
use super::pod::labels;
use super::workload::Workload;
use crate::seed::Rng;

/// Clusters are this old: their namespaces were made with them.
const CLUSTER_AGE_S: u64 = 90 * 86_400;
const MANAGERS: Managers = Managers {
    api_version: "v1",
    manager: "helm",
    status_manager: None,
};

/// A namespace.
pub(crate) fn namespace(context: &mut Context<'_>, name: &str) -> Draft {
    let mut rng = Rng::keyed(context.seed, &["namespace", &context.profile.name, name]);
    let meta = Meta {
        name: name.to_owned(),
        uid: rng.uid(),
        created: context.clock.ago(CLUSTER_AGE_S),
        labels: vec![("kubernetes.io/metadata.name".to_owned(), name.to_owned())],
        ..Meta::default()
    };
    let managers = Managers {
        manager: "kube-apiserver",
        ..MANAGERS
    };
    let rest = json!({"spec": {"finalizers": ["kubernetes"]}, "status": {"phase": "Active"}});
    draft(
        context,
        meta,
        &managers,
        vec![("status.phase", "Active".to_owned())],
        rest,
    )
}

fn beside(context: &Context<'_>, workload: &Workload, suffix: &str) -> Meta {
    let name = format!("{}{suffix}", workload.name);
    let mut rng = Rng::keyed(
        context.seed,
        &[
            "beside",
            &context.profile.name,
            workload.namespace,
            &name,
            suffix,
        ],
    );
    Meta {
        name,
        namespace: workload.namespace.to_owned(),
        uid: rng.uid(),
        created: context.clock.ago(workload.rolled_out_s.saturating_mul(4)),
        labels: labels(workload),
        ..Meta::default()
    }
}

/// The service in front of a workload.
pub(crate) fn service(context: &mut Context<'_>, workload: &Workload) -> Draft {
    let meta = beside(context, workload, "");
    let mut rng = Rng::keyed(context.seed, &["service-ip", &meta.uid]);
    let ip = format!("10.96.{}.{}", rng.below(256), rng.between(2, 254));
    let rest = json!({
        "spec": {
            "ports": [
                {"name": "http", "protocol": "TCP", "port": 80, "targetPort": "http"},
                {"name": "grpc", "protocol": "TCP", "port": 9090, "targetPort": 9090},
            ],
            "selector": {"app.kubernetes.io/name": workload.name},
            "clusterIP": ip, "clusterIPs": [ip], "type": "ClusterIP", "sessionAffinity": "None",
            "ipFamilies": ["IPv4"], "ipFamilyPolicy": "SingleStack", "internalTrafficPolicy": "Cluster",
        },
        "status": {"loadBalancer": {}},
    });
    let fields = vec![
        ("spec.clusterIP", ip),
        ("spec.type", "ClusterIP".to_owned()),
    ];
    draft(context, meta, &MANAGERS, fields, rest)
}

/// The configuration a workload mounts.
pub(crate) fn config_map(context: &mut Context<'_>, workload: &Workload) -> Draft {
    let meta = beside(context, workload, "-config");
    let yaml = format!(
        "service: {}\nregion: {}\nlog_level: info\nfeature_flags:\n  new_checkout: {}\n",
        workload.name,
        context.profile.region,
        context.profile.environment != "production",
    );
    draft(
        context,
        meta,
        &MANAGERS,
        Vec::new(),
        json!({"data": {"application.yaml": yaml, "flags": "a=1,b=2"}}),
    )
}

/// The secret a workload reads its database's address from.
pub(crate) fn secret(context: &mut Context<'_>, workload: &Workload) -> Draft {
    let meta = beside(context, workload, "-db");
    let url = format!(
        "postgres://demo:not-a-password@{}-db.example.invalid/demo",
        workload.name
    );
    let rest = json!({"data": {"url": STANDARD.encode(url)}, "type": "Opaque"});
    draft(
        context,
        meta,
        &MANAGERS,
        vec![("type", "Opaque".to_owned())],
        rest,
    )
}
