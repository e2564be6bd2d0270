//! Owns autoscalers and disruption budgets of the deployments. What they report follows from how the pods fare.

use serde_json::{Value, json};

use crate::objects::kinds::Writer;
use crate::objects::meta::{Managers, Meta};
use crate::objects::plan::{ready, trouble};
use crate::objects::pod::labels;
use crate::objects::pod_plan::PodState;

/// The part of the requested CPU that autoscalers aim at, in percent.
const TARGET_PERCENT: u64 = 70;

/// An autoscaler for every program that answers requests.
pub(super) fn autoscalers(writer: &mut Writer<'_>) {
    let managers = Managers {
        api_version: "autoscaling/v2",
        manager: "helm",
        status_manager: Some("kube-controller-manager"),
    };
    let plan = writer.plan;
    for (workload, pods) in plan.deployments() {
        if !matches!(workload.component, "api" | "web") {
            continue;
        }
        let mut rng = plan.stream(
            "horizontalpodautoscalers.autoscaling",
            workload.namespace,
            &workload.name,
        );
        let replicas = workload.replicas as u64;
        let limited = rng.chance(200);
        let maximum = if limited {
            replicas.max(1)
        } else {
            replicas.saturating_mul(2).max(3)
        };
        let meta = Meta {
            labels: labels(workload),
            ..writer.meta(
                workload.namespace,
                workload.name.clone(),
                workload.rolled_out_s.saturating_mul(3),
            )
        };
        // An autoscaler at its limit has more load than it aims at.
        let percent = if limited {
            rng.between(85, 160)
        } else {
            rng.between(25, TARGET_PERCENT)
        };
        let has_metrics = trouble(pods) != Some(PodState::CrashLoop) || ready(pods) > 0;
        let metric = |name: &str, target: Value| json!({"type": "Resource", "resource": {"name": "cpu", name: target}});
        let mut status = json!({
            "lastScaleTime": plan.clock.ago(rng.between(600, 3 * 86_400)),
            "currentReplicas": replicas, "desiredReplicas": replicas,
        });
        if has_metrics {
            let average_m = workload.cpu_request_m.saturating_mul(percent) / 100;
            status["currentMetrics"] = json!([metric(
                "current",
                json!({"averageUtilization": percent, "averageValue": format!("{average_m}m")})
            )]);
        } else {
            status["currentMetrics"] = Value::Null;
        }
        status["conditions"] = conditions(writer, limited, has_metrics, workload.rolled_out_s);
        let rest = json!({
            "spec": {
                "scaleTargetRef": {"kind": "Deployment", "name": workload.name, "apiVersion": "apps/v1"},
                "minReplicas": 2, "maxReplicas": maximum,
                "metrics": [metric("target", json!({"type": "Utilization", "averageUtilization": TARGET_PERCENT}))],
            },
            "status": status,
        });
        writer.put(meta, &managers, Vec::new(), rest);
    }
}

fn conditions(writer: &Writer<'_>, limited: bool, has_metrics: bool, since_s: u64) -> Value {
    let since = writer.plan.clock.ago(since_s);
    let condition = |kind: &str, status: bool, reason: &str, message: &str| {
        json!({
            "type": kind, "status": if status { "True" } else { "False" }, "lastTransitionTime": since,
            "reason": reason, "message": message,
        })
    };
    let active = if has_metrics {
        condition(
            "ScalingActive",
            true,
            "ValidMetricFound",
            "the HPA was able to successfully calculate a replica count from cpu resource utilization (percentage of \
             request)",
        )
    } else {
        condition(
            "ScalingActive",
            false,
            "FailedGetResourceMetric",
            "the HPA was unable to compute the replica count: failed to get cpu utilization: did not receive metrics \
             for targeted pods (pods might be unready)",
        )
    };
    let bounded = if limited {
        condition(
            "ScalingLimited",
            true,
            "TooManyReplicas",
            "the desired replica count is more than the maximum replica count",
        )
    } else {
        condition(
            "ScalingLimited",
            false,
            "DesiredWithinRange",
            "the desired count is within the acceptable range",
        )
    };
    json!([
        condition(
            "AbleToScale",
            true,
            "ReadyForNewScale",
            "recommended size matches current size"
        ),
        active,
        bounded,
    ])
}

/// A budget for every deployment with more than one pod: three quarters must stay.
pub(super) fn budgets(writer: &mut Writer<'_>) {
    let managers = Managers {
        api_version: "policy/v1",
        manager: "helm",
        status_manager: Some("kube-controller-manager"),
    };
    let plan = writer.plan;
    for (workload, pods) in plan.deployments().filter(|(_, pods)| pods.len() > 1) {
        let expected = pods.len();
        let desired = expected.saturating_mul(3).div_ceil(4);
        let healthy = ready(pods);
        let allowed = healthy.saturating_sub(desired);
        let since = plan.clock.ago(workload.rolled_out_s);
        let (status, reason) = if allowed > 0 {
            ("True", "SufficientPods")
        } else {
            ("False", "InsufficientPods")
        };
        let meta = Meta {
            generation: Some(1),
            labels: labels(workload),
            ..writer.meta(
                workload.namespace,
                workload.name.clone(),
                workload.rolled_out_s.saturating_mul(4),
            )
        };
        let rest = json!({
            "spec": {
                "minAvailable": "75%", "selector": {"matchLabels": {"app.kubernetes.io/name": workload.name}},
            },
            "status": {
                "observedGeneration": 1, "disruptionsAllowed": allowed, "currentHealthy": healthy,
                "desiredHealthy": desired, "expectedPods": expected,
                "conditions": [{
                    "type": "DisruptionAllowed", "status": status, "observedGeneration": 1,
                    "lastTransitionTime": since, "reason": reason, "message": "",
                }],
            },
        });
        writer.put(meta, &managers, Vec::new(), rest);
    }
}
