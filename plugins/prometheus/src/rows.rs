//! Owns the way from results to rows, one a sample; refuses native histograms, which have no single value.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Deserialize;
use trawl_sdk::columns::{BatchBuilder, Scalar};
use trawl_sdk::types::{Column, Flow, Gap, PathStep};
use trawl_sdk::{Error, Output, json};

use crate::answer::{Answer, Data};

/// `[1795249575.123, "1.5"]`
#[derive(Debug, Deserialize)]
struct Sample<'a>(f64, #[serde(borrow)] Cow<'a, str>);

type Labels = BTreeMap<String, String>;

/// A series of an instant vector or a matrix.
#[derive(Debug, Deserialize)]
struct Series<'a> {
    #[serde(default)]
    metric: Labels,
    #[serde(default, borrow)]
    value: Option<Sample<'a>>,
    #[serde(default, borrow)]
    values: Vec<Sample<'a>>,
    #[serde(default)]
    histogram: Option<serde::de::IgnoredAny>,
    #[serde(default)]
    histograms: Option<serde::de::IgnoredAny>,
}

/// Where an output column's values come from.
#[derive(Debug, Clone, PartialEq)]
enum Origin<'p> {
    Timestamp,
    Value,
    Labels,
    Label(&'p str),
    /// A path that no row has a value at.
    Nothing,
}

fn origin(column: &Column) -> Result<Origin<'_>, Error> {
    Ok(match (column.name.as_str(), column.path.as_slice()) {
        ("timestamp", []) => Origin::Timestamp,
        ("value", []) => Origin::Value,
        ("labels", []) => Origin::Labels,
        ("labels", [PathStep::Key(key)]) => Origin::Label(key),
        ("timestamp" | "value" | "labels", _) => Origin::Nothing,
        (other, _) => {
            return Err(Error::invalid_query(format!(
                "expected one of timestamp, value, labels, got column `{other}`"
            )));
        }
    })
}

/// Refuses a projection that [`push`] could not fill.
pub(crate) fn check(projection: &[Column]) -> Result<(), Error> {
    BatchBuilder::new(projection)?;
    projection
        .iter()
        .try_for_each(|column| origin(column).map(drop))
}

/// Pushes the rows of an answer.
pub(crate) fn push(
    answer: &Answer<'_>,
    projection: &[Column],
    output: &dyn Output,
) -> Result<(), Error> {
    let Some(data) = &answer.data else {
        return Ok(());
    };
    let mut writer = Writer {
        origins: projection.iter().map(origin).collect::<Result<_, _>>()?,
        batch: BatchBuilder::new(projection)?,
        output,
    };
    if writer.result(data)? == Flow::Stop {
        return Ok(());
    }
    match writer.batch.finish() {
        Some(rest) => output.push(rest).map(drop),
        None => Ok(()),
    }
}

struct Writer<'p, 'o> {
    origins: Vec<Origin<'p>>,
    batch: BatchBuilder,
    output: &'o dyn Output,
}

impl Writer<'_, '_> {
    fn result(&mut self, data: &Data<'_>) -> Result<Flow, Error> {
        match data.result_type.as_ref() {
            "vector" | "matrix" => self.series(data),
            "scalar" => {
                let sample: Sample<'_> =
                    serde_json::from_str(data.result.get()).map_err(|e| unreadable(data, &e))?;
                self.row(&Labels::new(), &sample)
            }
            "string" => Err(Error::unsupported(
                "expected numbers, but this PromQL expression gives a string",
            )
            .with_hint("write the string in the query itself: `| extend s = \"…\"`")),
            other => Err(Error::protocol(format!(
                "expected a vector, matrix, scalar or string, got result type `{other}`"
            ))),
        }
    }

    fn series(&mut self, data: &Data<'_>) -> Result<Flow, Error> {
        let mut histograms = 0_usize;
        let all: Vec<Series<'_>> =
            serde_json::from_str(data.result.get()).map_err(|e| unreadable(data, &e))?;
        for series in &all {
            for sample in series.value.iter().chain(&series.values) {
                if self.row(&series.metric, sample)? == Flow::Stop {
                    return Ok(Flow::Stop);
                }
            }
            histograms += usize::from(series.histogram.is_some() || series.histograms.is_some());
        }
        if histograms > 0 {
            self.output.report(
                Gap::Partial,
                None,
                &format!(
                    "{histograms} series hold native histograms, which have no single value and are left out; use histogram_quantile() or histogram_sum()"
                ),
            );
        }
        Ok(Flow::More)
    }

    fn row(&mut self, labels: &Labels, sample: &Sample<'_>) -> Result<Flow, Error> {
        let value: f64 = sample.1.parse().map_err(|_| {
            Error::protocol("expected a number as a sample's value, got another text")
        })?;
        for (column, origin) in self.batch.columns_mut().iter_mut().zip(&self.origins) {
            match origin {
                Origin::Timestamp => column.append(timestamp(sample.0))?,
                Origin::Value => column.append(Scalar::Float(value))?,
                Origin::Label(key) => {
                    column.append(labels.get(*key).map_or(Scalar::Null, |v| Scalar::Str(v)))?;
                }
                Origin::Labels if column.is_map() => {
                    column.append_map(labels.iter().map(|(k, v)| (k.as_str(), Scalar::Str(v))))?
                }
                Origin::Labels => {
                    let text = serde_json::to_string(labels)
                        .map_err(|e| Error::internal(format!("labels became no JSON: {e}")))?;
                    json::append_path(column, &text, &[])?;
                }
                Origin::Nothing => column.append_null()?,
            }
        }
        self.batch.end_row()?;
        if self.batch.is_full()
            && let Some(full) = self.batch.finish()
        {
            return self.output.push(full);
        }
        Ok(Flow::More)
    }
}

/// Prometheus' times have milliseconds; a real number of seconds holds them exactly after rounding.
fn timestamp(seconds: f64) -> Scalar<'static> {
    let ms = (seconds * 1000.0).round();
    // Beyond this a real of milliseconds is no longer one integer, and nanoseconds do not fit.
    if ms.abs() > 9_000_000_000_000.0 {
        return Scalar::TimestampNs(if ms > 0.0 { i64::MAX } else { i64::MIN });
    }
    Scalar::TimestampNs((ms as i64).saturating_mul(1_000_000))
}

fn unreadable(data: &Data<'_>, cause: &serde_json::Error) -> Error {
    Error::protocol(format!(
        "expected a {} as the API documents it: {cause}",
        data.result_type
    ))
}
