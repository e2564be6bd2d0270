//! The state database: clusters that were registered while a server ran, the default, each caller's current cluster, what alerts came
//! to, and leases.
//!
//! [`Store`] is the whole of it, over a SQLite file or PostgreSQL. What is secret in it is sealed with a key that is kept apart, in a
//! file. It knows no kubeconfig, no engine and no HTTP: a secret is a text to it.

mod alerts;
mod choices;
mod clusters;
mod database;
mod error;
mod keys;
mod lease;
mod limits;
mod migrations;
mod seal;
mod sqlite;
mod store;

pub use clusters::{NewCluster, Rotated, StoredCluster, Unopened};
pub use error::Error;
pub use keys::KeyFile;
pub use limits::MAX_REGISTERED;
pub use store::{Place, Store};
