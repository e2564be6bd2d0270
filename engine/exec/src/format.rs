//! A text in its canonical form, for the doors that know the engine alone.

use crate::error::Error;

/// The canonical form of a text.
///
/// # Errors
/// [`Error::Query`] when the text does not parse.
pub fn format(text: &str) -> Result<String, Error> {
    trawl_lang::format(text).map_err(Error::Query)
}
