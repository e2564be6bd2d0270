//! A cluster for tests: a server with TLS and a folder for the kubeconfig that leads to it.

use std::path::{Path, PathBuf};

use base64::Engine;
use tempfile::TempDir;
use trawl_connect::{Approval, Endpoint};
use trawl_fleet::{EndpointSpec, KubernetesSpec};

use super::{Authority, Reply, Seen, Server, approval};

pub fn base64(text: &str) -> String {
    base64::engine::general_purpose::STANDARD.encode(text)
}

/// A server with TLS, and a folder for the kubeconfig that leads to it.
pub struct Cluster {
    pub authority: Authority,
    pub server: Server,
    pub folder: TempDir,
}

impl Cluster {
    pub async fn start(
        clients: bool,
        handler: impl Fn(&Seen) -> Reply + Send + Sync + 'static,
    ) -> Cluster {
        let authority = Authority::new("cluster");
        let server = Server::start_tls(authority.server(clients), handler).await;
        Cluster {
            authority,
            server,
            folder: tempfile::tempdir().unwrap(),
        }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a kubeconfig with the context `test` and this user (YAML in flow style).
    pub fn kubeconfig(&self, user: &str) -> PathBuf {
        let cluster = format!(
            "{{server: '{}/prefix', certificate-authority-data: {}}}",
            self.server.tls_url(),
            base64(&self.authority.pem())
        );
        self.write("config", &cluster, user)
    }

    pub fn write(&self, name: &str, cluster: &str, user: &str) -> PathBuf {
        let path = self.path(name);
        let text = format!(
            "apiVersion: v1
kind: Config
current-context: test
contexts: [{{name: test, context: {{cluster: c, user: u}}}}, {{name: other, context: {{cluster: c, user: u}}}}]
clusters: [{{name: c, cluster: {cluster}}}]
users: [{{name: u, user: {user}}}]
"
        );
        std::fs::write(&path, text).unwrap();
        path
    }

    /// An executable script.
    pub fn script(&self, text: &str) -> PathBuf {
        use std::os::unix::fs::PermissionsExt;
        let path = self.path("plugin.sh");
        std::fs::write(&path, format!("#!/bin/sh\n{text}\n")).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        path
    }
}

pub fn context(kubeconfig: &Path, context: Option<&str>) -> Endpoint {
    kubernetes(kubeconfig, context, approval())
}

pub fn kubernetes(kubeconfig: &Path, context: Option<&str>, approval: Approval) -> Endpoint {
    let spec = KubernetesSpec {
        kubeconfig: vec![kubeconfig.to_owned()],
        context: context.map(str::to_owned),
        ..KubernetesSpec::default()
    };
    Endpoint::new(EndpointSpec::Kubernetes(spec), approval)
}

pub fn exec(script: &Path) -> String {
    format!(
        "{{exec: {{apiVersion: client.authentication.k8s.io/v1, command: '{}', interactiveMode: Never}}}}",
        script.display()
    )
}
