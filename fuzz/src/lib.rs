//! Bodies of the fuzz targets, as ordinary functions: tests replay with them what libFuzzer once found, without libFuzzer.
//!
//! A body takes any bytes and panics when something that must hold does not. `scripts/fuzz.sh` feeds them; what it finds is
//! committed to `regressions/<target>/`, where `tests/replay.rs` keeps trying it.
//!
//! To add a target: its body in a file here, its line in [`TARGETS`], its door in `targets/` and in `Cargo.toml`.

mod component;
mod dictionary;
mod format;
mod parse;
mod plan;
mod rows;

pub use component::component;
pub use dictionary::dictionary;
pub use format::format;
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
];

/// The text of an input. Bytes that are no UTF-8 are replaced, so that no input is wasted.
fn text(data: &[u8]) -> std::borrow::Cow<'_, str> {
    String::from_utf8_lossy(data)
}
