//! Owns the envelope of the API's answers, read as they arrive, and what it says beside the data; refuses the data itself.

mod body;
mod failure;
mod samples;

use std::cell::{Cell, RefCell};
use std::fmt;
use std::io::BufReader;
use std::marker::PhantomData;

use serde::de::{DeserializeOwned, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use trawl_sdk::http::Pending;
use trawl_sdk::types::{Gap, ResponseHead};
use trawl_sdk::{Error, Output};

use body::Body;
use failure::Words;
pub(crate) use failure::is_too_large;
pub(crate) use samples::{Histogram, Labels, Results, Sample, Samples};

/// Warnings and infos that are passed on, at most; the rest is counted.
const MAX_WARNINGS: usize = 5;

/// What 3.x says when `limit` cut an answer; web/api/v1/api.go.
const CUT_AT_LIMIT: &str = "truncated due to limit";

/// How a reader of data ends the decoding early, which a decoder's error cannot say.
#[derive(Debug, Default)]
pub(crate) struct Interrupt {
    failed: RefCell<Option<Error>>,
    stopped: Cell<bool>,
}

impl Interrupt {
    /// The decoding has to end with an error: false, as it does not go on.
    pub(crate) fn fail(&self, error: Error) -> bool {
        self.failed.replace(Some(error));
        false
    }

    /// The decoding has to end, since no more is wanted: false, as it does not go on.
    pub(crate) fn stop(&self) -> bool {
        self.stopped.set(true);
        false
    }
}

/// A whole answer.
#[derive(Debug)]
pub(crate) struct Said<V> {
    pub(crate) data: V,
    warnings: Vec<String>,
    infos: Vec<String>,
    /// VictoriaMetrics' cluster says so when a storage did not answer.
    partial: bool,
}

/// Reads an answer whose data is of one type.
///
/// # Errors
/// As [`read`].
pub(crate) fn typed<T: DeserializeOwned>(pending: Pending) -> Result<Said<T>, Error> {
    let interrupt = Interrupt::default();
    read(pending, PhantomData::<T>, &interrupt)?
        .ok_or_else(|| Error::internal("an answer that nobody interrupts ended early"))
}

/// Reads an answer; `data` decodes what is in it. None when it was stopped.
///
/// # Errors
/// The server's own words as a typed error; `protocol` when it is not the API that answers; what interrupted it.
pub(crate) fn read<S, V>(
    mut pending: Pending,
    data: S,
    interrupt: &Interrupt,
) -> Result<Option<Said<V>>, Error>
where
    S: for<'de> DeserializeSeed<'de, Value = V>,
{
    let head = pending.head()?;
    if !(200..300).contains(&head.status) {
        let body = pending.read_all()?;
        return Err(failure::of_body(&head, &body));
    }
    // The decoder takes single bytes, for which a BufReader has a short way.
    let body = BufReader::new(Body::new(&mut pending, &interrupt.failed));
    let mut json = serde_json::Deserializer::from_reader(body);
    let envelope = Envelope::<S, V>(data, PhantomData);
    let parsed = envelope
        .deserialize(&mut json)
        .and_then(|parts| json.end().map(|()| parts));
    if let Some(error) = interrupt.failed.take() {
        return Err(error);
    }
    if interrupt.stopped.get() {
        return Ok(None);
    }
    match parsed {
        Ok(parts) => said(&head, parts).map(Some),
        Err(cause) => Err(failure::not_an_answer(&head, &cause.to_string())),
    }
}

fn said<V>(head: &ResponseHead, parts: Parts<V>) -> Result<Said<V>, Error> {
    match (parts.status.as_str(), parts.data) {
        ("success", Some(data)) => Ok(Said {
            data,
            warnings: parts.warnings,
            infos: parts.infos,
            partial: parts.partial,
        }),
        ("success", None) => Err(Error::protocol(
            "expected `data` in Prometheus' answer, got none",
        )),
        ("error", _) => Err(failure::of_words(head, &parts.words)),
        (other, _) => Err(failure::not_an_answer(
            head,
            &format!("its `status` is `{other}`"),
        )),
    }
}

struct Parts<V> {
    status: String,
    data: Option<V>,
    words: Words,
    warnings: Vec<String>,
    infos: Vec<String>,
    partial: bool,
}

struct Envelope<S, V>(S, PhantomData<V>);

impl<'de, V, S: DeserializeSeed<'de, Value = V>> DeserializeSeed<'de> for Envelope<S, V> {
    type Value = Parts<V>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Parts<V>, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de, V, S: DeserializeSeed<'de, Value = V>> Visitor<'de> for Envelope<S, V> {
    type Value = Parts<V>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with `status` and `data`")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Parts<V>, A::Error> {
        let mut seed = Some(self.0);
        let mut parts = Parts {
            status: String::new(),
            data: None,
            words: Words::default(),
            warnings: Vec::new(),
            infos: Vec::new(),
            partial: false,
        };
        while let Some(key) = map.next_key::<String>()? {
            match (key.as_str(), seed.take()) {
                // An error comes with `"data": null`, or with none.
                ("data", Some(data)) if parts.status != "error" => {
                    parts.data = Some(map.next_value_seed(data)?);
                    continue;
                }
                (_, untouched) => seed = untouched,
            }
            match key.as_str() {
                "status" => parts.status = map.next_value()?,
                "errorType" => parts.words.kind = map.next_value()?,
                "error" => parts.words.text = map.next_value()?,
                "warnings" => parts.warnings = map.next_value::<Option<_>>()?.unwrap_or_default(),
                "infos" => parts.infos = map.next_value::<Option<_>>()?.unwrap_or_default(),
                "isPartial" => parts.partial = map.next_value()?,
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(parts)
    }
}

impl<V> Said<V> {
    /// Passes on what the server says beside the data, so that a partial answer never looks whole. `satisfied`: as many rows went
    /// out as were wanted, so that a cut at the limit is no gap.
    pub(crate) fn report(&self, satisfied: bool, output: &dyn Output) {
        let (mut gaps, mut more) = (0_usize, 0_usize);
        for warning in &self.warnings {
            let gap = if warning.contains(CUT_AT_LIMIT) {
                if satisfied {
                    continue;
                }
                Gap::Truncated
            } else if warning.starts_with("PromQL warning") {
                Gap::Note
            } else {
                // Thanos' and Mimir's warnings mean that a store did not answer.
                Gap::Partial
            };
            gaps += 1;
            if gaps <= MAX_WARNINGS {
                output.report(gap, None, warning);
            } else {
                more += 1;
            }
        }
        if more > 0 {
            let text = format!("{more} more warnings of Prometheus");
            output.report(Gap::Partial, None, &text);
        }
        if self.partial {
            let text = "the server says that some of its storages did not answer (isPartial)";
            output.report(Gap::Partial, None, text);
        }
        for info in self.infos.iter().take(MAX_WARNINGS) {
            output.report(Gap::Note, None, info);
        }
    }
}
