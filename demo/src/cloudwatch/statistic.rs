//! Owns statistics: how the values of a period become one. The simple ones and percentiles; trimmed and winsorized means
//! are refused.

/// A statistic of a period.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Statistic {
    Average,
    Sum,
    Minimum,
    Maximum,
    SampleCount,
    /// `p99.9` as 99.9.
    Percentile(f64),
}

impl Statistic {
    /// Reads a statistic's name.
    pub(crate) fn read(text: &str) -> Option<Statistic> {
        Some(match text {
            "Average" => Statistic::Average,
            "Sum" => Statistic::Sum,
            "Minimum" => Statistic::Minimum,
            "Maximum" => Statistic::Maximum,
            "SampleCount" => Statistic::SampleCount,
            text => {
                let digits = text.strip_prefix('p')?;
                let plain = digits.chars().all(|c| c.is_ascii_digit() || c == '.');
                let percent: f64 = digits.parse().ok()?;
                (plain && (0.0..=100.0).contains(&percent))
                    .then_some(Statistic::Percentile(percent))?
            }
        })
    }

    /// The statistic of some values; none of none.
    pub(crate) fn of(self, values: &[f64]) -> Option<f64> {
        let (first, rest) = values.split_first()?;
        let count = values.iter().fold(0.0, |count, _| count + 1.0);
        let sum: f64 = values.iter().sum();
        Some(match self {
            Statistic::Average => sum / count,
            Statistic::Sum => sum,
            Statistic::Minimum => rest.iter().copied().fold(*first, f64::min),
            Statistic::Maximum => rest.iter().copied().fold(*first, f64::max),
            Statistic::SampleCount => count,
            Statistic::Percentile(percent) => {
                let mut sorted = values.to_vec();
                sorted.sort_by(f64::total_cmp);
                // The smallest value that at least so many percent do not exceed.
                let mut seen = 0.0;
                let at = sorted.iter().position(|_| {
                    seen += 1.0;
                    seen * 100.0 >= percent * count
                });
                at.and_then(|at| sorted.get(at)).copied()?
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statistics_are_those_of_the_values() {
        let values = [4.0, 1.0, 3.0, 2.0];
        for (name, expected) in [
            ("Average", 2.5),
            ("Sum", 10.0),
            ("Minimum", 1.0),
            ("Maximum", 4.0),
            ("SampleCount", 4.0),
            ("p0", 1.0),
            ("p50", 2.0),
            ("p99.9", 4.0),
            ("p100", 4.0),
        ] {
            let statistic = Statistic::read(name).unwrap();
            assert_eq!(statistic.of(&values), Some(expected), "{name}");
            assert_eq!(statistic.of(&[]), None);
        }
        for name in ["", "average", "p", "p101", "p-1", "pinf", "tm99", "p1e1"] {
            assert_eq!(Statistic::read(name), None, "{name}");
        }
    }
}
