//! AWS endpoints: an address by region and service, a signature on each request, AWS's own ways to a credential,
//! and its pace. Nothing here runs before a request was approved, and no key leaves but in a signature.

mod address;
mod credential;
mod examine;
mod fault;
mod pace;
mod remote;
mod shared;
mod sign;
mod transport;

pub(crate) use fault::{Fault, FaultClass};
pub(crate) use pace::reads;
pub(crate) use remote::{AwsRemote, AwsSender};
pub use shared::AwsShared;
