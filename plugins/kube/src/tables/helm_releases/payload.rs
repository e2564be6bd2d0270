//! Owns the reading of one release's payload: base64 of base64 of gzipped JSON. Refuses values, manifests and templates: of the
//! document only what Helm says of the release itself is kept, and reading ends when it is found.
//!
//! `encodeRelease` and `decodeRelease` of helm.sh/helm/v3/pkg/storage/driver/util.go; `Release`, `Info` and `Metadata` of
//! pkg/release and pkg/chart. Helm writes `info` and the chart's `metadata` before all that is large.

use std::fmt;
use std::io::{BufRead, BufReader, Read};

use base64::engine::general_purpose::STANDARD;
use base64::read::DecoderReader;
use flate2::bufread::GzDecoder;
use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};

/// Bytes of a release's JSON that are read at most. A Secret has 1 MiB, which gzip can make a gigabyte of; the largest charts
/// unpack to some 10 MB, and what is wanted of them stands in the first hundred KB.
const MAX_JSON_BYTES: u64 = 16 << 20;

/// How gzip begins. Releases that were stored before Helm compressed them do not.
const GZIP: [u8; 3] = [0x1f, 0x8b, 0x08];

/// What is kept of a release.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Payload {
    pub(super) info: Info,
    pub(super) chart: Chart,
}

/// Info of pkg/release.
#[derive(Debug, Default, PartialEq, Deserialize)]
pub(super) struct Info {
    /// RFC 3339; empty when it never was.
    pub(super) first_deployed: Option<String>,
    /// RFC 3339; empty when it never was.
    pub(super) last_deployed: Option<String>,
    pub(super) description: Option<String>,
}

/// Metadata of pkg/chart.
#[derive(Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Chart {
    pub(super) name: Option<String>,
    pub(super) version: Option<String>,
    pub(super) app_version: Option<String>,
}

/// Reads a Secret's `data.release`.
///
/// # Errors
/// Why it could not be read, as a part of a sentence without any of its content.
pub(super) fn read(data: &str) -> Result<Payload, String> {
    let json = DecoderReader::new(DecoderReader::new(data.as_bytes(), &STANDARD), &STANDARD);
    let mut packed = BufReader::new(json);
    let begin = packed
        .fill_buf()
        .map_err(|_| "it is not base64 of base64".to_owned())?;
    if begin.starts_with(&GZIP) {
        document(GzDecoder::new(packed))
    } else {
        document(packed)
    }
}

fn document(json: impl Read) -> Result<Payload, String> {
    let mut bounded = json.take(MAX_JSON_BYTES);
    let mut parts = Parts::default();
    let mut deserializer = serde_json::Deserializer::from_reader(BufReader::new(&mut bounded));
    let read = Document(&mut parts).deserialize(&mut deserializer);
    drop(deserializer);
    match (parts, read) {
        // What follows them is not looked at.
        (
            Parts {
                info: Some(info),
                chart: Some(chart),
            },
            _,
        ) => Ok(Payload { info, chart }),
        (_, Err(_)) if bounded.limit() == 0 => {
            Err(format!("it unpacks to more than {MAX_JSON_BYTES} bytes"))
        }
        (_, Err(error)) if error.is_io() => Err("it is not base64 of base64 of gzip".to_owned()),
        // The message of the parser may quote the document.
        (_, Err(error)) => Err(format!(
            "its document is not a release in JSON, by column {} of line {}",
            error.column(),
            error.line()
        )),
        (parts, Ok(())) => Ok(Payload {
            info: parts.info.unwrap_or_default(),
            chart: parts.chart.unwrap_or_default(),
        }),
    }
}

#[derive(Default)]
struct Parts {
    info: Option<Info>,
    chart: Option<Chart>,
}

impl Parts {
    /// Ends the reading as soon as all is there.
    fn end<E: serde::de::Error>(&self) -> Result<(), E> {
        match (&self.info, &self.chart) {
            (Some(_), Some(_)) => Err(E::custom("ended")),
            _ => Ok(()),
        }
    }
}

/// The release.
struct Document<'p>(&'p mut Parts);

#[derive(Deserialize)]
#[serde(field_identifier, rename_all = "lowercase")]
enum ReleaseKey {
    Info,
    Chart,
    #[serde(other)]
    Other,
}

impl<'de> DeserializeSeed<'de> for Document<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Document<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a release")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key()? {
            match key {
                ReleaseKey::Info => {
                    self.0.info = Some(map.next_value::<Option<Info>>()?.unwrap_or_default());
                }
                ReleaseKey::Chart => map.next_value_seed(ChartDocument(&mut *self.0))?,
                ReleaseKey::Other => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
            self.0.end::<A::Error>()?;
        }
        Ok(())
    }
}

/// The chart, of which the metadata are read.
struct ChartDocument<'p>(&'p mut Parts);

#[derive(Deserialize)]
#[serde(field_identifier, rename_all = "lowercase")]
enum ChartKey {
    Metadata,
    #[serde(other)]
    Other,
}

impl<'de> DeserializeSeed<'de> for ChartDocument<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_option(self)
    }
}

impl<'de> Visitor<'de> for ChartDocument<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a chart")
    }

    fn visit_none<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key()? {
            match key {
                ChartKey::Metadata => {
                    self.0.chart = Some(map.next_value::<Option<Chart>>()?.unwrap_or_default());
                }
                ChartKey::Other => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
            self.0.end::<A::Error>()?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use base64::Engine;
    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn stored(bytes: &[u8]) -> String {
        STANDARD.encode(STANDARD.encode(bytes))
    }

    const RELEASE: &str = r#"{"name":"web","info":{"first_deployed":"2026-01-02T03:04:05.6+01:00","last_deployed":"","deleted":"","description":"Install complete","status":"deployed","notes":"secret"},"chart":{"metadata":{"name":"nginx","version":"15.1.0","apiVersion":"v2","appVersion":"1.25"},"templates":[{"data":"eA=="}]},"config":{"password":"secret"},"manifest":"secret","version":3}"#;

    #[test]
    fn releases_are_read_with_and_without_gzip() {
        for bytes in [gzip(RELEASE.as_bytes()), RELEASE.as_bytes().to_vec()] {
            let payload = read(&stored(&bytes)).unwrap();
            assert_eq!(payload.chart.name.as_deref(), Some("nginx"));
            assert_eq!(payload.chart.version.as_deref(), Some("15.1.0"));
            assert_eq!(payload.chart.app_version.as_deref(), Some("1.25"));
            assert_eq!(
                payload.info.description.as_deref(),
                Some("Install complete")
            );
            assert_eq!(
                payload.info.first_deployed.as_deref(),
                Some("2026-01-02T03:04:05.6+01:00")
            );
            assert!(!format!("{payload:?}").contains("secret"));
        }
    }

    #[test]
    fn what_follows_the_parts_is_not_looked_at() {
        let cut = RELEASE.split_at(RELEASE.find("\"templates\"").unwrap()).0;
        assert!(read(&stored(&gzip(cut.as_bytes()))).is_ok());
        // A bomb behind them does not go off.
        let bomb = format!("{cut}\"x\":\"{}", " ".repeat(17 << 20));
        assert!(read(&stored(&gzip(bomb.as_bytes()))).is_ok());
    }

    #[test]
    fn any_order_and_missing_parts() {
        let turned = r#"{"config":{"a":[1,{"b":null}]},"chart":{"values":{},"metadata":{"name":"n"},"files":[]},"info":null}"#;
        let payload = read(&stored(turned.as_bytes())).unwrap();
        assert_eq!(payload.chart.name.as_deref(), Some("n"));
        for empty in [
            "{}",
            r#"{"chart":null}"#,
            r#"{"chart":{}}"#,
            r#"{"chart":{"metadata":null}}"#,
        ] {
            assert_eq!(read(&stored(empty.as_bytes())).unwrap(), Payload::default());
        }
    }

    #[test]
    fn bombs_are_refused() {
        let bomb = gzip(format!("{{\"x\":\"{}\"}}", "a".repeat(17 << 20)).as_bytes());
        assert!(bomb.len() < 100_000);
        let error = read(&stored(&bomb)).unwrap_err();
        assert!(error.contains("16777216"), "{error}");
        let deep = format!("{{\"x\":{}", "[".repeat(1_000_000));
        assert!(read(&stored(&gzip(deep.as_bytes()))).is_err());
        let deep = format!("{{\"info\":{{\"x\":{}", "[{\"a\":".repeat(1_000_000));
        assert!(read(&stored(&gzip(deep.as_bytes()))).is_err());
    }

    #[test]
    fn what_is_broken_is_told_without_its_content() {
        let packed = gzip(RELEASE.as_bytes());
        let mut flipped = packed.clone();
        for byte in flipped.iter_mut().skip(12).step_by(3) {
            *byte ^= 0x5a;
        }
        for data in [
            "secret!".to_owned(),
            STANDARD.encode("secret!"),
            String::new(),
            stored(b""),
            stored(b"secret"),
            stored(br#"{"info":"secret"}"#),
            stored(br#"["secret"]"#),
            stored(&packed[..20]),
            stored(&flipped),
        ] {
            let error = read(&data).unwrap_err();
            assert!(!error.contains("secret"), "{error}");
        }
    }
}
