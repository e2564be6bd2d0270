//! Owns serving: loopback listeners, TLS, HTTP/1.1 and HTTP/2, and the faults that happen below an API's own
//! answers. What is answered is decided by an [`Api`]; an API sees a [`Call`] and gives a [`Reply`].

mod body;
mod call;
mod door;
mod listener;
mod reply;

pub(crate) use call::Call;
pub(crate) use listener::{Endpoint, Port};
pub(crate) use reply::Reply;

use crate::fault::Fault;

/// Answers requests from memory; so it needs neither to wait nor to fail.
pub(crate) trait Api: Send + Sync + 'static {
    /// The answer, under a fault that shows in the answer itself (a status, a token, an empty page). Faults of
    /// the connection and of the body are never given here.
    fn answer(&self, call: &Call, fault: Option<&Fault>) -> Reply;
}
