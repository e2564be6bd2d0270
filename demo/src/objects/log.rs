//! Owns what containers wrote: lines with their instants, made when they are asked for and always the same. They tell
//! the story of the pod: requests while it runs, timeouts while an incident lasted, and why a program that crashes does.

use serde_json::json;

use super::incident;
use super::meta::Context;
use super::plan::Plan;
use super::pod_plan::{PodPlan, PodState};
use super::pod_spec::{container_image, container_names};
use super::pod_status::RUN_S;
use super::usage::CRASH_CYCLE_S;
use super::workload::{Owner, Workload};
use crate::clock::rfc3339;
use crate::seed::Rng;

/// The kubelet rotates logs: what is older than this is gone from a container that still runs.
const KEPT_S: u64 = 3600;
/// Seconds between two requests of one pod, at least and at most.
const PAUSE_S: (u64, u64) = (2, 18);
/// How long before and after its event an incident shows.
const INCIDENT_S: u64 = 90;
const PATHS: [&str; 4] = ["/v1/orders", "/v1/quotes", "/v1/items", "/v1/sessions"];

/// One line of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line {
    /// Seconds since 1970.
    pub(crate) at_s: i64,
    pub(crate) nanos: u32,
    /// Without the newline.
    pub(crate) text: String,
}

impl Line {
    /// The instant as the kubelet writes it before the line: RFC 3339 with nanoseconds.
    pub(crate) fn timestamp(&self) -> String {
        let seconds = rfc3339(self.at_s);
        format!("{}.{:09}Z", seconds.trim_end_matches('Z'), self.nanos)
    }
}

/// Why there is no log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum NoLog {
    /// No node was found for the pod, so no kubelet can be asked.
    Unscheduled,
    /// The kubelet's own words.
    Refused(String),
}

/// How a run of a container ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Runs,
    Done,
    Failed,
}

/// A run of a container: when it began and ended, in seconds before now.
struct Run {
    from_s: u64,
    to_s: u64,
    end: End,
}

/// A pod of the plan with its workload.
pub(crate) fn find<'a>(
    plan: &'a Plan,
    namespace: &str,
    name: &str,
) -> Option<(&'a Workload, &'a PodPlan)> {
    plan.pods
        .iter()
        .filter(|pod| pod.name == name)
        .filter_map(|pod| Some((plan.workloads.get(pod.workload)?, pod)))
        .find(|(workload, _)| workload.namespace == namespace)
}

/// The names of a pod's containers, the program first.
pub(crate) fn containers(workload: &Workload) -> Vec<String> {
    container_names(workload)
}

/// The image that a container runs.
pub(crate) fn image(workload: &Workload, container: &str) -> String {
    container_image(workload, container)
}

/// What a container wrote, oldest line first; of its run before this one when `previous` is set.
pub(crate) fn lines(
    plan: &Plan,
    (workload, pod): (&Workload, &PodPlan),
    container: &str,
    previous: bool,
) -> Result<Vec<Line>, NoLog> {
    let run = run(workload, pod, container, previous)?;
    let which = if previous { "previous" } else { "" };
    Ok(written(plan, (workload, pod), container, &run, which))
}

/// What an agent on the node shipped of a container while the kubelet kept it: what [`lines`] tells, and the runs that
/// ended within the hour before, which the kubelet has forgotten. Oldest line first.
pub(crate) fn shipped(
    plan: &Plan,
    (workload, pod): (&Workload, &PodPlan),
    container: &str,
) -> Vec<Line> {
    let Ok(last) = run(workload, pod, container, false) else {
        return Vec::new();
    };
    let mut lines = Vec::new();
    if container == workload.name && pod.state == PodState::CrashLoop {
        for back in (1..pod.restarts.min(KEPT_S / CRASH_CYCLE_S)).rev() {
            let earlier_s = CRASH_CYCLE_S.saturating_mul(back);
            let earlier = Run {
                from_s: last.from_s.saturating_add(earlier_s),
                to_s: last.to_s.saturating_add(earlier_s),
                end: last.end,
            };
            let which = format!("{back} before");
            lines.extend(written(plan, (workload, pod), container, &earlier, &which));
        }
    } else if let Ok(previous) = run(workload, pod, container, true) {
        lines.extend(written(
            plan,
            (workload, pod),
            container,
            &previous,
            "previous",
        ));
    }
    lines.extend(written(plan, (workload, pod), container, &last, ""));
    lines
}

/// The lines of one run; `which` tells its stream of random numbers from those of the container's other runs.
fn written(
    plan: &Plan,
    (workload, pod): (&Workload, &PodPlan),
    container: &str,
    run: &Run,
    which: &str,
) -> Vec<Line> {
    let mut writer = Writer {
        plan,
        workload,
        pod,
        rng: Rng::keyed(plan.seed, &["log", &pod.uid, container, which]),
        lines: Vec::new(),
    };
    if container == workload.name {
        writer.program(run);
    } else {
        writer.proxy(run);
    }
    writer.lines
}

/// The run that is asked for, or what the kubelet says when there is none (`validateContainerLogStatus`).
fn run(workload: &Workload, pod: &PodPlan, container: &str, previous: bool) -> Result<Run, NoLog> {
    let refuse = |why: &str| {
        let name = &pod.name;
        Err(NoLog::Refused(format!(
            "container \"{container}\" in pod \"{name}\" {why}"
        )))
    };
    let program = container == workload.name;
    let crashed = program && pod.restarts > 0;
    let last = Run {
        from_s: pod.last_restart_s.saturating_add(RUN_S),
        to_s: pod.last_restart_s,
        end: End::Failed,
    };
    match pod.state {
        PodState::Unschedulable => Err(NoLog::Unscheduled),
        PodState::Evicted => refuse("is not available"),
        _ if previous && crashed => Ok(last),
        _ if previous => Err(NoLog::Refused(format!(
            "previous terminated container \"{container}\" in pod \"{}\" not found",
            pod.name
        ))),
        PodState::ImagePull if program => {
            refuse("is waiting to start: trying and failing to pull image")
        }
        // While it waits for its next start, the kubelet gives the log of the last one.
        PodState::CrashLoop if program => Ok(last),
        PodState::Completed | PodState::JobFailed => Ok(Run {
            from_s: pod.age_s,
            to_s: pod.age_s.saturating_sub(RUN_S),
            end: if pod.state == PodState::Completed {
                End::Done
            } else {
                End::Failed
            },
        }),
        _ => Ok(Run {
            from_s: if crashed {
                pod.last_restart_s
            } else {
                pod.age_s
            },
            to_s: 0,
            end: End::Runs,
        }),
    }
}

struct Writer<'a> {
    plan: &'a Plan,
    workload: &'a Workload,
    pod: &'a PodPlan,
    rng: Rng,
    lines: Vec<Line>,
}

impl Writer<'_> {
    /// Adds a line that was written so many seconds ago.
    fn line(&mut self, ago_s: u64, text: String) {
        let nanos = u32::try_from(self.rng.between(1, 999_999_999)).unwrap_or(1);
        let at_s = self.plan.clock.ago_s(ago_s);
        // Lines of one second are in the order they were written in.
        let nanos = match self.lines.last() {
            Some(last) if last.at_s == at_s => {
                last.nanos.saturating_add(nanos % 1000).saturating_add(1)
            }
            _ => nanos / 2,
        };
        self.lines.push(Line {
            at_s,
            nanos: nanos.min(999_999_999),
            text,
        });
    }

    /// A structured line, as the company's programs write them.
    fn say(&mut self, ago_s: u64, level: &str, message: &str, more: &[(&str, serde_json::Value)]) {
        let mut line = json!({"level": level, "msg": message, "app": self.workload.name});
        for (name, value) in more {
            line[*name] = value.clone();
        }
        self.line(ago_s, line.to_string());
    }

    fn program(&mut self, run: &Run) {
        let started = run.from_s <= KEPT_S || run.end != End::Runs;
        let database = format!("{}-db.{}:5432", self.workload.name, self.workload.namespace);
        if started {
            let version = json!(self.workload.version);
            self.say(run.from_s, "info", "starting", &[("version", version)]);
            let after_s = run.from_s.saturating_sub(1);
            self.say(
                after_s,
                "info",
                "connecting",
                &[("database", json!(database))],
            );
        }
        match (run.end, self.workload.owner) {
            (End::Failed, Owner::Deployment) => self.failing_start(run, &database),
            (End::Runs, _) => self.requests(run),
            (_, Owner::Job) | (End::Done, _) => self.job(run),
        }
    }

    /// A start that never gets through to its database.
    fn failing_start(&mut self, run: &Run, database: &str) {
        let length_s = run.from_s.saturating_sub(run.to_s);
        for attempt in 1..=4u64 {
            let ago_s = run
                .from_s
                .saturating_sub(length_s.saturating_mul(attempt) / 5);
            let error = format!("dial tcp: lookup {database}: i/o timeout");
            self.say(
                ago_s,
                "warn",
                "database did not answer, trying again",
                &[
                    ("attempt", json!(attempt)),
                    ("timeout_ms", json!(5000)),
                    ("error", json!(error)),
                ],
            );
        }
        let error =
            format!("connect to {database}: context deadline exceeded (timeout after 4 attempts)");
        self.say(
            run.to_s,
            "fatal",
            "cannot start",
            &[("error", json!(error)), ("exit_code", json!(1))],
        );
    }

    fn job(&mut self, run: &Run) {
        let length_s = run.from_s.saturating_sub(run.to_s);
        for step in 1..=6u64 {
            let ago_s = run.from_s.saturating_sub(length_s.saturating_mul(step) / 8);
            let rows = self.rng.between(800, 120_000);
            self.say(
                ago_s,
                "info",
                "chunk written",
                &[("chunk", json!(step)), ("rows", json!(rows))],
            );
        }
        if run.end == End::Done {
            self.say(run.to_s, "info", "report complete", &[]);
        } else {
            let error = "upload: context deadline exceeded (timeout after 10s)";
            self.say(
                run.to_s,
                "fatal",
                "report failed",
                &[("error", json!(error)), ("exit_code", json!(1))],
            );
        }
    }

    /// The requests of the last hour, or since the start; during an incident that hit the pod they run into timeouts.
    fn requests(&mut self, run: &Run) {
        let trouble = self.incident();
        let mut ago_s = run.from_s.saturating_sub(2).min(KEPT_S);
        while ago_s > run.to_s {
            let (method, path) = (
                self.rng.pick(&["GET", "GET", "GET", "POST"]),
                self.rng.pick(&PATHS),
            );
            let trace = self.rng.hex(32);
            let hit = trouble.is_some_and(|(_, last_s)| ago_s.abs_diff(last_s) <= INCIDENT_S);
            let (level, message, status, took_ms) = match trouble {
                Some((status, _)) if hit => (
                    "error",
                    "upstream timeout",
                    status,
                    self.rng.between(5000, 5400),
                ),
                _ if self.rng.chance(8) => {
                    ("warn", "slow request", 200, self.rng.between(900, 2500))
                }
                _ => ("info", "request", 200, self.rng.between(2, 240)),
            };
            self.say(
                ago_s,
                level,
                message,
                &[
                    ("method", json!(method)),
                    ("path", json!(path)),
                    ("status", json!(status)),
                    ("duration_ms", json!(took_ms)),
                    ("trace_id", json!(trace)),
                ],
            );
            let (least_s, most_s) = PAUSE_S;
            ago_s = ago_s.saturating_sub(self.rng.between(least_s, most_s));
        }
    }

    /// The status that probes met and when, in seconds before now, if an incident hit this pod's program.
    fn incident(&self) -> Option<(u64, u64)> {
        let plan = self.plan;
        let context = Context::new(plan.seed, &plan.profile, plan.clock, plan.nodes.len());
        let incidents = incident::incidents(&context);
        let node = plan.node_of(self.pod)?;
        let (event, _) = incident::about_pod(&context, &incidents, self.workload, self.pod, node)?;
        let status = ["500", "503"]
            .into_iter()
            .find(|status| event.message.ends_with(status))?;
        Some((status.parse().ok()?, event.last_s))
    }

    /// The access log of the `envoy` beside a program. While the program is down it answers in its place.
    fn proxy(&mut self, run: &Run) {
        let up = !matches!(self.pod.state, PodState::CrashLoop | PodState::ImagePull);
        let mut ago_s = run.from_s.min(KEPT_S);
        while ago_s > run.to_s {
            let path = self.rng.pick(&PATHS);
            let took_ms = self.rng.between(1, 250);
            let (status, flags, bytes) = if up {
                (200, "-", self.rng.between(120, 9000))
            } else {
                (503, "UF,URX", 91)
            };
            let at = self.plan.clock.ago(ago_s);
            self.line(
                ago_s,
                format!("[{at}] \"GET {path} HTTP/2\" {status} {flags} 0 {bytes} {took_ms} - \"127.0.0.1:8080\""),
            );
            let (least_s, most_s) = PAUSE_S;
            ago_s = ago_s.saturating_sub(self.rng.between(least_s, most_s));
        }
    }
}

#[cfg(test)]
mod tests;
