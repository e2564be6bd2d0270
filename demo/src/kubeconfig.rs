//! Owns the files that lead to a fleet: the kubeconfig and the inventory `clusters.yaml`. Both are written into
//! the fleet's private folder and are valid YAML; the kubeconfig contains credentials that end with the process, and the
//! inventory names the file with CloudWatch's.

use std::fs::OpenOptions;
use std::io::Write;
use std::net::SocketAddr;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::error::Error;
use crate::options::ClusterProfile;
use crate::tls::Authority;

/// How a client proves who it is.
#[derive(Debug, Clone)]
pub(crate) enum Credential {
    /// A bearer token.
    Token(String),
    /// The fleet's client certificate.
    Certificate,
}

/// How CloudWatch is reached about a cluster.
#[derive(Debug, Clone)]
pub(crate) struct CloudWatchAccess {
    pub(crate) address: SocketAddr,
    pub(crate) log_group: String,
    pub(crate) access_key_id: String,
    /// The file that holds the secret access key, and nothing else.
    pub(crate) secret: PathBuf,
}

/// One cluster as the files describe it.
#[derive(Debug, Clone)]
pub(crate) struct Access {
    pub(crate) profile: ClusterProfile,
    pub(crate) kubernetes: SocketAddr,
    /// A recorded API has no Prometheus beside it.
    pub(crate) prometheus: Option<SocketAddr>,
    /// Nor CloudWatch.
    pub(crate) cloudwatch: Option<CloudWatchAccess>,
    pub(crate) credential: Credential,
}

/// The kubeconfig: a context for each cluster, named like it; the first is current.
pub(crate) fn kubeconfig(accesses: &[Access], authority: &Authority) -> String {
    let named = |member: &str, value: &dyn Fn(&Access) -> Value| -> Vec<Value> {
        accesses
            .iter()
            .map(|access| json!({"name": access.profile.name, member: value(access)}))
            .collect()
    };
    let clusters = named("cluster", &|access| {
        json!({
            "server": format!("https://{}", access.kubernetes),
            "certificate-authority-data": STANDARD.encode(&authority.ca_pem),
        })
    });
    let users = named("user", &|access| match &access.credential {
        Credential::Token(token) => json!({"token": token}),
        Credential::Certificate => json!({
            "client-certificate-data": STANDARD.encode(&authority.client.certificate_pem),
            "client-key-data": STANDARD.encode(&authority.client.key_pem),
        }),
    });
    let contexts = named(
        "context",
        &|access| json!({"cluster": access.profile.name, "user": access.profile.name}),
    );
    let current = accesses
        .first()
        .map_or("", |access| access.profile.name.as_str());
    // JSON is YAML, and nothing here can then be quoted wrongly.
    let config = json!({
        "apiVersion": "v1", "kind": "Config", "preferences": {},
        "clusters": clusters, "users": users, "contexts": contexts, "current-context": current,
    });
    format!("{config:#}\n")
}

/// The inventory; the first cluster is the default.
pub(crate) fn clusters_yaml(accesses: &[Access], kubeconfig: &Path) -> String {
    let quoted = |text: &str| Value::String(text.to_owned()).to_string();
    let mut yaml = String::from(
        "# Written by trawl's demo fleet; it is gone when the fleet ends.\nclusters:\n",
    );
    for access in accesses {
        let profile = &access.profile;
        yaml.push_str(&format!(
            "  - name: {}\n    region: {}\n    environment: {}\n    kube: {{context: {}, kubeconfig: {}}}\n",
            quoted(&profile.name),
            quoted(&profile.region),
            quoted(&profile.environment),
            quoted(&profile.name),
            quoted(&kubeconfig.display().to_string()),
        ));
        if let Some(prometheus) = access.prometheus {
            yaml.push_str(&format!(
                "    prometheus: {{url: {}}}\n",
                quoted(&format!("http://{prometheus}"))
            ));
        }
        if let Some(cloudwatch) = &access.cloudwatch {
            yaml.push_str(&format!(
                "    cloudwatch:\n      log_group: {}\n      url: {}\n      auth: {{access_key_id: {}, secret_access_key: {{file: {}}}}}\n",
                quoted(&cloudwatch.log_group),
                quoted(&format!("http://{}", cloudwatch.address)),
                quoted(&cloudwatch.access_key_id),
                quoted(&cloudwatch.secret.display().to_string()),
            ));
        }
        yaml.push_str(&format!(
            "    tags: {{team: {}, demo: \"true\"}}\n",
            quoted(&profile.team)
        ));
    }
    if let Some(first) = accesses.first() {
        yaml.push_str(&format!("default: {}\n", quoted(&first.profile.name)));
    }
    yaml
}

/// Writes a file that only its owner can read.
pub(crate) fn write_private(path: &Path, text: &str) -> Result<(), Error> {
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .and_then(|mut file| file.write_all(text.as_bytes()))
        .map_err(|source| Error::Write {
            path: path.to_owned(),
            source,
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_inventory_reads_as_documented() {
        let access = Access {
            profile: ClusterProfile::nth(0),
            kubernetes: "127.0.0.1:6443".parse().unwrap(),
            prometheus: Some("127.0.0.1:9090".parse().unwrap()),
            cloudwatch: Some(CloudWatchAccess {
                address: "127.0.0.1:4566".parse().unwrap(),
                log_group: "/aws/containerinsights/prod/application".to_owned(),
                access_key_id: "AKIAEXAMPLE".to_owned(),
                secret: PathBuf::from("/private/aws-secret-access-key"),
            }),
            credential: Credential::Certificate,
        };
        let bare = Access {
            prometheus: None,
            cloudwatch: None,
            profile: ClusterProfile::nth(2),
            ..access.clone()
        };
        let yaml = clusters_yaml(&[access, bare], Path::new("/private/kubeconfig"));
        let expected = r#"# Written by trawl's demo fleet; it is gone when the fleet ends.
clusters:
  - name: "prod-ap"
    region: "ap-southeast-1"
    environment: "production"
    kube: {context: "prod-ap", kubeconfig: "/private/kubeconfig"}
    prometheus: {url: "http://127.0.0.1:9090"}
    cloudwatch:
      log_group: "/aws/containerinsights/prod/application"
      url: "http://127.0.0.1:4566"
      auth: {access_key_id: "AKIAEXAMPLE", secret_access_key: {file: "/private/aws-secret-access-key"}}
    tags: {team: "payments", demo: "true"}
  - name: "staging"
    region: "ap-southeast-1"
    environment: "staging"
    kube: {context: "staging", kubeconfig: "/private/kubeconfig"}
    tags: {team: "platform", demo: "true"}
default: "prod-ap"
"#;
        assert_eq!(yaml, expected);
    }
}
