//! Owns the reading of a body piece by piece, so that an answer of any size needs the memory of one piece; refuses decoding.

use std::cell::RefCell;
use std::io::{self, Read};

use trawl_sdk::Error;
use trawl_sdk::http::Pending;

/// How much is asked for at once, in bytes: large enough that crossing the sandbox costs nothing.
const READ_BYTES: u32 = 256 << 10;

/// A body under way as a reader.
pub(super) struct Body<'p> {
    pending: &'p mut Pending,
    piece: Vec<u8>,
    at: usize,
    /// What the host said when it broke off; a reader's error cannot carry it.
    failed: &'p RefCell<Option<Error>>,
}

impl<'p> Body<'p> {
    pub(super) fn new(pending: &'p mut Pending, failed: &'p RefCell<Option<Error>>) -> Self {
        Self {
            pending,
            piece: Vec::new(),
            at: 0,
            failed,
        }
    }
}

impl Read for Body<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.at >= self.piece.len() {
            match self.pending.read(READ_BYTES) {
                Ok(Some(piece)) => {
                    self.piece = piece;
                    self.at = 0;
                }
                Ok(None) => return Ok(0),
                Err(error) => {
                    self.failed.replace(Some(error));
                    return Err(io::Error::other("the body broke off"));
                }
            }
        }
        let rest = self.piece.get(self.at..).unwrap_or_default();
        let count = rest.len().min(into.len());
        if let (Some(to), Some(from)) = (into.get_mut(..count), rest.get(..count)) {
            to.copy_from_slice(from);
        }
        self.at += count;
        Ok(count)
    }
}
