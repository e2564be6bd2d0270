//! What `scan` does for each table. A table is named `behaviour` or `behaviour/number`.

use crate::error;
use crate::rows::{batch, broken};
use crate::trawl::source::http::{Exchange, Request, start};
use crate::trawl::source::logging::{Level, log};
use crate::trawl::source::output::{Flow, Gap, ProgressReport, Sink};
use crate::trawl::source::types::{Error, ErrorCode, Method, Payload};
use crate::trawl::source::{clock, state};

/// Rows of one push of the well-behaved.
const STEP: i64 = 1_000;

/// Misbehaves as the token says.
pub(crate) fn scan(token: &str, into: &Sink) -> Result<(), Error> {
    let (how, number) = token.split_once('/').unwrap_or((token, "3"));
    let number: i64 = number.parse().unwrap_or(3);
    if let Some(batch) = broken(how) {
        into.push(&Payload::Columns(batch))?;
        return Ok(());
    }
    match how {
        "healthy" => healthy(into, number),
        "loop-scan" => spin(),
        "rows-then-loop" => {
            healthy(into, number)?;
            spin()
        }
        "allocate" => allocate(),
        "panic" => panic!("a panic on purpose, number {number}"),
        "recursion" => {
            let depth = recurse(number as u64);
            Err(error(ErrorCode::Internal, &depth.to_string()))
        }
        "recursion-plain" => {
            let depth = recurse_plain(number as u64);
            Err(error(ErrorCode::Internal, &depth.to_string()))
        }
        "exit" => std::process::exit(3),
        "sleep" => {
            std::thread::sleep(std::time::Duration::from_secs(3_600));
            Ok(())
        }
        "stall" => request("api", "stall")?.head().map(drop),
        "fetch" => fetch(into),
        "foreign-endpoint" => request("admin", "x").map(drop),
        "many-requests" => {
            let mut open = Vec::new();
            loop {
                open.push(request("api", "stall")?);
            }
        }
        "flood-log" => flood(number, |line| log(Level::Info, line)),
        "flood-stdio" => flood(number, |line| println!("{line}")),
        "flood-report" => flood(number, |line| into.report(Gap::Note, None, line)),
        "flood-progress" => {
            for rows_read in 0..number as u64 {
                into.progress(ProgressReport {
                    rows_read,
                    bytes_read: 0,
                    done: Some(f32::NAN),
                });
            }
            Ok(())
        }
        "flood-rows" => loop {
            into.push(&Payload::Columns(batch(0, STEP)))?;
        },
        "empty-batches" => loop {
            into.push(&Payload::Columns(batch(0, 0)))?;
        },
        "huge-push" => {
            let mut batch = batch(0, 1);
            batch.buffers[4] = vec![b'x'; 100 << 20];
            into.push(&Payload::Columns(batch)).map(drop)
        }
        "json-lines" => {
            let lines = (0..number).map(|n| format!("{{\"n\":{n},\"s\":\"row {n}\"}}\n"));
            into.push(&Payload::JsonLines(lines.collect::<String>().into_bytes()))
                .map(drop)
        }
        "json-text" => into
            .push(&Payload::JsonText("{\"n\":1}\n{\"n\":2,\"s\":null}".into()))
            .map(drop),
        "json-broken" => into
            .push(&Payload::JsonText("{\"n\":1}\n{\"n\":".into()))
            .map(drop),
        "json-type" => into
            .push(&Payload::JsonText("{\"n\":\"many\"}".into()))
            .map(drop),
        "json-utf8" => into.push(&Payload::JsonLines(vec![b'{', 0xff])).map(drop),
        "ignore-refusal" => {
            // Rows after a refused batch would be a result with a hole in it.
            if let Some(batch) = broken("short-buffer") {
                drop(into.push(&Payload::Columns(batch)));
            }
            healthy(into, number)
        }
        "remember" => {
            let before = state::get("count")
                .and_then(|bytes| bytes.first().copied())
                .unwrap_or(0);
            state::put("count", &[before + 1], 60_000);
            healthy(into, before.into())
        }
        "clock" => {
            let sound = clock::now_us() > 1_700_000_000_000_000
                && clock::monotonic_ns() <= clock::monotonic_ns();
            healthy(into, sound.into())
        }
        "fail" => {
            into.report(Gap::Partial, Some("prod-ap"), "half is missing");
            healthy(into, number)?;
            Err(Error {
                hint: Some("wait".into()),
                http_status: Some(429),
                retry_after_ms: Some(1_500),
                ..error(ErrorCode::RateLimited, "too many requests")
            })
        }
        _ => Err(error(ErrorCode::NotFound, "no such behaviour")),
    }
}

/// Pushes `rows` rows and does as it is told.
fn healthy(into: &Sink, rows: i64) -> Result<(), Error> {
    let mut from = 0;
    while from < rows {
        let to = rows.min(from + STEP);
        if into.push(&Payload::Columns(batch(from, to)))? == Flow::Stop {
            break;
        }
        from = to;
    }
    Ok(())
}

/// Computes for ever.
pub(crate) fn spin() -> ! {
    let mut number = 1_u64;
    loop {
        number = std::hint::black_box(
            number
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1),
        );
    }
}

fn allocate() -> ! {
    let mut all = Vec::new();
    loop {
        all.push(std::hint::black_box(vec![1_u8; 1 << 20]));
    }
}

/// Without a local in memory: it is wasm's own stack that ends.
#[inline(never)]
fn recurse_plain(depth: u64) -> u64 {
    if depth == u64::MAX {
        return 0;
    }
    recurse_plain(depth + 1).rotate_left(3) ^ depth
}

/// With locals in memory: it is the guest's stack in its memory that ends.
fn recurse(depth: u64) -> u64 {
    let here = std::hint::black_box([depth; 16]);
    if depth == u64::MAX {
        return 0;
    }
    recurse(std::hint::black_box(depth + 1)).wrapping_add(here[3])
}

fn flood(lines: i64, mut write: impl FnMut(&str)) -> Result<(), Error> {
    let line = "x".repeat(10_000);
    for _ in 0..lines {
        write(&line);
    }
    Ok(())
}

fn request(endpoint: &str, segment: &str) -> Result<Exchange, Error> {
    start(
        endpoint,
        &Request {
            method: Method::Get,
            path: vec![segment.into()],
            query: vec![],
            headers: vec![],
            body: None,
            timeout_ms: None,
        },
    )
}

/// Puts out a row for each byte of the answer.
fn fetch(into: &Sink) -> Result<(), Error> {
    let answer = request("api", "rows")?;
    let head = answer.head()?;
    let mut bytes = 0;
    while let Some(piece) = answer.read(1 << 16)? {
        bytes += piece.len() as i64;
    }
    log(Level::Info, &format!("status {}", head.status));
    healthy(into, bytes)
}
