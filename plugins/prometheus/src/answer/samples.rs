//! Owns the decoding of results (vector, matrix, scalar) sample by sample as they arrive; refuses to know columns.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use trawl_sdk::Error;
use trawl_sdk::types::Flow;

use super::Interrupt;

/// A series' labels, `__name__` among them.
pub(crate) type Labels = BTreeMap<String, String>;

/// What a series has at a time.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Sample {
    Float(f64),
    Histogram(Histogram),
}

/// A native histogram, its numbers as the server writes them.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub(crate) struct Histogram {
    pub(crate) count: String,
    pub(crate) sum: String,
    /// Which ends belong to it (0: the upper, 1: the lower, 2: none, 3: both), lower end, upper end, count.
    #[serde(default)]
    pub(crate) buckets: Vec<(u8, String, String, String)>,
}

/// What takes the samples.
pub(crate) trait Samples {
    /// Begins a series; what follows is of it.
    fn series(&mut self, labels: Labels);

    /// Takes a sample, at milliseconds since the epoch.
    ///
    /// # Errors
    /// What the output says.
    fn sample(&mut self, ms: i64, sample: &Sample) -> Result<Flow, Error>;
}

/// Decodes `data` of a query's answer into `into`.
pub(crate) struct Results<'s, S> {
    pub(crate) into: &'s mut S,
    pub(crate) interrupt: &'s Interrupt,
}

impl<'de, S: Samples> DeserializeSeed<'de> for Results<'_, S> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de, S: Samples> Visitor<'de> for Results<'_, S> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with `resultType` and `result`")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut found = false;
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "resultType" => {
                    let kind: String = map.next_value()?;
                    let of = known(&kind);
                    interrupted(of.map_or_else(|error| self.interrupt.fail(error), |()| true))?;
                }
                "result" if !found => {
                    found = true;
                    map.next_value_seed(Elements {
                        into: &mut *self.into,
                        interrupt: self.interrupt,
                    })?;
                }
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        if found {
            Ok(())
        } else {
            Err(serde::de::Error::missing_field("result"))
        }
    }
}

/// Refuses results that are no samples.
fn known(kind: &str) -> Result<(), Error> {
    match kind {
        "vector" | "matrix" | "scalar" => Ok(()),
        "string" => Err(Error::unsupported(
            "expected numbers, but this PromQL expression gives a string",
        )
        .with_hint("write the string in the query itself: `| extend s = \"…\"`")),
        other => Err(Error::protocol(format!(
            "expected a vector, matrix, scalar or string, got result type `{other}`"
        ))),
    }
}

/// The list of series, or the two parts of a scalar.
struct Elements<'s, S> {
    into: &'s mut S,
    interrupt: &'s Interrupt,
}

impl<'de, S: Samples> DeserializeSeed<'de> for Elements<'_, S> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de, S: Samples> Visitor<'de> for Elements<'_, S> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of series, or a time and a value")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        loop {
            let element = Element {
                into: &mut *self.into,
                interrupt: self.interrupt,
            };
            match seq.next_element_seed(element)? {
                None => return Ok(()),
                Some(None) => {}
                Some(Some(seconds)) => {
                    let Value(value) = seq.next_element()?.ok_or_else(lone_time)?;
                    self.into.series(Labels::new());
                    let sample = Sample::Float(value);
                    interrupted(pass(self.into, self.interrupt, millis(seconds), &sample))?;
                }
            }
        }
    }
}

fn lone_time<E: serde::de::Error>() -> E {
    E::custom("expected a time and a value, got a time alone")
}

/// Hands a sample on; false when no more is to come, and `interrupt` says why.
fn pass<S: Samples>(into: &mut S, interrupt: &Interrupt, ms: i64, sample: &Sample) -> bool {
    match into.sample(ms, sample) {
        Ok(Flow::More) => true,
        Ok(Flow::Stop) => interrupt.stop(),
        Err(error) => interrupt.fail(error),
    }
}

fn interrupted<E: serde::de::Error>(goes_on: bool) -> Result<(), E> {
    if goes_on {
        Ok(())
    } else {
        Err(E::custom("interrupted"))
    }
}

/// A series, which goes to `into`, or the time of a scalar, which is given back.
struct Element<'s, S> {
    into: &'s mut S,
    interrupt: &'s Interrupt,
}

impl<'de, S: Samples> DeserializeSeed<'de> for Element<'_, S> {
    type Value = Option<f64>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Option<f64>, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, S: Samples> Visitor<'de> for Element<'_, S> {
    type Value = Option<f64>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a series, or a time in seconds")
    }

    fn visit_f64<E>(self, seconds: f64) -> Result<Option<f64>, E> {
        Ok(Some(seconds))
    }

    fn visit_i64<E>(self, seconds: i64) -> Result<Option<f64>, E> {
        Ok(Some(seconds as f64))
    }

    fn visit_u64<E>(self, seconds: u64) -> Result<Option<f64>, E> {
        Ok(Some(seconds as f64))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Option<f64>, A::Error> {
        let mut named = false;
        // Every server writes `metric` first; samples that come before it wait for it.
        let mut early: Vec<(i64, Sample)> = Vec::new();
        while let Some(key) = map.next_key::<String>()? {
            let mut each = |ms, sample: Sample| {
                if named {
                    return pass(self.into, self.interrupt, ms, &sample);
                }
                early.push((ms, sample));
                true
            };
            match key.as_str() {
                "metric" => {
                    self.into.series(map.next_value()?);
                    named = true;
                }
                "value" => {
                    let Pair(seconds, Value(value)) = map.next_value()?;
                    interrupted(each(millis(seconds), Sample::Float(value)))?;
                }
                "histogram" => {
                    let Pair(seconds, histogram) = map.next_value()?;
                    interrupted(each(millis(seconds), Sample::Histogram(histogram)))?;
                }
                "values" => map.next_value_seed(Pairs::new(|seconds, Value(value)| {
                    each(millis(seconds), Sample::Float(value))
                }))?,
                "histograms" => map.next_value_seed(Pairs::new(|seconds, histogram| {
                    each(millis(seconds), Sample::Histogram(histogram))
                }))?,
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        if !named {
            self.into.series(Labels::new());
        }
        for (ms, sample) in early {
            interrupted(pass(self.into, self.interrupt, ms, &sample))?;
        }
        Ok(None)
    }
}

/// Prometheus' times are milliseconds, written as seconds. A real number of seconds, read exactly as serde_json does here
/// (`float_roundtrip`), is within half a millisecond of them up to 2^53 ms, which is beyond what nanoseconds can say.
fn millis(seconds: f64) -> i64 {
    // The cast saturates, and gives 0 for NaN, which JSON has not.
    (seconds * 1000.0).round() as i64
}

/// `[1795249575.123, …]`
#[derive(Deserialize)]
struct Pair<T>(f64, T);

/// `"1.5"`, `"NaN"`, `"+Inf"`: a number as Go writes it.
struct Value(f64);

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(ValueText)
    }
}

struct ValueText;

impl Visitor<'_> for ValueText {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number in a string, as a sample's value")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Value, E> {
        text.parse()
            .map(Value)
            .map_err(|_| E::invalid_value(serde::de::Unexpected::Str(text), &self))
    }
}

/// A list of pairs, each given to a function as it comes, until that says false.
struct Pairs<T, F>(F, PhantomData<T>);

impl<T, F: FnMut(f64, T) -> bool> Pairs<T, F> {
    fn new(each: F) -> Self {
        Self(each, PhantomData)
    }
}

impl<'de, T: Deserialize<'de>, F: FnMut(f64, T) -> bool> DeserializeSeed<'de> for Pairs<T, F> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de, T: Deserialize<'de>, F: FnMut(f64, T) -> bool> Visitor<'de> for Pairs<T, F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of times and values")
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut seq: A) -> Result<(), A::Error> {
        while let Some(Pair(seconds, value)) = seq.next_element()? {
            interrupted((self.0)(seconds, value))?;
        }
        Ok(())
    }
}
