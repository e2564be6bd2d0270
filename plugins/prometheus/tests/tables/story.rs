//! Owns the samples that the tests backfill: two clusters, gaps, NaN, infinities, labels with every awkward character. Refuses anything
//! that depends on the day.

use std::fmt::Write;

/// The first sample, in milliseconds since the epoch; a whole minute.
pub const FROM: i64 = 1_700_000_040_000;

/// Milliseconds between samples.
const EVERY: i64 = 15_000;

/// Samples of a series.
const SAMPLES: i64 = 240;

/// After the last sample.
pub const TO: i64 = FROM + EVERY * SAMPLES;

/// Series of `load`: the cluster, other labels, and how much later than the others its samples are.
const SERIES: [(&str, &str, i64); 7] = [
    ("a", r#"job="api",instance="one""#, 0),
    ("a", r#"job="web",instance="two""#, 123),
    ("a", r#"job="web",instance="a|b.c\"d\\e""#, 0),
    ("a", r#"instance="no-job""#, 7),
    ("b", r#"job="api",instance="one""#, 0),
    ("b", r#"job="Web-2",instance="KInd""#, 14_999),
    ("", r#"job="lonely""#, 0),
];

fn value(series: usize, at: i64) -> String {
    match (series, at) {
        (0, 10) | (1, 10..=13) => "NaN".to_owned(),
        (0, 20) => "+Inf".to_owned(),
        (4, 21) => "-Inf".to_owned(),
        (2, _) => format!("{}", -0.1 * (at % 17) as f64),
        (series, at) => format!("{}", (at * 7 % 31) as f64 * 0.25 + series as f64),
    }
}

/// The text of those samples whose cluster is wanted.
pub fn samples(wanted: impl Fn(&str) -> bool) -> String {
    let mut text = String::from("# TYPE load gauge\n");
    let labelled = |cluster: &str, rest: &str| match cluster {
        "" => rest.to_owned(),
        cluster => format!(r#"cluster="{cluster}",{rest}"#),
    };
    for (index, (cluster, labels, later)) in SERIES.iter().enumerate() {
        for at in (0..SAMPLES).filter(|at| !(100..140).contains(at) || index == 4) {
            if wanted(cluster) {
                let labels = labelled(cluster, labels);
                let seconds = (FROM + at * EVERY + later) as f64 / 1000.0;
                writeln!(text, "load{{{labels}}} {} {seconds:.3}", value(index, at)).unwrap();
            }
        }
    }
    text.push_str("# TYPE lat histogram\n");
    for cluster in ["a", "b"].into_iter().filter(|cluster| wanted(cluster)) {
        for at in 0..SAMPLES {
            let seconds = (FROM + at * EVERY) / 1000;
            for (le, share) in [("0.1", 1), ("1", 2), ("+Inf", 3)] {
                writeln!(
                    text,
                    r#"lat_bucket{{cluster="{cluster}",job="api",le="{le}"}} {} {seconds}"#,
                    at * share
                )
                .unwrap();
            }
            for (name, value) in [("count", at * 3), ("sum", at * 2)] {
                writeln!(
                    text,
                    r#"lat_{name}{{cluster="{cluster}",job="api"}} {value} {seconds}"#
                )
                .unwrap();
            }
        }
    }
    text.push_str("# EOF\n");
    text
}
