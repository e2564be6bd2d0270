//! Owns the reading of whole bodies within a limit, piece by piece where nobody does it better; refuses decoding.

use super::Exchange;
use crate::types::{Error, ErrorCode};

/// The largest body that is read whole, in bytes. A page of 500 pods is 5 MB; ten times that is a mistake or an attack, and an
/// instance has 256 MiB.
pub const MAX_BODY_BYTES: usize = 64 << 20;

/// How much is asked for at once, in bytes: large enough that crossing the sandbox costs nothing, small enough to start early.
const READ_BYTES: u32 = 1 << 20;

/// Reads the rest of a body.
pub(super) fn read_all<E: Exchange + ?Sized>(
    exchange: &mut E,
    max: usize,
) -> Result<Vec<u8>, Error> {
    // Most errors and small lists come in one piece, which then needs no copy.
    let Some(mut body) = exchange.read(READ_BYTES)? else {
        return Ok(Vec::new());
    };
    loop {
        if body.len() > max {
            return Err(Error::new(
                ErrorCode::Protocol,
                format!("expected a body of at most {max} bytes, got more than that"),
            )
            .with_hint("ask for smaller pages (`page_size` in the connection's configuration)"));
        }
        match exchange.read(READ_BYTES)? {
            Some(chunk) => body.extend_from_slice(&chunk),
            None => return Ok(body),
        }
    }
}
