//! Too much of everything: lines, reports, rows, bytes, and calls of the host that never end.

use crate::error;
use crate::rows::batch;
use crate::scans::STEP;
use crate::trawl::source::logging::{Level, log};
use crate::trawl::source::output::{Gap, ProgressReport, Sink};
use crate::trawl::source::types::{Error, ErrorCode, Payload};
use crate::trawl::source::{clock, state};

/// More than the host takes in one call.
const HUGE: usize = 100 << 20;

/// Does one of them; none when `how` names none.
pub(crate) fn misbehave(how: &str, number: i64, into: &Sink) -> Option<Result<(), Error>> {
    Some(match how {
        "flood-log" => flood(number, |line| log(Level::Info, line)),
        "flood-stdio" => flood(number, |line| println!("{line}")),
        "flood-report" => flood(number, |line| into.report(Gap::Note, None, line)),
        "flood-progress" => {
            for rows_read in 0..number as u64 {
                progress(into, rows_read);
            }
            Ok(())
        }
        "flood-rows" => loop {
            if let Err(error) = into.push(&Payload::Columns(batch(0, STEP))) {
                return Some(Err(error));
            }
        },
        "flood-json" => loop {
            let line = "{\"n\":1,\"s\":\"again\"}\n".repeat(STEP as usize);
            if let Err(error) = into.push(&Payload::JsonLines(line.into_bytes())) {
                return Some(Err(error));
            }
        },
        "log-forever" => loop {
            log(Level::Warn, "\u{1b}[2J and again");
        },
        "report-forever" => loop {
            into.report(Gap::Partial, Some("prod-ap"), "again");
        },
        "progress-forever" => loop {
            progress(into, u64::MAX);
        },
        "clock-forever" => loop {
            std::hint::black_box(clock::monotonic_ns());
        },
        "state-forever" => remember_everything(),
        "huge-push" => {
            let mut batch = batch(0, 1);
            batch.buffers[4] = vec![b'x'; HUGE];
            into.push(&Payload::Columns(batch)).map(drop)
        }
        "huge-json" => into.push(&Payload::JsonText("x".repeat(HUGE))).map(drop),
        "huge-log" => {
            log(Level::Info, &"x".repeat(HUGE));
            Ok(())
        }
        "huge-state" => {
            state::put("key", &vec![0; HUGE], 60_000);
            Ok(())
        }
        "huge-error" => Err(error(ErrorCode::Internal, &"x".repeat(HUGE))),
        _ => return None,
    })
}

/// Values of all keys that there are.
fn remember_everything() -> ! {
    let value = vec![0; 1 << 20];
    let mut key = 0_u64;
    loop {
        state::put(&key.to_string(), &value, u64::MAX);
        key = key.wrapping_add(1);
    }
}

fn progress(into: &Sink, rows_read: u64) {
    into.progress(ProgressReport {
        rows_read,
        bytes_read: 0,
        done: Some(f32::NAN),
    });
}

fn flood(lines: i64, mut write: impl FnMut(&str)) -> Result<(), Error> {
    let line = "x".repeat(10_000);
    for _ in 0..lines {
        write(&line);
    }
    Ok(())
}
