//! Owns requests and answers as a plugin sees them; refuses addresses and credentials, which are the host's.

mod body;
mod cache;
mod failure;
#[cfg(target_arch = "wasm32")]
mod host;
mod pages;
pub mod paging;
mod request;
pub(crate) mod target;

pub use body::MAX_BODY_BYTES;
pub use cache::{cached, recall, remember};
pub use failure::failure;
#[cfg(target_arch = "wasm32")]
pub(crate) use host::HostTransport;
pub use pages::{Follow, MAX_PAGES, Page, Pages};
pub use request::{Pending, RequestBuilder, get, post};

use std::time::Duration;

use crate::types::{Error, Request, ResponseHead};

/// The host's side of a connection: requests, and a small memory. The host's imports in a component, recordings in tests.
pub trait Transport {
    /// Returns at once; the request runs meanwhile.
    ///
    /// # Errors
    /// When the request is refused before anything is sent.
    fn start(&self, endpoint: &str, request: Request) -> Result<Box<dyn Exchange>, Error>;

    /// What was remembered under a key, unless its time is over or the host needed the room. The memory is the connection's: no
    /// other connection and no other plugin sees it.
    fn recall(&self, _key: &str) -> Option<Vec<u8>> {
        None
    }

    /// Remembers a value for at most so long. It may be forgotten earlier, and what is too large is not kept at all.
    fn remember(&self, _key: &str, _value: Vec<u8>, _ttl: Duration) {}

    /// Lets time pass before a remote is asked again whether it is done. The scan's deadline goes on meanwhile.
    fn wait(&self, _time: Duration) {}
}

/// One request under way. Dropping it cancels the request.
pub trait Exchange {
    /// Waits for the status and headers.
    ///
    /// # Errors
    /// When no answer came.
    fn head(&mut self) -> Result<ResponseHead, Error>;

    /// At most `max` bytes of the body; none at the end.
    ///
    /// # Errors
    /// When the body broke off.
    fn read(&mut self, max: u32) -> Result<Option<Vec<u8>>, Error>;

    /// The next `length` bytes of the body; fewer at its end, none behind it.
    ///
    /// # Errors
    /// When the body broke off.
    fn fill(&mut self, length: u32) -> Result<Option<Vec<u8>>, Error> {
        body::fill(self, length)
    }

    /// The rest of the body in one piece.
    ///
    /// # Errors
    /// When the body broke off, or has more than `max` bytes.
    fn read_all(&mut self, max: usize) -> Result<Vec<u8>, Error> {
        body::read_all(self, max)
    }
}

/// Natively there is no host; this transport only exists so that the component glue compiles.
#[cfg(not(target_arch = "wasm32"))]
pub(crate) struct HostTransport;

#[cfg(not(target_arch = "wasm32"))]
impl Transport for HostTransport {
    fn start(&self, endpoint: &str, _: Request) -> Result<Box<dyn Exchange>, Error> {
        Err(Error::internal(format!(
            "expected to run inside trawl, but endpoint `{endpoint}` was asked for in a native build"
        ))
        .with_hint("use trawl_sdk::testing::Recorded in tests"))
    }
}

/// The first value of the header `name`, which is compared without case.
pub fn header<'h>(head: &'h ResponseHead, name: &str) -> Option<&'h str> {
    head.headers
        .iter()
        .find(|(key, _)| key.eq_ignore_ascii_case(name))
        .map(|(_, value)| value.as_str())
}

/// `Retry-After` in milliseconds, when it is given in seconds. The date form is the host's to read.
pub fn retry_after_ms(head: &ResponseHead) -> Option<u64> {
    let seconds: u64 = header(head, "retry-after")?.trim().parse().ok()?;
    seconds.checked_mul(1000)
}
