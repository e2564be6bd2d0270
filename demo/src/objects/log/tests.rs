//! Logs agree with the states of their containers, and are the same whenever they are asked for.

use super::*;
use crate::clock::Clock;
use crate::options::ClusterProfile;

fn plan() -> Plan {
    Plan::new(7, &ClusterProfile::nth(0), 200, Clock::at(1_795_249_000))
}

fn pod(plan: &Plan, test: impl Fn(&PodPlan) -> bool) -> (&Workload, &PodPlan) {
    let pod = plan.pods.iter().find(|pod| test(pod)).unwrap();
    (&plan.workloads[pod.workload], pod)
}

fn program(plan: &Plan, found: (&Workload, &PodPlan), previous: bool) -> Result<Vec<Line>, NoLog> {
    lines(plan, found, &found.0.name, previous)
}

#[test]
fn lines_are_in_order_and_the_same_again() {
    let plan = plan();
    for pod in &plan.pods {
        let workload = &plan.workloads[pod.workload];
        for container in containers(workload) {
            let first = lines(&plan, (workload, pod), &container, false);
            assert_eq!(first, lines(&plan, (workload, pod), &container, false));
            let Ok(first) = first else { continue };
            assert!(!first.is_empty(), "{} {container}", pod.name);
            let order = |line: &Line| (line.at_s, line.nanos);
            assert!(
                first
                    .windows(2)
                    .all(|pair| order(&pair[0]) < order(&pair[1]))
            );
            assert!(first.iter().all(|line| line.at_s <= 1_795_249_000));
        }
    }
}

#[test]
fn a_program_that_crashes_says_why() {
    let plan = plan();
    let crashing = pod(&plan, |pod| pod.state == PodState::CrashLoop);
    let last = program(&plan, crashing, false).unwrap();
    assert!(last.last().unwrap().text.contains("timeout"));
    // It ended when the status says it did.
    let ended = plan.clock.ago_s(crashing.1.last_restart_s);
    assert_eq!(last.last().unwrap().at_s, ended);
    assert!(program(&plan, crashing, true).is_ok());
}

#[test]
fn what_has_no_log_is_told_in_the_words_of_the_kubelet() {
    let plan = plan();
    let of = |state: PodState| pod(&plan, move |pod| pod.state == state && pod.restarts == 0);
    assert_eq!(
        program(&plan, of(PodState::Unschedulable), false),
        Err(NoLog::Unscheduled)
    );
    for (state, previous, words) in [
        (
            PodState::ImagePull,
            false,
            "is waiting to start: trying and failing to pull image",
        ),
        (PodState::Evicted, false, "is not available"),
        (PodState::Running, true, "not found"),
    ] {
        let Err(NoLog::Refused(message)) = program(&plan, of(state), previous) else {
            panic!("{state:?} has a log");
        };
        assert!(message.ends_with(words), "{message}");
    }
}

#[test]
fn probes_that_failed_are_seen_in_the_log() {
    let plan = Plan::new(7, &ClusterProfile::nth(0), 400, Clock::at(1_795_249_000));
    let timeouts = plan.pods.iter().filter(|pod| {
        let workload = &plan.workloads[pod.workload];
        lines(&plan, (workload, pod), &workload.name, false).is_ok_and(|lines| {
            lines
                .iter()
                .any(|line| line.text.contains("upstream timeout"))
        })
    });
    assert!(timeouts.count() > 5);
}
