//! Owns how a measured quantity goes on in time: a function of the instant, so that history exists without being kept
//! and every API tells the same of it. It knows neither metrics nor their names.

use std::f64::consts::TAU;

/// Seconds of a day, over which load rises and falls.
const DAY_S: f64 = 86_400.0;

/// A quantity in time; instants are seconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Signal {
    /// Before this instant there is nothing.
    pub(crate) from_s: f64,
    pub(crate) shape: Shape,
}

/// The form of a [`Signal`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Shape {
    /// It stays.
    Constant(f64),
    /// It swings around its mean by a part of it once a day, and is at its mean at `crosses_s`.
    Daily {
        mean: f64,
        swing: f64,
        crosses_s: f64,
    },
    /// A counter that grows steadily from 0.
    Steady { per_second: f64 },
    /// A counter that grows in bursts.
    InBursts { per_second: f64, bursts: Bursts },
    /// It has a value during bursts, and none between them.
    During { value: f64, bursts: Bursts },
    /// It has a value between bursts and after the last, and none within them or before the first.
    Between { value: f64, bursts: Bursts },
    /// A counter of the bursts that have ended.
    Ended(Bursts),
    /// It changes once.
    Switch { at_s: f64, before: f64, after: f64 },
}

/// What happened again and again until `last_end_s`, and not any more since.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Bursts {
    pub(crate) last_end_s: f64,
    pub(crate) length_s: f64,
    /// From one end to the next; longer than a burst.
    pub(crate) every_s: f64,
    pub(crate) count: f64,
}

impl Signal {
    /// The value at an instant, if there is one.
    pub(crate) fn at(&self, time_s: f64) -> Option<f64> {
        if time_s < self.from_s {
            return None;
        }
        match self.shape {
            Shape::Constant(value) => Some(value),
            Shape::Daily {
                mean,
                swing,
                crosses_s,
            } => Some(mean * (1.0 + swing * (TAU * (time_s - crosses_s) / DAY_S).sin())),
            Shape::Steady { per_second } => Some(millionths((time_s - self.from_s) * per_second)),
            Shape::InBursts { per_second, bursts } => {
                Some(millionths(bursts.spent_s(time_s) * per_second))
            }
            Shape::During { value, bursts } => bursts.runs(time_s).then_some(value),
            Shape::Between { value, bursts } => {
                (!bursts.runs(time_s) && bursts.ended(time_s) > 0.0).then_some(value)
            }
            Shape::Ended(bursts) => Some(bursts.ended(time_s)),
            Shape::Switch {
                at_s,
                before,
                after,
            } => Some(if time_s < at_s { before } else { after }),
        }
    }

    /// Whether it only grows.
    pub(crate) fn is_counter(&self) -> bool {
        matches!(
            self.shape,
            Shape::Steady { .. } | Shape::InBursts { .. } | Shape::Ended(_)
        )
    }
}

impl Bursts {
    /// How many bursts lie wholly or in part after an instant before the last end, and how long the earliest of them
    /// goes on from there.
    fn back(&self, time_s: f64) -> Option<(f64, f64)> {
        let ago_s = self.last_end_s - time_s;
        (ago_s >= 0.0).then(|| {
            let back = (ago_s / self.every_s).floor();
            (back, ago_s - back * self.every_s)
        })
    }

    /// Seconds that passed within bursts until an instant.
    fn spent_s(&self, time_s: f64) -> f64 {
        match self.back(time_s) {
            None => self.count * self.length_s,
            Some((back, _)) if back >= self.count => 0.0,
            Some((back, left_s)) => {
                (self.count - back - 1.0) * self.length_s + (self.length_s - left_s).max(0.0)
            }
        }
    }

    fn runs(&self, time_s: f64) -> bool {
        self.back(time_s)
            .is_some_and(|(back, left_s)| back < self.count && left_s <= self.length_s)
    }

    fn ended(&self, time_s: f64) -> f64 {
        match self.back(time_s) {
            None => self.count,
            Some((back, left_s)) if left_s > 0.0 => (self.count - back - 1.0).max(0.0),
            Some((back, _)) => (self.count - back).max(0.0),
        }
    }
}

/// Counters of seconds are told in microseconds, as cAdvisor does at the least.
fn millionths(value: f64) -> f64 {
    (value * 1e6).round() / 1e6
}

/// The number as a float; the fleet's numbers are all far below 2^53, where this is exact.
pub(crate) fn exact(number: u64) -> f64 {
    const MAX: u64 = 1 << 53;
    #[allow(
        clippy::cast_precision_loss,
        reason = "bounded by 2^53, up to which every integer has its own float"
    )]
    let float = number.min(MAX) as f64;
    float
}

/// Seconds since 1970 as a float; what is before 1970 counts as 1970.
pub(crate) fn instant(seconds: i64) -> f64 {
    exact(u64::try_from(seconds).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    const BURSTS: Bursts = Bursts {
        last_end_s: 1000.0,
        length_s: 40.0,
        every_s: 100.0,
        count: 3.0,
    };

    fn values(shape: Shape, times: &[f64]) -> Vec<Option<f64>> {
        let signal = Signal {
            from_s: 100.0,
            shape,
        };
        times.iter().map(|time_s| signal.at(*time_s)).collect()
    }

    #[test]
    fn bursts_are_counted_backwards_from_the_last() {
        let times = [
            700.0, 760.0, 780.0, 800.0, 850.0, 900.0, 980.0, 1000.0, 5000.0,
        ];
        let counted = values(Shape::Ended(BURSTS), &times);
        let expected = [0.0, 0.0, 0.0, 1.0, 1.0, 2.0, 2.0, 3.0, 3.0];
        assert_eq!(counted, expected.map(Some));
        let spent = Shape::InBursts {
            per_second: 1.0,
            bursts: BURSTS,
        };
        let expected = [0.0, 0.0, 20.0, 40.0, 40.0, 80.0, 100.0, 120.0, 120.0];
        assert_eq!(values(spent, &times), expected.map(Some));
        let during = Shape::During {
            value: 7.0,
            bursts: BURSTS,
        };
        let there = values(during, &times)
            .iter()
            .filter(|v| v.is_some())
            .count();
        assert_eq!(there, 6);
        assert_eq!(values(during, &[690.0, 850.0, 1001.0]), [None; 3]);
        let between = Shape::Between {
            value: 1.0,
            bursts: BURSTS,
        };
        let there = values(between, &[690.0, 780.0, 850.0, 980.0, 5000.0]);
        assert_eq!(there, [None, None, Some(1.0), None, Some(1.0)]);
    }

    #[test]
    fn nothing_is_before_its_start() {
        assert_eq!(
            values(Shape::Constant(1.0), &[99.0, 100.0]),
            [None, Some(1.0)]
        );
        let steady = Shape::Steady { per_second: 0.5 };
        assert_eq!(values(steady, &[100.0, 200.0]), [Some(0.0), Some(50.0)]);
        let switch = Shape::Switch {
            at_s: 150.0,
            before: 1.0,
            after: 0.0,
        };
        assert_eq!(values(switch, &[149.0, 150.0]), [Some(1.0), Some(0.0)]);
    }

    #[test]
    fn a_daily_swing_is_at_its_mean_where_it_crosses() {
        let daily = Shape::Daily {
            mean: 10.0,
            swing: 0.2,
            crosses_s: 1000.0,
        };
        let found = values(daily, &[1000.0, 1000.0 + DAY_S / 4.0]);
        assert_eq!(found, [Some(10.0), Some(12.0)]);
    }
}
