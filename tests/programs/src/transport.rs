//! Owns a plugin's way to a real program; refuses credentials.

use std::net::SocketAddr;
use std::rc::Rc;

use trawl_sdk::types::{Error, Method, Request, ResponseHead};
use trawl_sdk::{Exchange, Transport};

use crate::http::{encoded, send};

/// Requests over a socket, each whole before the next.
pub struct Socket {
    address: SocketAddr,
    /// What the host would add to a request of an endpoint.
    added: fn(endpoint: &str) -> Vec<(String, String)>,
}

impl Socket {
    /// Requests to an address as they are.
    pub fn to(address: SocketAddr) -> Rc<Self> {
        Self::with(address, |_| Vec::new())
    }

    /// Requests to an address with headers that depend on the endpoint.
    pub fn with(address: SocketAddr, added: fn(&str) -> Vec<(String, String)>) -> Rc<Self> {
        Rc::new(Self { address, added })
    }
}

impl Transport for Socket {
    fn start(&self, endpoint: &str, request: Request) -> Result<Box<dyn Exchange>, Error> {
        let path: Vec<String> = request.path.iter().map(|part| encoded(part)).collect();
        let query: Vec<String> = request
            .query
            .iter()
            .map(|(k, v)| format!("{}={}", encoded(k), encoded(v)))
            .collect();
        let method = match request.method {
            Method::Get => "GET",
            Method::Head => "HEAD",
            Method::Post => "POST",
        };
        let mark = if query.is_empty() { "" } else { "?" };
        let path = format!("/{}{mark}{}", path.join("/"), query.join("&"));
        let body = request.body.unwrap_or_default();
        let headers = [request.headers, (self.added)(endpoint)].concat();
        let answered = send(self.address, method, &path, &headers, &body);
        let (status, headers, body) =
            answered.ok_or_else(|| Error::internal(format!("{path} got no answer")))?;
        Ok(Box::new(Whole {
            head: ResponseHead { status, headers },
            body,
            at: 0,
        }))
    }
}

struct Whole {
    head: ResponseHead,
    body: Vec<u8>,
    at: usize,
}

impl Exchange for Whole {
    fn head(&mut self) -> Result<ResponseHead, Error> {
        Ok(self.head.clone())
    }

    fn read(&mut self, max: u32) -> Result<Option<Vec<u8>>, Error> {
        let rest = &self.body[self.at..];
        let count = rest.len().min(usize::try_from(max).unwrap());
        self.at += count;
        Ok((count > 0).then(|| rest[..count].to_vec()))
    }
}
