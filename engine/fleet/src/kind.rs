//! Where an endpoint is that a plugin declares: the declaration meets what the inventory says. It refuses what cannot be
//! meant together; it knows kinds of endpoints, and no plugin.

use crate::model::{Connection, EndpointSpec};

/// An API server of Kubernetes, whose rules hold only where it is known to be one.
const KUBERNETES: &str = "kubernetes";
/// An API of AWS, whose name is the service's.
const AWS: &str = "aws";

/// A connection is not addressed as its plugin needs it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Mismatch {
    /// A Kubernetes API with a URL.
    #[error(
        "connection {connection}: the endpoint `{endpoint}` of {plugin} is a Kubernetes API, reached by `context: NAME` and not by a URL"
    )]
    NotKubernetes {
        /// The connection's name.
        connection: String,
        /// The plugin's installed name.
        plugin: String,
        /// The endpoint as the plugin calls it.
        endpoint: String,
    },
    /// An API of AWS whose region is not said.
    #[error(
        "connection {connection}: the endpoint `{endpoint}` of {plugin} is an API of AWS: expected `region: NAME`, and a `url` only beside it"
    )]
    NotAws {
        /// The connection's name.
        connection: String,
        /// The plugin's installed name.
        plugin: String,
        /// The endpoint as the plugin calls it.
        endpoint: String,
    },
    /// Keys of AWS for an API that is none.
    #[error(
        "connection {connection}: the endpoint `{endpoint}` of {plugin} is no API of AWS: expected no `region`, and an `auth` that is `none`, `bearer` or `basic`"
    )]
    OnlyAws {
        /// The connection's name.
        connection: String,
        /// The plugin's installed name.
        plugin: String,
        /// The endpoint as the plugin calls it.
        endpoint: String,
    },
}

impl Connection {
    /// Where the endpoint is that the plugin declares by this name and of this kind.
    ///
    /// # Errors
    /// The connection is addressed as another kind of endpoint is.
    pub fn endpoint_of(&self, name: &str, kind: &str) -> Result<EndpointSpec, Mismatch> {
        let spec = self.endpoints.get(name).unwrap_or(&self.endpoint).clone();
        let (connection, plugin) = (self.name.clone(), self.plugin.clone());
        let endpoint = name.to_owned();
        match (kind, spec) {
            (AWS, EndpointSpec::Aws(spec)) => Ok(EndpointSpec::Aws(spec.of_service(name))),
            (AWS, _) => Err(Mismatch::NotAws {
                connection,
                plugin,
                endpoint,
            }),
            (KUBERNETES, EndpointSpec::Http(_) | EndpointSpec::Aws(_)) => {
                Err(Mismatch::NotKubernetes {
                    connection,
                    plugin,
                    endpoint,
                })
            }
            (_, EndpointSpec::Aws(_)) => Err(Mismatch::OnlyAws {
                connection,
                plugin,
                endpoint,
            }),
            (_, spec) => Ok(spec),
        }
    }
}
