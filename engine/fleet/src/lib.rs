//! The inventory: clusters, connections, environments, the default. It reads files and the names of
//! contexts; it opens no connection and resolves no secret.

mod address;
mod ages;
mod aws;
mod check;
mod credential;
mod document;
mod dollars;
mod endpoint;
mod entry;
mod error;
mod glob;
mod grants;
mod guard;
mod impersonation;
mod in_cluster;
mod kind;
mod kubeconfig;
mod load;
mod merge;
mod model;
mod operation;
mod places;
mod plugins;
mod policy;
mod quantity;
mod registered;
mod scalar;
mod untrusted;
mod yaml;

pub use ages::TableAges;
pub use aws::{AwsAuth, AwsRole, AwsSpec, is_aws_label};
pub use dollars::{DOLLARS_FORM, micro_usd};
pub use error::{Error, Position, Problem};
pub use glob::glob_matches;
pub use grants::Grants;
pub use guard::{Guard, WrongNetwork};
pub use impersonation::Impersonation;
pub use in_cluster::ServiceAccount;
pub use kind::Mismatch;
pub use load::LoadOptions;
pub use model::{
    Auth, Cluster, Connection, EndpointSpec, HeaderValue, HttpSpec, InlineTls, Inventory,
    KubernetesSpec, Limits, Origin, Registered, SecretRef, Tls,
};
pub use operation::{Method, Operation, WrongOperation};
pub use places::Places;
pub use policy::{Grant, GrantPlace, PluginLimits, Policy};
pub use quantity::parse_bytes;
pub use registered::{Added, RegisteredCluster};
pub use scalar::scalar;
pub use untrusted::{Accepted, Credentials, MAX_KUBECONFIG_BYTES, Refusal, Request};
