//! Owns the decoding of answers: entries of streams, samples, lists. Refuses to decide what becomes of them.
//! <https://grafana.com/docs/loki/latest/reference/loki-http-api/#query-logs-within-a-range-of-time>

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use serde::de::{DeserializeOwned, IgnoredAny, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use trawl_sdk::http::Pending;
use trawl_sdk::types::{Gap, ResponseHead};
use trawl_sdk::{Error, Output};

use crate::failure;

/// Labels by their names.
pub(crate) type Labels = BTreeMap<String, String>;

/// An answer as it came.
pub(crate) struct Body {
    head: ResponseHead,
    bytes: Vec<u8>,
}

/// Waits for an answer.
///
/// # Errors
/// What the server answers when it refuses, and when its answer breaks off or is too large.
pub(crate) fn wait(pending: Pending) -> Result<Body, Error> {
    let (head, bytes) = pending.finish()?;
    if head.status >= 400 {
        return Err(failure::of_body(&head, &bytes));
    }
    Ok(Body { head, bytes })
}

/// The common shape of most answers.
#[derive(Deserialize)]
struct Envelope<'b> {
    #[serde(default)]
    warnings: Vec<String>,
    #[serde(borrow)]
    data: &'b RawValue,
}

#[derive(Deserialize)]
struct Data<'b> {
    #[serde(rename = "resultType")]
    kind: Cow<'b, str>,
    #[serde(borrow)]
    result: &'b RawValue,
}

/// The entries of one stream.
#[derive(Deserialize)]
pub(crate) struct Stream<'b> {
    pub(crate) stream: Labels,
    #[serde(borrow)]
    pub(crate) values: Vec<Entry<'b>>,
}

/// One entry.
pub(crate) struct Entry<'b> {
    /// Nanoseconds since the epoch.
    pub(crate) at: i64,
    pub(crate) line: Cow<'b, str>,
    pub(crate) more: More,
}

/// What stands behind the line with `categorize-labels`.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct More {
    #[serde(rename = "structuredMetadata")]
    pub(crate) metadata: Labels,
    pub(crate) parsed: Labels,
}

/// A text that is not copied where it has no escapes.
#[derive(Deserialize)]
struct Text<'b>(#[serde(borrow)] Cow<'b, str>);

impl<'de: 'b, 'b> Deserialize<'de> for Entry<'b> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Parts;
        impl<'de> Visitor<'de> for Parts {
            type Value = Entry<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("[nanoseconds, line] or [nanoseconds, line, labels]")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
                use serde::de::Error;
                let missing = |index| Error::invalid_length(index, &self);
                let at: Text<'de> = seq.next_element()?.ok_or_else(|| missing(0))?;
                let line: Text<'de> = seq.next_element()?.ok_or_else(|| missing(1))?;
                let more: Option<More> = seq.next_element()?;
                while seq.next_element::<IgnoredAny>()?.is_some() {}
                let nanoseconds = at.0.parse().map_err(|_| {
                    Error::custom(format_args!("expected nanoseconds, got `{}`", at.0))
                })?;
                Ok(Entry {
                    at: nanoseconds,
                    line: line.0,
                    more: more.unwrap_or_default(),
                })
            }
        }
        deserializer.deserialize_seq(Parts)
    }
}

/// One series of samples: those of a range, or the one of an instant.
#[derive(Deserialize)]
pub(crate) struct Series {
    pub(crate) metric: Labels,
    #[serde(default)]
    values: Vec<Sample>,
    value: Option<Sample>,
}

impl Series {
    /// Its samples.
    pub(crate) fn samples(&self) -> impl Iterator<Item = &Sample> {
        self.values.iter().chain(&self.value)
    }
}

/// `[1588889221.123, "37.7"]`
#[derive(Deserialize)]
#[serde(from = "(f64, String)")]
pub(crate) struct Sample {
    /// Nanoseconds since the epoch, of whole milliseconds.
    pub(crate) at: i64,
    /// NaN and infinities are kept; none for a text that is no number.
    pub(crate) value: Option<f64>,
}

impl From<(f64, String)> for Sample {
    fn from((seconds, value): (f64, String)) -> Self {
        // Milliseconds are what the server has; a real number holds them to the year 287,396.
        #[allow(clippy::cast_possible_truncation, reason = "out of range it saturates")]
        let ms = (seconds * 1_000.0).round() as i64;
        Self {
            at: ms.saturating_mul(1_000_000),
            value: value.parse().ok(),
        }
    }
}

impl Body {
    fn not(&self, cause: impl fmt::Display) -> Error {
        failure::not_an_answer(&self.head, &cause.to_string())
    }

    /// The result of a query when it is of one of these kinds; warnings are reported.
    fn result(&self, kinds: &[&str], output: &dyn Output) -> Result<&RawValue, Error> {
        let envelope: Envelope<'_> =
            serde_json::from_slice(&self.bytes).map_err(|e| self.not(e))?;
        report(&envelope.warnings, output);
        let data: Data<'_> = serde_json::from_str(envelope.data.get()).map_err(|e| self.not(e))?;
        if !kinds.contains(&data.kind.as_ref()) {
            return Err(Error::protocol(format!(
                "expected a result of type {}, got `{}`",
                kinds.join(" or "),
                data.kind
            ))
            .with_hint(
                "write a query for entries as `loki.logs(…)`, one for samples as `loki.samples(…)`",
            ));
        }
        Ok(data.result)
    }

    /// Streams with their entries.
    ///
    /// # Errors
    /// `protocol` for anything else.
    pub(crate) fn streams(&self, output: &dyn Output) -> Result<Vec<Stream<'_>>, Error> {
        let result = self.result(&["streams"], output)?;
        serde_json::from_str(result.get()).map_err(|e| self.not(e))
    }

    /// Series with their samples. A lone number is a series without labels.
    ///
    /// # Errors
    /// `protocol` for anything else.
    pub(crate) fn series(&self, output: &dyn Output) -> Result<Vec<Series>, Error> {
        let result = self.result(&["matrix", "vector", "scalar"], output)?;
        if result.get().trim_start().starts_with("[{") || result.get().trim() == "[]" {
            return serde_json::from_str(result.get()).map_err(|e| self.not(e));
        }
        let value: Option<Sample> = serde_json::from_str(result.get()).map_err(|e| self.not(e))?;
        Ok(vec![Series {
            metric: Labels::new(),
            values: Vec::new(),
            value,
        }])
    }

    /// What an answer lists; null is nothing, which is how Go writes it.
    ///
    /// # Errors
    /// `protocol` for anything else.
    pub(crate) fn list<T: DeserializeOwned>(&self, output: &dyn Output) -> Result<Vec<T>, Error> {
        #[derive(Deserialize)]
        struct Listed<T> {
            // What shows that it is Loki's: an empty list is left out.
            status: String,
            #[serde(default)]
            warnings: Vec<String>,
            #[serde(default = "Option::default")]
            data: Option<Vec<T>>,
        }
        let listed: Listed<T> = self.plain()?;
        if listed.status != "success" {
            return Err(self.not(format_args!(
                "its status is `{}`, expected `success`",
                listed.status
            )));
        }
        report(&listed.warnings, output);
        Ok(listed.data.unwrap_or_default())
    }

    /// An answer without an envelope.
    ///
    /// # Errors
    /// `protocol` when it is something else.
    pub(crate) fn plain<T: DeserializeOwned>(&self) -> Result<T, Error> {
        // Members that nobody reads are not looked at otherwise.
        let text = std::str::from_utf8(&self.bytes).map_err(|e| self.not(e))?;
        serde_json::from_str(text).map_err(|e| self.not(e))
    }
}

/// Warnings are Loki's words about an answer; those about partial results say that something is missing.
fn report(warnings: &[String], output: &dyn Output) {
    for warning in warnings {
        let partial = warning.to_lowercase().contains("partial");
        let gap = if partial { Gap::Partial } else { Gap::Note };
        output.report(gap, None, &format!("Loki says: {warning}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use trawl_sdk::testing::Collected;

    fn body(text: &str) -> Body {
        Body {
            head: ResponseHead {
                status: 200,
                headers: Vec::new(),
            },
            bytes: text.as_bytes().to_vec(),
        }
    }

    #[test]
    fn entries_have_two_or_three_parts() {
        let output = Collected::default();
        let body = body(
            r#"{"status":"success","warnings":["partial results","slow"],"data":{"resultType":"streams","encodingFlags":["categorize-labels"],
            "result":[{"stream":{"app":"x"},"values":[["1","a\nb"],["2","c",{}],
            ["3","d",{"structuredMetadata":{"trace":"t"},"parsed":{"p":"q"}}]]}],"stats":{}}}"#,
        );
        let streams = body.streams(&output).unwrap();
        let entries = &streams[0].values;
        assert_eq!((entries[0].at, entries[0].line.as_ref()), (1, "a\nb"));
        assert!(matches!(entries[1].line, Cow::Borrowed("c")));
        assert_eq!(entries[2].more.metadata["trace"], "t");
        assert_eq!(entries[2].more.parsed["p"], "q");
        let gaps: Vec<Gap> = output.reports().into_iter().map(|(gap, _)| gap).collect();
        assert_eq!(gaps, [Gap::Partial, Gap::Note]);
    }

    #[test]
    fn samples_keep_what_json_cannot_say() {
        let output = Collected::default();
        let matrix = body(
            r#"{"data":{"resultType":"matrix","result":[{"metric":{"a":"b"},"values":[[1588889221.123,"NaN"],[2,"+Inf"],[3,"x"]]}]}}"#,
        );
        let series = matrix.series(&output).unwrap();
        let samples: Vec<_> = series[0].samples().collect();
        assert_eq!(samples[0].at, 1_588_889_221_123_000_000);
        assert!(samples[0].value.unwrap().is_nan());
        assert_eq!(samples[1].value, Some(f64::INFINITY));
        assert_eq!(samples[2].value, None);
        let scalar = body(r#"{"data":{"resultType":"scalar","result":[1,"2"]}}"#);
        assert_eq!(scalar.series(&output).unwrap().len(), 1);
        let vector = body(r#"{"data":{"resultType":"vector","result":[]}}"#);
        assert!(vector.series(&output).unwrap().is_empty());
    }

    #[test]
    fn other_answers_are_told() {
        let output = Collected::default();
        for text in [
            "",
            "<html>",
            r#"{"data":{"resultType":"matrix","result":[]}}"#,
        ] {
            assert!(body(text).streams(&output).is_err(), "{text}");
        }
        for entry in [r#"["1"]"#, r#"["x","y"]"#, "{}", r#"[1,"x"]"#] {
            let text = format!(
                r#"{{"data":{{"resultType":"streams","result":[{{"stream":{{}},"values":[{entry}]}}]}}}}"#
            );
            assert!(body(&text).streams(&output).is_err(), "{entry}");
        }
        let none: Vec<String> = body(r#"{"status":"success"}"#).list(&output).unwrap();
        assert!(none.is_empty());
        for text in ["[]", "{}", r#"{"status":"error","data":[]}"#] {
            assert!(body(text).list::<String>(&output).is_err(), "{text}");
        }
        let mut broken = br#"{"status":"success","more":"?"}"#.to_vec();
        broken[28] = 0xff;
        let broken = Body {
            bytes: broken,
            ..body("")
        };
        assert!(broken.list::<String>(&output).is_err());
    }
}
