//! Owns the releases that Helm 3 keeps as secrets: the revisions of every deployment's chart, encoded as Helm does
//! (`pkg/storage/driver/util.go`): JSON, gzipped, in base64; and as a secret's value in base64 once more.

use std::io::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};

use crate::objects::deployment::REVISION;
use crate::objects::kinds::Writer;
use crate::objects::meta::{Managers, Meta};
use crate::objects::plan::trouble;
use crate::objects::pod_plan::PodState;
use crate::objects::workload::Workload;

const KIND: &str = "helm.sh/release.v1";
const CHART_VERSION: &str = "0.9";

/// One revision of a release.
struct Revision {
    number: u64,
    app_version: String,
    status: &'static str,
    description: String,
    deployed_s: u64,
}

/// A secret for each revision of each deployment's release.
pub(super) fn releases(writer: &mut Writer<'_>) {
    let managers = Managers {
        api_version: "v1",
        manager: "Helm",
        status_manager: None,
    };
    let plan = writer.plan;
    for (workload, pods) in plan.deployments() {
        let first_s = workload.rolled_out_s.saturating_mul(4);
        for revision in revisions(workload, trouble(pods)) {
            let deployed = plan.clock.ago(revision.deployed_s);
            let release = release(workload, &revision, &plan.clock.ago(first_s), &deployed);
            let labels = [
                (
                    "modifiedAt",
                    plan.clock.ago_s(revision.deployed_s).to_string(),
                ),
                ("name", workload.name.clone()),
                ("owner", "helm".to_owned()),
                ("status", revision.status.to_owned()),
                ("version", revision.number.to_string()),
            ];
            let name = format!("sh.helm.release.v1.{}.v{}", workload.name, revision.number);
            let meta = Meta {
                labels: labels
                    .map(|(name, value)| (name.to_owned(), value))
                    .to_vec(),
                ..writer.meta(workload.namespace, name, revision.deployed_s)
            };
            let rest = json!({"data": {"release": encode(&release)}, "type": KIND});
            writer.put(meta, &managers, vec![("type", KIND.to_owned())], rest);
        }
    }
}

/// The revisions of a release. The last one of a program whose image cannot be pulled has failed, and Helm still
/// counts the one before as deployed.
fn revisions(workload: &Workload, trouble: Option<PodState>) -> Vec<Revision> {
    let failed = trouble == Some(PodState::ImagePull);
    (1..=REVISION)
        .map(|number| {
            let behind = REVISION.saturating_sub(number);
            let (status, description) = match (behind, failed) {
                (0, true) => (
                    "failed",
                    format!(
                        "Upgrade \"{}\" failed: context deadline exceeded",
                        workload.name
                    ),
                ),
                (0, false) | (1, true) => ("deployed", complete(number)),
                _ => ("superseded", complete(number)),
            };
            let app_version = if behind == 0 {
                &workload.version
            } else {
                &workload.previous_version
            };
            Revision {
                number,
                app_version: app_version.clone(),
                status,
                description,
                deployed_s: workload
                    .rolled_out_s
                    .saturating_mul(behind.saturating_add(1)),
            }
        })
        .collect()
}

fn complete(number: u64) -> String {
    match number {
        1 => "Install complete".to_owned(),
        _ => "Upgrade complete".to_owned(),
    }
}

/// A release as Helm writes it (`pkg/release/v1/release.go`).
fn release(workload: &Workload, revision: &Revision, first: &str, deployed: &str) -> Value {
    let name = &workload.name;
    let image = format!("{}:{}", workload.image, revision.app_version);
    let manifest = format!(
        "---\n# Source: {name}/templates/deployment.yaml\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: \
         {name}\n  namespace: {}\nspec:\n  replicas: {}\n  template:\n    spec:\n      containers:\n        - name: \
         {name}\n          image: {image}\n",
        workload.namespace, workload.replicas
    );
    let template =
        "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: {{ .Release.Name }}\n";
    json!({
        "name": name,
        "info": {
            "first_deployed": first, "last_deployed": deployed, "deleted": "",
            "description": revision.description, "status": revision.status,
        },
        "chart": {
            "metadata": {
                "name": name, "version": format!("{CHART_VERSION}.{}", revision.number), "description": "A program of acme",
                "apiVersion": "v2", "appVersion": revision.app_version, "type": "application",
            },
            "lock": null,
            "templates": [{"name": "templates/deployment.yaml", "data": STANDARD.encode(template)}],
            "values": {"replicas": 1, "image": {"repository": workload.image, "tag": ""}},
            "schema": null,
            "files": null,
        },
        "config": {"replicas": workload.replicas, "image": {"tag": revision.app_version}},
        "manifest": manifest,
        "version": revision.number,
        "namespace": workload.namespace,
    })
}

/// The value of the secret's key `release`.
fn encode(release: &Value) -> String {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    // Writing to memory cannot fail; what would be lost by it is the demo's own invention.
    let packed = encoder
        .write_all(release.to_string().as_bytes())
        .and_then(|()| encoder.finish())
        .unwrap_or_default();
    STANDARD.encode(STANDARD.encode(packed))
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::read::GzDecoder;
    use std::io::Read;

    #[test]
    fn what_is_encoded_is_base64_of_base64_of_gzip() {
        let release = json!({"name": "x", "version": 2});
        let inner = STANDARD.decode(encode(&release)).unwrap();
        let packed = STANDARD.decode(inner).unwrap();
        assert_eq!(packed[..3], [0x1f, 0x8b, 8]);
        let mut text = String::new();
        GzDecoder::new(packed.as_slice())
            .read_to_string(&mut text)
            .unwrap();
        assert_eq!(text, release.to_string());
    }
}
