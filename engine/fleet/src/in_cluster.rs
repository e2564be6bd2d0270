//! The service account of a pod: how trawl reaches the cluster that it runs in. It looks whether the account is
//! there and reads nothing of it; `trawl_connect` reads token and CA when a request needs them.

use std::ffi::OsString;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

use crate::check::Check;
use crate::error::Position;
use crate::model::{Cluster, Connection, Inventory, KubernetesSpec, Origin};
use crate::yaml::{Node, Value};

/// Where the kubelet mounts the account, in every pod that has one.
pub(crate) const FOLDER: &str = "/var/run/secrets/kubernetes.io/serviceaccount";
/// The name of the one cluster of an inventory that nobody wrote.
const CLUSTER_NAME: &str = "in-cluster";
/// The kubelet sets both in every container.
const HOST: &str = "KUBERNETES_SERVICE_HOST";
const PORT: &str = "KUBERNETES_SERVICE_PORT";

/// A pod's way to the API server of its own cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceAccount {
    /// `https://HOST:PORT` of the two variables.
    pub server: String,
    /// The folder of `token` and `ca.crt`, both of which the kubelet renews.
    pub folder: PathBuf,
}

impl ServiceAccount {
    /// The account, by the variables that the kubelet sets; none where they are missing or say no address.
    pub(crate) fn find(
        variable: &dyn Fn(&str) -> Option<OsString>,
        folder: &Path,
    ) -> Option<ServiceAccount> {
        let host = variable(HOST)?.into_string().ok()?;
        let port: u16 = variable(PORT)?.into_string().ok()?.parse().ok()?;
        let authority = match host.parse::<IpAddr>() {
            Ok(address) => SocketAddr::new(address, port).to_string(),
            Err(_) => format!("{host}:{port}"),
        };
        let server = format!("https://{authority}");
        let url = url::Url::parse(&server).ok()?;
        let only_an_address = url.path() == "/"
            && url.username().is_empty()
            && url.query().is_none()
            && url.fragment().is_none();
        only_an_address.then(|| ServiceAccount {
            server,
            folder: folder.to_owned(),
        })
    }

    /// Whether its files are mounted.
    fn is_mounted(&self) -> bool {
        ["token", "ca.crt"]
            .iter()
            .all(|name| self.folder.join(name).is_file())
    }

    /// The inventory of a pod without a clusters.yaml and a kubeconfig: its own cluster.
    pub(crate) fn inventory(&self) -> Option<Inventory> {
        if !self.is_mounted() {
            return None;
        }
        let spec = KubernetesSpec {
            in_cluster: Some(self.clone()),
            ..KubernetesSpec::default()
        };
        let cluster = Cluster::bare(CLUSTER_NAME);
        let connection = Connection::kube(&cluster.name, spec);
        let origin = Origin::InCluster(self.folder.clone());
        Some(Inventory {
            default: Some(cluster.name.clone()),
            ..Inventory::of(vec![cluster], vec![connection], origin)
        })
    }
}

/// Reads `in_cluster: true`. `account` is the one of this process, if it runs in a pod.
pub(crate) fn read(
    at: Position,
    node: &Node,
    account: Option<&ServiceAccount>,
    check: &mut Check,
) -> Option<ServiceAccount> {
    match (&node.value, account) {
        (Value::Bool(true), Some(account)) => Some(account.clone()),
        (Value::Bool(true), None) => {
            check.problem_with_hint(
                at,
                format!(
                    "`in_cluster`: expected {HOST} and {PORT} to be set, as they are in every pod"
                ),
                Some("outside of a pod, name a `context` of a kubeconfig".to_owned()),
            );
            None
        }
        // `in_cluster: false` is what leaving it out means.
        (Value::Bool(false), _) => None,
        _ => {
            check.problem(
                node.at,
                format!("`in_cluster`: expected `true`, found {}", node.kind()),
            );
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::{LoadOptions, again, load};
    use crate::model::EndpointSpec;

    fn account(host: &str, port: &str) -> Option<ServiceAccount> {
        let variable = |name: &str| match name {
            HOST => Some(OsString::from(host)),
            PORT => Some(OsString::from(port)),
            _ => None,
        };
        ServiceAccount::find(&variable, Path::new("/account"))
    }

    #[test]
    fn the_variables_make_an_address_or_nothing() {
        for (host, port, server) in [
            ("10.0.0.1", "443", Some("https://10.0.0.1:443")),
            ("fd00::1", "6443", Some("https://[fd00::1]:6443")),
            (
                "kubernetes.default.svc",
                "443",
                Some("https://kubernetes.default.svc:443"),
            ),
            ("10.0.0.1", "99999", None),
            ("10.0.0.1", "", None),
            ("", "443", None),
            ("evil/x", "443", None),
            ("u:p@evil", "443", None),
        ] {
            let found = account(host, port).map(|account| account.server);
            assert_eq!(found.as_deref(), server, "{host} {port}");
        }
    }

    /// Loads in a folder with these files; the account is mounted in it, the variables are set or not.
    fn loaded(files: &[(&str, &str)], in_a_pod: bool) -> Result<Inventory, crate::Error> {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let home = folder.path().join("home").into_os_string();
        let variable = |name: &str| match name {
            "HOME" => Some(home.clone()),
            HOST if in_a_pod => Some(OsString::from("10.0.0.1")),
            PORT if in_a_pod => Some(OsString::from("443")),
            _ => None,
        };
        let options = LoadOptions {
            config: None,
            plugins: &["kube"],
            variable: &variable,
            folder: folder.path().to_owned(),
        };
        load(&options, &folder.path().join("account"))
    }

    fn in_cluster(inventory: &Inventory) -> Option<&ServiceAccount> {
        match &inventory.connections.first()?.endpoint {
            EndpointSpec::Kubernetes(spec) => spec.in_cluster.as_ref(),
            _ => None,
        }
    }

    const MOUNTED: [(&str, &str); 2] = [("account/token", "t"), ("account/ca.crt", "c")];

    #[test]
    fn a_pod_without_any_configuration_has_its_own_cluster() {
        let inventory = loaded(&MOUNTED, true).unwrap();
        assert_eq!(inventory.default.as_deref(), Some("in-cluster"));
        assert_eq!(inventory.connections[0].name, "in-cluster/kube");
        assert_eq!(
            in_cluster(&inventory).unwrap().server,
            "https://10.0.0.1:443"
        );
        assert!(matches!(inventory.origin, Origin::InCluster(_)));
        // Without the files, or without the variables, it is no pod.
        let error = loaded(&MOUNTED[..1], true).unwrap_err().to_string();
        assert!(error.contains("`token` and `ca.crt` in "), "{error}");
        assert!(loaded(&MOUNTED, false).is_err());
    }

    #[test]
    fn a_kubeconfig_comes_first() {
        let mut files = MOUNTED.to_vec();
        files.push(("home/.kube/config", "contexts: [{name: a}]\n"));
        let inventory = loaded(&files, true).unwrap();
        assert_eq!(inventory.clusters[0].name, "a");
        assert_eq!(in_cluster(&inventory), None);
    }

    #[test]
    fn a_file_names_the_own_cluster_beside_others() {
        let text = "clusters:\n- name: own\n  kube: {in_cluster: true}\n- name: a\n  kube: {in_cluster: false, context: a}\n";
        let files = [("config/clusters.yaml", text)];
        let inventory = loaded(&files, true).unwrap();
        assert!(in_cluster(&inventory).is_some());
        assert_eq!(inventory.connections[1].name, "a/kube");
        let error = loaded(&files, false).unwrap_err().to_string();
        assert!(
            error.contains(":3:10: `in_cluster`: expected KUBERNETES_SERVICE_HOST"),
            "{error}"
        );
    }

    #[test]
    fn what_does_not_go_with_it_is_refused() {
        for (keys, words) in [
            (
                "in_cluster: true, context: x",
                "`context` does not go with `in_cluster`",
            ),
            (
                "in_cluster: true, kubeconfig: x",
                "`kubeconfig` does not go with `in_cluster`",
            ),
            (
                "in_cluster: true, url: 'http://x'",
                "`url` does not go with",
            ),
            (
                "in_cluster: yes please",
                "`in_cluster`: expected `true`, found text",
            ),
        ] {
            let text = format!("clusters:\n- name: own\n  kube: {{{keys}}}\n");
            let error = loaded(&[("config/clusters.yaml", &text)], true)
                .unwrap_err()
                .to_string();
            assert!(error.contains(words), "{keys}: {error}");
        }
    }

    #[test]
    fn a_process_that_runs_stays_with_what_it_began_with() {
        let folder = tempfile::tempdir().unwrap();
        let home = folder.path().join("home").into_os_string();
        let variable = |name: &str| match name {
            "HOME" => Some(home.clone()),
            HOST => Some(OsString::from("10.0.0.1")),
            PORT => Some(OsString::from("443")),
            _ => None,
        };
        let options = || LoadOptions {
            config: None,
            plugins: &["kube"],
            variable: &variable,
            folder: folder.path().to_owned(),
        };
        let account = folder.path().join("account");
        let load = || load(&options(), &account).map(|it| it.origin);
        let again = |origin: &Origin| again(origin, &options(), &account).map(|it| it.origin);
        let write = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        let file = "config/clusters.yaml";
        for (name, text) in MOUNTED {
            write(name, text);
        }
        let pod = load().unwrap();
        write("home/.kube/config", "contexts: [{name: a}]\n");
        let contexts = load().unwrap();
        write(file, "clusters: [{name: b}]\n");
        let named = load().unwrap();
        for origin in [&pod, &contexts, &named] {
            assert_eq!(again(origin).unwrap(), *origin);
        }
        // Away, it is a mistake and not a reason to look elsewhere; it comes back.
        std::fs::remove_file(folder.path().join(file)).unwrap();
        let error = again(&named).unwrap_err().to_string();
        assert!(
            error.contains(file) && !error.contains("named by"),
            "{error}"
        );
        assert_eq!(load().unwrap(), contexts);
        write(file, "clusters: [{name: c}]\n");
        assert_eq!(again(&named).unwrap(), named);
        std::fs::remove_file(folder.path().join("home/.kube/config")).unwrap();
        assert!(again(&contexts).is_err());
        std::fs::remove_file(account.join("token")).unwrap();
        assert!(again(&pod).unwrap_err().to_string().contains("`token` and"));
    }
}
