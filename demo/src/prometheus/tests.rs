//! What holds between a cluster's metrics and its objects, and the forms of the API's answers.

mod aggregates;
mod api;

use std::collections::{BTreeMap, BTreeSet};

use super::eval::{Line, evaluate};
use super::metadata::METRICS;
use super::parse::parse;
use super::series;
use crate::clock::Clock;
use crate::objects::{PodState, World};
use crate::options::ClusterProfile;

const NOW_S: i64 = 1_795_249_000;

/// As the query language hands it over: over several lines.
const CORES: &str = r#"
    sum by (namespace, pod) (rate(container_cpu_usage_seconds_total{container!=""}[5m]))
    "#;

fn world(index: usize) -> World {
    World::generate(7, &ClusterProfile::nth(index), 120, Clock::at(NOW_S))
}

fn value(line: &Line) -> f64 {
    line.values[0].unwrap()
}

#[test]
fn the_cores_of_pods_are_those_of_exactly_the_running_ones() {
    for index in 0..3 {
        let world = world(index);
        let series = series::of(&world);
        let answer =
            |query: &str| evaluate(&parse(query).unwrap(), &series, &[NOW_S * 1000]).unwrap();
        let cores: BTreeMap<(String, String), f64> = answer(CORES)
            .into_iter()
            .map(|line| {
                assert_eq!(line.labels.len(), 2, "{:?}", line.labels);
                let label = |name: &str| line.labels[name].clone();
                ((label("namespace"), label("pod")), value(&line))
            })
            .collect();
        let mut requested: BTreeMap<(String, String), u64> = BTreeMap::new();
        for container in &world.running {
            let pod = (container.namespace.clone(), container.pod.clone());
            *requested.entry(pod).or_default() += container.cpu_request_m;
        }
        assert!(cores.keys().eq(requested.keys()));
        for (pod, cores) in &cores {
            // None uses more than six times what it asks for, and none nothing but between crashes.
            let most = *requested.get(pod).unwrap() as f64 * 0.006;
            let crashes = world
                .plan
                .pods
                .iter()
                .any(|known| known.name == pod.1 && known.state == PodState::CrashLoop);
            assert!(
                *cores <= most && (crashes || *cores > 0.0),
                "{pod:?}: {cores} of {most}"
            );
        }
        let whole = answer("sum(rate(container_cpu_usage_seconds_total[5m]))");
        let sum: f64 = cores.values().sum();
        assert!((value(&whole[0]) - sum).abs() < 1e-9);
    }
}

#[test]
fn restarts_are_those_of_the_pods_and_came_one_after_the_other() {
    let world = world(0);
    let series = series::of(&world);
    let at = |query: &str, time_s: i64| {
        evaluate(&parse(query).unwrap(), &series, &[time_s * 1000]).unwrap()
    };
    let restarts = "kube_pod_container_status_restarts_total";
    for line in at(restarts, NOW_S + 30) {
        let pod = world
            .plan
            .pods
            .iter()
            .find(|pod| pod.name == line.labels["pod"])
            .unwrap();
        assert_eq!(value(&line), pod.restarts as f64, "{}", pod.name);
    }
    let crashing: BTreeSet<&str> = world
        .plan
        .pods
        .iter()
        .filter(|pod| pod.state == PodState::CrashLoop)
        .map(|pod| pod.name.as_str())
        .collect();
    let often = at(&format!("increase({restarts}[1h]) > 5"), NOW_S);
    let often: BTreeSet<&str> = often
        .iter()
        .map(|line| line.labels["pod"].as_str())
        .collect();
    assert_eq!(often, crashing);
    let waiting = at(
        "max_over_time(kube_pod_container_status_waiting_reason[5m])",
        NOW_S,
    );
    assert_eq!(waiting.len(), crashing.len());
}

#[test]
fn a_node_is_down_since_its_condition_changed() {
    let world = world(1);
    let series = series::of(&world);
    let up = parse("up{job=\"kubelet\"} == 0").unwrap();
    let down = world.plan.nodes.iter().find(|node| !node.ready).unwrap();
    let since_s = NOW_S - i64::try_from(down.changed_s).unwrap();
    assert!(
        evaluate(&up, &series, &[since_s * 1000 - 31_000])
            .unwrap()
            .is_empty()
    );
    let now = evaluate(&up, &series, &[NOW_S * 1000]).unwrap();
    assert_eq!(now.len(), 1);
    assert_eq!(now[0].labels["node"], down.name);
}

#[test]
fn every_metric_is_described_and_every_described_one_is_there() {
    let names: BTreeSet<String> = series::of(&world(0))
        .iter()
        .map(|series| series.name().to_owned())
        .collect();
    let described: BTreeSet<String> = METRICS
        .iter()
        .map(|(name, _, _)| (*name).to_owned())
        .collect();
    assert_eq!(names, described);
}
