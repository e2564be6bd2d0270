//! Owns Argo CD's objects: an application for every deployment and cron job, which is as healthy as its pods are and out
//! of sync where the cluster runs another version than the first of the fleet, or somebody changed it by hand; and a
//! project for every team.

use serde_json::{Value, json};

use crate::objects::kinds::{Writer, labels};
use crate::objects::meta::{Managers, Meta};
use crate::objects::plan::trouble;
use crate::objects::pod_plan::{PodPlan, PodState};
use crate::objects::workload::{self, Owner, Workload};
use crate::options::ClusterProfile;
use crate::seed::Rng;

const MANAGERS: Managers = Managers {
    api_version: "argoproj.io/v1alpha1",
    manager: "argocd-application-controller",
    status_manager: None,
};
const REPOSITORY: &str = "https://git.acme.example/platform/deploy.git";
const SERVER: &str = "https://kubernetes.default.svc";
const AGE_S: u64 = 75 * 86_400;
/// Of so many workloads in a row one was changed by hand, and where in the row it stands.
const CHANGED_BY_HAND: (usize, usize) = (9, 4);

/// An application's health, and what Argo CD says of it.
fn health(workload: &Workload, pods: &[PodPlan]) -> (&'static str, Option<String>) {
    let failed = pods.iter().any(|pod| pod.state == PodState::JobFailed);
    match trouble(pods) {
        _ if failed => (
            "Degraded",
            Some(format!(
                "Job {} has reached the specified backoff limit",
                workload.owner_name()
            )),
        ),
        Some(PodState::CrashLoop) => (
            "Degraded",
            Some(format!(
                "back-off 5m0s restarting failed container={}",
                workload.name
            )),
        ),
        Some(PodState::ImagePull) => (
            "Degraded",
            Some(format!(
                "Deployment \"{}\" exceeded its progress deadline",
                workload.name
            )),
        ),
        Some(PodState::Unschedulable) => (
            "Progressing",
            Some(
                "Waiting for rollout to finish: not all updated replicas are available".to_owned(),
            ),
        ),
        _ => ("Healthy", None),
    }
}

/// An application for each workload, in its own namespace ("applications in any namespace").
pub(in crate::objects) fn applications(writer: &mut Writer<'_>) {
    let plan = writer.plan;
    // What is in git is what the first cluster runs: releases reach it first.
    let wanted = workload::plan(plan.seed, &ClusterProfile::nth(0), plan.pods.len());
    for (index, workload) in plan.workloads.iter().enumerate() {
        let pods = plan.pods_of(index);
        let wanted = wanted
            .get(index)
            .map_or(&workload.version, |wanted| &wanted.version);
        // Some were changed by hand, the same in every cluster, and Argo CD is told to leave that be.
        let by_hand = index % CHANGED_BY_HAND.0 == CHANGED_BY_HAND.1;
        let in_sync = *wanted == workload.version && !by_hand;
        let (health, message) = health(workload, pods);
        let meta = Meta {
            generation: Some(7),
            labels: labels(&[
                ("app.kubernetes.io/part-of", "acme"),
                ("env", &plan.profile.environment),
                ("team", workload.team),
            ]),
            finalizers: vec!["resources-finalizer.argocd.argoproj.io"],
            ..writer.meta(
                workload.namespace,
                workload.name.clone(),
                workload.rolled_out_s.saturating_mul(4),
            )
        };
        let source = json!({
            "repoURL": REPOSITORY,
            "path": format!("apps/{}/overlays/{}", workload.name, plan.profile.name),
            "targetRevision": "main",
            "kustomize": {"images": [format!("{}:{wanted}", workload.image)]},
        });
        let rest = json!({
            "spec": {
                "project": workload.team,
                "source": source,
                "destination": {"server": SERVER, "namespace": workload.namespace},
                "syncPolicy": {
                    "automated": {"prune": true, "selfHeal": !by_hand},
                    "syncOptions": ["CreateNamespace=true", "ServerSideApply=true"],
                    "retry": {"limit": 5, "backoff": {"duration": "5s", "factor": 2, "maxDuration": "3m"}},
                },
            },
            "status": status(writer, workload, in_sync, (health, message), &source),
        });
        writer.put(meta, &MANAGERS, Vec::new(), rest);
    }
}

fn status(
    writer: &Writer<'_>,
    workload: &Workload,
    in_sync: bool,
    (health, message): (&str, Option<String>),
    source: &Value,
) -> Value {
    let clock = writer.plan.clock;
    let mut rng = Rng::keyed(
        writer.plan.seed,
        &["commit", workload.namespace, &workload.name],
    );
    let commits: Vec<String> = (0..3).map(|_| rng.hex(40)).collect();
    let latest = commits.last().cloned().unwrap_or_default();
    let history: Vec<Value> = (0u64..)
        .zip(&commits)
        .map(|(id, revision)| {
            let ago_s = workload.rolled_out_s.saturating_mul(3u64.saturating_sub(id));
            json!({"id": id, "revision": revision, "deployedAt": clock.ago(ago_s), "source": source})
        })
        .collect();
    let mut health = json!({
        "status": health, "lastTransitionTime": clock.ago(workload.rolled_out_s.saturating_sub(90)),
    });
    if let Some(message) = message {
        health["message"] = json!(message);
    }
    let (group, kind) = match workload.owner {
        Owner::Deployment => ("apps", "Deployment"),
        Owner::Job => ("batch", "CronJob"),
    };
    let sync = if in_sync { "Synced" } else { "OutOfSync" };
    let (phase, outcome) = if in_sync {
        ("Succeeded", "successfully synced (all tasks run)")
    } else {
        (
            "Failed",
            "one or more synchronization tasks completed unsuccessfully",
        )
    };
    let started_s = workload.rolled_out_s;
    let mut status = json!({
        "sync": {
            "status": sync, "revision": latest,
            "comparedTo": {
                "source": source, "destination": {"server": SERVER, "namespace": workload.namespace},
            },
        },
        "health": health,
        "history": history,
        "reconciledAt": clock.ago(150),
        "sourceType": "Kustomize",
        "summary": {"images": [workload.image_reference()]},
        "operationState": {
            "phase": phase, "message": outcome, "startedAt": clock.ago(started_s),
            "finishedAt": clock.ago(started_s.saturating_sub(12)), "syncResult": {"revision": latest},
        },
        "resources": [{
            "group": group, "version": "v1", "kind": kind, "namespace": workload.namespace,
            "name": workload.name, "status": sync, "health": health,
        }],
    });
    if !in_sync {
        status["conditions"] = json!([{
            "type": "SyncError", "lastTransitionTime": clock.ago(started_s),
            "message": format!("Failed sync attempt to {latest}: {outcome} (retried 5 times)."),
        }]);
    }
    status
}

/// A project for every team.
pub(in crate::objects) fn app_projects(writer: &mut Writer<'_>) {
    let mut teams: Vec<(&str, &str)> = writer
        .plan
        .workloads
        .iter()
        .map(|workload| (workload.team, workload.namespace))
        .collect();
    teams.sort_unstable();
    teams.dedup();
    let mut names: Vec<&str> = teams.iter().map(|(team, _)| *team).collect();
    names.dedup();
    for team in names {
        let destinations: Vec<Value> = teams
            .iter()
            .filter(|(name, _)| *name == team)
            .map(|(_, namespace)| json!({"server": SERVER, "namespace": namespace}))
            .collect();
        let meta = Meta {
            generation: Some(2),
            ..writer.meta("default", team, AGE_S)
        };
        let rest = json!({"spec": {
            "description": format!("What team {team} runs"),
            "sourceRepos": [REPOSITORY],
            "destinations": destinations,
            "roles": [{
                "name": "sync", "groups": [format!("acme:{team}")],
                "policies": [format!("p, proj:{team}:sync, applications, sync, {team}/*, allow")],
            }],
        }});
        writer.put(meta, &MANAGERS, Vec::new(), rest);
    }
}
