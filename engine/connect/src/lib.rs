//! Authenticated HTTP to an endpoint: credentials, TLS, approved operations, retry. It knows no
//! plugin and no query, and it refuses whatever was not approved before a credential is touched.

mod answers;
mod approval;
mod aws;
mod cause;
mod circuit;
mod crypto;
mod download;
mod encoding;
mod endpoint;
mod error;
mod exec;
mod guard;
mod headers;
mod http_remote;
mod in_cluster;
mod kube_auth;
mod kube_context;
mod kube_remote;
mod kubeconfig;
mod kubernetes_rules;
mod limits;
mod pattern;
mod prepared;
mod private_folder;
mod quiet;
mod remote;
mod request;
mod response;
mod retry;
mod secret;
mod silenced;
mod stage;

pub use answers::AnswerStore;
pub use approval::{Approval, Granted, Grants, SharedPlace};
pub use aws::AwsShared;
pub use circuit::Circuits;
pub use download::{Download, Downloaded, Downloads};
pub use endpoint::{Endpoint, EndpointOptions};
pub use error::{Error, ErrorKind};
pub use headers::{can_be_seen, can_be_sent};
pub use pattern::covers;
pub use private_folder::{Capacity, PrivateFolder};
pub use request::Request;
pub use response::Response;
pub use trawl_fleet::{Impersonation, Method, Operation};
