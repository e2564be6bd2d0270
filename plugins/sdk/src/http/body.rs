//! Owns the reading of whole bodies within a limit, and of windows, piece by piece where nobody does it better; refuses decoding.

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

/// Reads a window of a body.
pub(super) fn fill<E: Exchange + ?Sized>(
    exchange: &mut E,
    length: u32,
) -> Result<Option<Vec<u8>>, Error> {
    let Some(mut window) = exchange.read(length)? else {
        return Ok(None);
    };
    loop {
        let read = u32::try_from(window.len()).unwrap_or(u32::MAX);
        match length.saturating_sub(read) {
            0 => return Ok(Some(window)),
            missing => match exchange.read(missing)? {
                Some(piece) => window.extend_from_slice(&piece),
                None => return Ok(Some(window)),
            },
        }
    }
}
