//! Owns functions of ranges: one value of a series over the time before an instant.

use super::series::{SCRAPE_MS, Series, seconds};

/// A function of a range.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Function {
    Rate,
    Increase,
    Sum,
    Count,
    Min,
    Max,
    Avg,
    Last,
}

impl Function {
    /// Reads a function's name.
    pub(crate) fn read(name: &str) -> Option<Function> {
        Some(match name {
            "rate" => Function::Rate,
            "increase" => Function::Increase,
            "sum_over_time" => Function::Sum,
            "count_over_time" => Function::Count,
            "min_over_time" => Function::Min,
            "max_over_time" => Function::Max,
            "avg_over_time" => Function::Avg,
            "last_over_time" => Function::Last,
            _ => return None,
        })
    }

    /// Whether the result is still the metric's.
    pub(crate) fn keeps_name(self) -> bool {
        self == Function::Last
    }
}

/// The value over `(time - range, time]`, if there is one; the error is the message for the client.
pub(crate) fn value(
    function: Function,
    series: &Series,
    time_ms: i64,
    range_ms: i64,
) -> Result<Option<f64>, String> {
    let samples = || series.samples(time_ms.saturating_sub(range_ms), time_ms);
    if matches!(function, Function::Rate | Function::Increase) {
        if !series.is_counter() {
            return Err(format!(
                "the demo's Prometheus answers rate() and increase() of counters only, and {} is a gauge",
                series.name()
            ));
        }
        let start_ms = time_ms.saturating_sub(range_ms);
        let since_start =
            |(first_ms, _): (i64, f64)| first_ms.saturating_sub(start_ms) <= SCRAPE_MS;
        let covered = samples().nth(1).is_some() && samples().next().is_some_and(since_start);
        let rate = match series.steady_rate() {
            // Of what grows steadily over the whole range the extrapolation gives its slope, but for rounding.
            Some(slope) if covered => Some(slope),
            _ => {
                let samples: Vec<(i64, f64)> = samples().collect();
                extrapolated(&samples, time_ms, range_ms)
            }
        };
        return Ok(rate.map(|rate| match function {
            Function::Increase => rate * seconds(range_ms),
            _ => rate,
        }));
    }
    let mut values = samples().map(|(_, value)| value).peekable();
    if values.peek().is_none() {
        return Ok(None);
    }
    let count = |values: &mut dyn Iterator<Item = f64>| values.fold(0.0, |count, _| count + 1.0);
    Ok(match function {
        Function::Sum => Some(values.sum()),
        Function::Count => Some(count(&mut values)),
        Function::Min => values.reduce(f64::min),
        Function::Max => values.reduce(f64::max),
        Function::Last => values.last(),
        _ => {
            let all: Vec<f64> = values.collect();
            let sum: f64 = all.iter().sum();
            Some(sum / count(&mut all.into_iter()))
        }
    })
}

/// The increase a second as Prometheus extrapolates it to the ends of the range (promql/functions.go,
/// `extrapolatedRate`).
fn extrapolated(samples: &[(i64, f64)], time_ms: i64, range_ms: i64) -> Option<f64> {
    let ((first_ms, first), (last_ms, last)) = (*samples.first()?, *samples.last()?);
    if first_ms == last_ms {
        return None;
    }
    let resets: f64 = samples
        .windows(2)
        .filter_map(|pair| match pair {
            [(_, before), (_, after)] if after < before => Some(*before),
            _ => None,
        })
        .sum();
    let increase = last - first + resets;
    let sampled_s = seconds(last_ms.saturating_sub(first_ms));
    let intervals = samples.iter().skip(1).fold(0.0, |count, _| count + 1.0);
    let average_s = sampled_s / intervals;
    let start_ms = time_ms.saturating_sub(range_ms);
    let near = |gap_s: f64| {
        if gap_s >= average_s * 1.1 {
            average_s / 2.0
        } else {
            gap_s
        }
    };
    let mut before_s = near(seconds(first_ms.saturating_sub(start_ms)));
    if increase > 0.0 && first >= 0.0 {
        // A counter does not begin below zero.
        before_s = before_s.min(sampled_s * (first / increase));
    }
    let after_s = near(seconds(time_ms.saturating_sub(last_ms)));
    let factor = (sampled_s + before_s + after_s) / sampled_s;
    Some(increase * factor / seconds(range_ms))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_increase_is_extrapolated_to_the_ends_of_the_range() {
        // 15 s before the first and after the last of samples 30 s apart.
        let samples = [(15_000, 10.0), (45_000, 40.0), (75_000, 5.0)];
        // 30 and, after a reset, 5; over 60 s, extrapolated to 90 s but not below zero: 10/35 of 60 s is 17.1 s.
        let rate = extrapolated(&samples, 90_000, 90_000).unwrap();
        assert!((rate - 35.0 * 1.5 / 90.0).abs() < 1e-12, "{rate}");
        // The range begins long before the first sample: half an interval.
        let rate = extrapolated(&samples[..2], 60_000, 300_000).unwrap();
        let expected = 30.0 * ((30.0 + 10.0 + 15.0) / 30.0) / 300.0;
        assert!((rate - expected).abs() < 1e-12, "{rate}");
        assert_eq!(extrapolated(&samples[..1], 90_000, 90_000), None);
        assert_eq!(extrapolated(&[], 90_000, 90_000), None);
    }
}
