//! Owns the made-up entries: the same on every run, with what makes reading logs hard: many entries of one nanosecond, pages that end
//! inside of one, lines with quotes, line breaks and letters beyond ASCII, metadata that shares its name with a label.

use crate::{Entry, Labels, Loki, Stream, labels};

const SECOND: i64 = 1_000_000_000;

/// A generator of numbers without a dependency: xorshift, which is random enough for lines.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, count: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % count.max(1)
    }

    fn one<'c>(&mut self, choices: &[&'c str]) -> &'c str {
        let index = usize::try_from(self.below(choices.len() as u64)).unwrap_or(0);
        choices.get(index).copied().unwrap_or_default()
    }
}

const LEVELS: [&str; 4] = ["info", "warn", "error", "debug"];

const WORDS: [&str; 16] = [
    "timeout",
    "Timeout",
    "TIMEOUT: upstream",
    "disk full",
    "connected",
    "GET /api/v1/pods 200",
    "retry 3 of 5",
    "größe unbekannt",
    "quote \" and \\ and `tick`",
    "two\nlines",
    "aaab",
    "x.y(z)",
    "\u{212a}elvin",
    "user İnci logged in",
    "",
    "tab\there",
];

fn line(numbers: &mut Numbers, level: &str, number: u64) -> String {
    let words = numbers.one(&WORDS);
    match numbers.below(4) {
        0 => words.to_owned(),
        1 => serde_json::json!({"msg": words, "n": number, "app": "inside"}).to_string(),
        _ => format!("level={level} n={number} msg={words}"),
    }
}

fn metadata(numbers: &mut Numbers, level: &str) -> Labels {
    let mut metadata = labels(&[("detected_level", level)]);
    if numbers.below(3) > 0 {
        let id = numbers.below(20);
        metadata.insert("trace_id".to_owned(), format!("t{id}"));
    }
    if numbers.below(10) == 0 {
        // Beside the stream label of this name it is called `app_extracted`.
        metadata.insert("app".to_owned(), "meta".to_owned());
    }
    metadata
}

/// Two hours of logs of a few services in two clusters up to `now`: about 7,000 entries, a burst of one nanosecond among them.
pub fn story(now: i64) -> Loki {
    let mut numbers = Numbers(0x5eed_1234_9876_abcd);
    let mut streams = Vec::new();
    for cluster in ["prod-ap", "prod-us"] {
        for (app, namespace, pods) in [
            ("web", "payments", 2_u64),
            ("worker", "payments", 2),
            ("search", "search", 2),
            ("ingress", "edge", 1),
        ] {
            for pod in 0..pods {
                let mut stream = labels(&[
                    ("cluster", cluster),
                    ("app", app),
                    ("service_name", app),
                    ("namespace", namespace),
                    ("pod", &format!("{app}-{pod}")),
                ]);
                if app != "ingress" {
                    stream.insert("container".to_owned(), "main".to_owned());
                }
                streams.push(Stream {
                    labels: stream,
                    entries: entries(&mut numbers, now, 500),
                });
            }
        }
    }
    Loki::of(streams, now)
}

fn entries(numbers: &mut Numbers, now: i64, count: u64) -> Vec<Entry> {
    let mut at = now - 2 * 3_600 * SECOND;
    let mut entries = Vec::new();
    for number in 0..count {
        // Several entries share a nanosecond now and then, here and in other streams: whole seconds are busy.
        at += match numbers.below(4) {
            0 => 0,
            1 => SECOND,
            _ => 27 * SECOND,
        };
        if numbers.below(50) == 0 {
            at += 1 + i64::try_from(numbers.below(999)).unwrap_or(0);
        }
        let level = numbers.one(&LEVELS);
        entries.push(Entry {
            at: at.min(now),
            line: line(numbers, level, number),
            metadata: metadata(numbers, level),
        });
    }
    // All streams were restarted at once.
    let burst = now - 1_800 * SECOND;
    for number in 0..20 {
        entries.push(Entry {
            at: burst,
            line: format!("starting, step {number}"),
            metadata: labels(&[("detected_level", "info")]),
        });
    }
    entries
}
