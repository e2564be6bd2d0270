//! Names as they are written. Owns when one needs backquotes; that depends on where it stands.

use crate::words;

/// What follows a name and can change how it is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// A dot stands before: every word is a name.
    AfterDot,
    /// A `(` follows.
    Called,
    /// Where a source could begin, and the name is none of its words.
    SourceStart,
    /// Anywhere else.
    Plain,
}

/// The name, in backquotes where it would not be read as this name without them.
pub(super) fn spelled(name: &str, place: Place) -> String {
    let bare = match place {
        Place::AfterDot => words::is_word(name),
        // `datetime(` begins a literal.
        Place::Called => words::is_plain_name(name) && name != "datetime",
        Place::SourceStart => words::is_plain_name(name) && !words::SOURCES.contains(&name),
        Place::Plain => words::is_plain_name(name),
    };
    if bare {
        name.to_owned()
    } else {
        format!("`{name}`")
    }
}

/// Whether `name` begins a source of another form when it stands first.
pub(super) fn is_source_word(name: &str) -> bool {
    words::SOURCES.contains(&name)
}
