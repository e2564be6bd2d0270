//! Owns Flux's objects: the repository, a kustomization for every team's namespace and a Helm release for every
//! deployment, which fares as its pods do. `prod-us` serves Helm releases in the older version, with other fields.

use serde_json::{Value, json};

use super::definition;
use crate::objects::kinds::{Writer, labels};
use crate::objects::meta::{Managers, Meta};
use crate::objects::plan::trouble;
use crate::objects::pod;
use crate::objects::pod_plan::PodState;
use crate::objects::workload::Workload;
use crate::seed::Rng;

const AGE_S: u64 = 50 * 86_400;
/// Where Flux's own objects are.
const NAMESPACE: &str = "default";
const REPOSITORY: &str = "https://git.acme.example/platform/fleet.git";
const HELM_GROUP: &str = "helm.toolkit.fluxcd.io";

fn managers(api_version: &'static str, controller: &'static str) -> Managers {
    Managers {
        api_version,
        manager: "kustomize-controller",
        status_manager: Some(controller),
    }
}

/// The revision of the repository that is current.
fn revision(writer: &Writer<'_>) -> String {
    format!(
        "main@sha1:{}",
        Rng::keyed(writer.plan.seed, &["fleet-repository"]).hex(40)
    )
}

fn ready(status: bool, reason: &str, message: &str, since: &str) -> Value {
    json!({
        "type": "Ready", "status": if status { "True" } else { "False" }, "reason": reason, "message": message,
        "lastTransitionTime": since, "observedGeneration": 3,
    })
}

/// The repository, and one whose key was revoked.
pub(in crate::objects) fn git_repositories(writer: &mut Writer<'_>) {
    let clock = writer.plan.clock;
    let revision = revision(writer);
    for (name, url, works) in [
        ("fleet", REPOSITORY, true),
        ("legacy", "ssh://git@git.acme.example/legacy/deploy", false),
    ] {
        let mut spec =
            json!({"url": url, "ref": {"branch": "main"}, "interval": "1m0s", "timeout": "60s"});
        let mut status = json!({"observedGeneration": 3});
        if works {
            let message = format!("stored artifact for revision '{revision}'");
            status["conditions"] = json!([ready(true, "Succeeded", &message, &clock.ago(5400))]);
            status["artifact"] = json!({
                "path": format!("gitrepository/{NAMESPACE}/{name}/latest.tar.gz"),
                "url": format!("http://source-controller.{NAMESPACE}.svc.cluster.local./{name}.tar.gz"),
                "revision": revision,
                "digest": format!("sha256:{}", Rng::keyed(writer.plan.seed, &["artifact", name]).hex(64)),
                "lastUpdateTime": clock.ago(5400), "size": 48_213,
            });
        } else {
            spec["secretRef"] = json!({"name": "legacy-key"});
            let message = "failed to checkout and determine revision: unable to clone: ssh: handshake failed: ssh: unable \
                           to authenticate, attempted methods [none publickey], no supported methods remain";
            status["conditions"] = json!([ready(
                false,
                "GitOperationFailed",
                message,
                &clock.ago(9 * 86_400)
            )]);
        }
        let meta = Meta {
            generation: Some(3),
            finalizers: vec!["finalizers.fluxcd.io"],
            ..writer.meta(NAMESPACE, name, AGE_S)
        };
        writer.put(
            meta,
            &managers("source.toolkit.fluxcd.io/v1", "source-controller"),
            Vec::new(),
            json!({"spec": spec, "status": status}),
        );
    }
}

/// A kustomization for each team's namespace; it waits for the workloads in it.
pub(in crate::objects) fn kustomizations(writer: &mut Writer<'_>) {
    let plan = writer.plan;
    let revision = revision(writer);
    for namespace in plan.team_namespaces() {
        let failing = plan
            .deployments()
            .find(|(workload, pods)| {
                workload.namespace == namespace
                    && matches!(
                        trouble(pods),
                        Some(PodState::CrashLoop | PodState::ImagePull)
                    )
            })
            .map(|(workload, _)| workload);
        let since = plan
            .clock
            .ago(failing.map_or(5400, |workload| workload.rolled_out_s));
        let condition = match failing {
            Some(workload) => ready(
                false,
                "HealthCheckFailed",
                &format!(
                    "health check failed after 5m0s: timeout waiting for: [Deployment/{namespace}/{} status: \
                     'InProgress']",
                    workload.name
                ),
                &since,
            ),
            None => ready(
                true,
                "ReconciliationSucceeded",
                &format!("Applied revision: {revision}"),
                &since,
            ),
        };
        let entries: Vec<Value> = plan
            .deployments()
            .filter(|(workload, _)| workload.namespace == namespace)
            .map(|(workload, _)| json!({"id": format!("{namespace}_{}_apps_Deployment", workload.name), "v": "v1"}))
            .collect();
        let mut status = json!({
            "observedGeneration": 3, "conditions": [condition], "lastAttemptedRevision": revision,
            "inventory": {"entries": entries},
        });
        if failing.is_none() {
            status["lastAppliedRevision"] = json!(revision);
        }
        let meta = Meta {
            generation: Some(3),
            labels: labels(&[("team", namespace)]),
            finalizers: vec!["finalizers.fluxcd.io"],
            ..writer.meta(NAMESPACE, namespace, AGE_S)
        };
        let rest = json!({
            "spec": {
                "interval": "10m0s", "path": format!("./clusters/{}/{namespace}", plan.profile.name), "prune": true,
                "wait": true, "timeout": "5m0s", "sourceRef": {"kind": "GitRepository", "name": "fleet"},
                "targetNamespace": namespace,
            },
            "status": status,
        });
        writer.put(
            meta,
            &managers("kustomize.toolkit.fluxcd.io/v1", "kustomize-controller"),
            Vec::new(),
            rest,
        );
    }
}

/// A Helm release for every deployment.
pub(in crate::objects) fn helm_releases(writer: &mut Writer<'_>) {
    let plan = writer.plan;
    let older = definition::find(&plan.profile, HELM_GROUP, "helmreleases")
        .is_some_and(|definition| definition.version("v2beta2").is_some());
    let api_version = if older {
        "helm.toolkit.fluxcd.io/v2beta2"
    } else {
        "helm.toolkit.fluxcd.io/v2"
    };
    for (workload, pods) in plan.deployments() {
        let works = !matches!(trouble(pods), Some(PodState::ImagePull));
        let meta = Meta {
            generation: Some(3),
            labels: pod::labels(workload),
            finalizers: vec!["finalizers.fluxcd.io"],
            ..writer.meta(
                workload.namespace,
                workload.name.clone(),
                workload.rolled_out_s.saturating_mul(4),
            )
        };
        let mut spec = json!({
            "interval": "15m0s",
            "releaseName": workload.name,
            "chart": {"spec": {
                "chart": format!("./charts/{}", workload.name), "version": "0.9.x",
                "sourceRef": {"kind": "GitRepository", "name": "fleet", "namespace": NAMESPACE},
            }},
            "upgrade": {"remediation": {"retries": 3}},
            "values": {"image": {"tag": workload.version}, "replicas": workload.replicas},
        });
        if !older {
            spec["driftDetection"] = json!({"mode": "warn"});
        }
        let status = release_status(writer, workload, works, older);
        writer.put(
            meta,
            &managers(api_version, "helm-controller"),
            Vec::new(),
            json!({"spec": spec, "status": status}),
        );
    }
}

fn release_status(writer: &Writer<'_>, workload: &Workload, works: bool, older: bool) -> Value {
    let clock = writer.plan.clock;
    let (namespace, name) = (workload.namespace, &workload.name);
    let since = clock.ago(workload.rolled_out_s);
    let condition = if works {
        let message = format!(
            "Helm upgrade succeeded for release {namespace}/{name}.v3 with chart {name}@0.9.3"
        );
        ready(true, "UpgradeSucceeded", &message, &since)
    } else {
        let message = format!(
            "Helm upgrade failed for release {namespace}/{name} with chart {name}@0.9.3: context deadline exceeded"
        );
        ready(false, "UpgradeFailed", &message, &since)
    };
    let mut status = json!({
        "observedGeneration": 3, "conditions": [condition], "lastAttemptedRevision": "0.9.3",
    });
    if !works {
        status["failures"] = json!(4);
    }
    if older {
        status["helmChart"] = json!(format!("{NAMESPACE}/{namespace}-{name}"));
        status["lastAppliedRevision"] = json!(if works { "0.9.3" } else { "0.9.2" });
        status["lastReleaseRevision"] = json!(3);
        return status;
    }
    let digest = |version: u64| {
        let mut rng = writer.plan.stream("helm-digest", namespace, name);
        format!("sha256:{}{version:02}", rng.hex(62))
    };
    let entry = |version: u64, state: &str, app: &str, ago_s: u64| {
        json!({
            "name": name, "namespace": namespace, "version": version, "status": state, "chartName": name,
            "chartVersion": format!("0.9.{version}"), "appVersion": app, "digest": digest(version),
            "firstDeployed": clock.ago(workload.rolled_out_s.saturating_mul(4)), "lastDeployed": clock.ago(ago_s),
        })
    };
    let states = if works {
        ["deployed", "superseded"]
    } else {
        ["failed", "deployed"]
    };
    status["storageNamespace"] = json!(namespace);
    status["history"] = json!([
        entry(3, states[0], &workload.version, workload.rolled_out_s),
        entry(
            2,
            states[1],
            &workload.previous_version,
            workload.rolled_out_s.saturating_mul(2)
        ),
    ]);
    status
}
