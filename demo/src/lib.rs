//! A small fleet in-process: Kubernetes and Prometheus APIs with faults on demand.
//!
//! [`Fleet::start`] generates N clusters from one seed and serves, for each of them, the Kubernetes API over
//! TLS and the Prometheus HTTP API, both on loopback ports of their own. It writes the kubeconfig and the
//! `clusters.yaml` that lead there, so that trawl, `kubectl` and tests all reach it through their front door.
//! [`RecordedApi`] serves recorded bodies over the same machinery instead of generated ones.
//!
//! The crate knows nothing of trawl's engine, reads no configuration, and never listens anywhere but on loopback.
//! What its Kubernetes API answers was compared with recordings of a real kube-apiserver v1.36
//! (`tests/recordings`); what it leaves out (writes, watches, protobuf) it refuses the way a real one would.

mod clock;
mod error;
mod fault;
mod fleet;
mod kubeconfig;
mod kubernetes;
mod objects;
mod options;
mod prometheus;
mod recorded;
mod request_log;
mod seed;
mod serve;
mod tls;

pub use error::Error;
pub use fault::{Fault, ParseFaultError};
pub use fleet::Fleet;
pub use options::{ClusterProfile, FleetOptions};
pub use recorded::{RecordedApi, Recording};

/// Tables that the fleet does not have yet, as a catalogue of schemas: queries about them can be checked and explained.
pub const CATALOGUE: &str = include_str!("../catalogue.json");
