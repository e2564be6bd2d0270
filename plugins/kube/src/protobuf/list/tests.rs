//! Reads the envelopes of recorded answers, and of broken ones.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use super::*;
use trawl_sdk::types::ErrorCode;

const PODS: &[u8] = include_bytes!("../../../../../tests/recordings/pods-page-1-protobuf.bin");
const METADATA: &[u8] =
    include_bytes!("../../../../../tests/recordings/pods-metadata-only-protobuf.bin");
const REFUSED: &[u8] = include_bytes!("../../../../../tests/recordings/error-406-crd-protobuf.bin");

/// What a reader was given, in its order.
#[derive(Default)]
struct Log {
    events: Vec<String>,
    stop_after: Option<usize>,
}

impl Reader for Log {
    fn kind(&mut self, api_version: &str, kind: &str) -> Result<(), Error> {
        self.events.push(format!("{kind} of {api_version}"));
        Ok(())
    }

    fn token(&mut self, token: &str) -> Result<(), Error> {
        self.events.push(format!("token {}", token.len()));
        Ok(())
    }

    fn object(&mut self, object: Cursor<'_>) -> Item {
        self.events.push(format!("{} bytes", object.bytes().len()));
        match self.stop_after {
            Some(count) if self.events.len() > count => Item::Stop,
            _ => Item::More,
        }
    }
}

/// Reads a body in windows of `size` bytes.
fn windows(
    body: &[u8],
    size: usize,
    stop_after: Option<usize>,
) -> Result<(End, Vec<String>), Error> {
    let mut log = Log {
        stop_after,
        ..Log::default()
    };
    let mut windows = body.chunks(size);
    let end = read(|| Ok(windows.next().map(<[u8]>::to_vec)), &mut log)?;
    Ok((end, log.events))
}

/// Reads a body that comes in one piece.
fn log(body: &[u8], stop_after: Option<usize>) -> Result<(End, Vec<String>), Error> {
    windows(body, body.len().max(1), stop_after)
}

#[test]
fn the_kind_and_the_token_come_before_the_objects() {
    for (body, kind) in [
        (PODS, "Pod of v1"),
        (METADATA, "PartialObjectMetadata of meta.k8s.io/v1"),
    ] {
        let (end, events) = log(body, None).unwrap();
        assert!(matches!(end, End::Whole));
        assert_eq!(events.len(), 52);
        assert_eq!(events[0], kind);
        assert!(
            events[1].starts_with("token ") && events[1] != "token 0",
            "{}",
            events[1]
        );
        for size in [1, 2, 3, 19, 20, 21, 1000, 9_001, 65_536] {
            assert_eq!(windows(body, size, None).unwrap().1, events, "{size}");
        }
    }
}

#[test]
fn a_reader_can_stop() {
    let (end, events) = log(PODS, Some(4)).unwrap();
    assert!(matches!(end, End::Stopped));
    assert_eq!(events.len(), 5);
}

#[test]
fn what_is_no_list_is_refused() {
    let unknown = |meta: &[u8], rest: &[u8]| {
        let meta = [&[0x0a, u8::try_from(meta.len()).unwrap()], meta].concat();
        [MAGIC, &meta, rest].concat()
    };
    let pods = b"\x0a\x02v1\x12\x07PodList";
    for (body, expected) in [
        (b"{}".to_vec(), "got [123, 125]"),
        (Vec::new(), "got []"),
        (REFUSED.to_vec(), "got kind `Status` of `v1`"),
        (PODS[..4].to_vec(), "got kind `` of ``"),
        (PODS[..9].to_vec(), "the message ends at byte"),
        (PODS[..200].to_vec(), "the message ends at byte"),
        (unknown(pods, b"\x1a\x04gzip"), "got contentEncoding `gzip`"),
        (
            unknown(pods, b"\x12\x02\x08\x01"),
            "field `metadata` has another type",
        ),
        (
            unknown(pods, b"\x12\x02\x10\x01"),
            "field `items` has another type",
        ),
        (
            unknown(pods, b"\x12\x04\x0a\x02\x18\x01"),
            "field `continue` has another type",
        ),
        (
            unknown(pods, b"\x12\x05\x0a\x03\x1a\x01\xff"),
            "expected a text in UTF-8",
        ),
        (unknown(b"\x0a\x01\xff", b""), "expected a text in UTF-8"),
    ] {
        for size in [1, 7, body.len().max(1)] {
            let error = windows(&body, size, None).unwrap_err();
            assert_eq!(error.code, ErrorCode::Protocol);
            assert!(
                error.message.contains(expected),
                "{}: {expected}",
                error.message
            );
        }
    }
    // An empty list has neither items nor a token.
    let (_, events) = log(&unknown(pods, b"\x12\x02\x0a\x00"), None).unwrap();
    assert_eq!(events, ["Pod of v1", "token 0"]);
}
