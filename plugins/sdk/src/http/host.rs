//! Owns the calls of the host's `http` and `state` imports; refuses everything else.

use super::{Exchange, Transport};
use std::time::Duration;

use crate::bindings::trawl::source::{http, state};
use crate::types::{Error, Request, ResponseHead};

/// The host's `http` and `state` imports.
pub(crate) struct HostTransport;

impl Transport for HostTransport {
    fn start(&self, endpoint: &str, request: Request) -> Result<Box<dyn Exchange>, Error> {
        Ok(Box::new(HostExchange(http::start(endpoint, &request)?)))
    }

    fn recall(&self, key: &str) -> Option<Vec<u8>> {
        state::get(key)
    }

    fn remember(&self, key: &str, value: Vec<u8>, ttl: Duration) {
        let ttl = u64::try_from(ttl.as_millis()).unwrap_or(u64::MAX);
        state::put(key, &value, ttl);
    }

    fn wait(&self, time: Duration) {
        std::thread::sleep(time);
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

    fn read_all(&mut self, max: usize) -> Result<Vec<u8>, Error> {
        self.0.read_all(u32::try_from(max).unwrap_or(u32::MAX))
    }
}
