//! Authenticated HTTP to an endpoint: credentials, TLS, approved operations, retry. It knows no
//! plugin and no query, and it refuses whatever was not approved before a credential is touched.

mod approval;
mod endpoint;
mod error;
mod request;
mod response;

pub use approval::{Approval, Operation};
pub use endpoint::Endpoint;
pub use error::{Error, ErrorKind};
pub use request::{Method, Request};
pub use response::Response;
