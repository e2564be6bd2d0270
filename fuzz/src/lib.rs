//! Bodies of the fuzz targets, as ordinary functions: tests replay with them what libFuzzer once found, without libFuzzer.
//!
//! A body takes any bytes and panics when something that must hold does not. `scripts/fuzz.sh` feeds them; what it finds is
//! committed to `regressions/<target>/`, where `tests/replay.rs` keeps trying it.
//!
//! To add a target: its body in a file here, its line in [`TARGETS`], its door in `targets/` and in `Cargo.toml`.

mod component;
mod dictionary;
mod format;
mod inventory;
mod load;
mod lock;
mod parse;
mod plan;
mod rows;

pub use component::component;
pub use dictionary::dictionary;
pub use format::format;
pub use inventory::inventory;
pub use load::load;
pub use lock::lock;
pub use parse::parse;
pub use plan::plan;
pub use rows::{batch, jsonlines};

/// A body.
pub type Target = fn(&[u8]);

/// Every target, by the name of its folder below `regressions/`.
pub const TARGETS: &[(&str, Target)] = &[
    ("parse", parse),
    ("format", format),
    ("plan", plan),
    ("batch", batch),
    ("jsonlines", jsonlines),
    ("component", component),
    ("load", load),
    ("inventory", inventory),
    ("lock", lock),
];

/// Holds a text to what a message may be: of a length that somebody reads, without control characters.
fn plain(text: &str) {
    assert!(text.len() < 10_000, "{} bytes", text.len());
    assert!(!text.chars().any(char::is_control), "{text:?}");
}

/// The same for a message of several lines.
fn plain_lines(text: &str) {
    assert!(text.len() < 1_000_000, "{} bytes", text.len());
    for line in text.lines() {
        assert!(!line.chars().any(char::is_control), "{line:?}");
    }
}

/// The text of an input. Bytes that are no UTF-8 are replaced, so that no input is wasted.
fn text(data: &[u8]) -> std::borrow::Cow<'_, str> {
    String::from_utf8_lossy(data)
}
