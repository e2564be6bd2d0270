//! What `scan` does for each table. A table is named `behaviour` or `behaviour/number`.

use crate::rows::{batch, broken};
use crate::trawl::source::output::{Flow, Gap, Sink};
use crate::trawl::source::types::{Error, ErrorCode, Payload};
use crate::trawl::source::{clock, state};
use crate::{error, floods, remote, runtime};

/// Rows of one push of the well-behaved.
pub(crate) const STEP: i64 = 1_000;

/// Misbehaves as the token says.
pub(crate) fn scan(token: &str, into: &Sink) -> Result<(), Error> {
    let (how, number) = token.split_once('/').unwrap_or((token, "3"));
    let number: i64 = number.parse().unwrap_or(3);
    if let Some(batch) = broken(how) {
        into.push(&Payload::Columns(batch))?;
        return Ok(());
    }
    if let Some(ended) = remote::misbehave(how, into)
        .or_else(|| floods::misbehave(how, number, into))
        .or_else(|| runtime::misbehave(how, into))
    {
        return ended;
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
        // As deep as it is told, and deep enough where it is told nothing.
        "recursion-json" => deep_json(into, if token == how { 100_000 } else { number }),
        "panic-hook" => {
            // What a runtime calls when the guest has failed already.
            std::panic::set_hook(Box::new(|_| std::process::abort()));
            panic!("a panic whose hook traps")
        }
        "exit" => std::process::exit(3),
        "sleep" => {
            std::thread::sleep(std::time::Duration::from_secs(3_600));
            Ok(())
        }
        "empty-batches" => loop {
            into.push(&Payload::Columns(batch(0, 0)))?;
        },
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
pub(crate) fn healthy(into: &Sink, rows: i64) -> Result<(), Error> {
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

/// A document that is nested deeper than any reader can follow by calling itself.
fn deep_json(into: &Sink, depth: i64) -> Result<(), Error> {
    let depth = depth as usize;
    let document = format!("{}1{}", "[".repeat(depth), "]".repeat(depth));
    let line = format!("{{\"n\":1,\"s\":\"deep\",\"d\":{document}}}");
    into.push(&Payload::JsonText(line)).map(drop)
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
