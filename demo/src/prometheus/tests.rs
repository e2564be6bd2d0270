//! What holds between a cluster's metrics and its objects.

use std::collections::BTreeMap;

use super::eval::evaluate;
use super::parse::parse;
use super::series;
use crate::clock::Clock;
use crate::objects::World;
use crate::options::ClusterProfile;

const NOW_S: i64 = 1_795_249_000;

/// As the query language hands it over: over several lines.
const CORES: &str = r#"
    sum by (namespace, pod) (rate(container_cpu_usage_seconds_total{container!=""}[5m]))
    "#;

#[test]
fn the_cores_of_pods_are_those_of_exactly_the_running_ones() {
    for index in 0..3 {
        let world = World::generate(7, &ClusterProfile::nth(index), 120, Clock::at(NOW_S));
        let series = series::of(&world);
        let answer =
            |query: &str| evaluate(&parse(query).unwrap(), &series, 1_795_249_000.0).unwrap();
        let cores: BTreeMap<(String, String), f64> = answer(CORES)
            .into_iter()
            .map(|sample| {
                assert_eq!(sample.labels.len(), 2, "{:?}", sample.labels);
                let label = |name: &str| sample.labels[name].clone();
                ((label("namespace"), label("pod")), sample.value)
            })
            .collect();
        let mut requested: BTreeMap<(String, String), u64> = BTreeMap::new();
        for container in &world.running {
            let pod = (container.namespace.clone(), container.pod.clone());
            *requested.entry(pod).or_default() += container.cpu_request_m;
        }
        assert!(cores.keys().eq(requested.keys()));
        for (pod, cores) in &cores {
            // None uses more than six times what it asks for, and none nothing.
            let most = *requested.get(pod).unwrap() as f64 * 0.006;
            assert!(*cores > 0.0 && *cores <= most, "{pod:?}: {cores} of {most}");
        }
        let whole = answer("sum(rate(container_cpu_usage_seconds_total[5m]))");
        let sum: f64 = cores.values().sum();
        assert!((whole[0].value - sum).abs() < 1e-9);
    }
}
