//! Authenticated HTTP to an endpoint: credentials, TLS, approved operations, retry. It knows no
//! plugin and no query, and it refuses whatever was not approved before a credential is touched.

mod approval;
mod cause;
mod crypto;
mod endpoint;
mod error;
mod exec;
mod headers;
mod http_remote;
mod in_cluster;
mod kube_auth;
mod kube_remote;
mod kubeconfig;
mod kubernetes_rules;
mod limits;
mod prepared;
mod quiet;
mod remote;
mod request;
mod response;
mod retry;
mod secret;

pub use approval::{Approval, Operation};
pub use endpoint::Endpoint;
pub use error::{Error, ErrorKind};
pub use request::{Method, Request};
pub use response::Response;
