//! A small fleet in-process: Kubernetes, Prometheus and CloudWatch APIs with faults on demand.
//!
//! [`Fleet::start`] generates N clusters from one seed and serves, for each of them, the Kubernetes API over
//! TLS and the Prometheus HTTP API, both on loopback ports of their own, and for each of their regions CloudWatch. It
//! writes the kubeconfig and the `clusters.yaml` that lead there, so that trawl, `kubectl` and tests all reach it through
//! their front door. [`RecordedApi`] serves recorded bodies over the same machinery instead of generated ones.
//!
//! What a cluster has is one story told by every kind and every API. A program that crashes has pods in
//! `CrashLoopBackOff`, events, a log that says why (a database that times out), the same lines in CloudWatch, restarts and
//! a memory that comes and goes in Prometheus with the alert `KubePodCrashLooping`, an alarm of its workload in CloudWatch,
//! an Argo CD application that is Degraded, a Flux kustomization that is not ready, a route that gives half of its requests
//! to the version before, and a disruption budget that allows nothing. The node of `prod-us` that is not ready has the
//! alert `KubeNodeNotReady`, an instance whose status check fails and whose alarms ring, a lease nobody renews, a machine
//! that is not healthy, no metrics, an unanswered request for a certificate, and a tunnel to `prod-ap` that is down at both
//! ends. One certificate of each cluster is about to expire.
//!
//! Clusters differ, by their place in the fleet (the first, second and third of every three: `prod-ap`, `prod-us`,
//! `staging`):
//!
//! | | first | second | third |
//! |---|---|---|---|
//! | cert-manager, Istio (`v1` and `v1beta1`) | yes | yes | yes |
//! | Argo CD, Submariner, Multi-Cluster Services | yes | yes | – |
//! | Flux, `HelmRelease` in version | – | `v2beta2` | `v2`, with other fields |
//! | Cluster API | – | yes | – |
//! | metrics-server | yes | yes | – |
//!
//! The crate knows nothing of trawl's engine, reads no configuration, and never listens anywhere but on loopback.
//! What its Kubernetes API answers was compared with recordings of a real kube-apiserver v1.36
//! (`tests/recordings`); what it leaves out (writes, watches, protobuf) it refuses the way a real one would.

mod clock;
mod cloudwatch;
mod error;
mod fault;
mod fleet;
mod kubeconfig;
mod kubernetes;
mod objects;
mod options;
mod prometheus;
mod recorded;
mod region;
mod request_log;
mod seed;
mod serve;
mod tls;

pub use error::Error;
pub use fault::{Fault, ParseFaultError};
pub use fleet::Fleet;
pub use options::{ClusterProfile, FleetOptions};
pub use recorded::{RecordedApi, Recording};
