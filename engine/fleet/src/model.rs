//! What an inventory is once it is read and checked: plain data, cheap to clone, safe to print.
//! It holds references to secrets and never resolves one.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use crate::ages::TableAges;
use crate::aws::AwsSpec;
use crate::error::Position;
use crate::grants::Grants;
use crate::guard::Guard;
use crate::in_cluster::ServiceAccount;
use crate::places::Places;
use crate::policy::Policy;

/// Every cluster and connection of this process, and where they were read from.
#[derive(Debug, Clone, PartialEq)]
pub struct Inventory {
    /// In the order of the file.
    pub clusters: Vec<Cluster>,
    /// One for each set of endpoints: entries of several clusters that are equal are one of these.
    pub connections: Vec<Connection>,
    /// The cluster that a single-cluster door uses when none is named.
    pub default: Option<String>,
    /// What plugins may do and use, by their installed names.
    pub policies: BTreeMap<String, Policy>,
    /// Where the key `plugins` stands, if it is there.
    pub policies_at: Option<Position>,
    /// How old rows of tables may be where rows of a moment ago are taken.
    pub ages: TableAges,
    /// Where this was read from, for `clusters list` and for messages.
    pub origin: Origin,
}

impl Inventory {
    /// Clusters and connections of which nothing else is said.
    pub fn of(clusters: Vec<Cluster>, connections: Vec<Connection>, origin: Origin) -> Inventory {
        Inventory {
            clusters,
            connections,
            default: None,
            policies: BTreeMap::new(),
            policies_at: None,
            ages: TableAges::default(),
            origin,
        }
    }

    /// The cluster of exactly this name.
    pub fn cluster(&self, name: &str) -> Option<&Cluster> {
        self.clusters.iter().find(|cluster| cluster.name == name)
    }

    /// The connections that serve the cluster of this name.
    pub fn connections_of<'a>(&'a self, cluster: &'a str) -> impl Iterator<Item = &'a Connection> {
        self.connections
            .iter()
            .filter(move |connection| connection.serves.iter().any(|name| name == cluster))
    }
}

/// Where an inventory came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// A clusters.yaml.
    File(PathBuf),
    /// No clusters.yaml was found: every context of these kubeconfig files is a cluster.
    Kubeconfig(Vec<PathBuf>),
    /// Neither was found, and this process runs in a pod: its service account is in this folder.
    InCluster(PathBuf),
}

impl fmt::Display for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::File(path) => write!(formatter, "{}", path.display()),
            Origin::Kubeconfig(paths) => {
                let names: Vec<String> = paths.iter().map(|p| p.display().to_string()).collect();
                write!(formatter, "the contexts of {}", names.join(", "))
            }
            Origin::InCluster(folder) => {
                write!(formatter, "the service account in {}", folder.display())
            }
        }
    }
}

/// One Kubernetes cluster, or whatever else the user calls a cluster. How it is reached is said by
/// the connections that serve it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cluster {
    /// Unique in the inventory.
    pub name: String,
    /// As the cloud calls it, such as `ap-southeast-1`.
    pub region: Option<String>,
    /// `production`, `staging`, `development`, or any other word as it was written.
    pub environment: Option<String>,
    /// The cloud account that owns it.
    pub account: Option<String>,
    /// Free labels, matched by `tags.KEY` in queries.
    pub tags: BTreeMap<String, String>,
}

impl Cluster {
    /// A cluster of which nothing is known but its name.
    pub(crate) fn bare(name: &str) -> Cluster {
        Cluster {
            name: name.to_owned(),
            region: None,
            environment: None,
            account: None,
            tags: BTreeMap::new(),
        }
    }
}

/// One plugin with one set of endpoints, which serves one cluster or several.
#[derive(Debug, Clone, PartialEq)]
pub struct Connection {
    /// `CLUSTER/PLUGIN` of the first cluster that named it, or the name of a shared connection.
    pub name: String,
    /// The installed name of the plugin, such as `kube`.
    pub plugin: String,
    /// Names of clusters, in the order of the inventory.
    pub serves: Vec<String>,
    /// What tells some of these clusters apart at the remote, by their names: what `serves` says for the key that the plugin
    /// declares for that.
    pub keys: BTreeMap<String, String>,
    /// Where the plugin's only (or first) endpoint is.
    pub endpoint: EndpointSpec,
    /// Further endpoints by the names that the plugin declares for them.
    pub endpoints: BTreeMap<String, EndpointSpec>,
    /// The guest's part of the entry. No host key and no secret is in it.
    pub config: serde_json::Map<String, serde_json::Value>,
    /// Where the first entry of it stands.
    pub places: Places,
}

impl Connection {
    /// The connection of a cluster that is no more than a name and an API server.
    pub(crate) fn kube(cluster: &str, spec: KubernetesSpec) -> Connection {
        Connection {
            name: format!("{cluster}/kube"),
            plugin: "kube".to_owned(),
            serves: vec![cluster.to_owned()],
            keys: BTreeMap::new(),
            endpoint: EndpointSpec::Kubernetes(spec),
            endpoints: BTreeMap::new(),
            config: serde_json::Map::new(),
            places: Places::default(),
        }
    }
}

/// How an endpoint is reached. `trawl_connect` makes a client of it.
#[derive(Debug, Clone, PartialEq)]
pub enum EndpointSpec {
    /// A Kubernetes API server.
    Kubernetes(KubernetesSpec),
    /// An HTTP API, by its URL.
    Http(HttpSpec),
    /// An API of AWS, by region and service.
    Aws(AwsSpec),
    /// Nothing in the inventory says where it is.
    Unaddressed,
}

impl EndpointSpec {
    /// The region that it is in, where an address has one.
    pub fn region(&self) -> Option<&str> {
        match self {
            EndpointSpec::Aws(spec) => spec.region.as_deref(),
            EndpointSpec::Kubernetes(_) | EndpointSpec::Http(_) | EndpointSpec::Unaddressed => None,
        }
    }

    /// What may be used there.
    pub fn limits(&self) -> Limits {
        match self {
            EndpointSpec::Kubernetes(spec) => spec.limits,
            EndpointSpec::Http(spec) => spec.limits,
            EndpointSpec::Aws(spec) => spec.limits,
            EndpointSpec::Unaddressed => Limits::default(),
        }
    }
}

/// A context of a kubeconfig, or the cluster that this process runs in.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct KubernetesSpec {
    /// The kubeconfig files, merged in this order as kubectl does.
    pub kubeconfig: Vec<PathBuf>,
    /// None: the kubeconfig's current context.
    pub context: Option<String>,
    /// Instead of a kubeconfig: this pod's service account.
    pub in_cluster: Option<ServiceAccount>,
    /// What the operator opened beyond what plugins may always ask for.
    pub grants: Grants,
    /// Whether each request is made in its caller's name (`impersonate: caller`), and none is made for nobody.
    pub impersonate: bool,
    /// Instead of both: what a request registered.
    pub registered: Option<Registered>,
    /// Instead of the kubeconfig's `proxy-url`.
    pub proxy: Option<String>,
    /// What this connection may use.
    pub limits: Limits,
}

/// An API server that came over HTTP, with all that is known of it.
#[derive(Debug, Clone, PartialEq)]
pub enum Registered {
    /// Its address and credential, always with a guard.
    At(Box<HttpSpec>),
    /// Its credential cannot be opened: why, in words for whoever queries it.
    Sealed(String),
}

/// An HTTP endpoint.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct HttpSpec {
    /// `http://` or `https://`, with a path prefix if need be. Never with user-info: that was moved
    /// to `auth` when the file was read.
    pub url: String,
    /// Who we are there.
    pub auth: Auth,
    /// Whom we trust there.
    pub tls: Tls,
    /// Sent with each request.
    pub headers: Vec<(String, HeaderValue)>,
    /// A proxy for this endpoint alone; the process's proxy variables are not looked at.
    pub proxy: Option<String>,
    /// Where it may lead; none: anywhere, since an operator wrote it.
    pub guard: Option<Guard>,
    /// What this connection may use.
    pub limits: Limits,
}

/// The credential of an HTTP endpoint.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Auth {
    /// No credential is sent.
    #[default]
    None,
    /// `Authorization: Bearer …`.
    Bearer(SecretRef),
    /// `Authorization: Basic …`.
    Basic {
        /// Not a secret.
        username: String,
        /// The secret half.
        password: SecretRef,
    },
}

/// Where a secret is, not what it is. It is read by `trawl_connect` when a request needs it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub enum SecretRef {
    /// An environment variable.
    Env(String),
    /// A file; one newline at its end is not part of the secret.
    File(PathBuf),
    /// The secret itself: only from the user-info of a URL. Never printed.
    Inline(String),
}

impl fmt::Debug for SecretRef {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SecretRef::Env(name) => write!(formatter, "{{env: {name}}}"),
            SecretRef::File(path) => write!(formatter, "{{file: {}}}", path.display()),
            SecretRef::Inline(_) => formatter.write_str("(redacted)"),
        }
    }
}

/// The value of a configured header. A plain value can be a secret too, hence it is never printed.
#[derive(Clone, PartialEq, Eq)]
pub enum HeaderValue {
    /// As it stands in the file.
    Plain(String),
    /// Read when a request needs it.
    Secret(SecretRef),
}

impl fmt::Debug for HeaderValue {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            HeaderValue::Plain(_) => formatter.write_str("(redacted)"),
            HeaderValue::Secret(reference) => reference.fmt(formatter),
        }
    }
}

/// TLS of an HTTP endpoint. Without `ca_file` the system's roots are trusted.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Tls {
    /// A PEM bundle that is trusted instead of the system's roots.
    pub ca_file: Option<PathBuf>,
    /// The PEM certificate chain that we present.
    pub cert_file: Option<PathBuf>,
    /// The PEM private key that belongs to `cert_file`.
    pub key_file: Option<PathBuf>,
    /// Instead of files: what came over HTTP.
    pub inline: Option<InlineTls>,
}

/// Certificates and a key as PEM texts. Never printed.
#[derive(Clone, PartialEq, Eq, Hash, Default, serde::Serialize, serde::Deserialize)]
pub struct InlineTls {
    /// A bundle that is trusted instead of the system's roots.
    pub ca: Option<String>,
    /// The certificate chain that we present, and its private key.
    pub identity: Option<(String, String)>,
}

impl fmt::Debug for InlineTls {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("(redacted)")
    }
}

/// What a connection may use, where it differs from the defaults of `trawl_connect`, and of `trawl_exec` for what it may cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Limits {
    /// Until the head of a response is there, retries included.
    pub timeout: Option<Duration>,
    /// Of one decoded response body.
    pub max_body_bytes: Option<u64>,
    /// Requests that wait for a response at the same time.
    pub requests_in_flight: Option<u32>,
    /// What the remote may charge for one query, in millionths of a US dollar.
    pub max_cost_micro_usd: Option<u64>,
}
