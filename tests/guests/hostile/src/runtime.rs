//! What WASI and the component model offer to a guest that means ill: files, environment, handles, random bytes, broken text.

use std::io::Read;

use wasip2::clocks::monotonic_clock::subscribe_duration;
use wasip2::random::random::get_random_bytes;

use crate::rows::texts;
use crate::trawl::source::logging::{Level, log};
use crate::trawl::source::output::Sink;
use crate::trawl::source::types::{Error, Payload};

/// Does one of them; none when `how` names none.
pub(crate) fn misbehave(how: &str, into: &Sink) -> Option<Result<(), Error>> {
    Some(match how {
        "leak-handles" => {
            let mut held = Vec::new();
            loop {
                held.push(subscribe_duration(u64::MAX));
            }
        }
        "random-huge" => {
            std::hint::black_box(get_random_bytes(1 << 30));
            Ok(())
        }
        "random-forever" => loop {
            std::hint::black_box(get_random_bytes(1 << 10));
        },
        "broken-text" => {
            // What no safe program makes, and any component can.
            let broken = unsafe { String::from_utf8_unchecked(vec![b'a', 0xff, 0xfe]) };
            log(Level::Info, &broken);
            Ok(())
        }
        "look-around" => {
            let found = look_around();
            into.push(&Payload::Columns(texts(&found))).map(drop)
        }
        _ => return None,
    })
}

/// Everything of the machine that is within reach.
fn look_around() -> Vec<String> {
    let mut found = Vec::new();
    for path in [
        "/etc/passwd",
        "/proc/self/environ",
        "Cargo.toml",
        "/dev/zero",
    ] {
        if std::fs::File::open(path).is_ok() {
            found.push(format!("opened {path}"));
        }
    }
    for path in [".", "/", "/tmp"] {
        if std::fs::read_dir(path).is_ok() {
            found.push(format!("listed {path}"));
        }
    }
    if std::fs::write("/tmp/trawl-guest-hostile", "was here").is_ok() {
        found.push("wrote a file".to_owned());
    }
    found.extend(std::env::vars().map(|(name, _)| format!("the variable {name}")));
    found.extend(std::env::args().map(|argument| format!("the argument {argument}")));
    let mut input = Vec::new();
    if std::io::stdin()
        .read_to_end(&mut input)
        .is_ok_and(|read| read > 0)
    {
        found.push("something on standard input".to_owned());
    }
    found
}
