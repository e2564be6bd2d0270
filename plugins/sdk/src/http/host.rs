//! Owns the calls of the host's `http` import; refuses everything else.

use super::{Exchange, Transport};
use crate::bindings::trawl::source::http;
use crate::types::{Error, Request, ResponseHead};

/// The host's `http` import.
pub(crate) struct HostTransport;

impl Transport for HostTransport {
    fn start(&self, endpoint: &str, request: Request) -> Result<Box<dyn Exchange>, Error> {
        Ok(Box::new(HostExchange(http::start(endpoint, &request)?)))
    }
}

struct HostExchange(http::Exchange);

impl Exchange for HostExchange {
    fn head(&mut self) -> Result<ResponseHead, Error> {
        self.0.head()
    }

    fn read(&mut self, max: u32) -> Result<Option<Vec<u8>>, Error> {
        self.0.read(max)
    }
}
