//! Owns certificate signing requests: those of the kubelets for their own doors, one that nobody has answered and one
//! that was denied.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::objects::kinds::Writer;
use crate::objects::meta::{Managers, Meta};
use crate::seed::Rng;

const KUBELET_SIGNER: &str = "kubernetes.io/kubelet-serving";
const CLIENT_SIGNER: &str = "kubernetes.io/kube-apiserver-client";
/// Bytes of a made-up request or certificate; real ones are about as long.
const LENGTH: usize = 640;

/// What was asked, by whom and what became of it.
struct Request<'a> {
    signer: &'static str,
    user: &'a str,
    groups: Vec<&'a str>,
    usages: &'static [&'static str],
    expires_s: Option<u64>,
    age_s: u64,
    /// The condition: its type, its reason and its message.
    answer: Option<(&'static str, &'static str, &'static str)>,
}

/// The requests of the last day; older ones are cleaned up.
pub(super) fn requests(writer: &mut Writer<'_>) {
    let nodes = writer.plan.nodes.clone();
    for node in &nodes {
        let user = format!("system:node:{}", node.name);
        let mut rng = writer
            .plan
            .stream("certificatesigningrequests", "", &node.name);
        let approved = (
            "Approved",
            "AutoApproved",
            "Auto approving kubelet server certificate after SubjectAccessReview.",
        );
        let request = Request {
            signer: KUBELET_SIGNER,
            user: &user,
            groups: vec!["system:nodes", "system:authenticated"],
            usages: &["digital signature", "server auth"],
            expires_s: None,
            // A kubelet that lost its network asked shortly before, and nobody came by.
            age_s: if node.ready {
                rng.between(3600, 23 * 3600)
            } else {
                node.changed_s.saturating_add(120)
            },
            answer: node.ready.then_some(approved),
        };
        put(writer, &mut rng, &request);
    }
    let mut rng = writer
        .plan
        .stream("certificatesigningrequests", "", "intern");
    let request = Request {
        signer: CLIENT_SIGNER,
        user: "intern@acme.example",
        groups: vec!["acme:engineers", "system:authenticated"],
        usages: &["client auth"],
        expires_s: Some(315_360_000),
        age_s: 9 * 3600,
        answer: Some(("Denied", "TooLong", "Ten years are too long for a client.")),
    };
    put(writer, &mut rng, &request);
}

fn put(writer: &mut Writer<'_>, rng: &mut Rng, request: &Request<'_>) {
    let clock = writer.plan.clock;
    let mut spec = json!({
        "request": pem("CERTIFICATE REQUEST", rng),
        "signerName": request.signer,
    });
    if let Some(seconds) = request.expires_s {
        spec["expirationSeconds"] = json!(seconds);
    }
    spec["usages"] = json!(request.usages);
    spec["username"] = json!(request.user);
    spec["groups"] = json!(request.groups);
    let mut status = json!({});
    if let Some((kind, reason, message)) = request.answer {
        let at = clock.ago(request.age_s.saturating_sub(2));
        status["conditions"] = json!([{
            "type": kind, "status": "True", "reason": reason, "message": message, "lastUpdateTime": at,
            "lastTransitionTime": at,
        }]);
        if kind == "Approved" {
            status["certificate"] = pem("CERTIFICATE", rng);
        }
    }
    let meta = Meta {
        generate_name: Some("csr-".to_owned()),
        ..writer.meta("", format!("csr-{}", rng.suffix(5)), request.age_s)
    };
    let managers = Managers {
        api_version: "certificates.k8s.io/v1",
        manager: "kubelet",
        status_manager: Some("kube-controller-manager"),
    };
    let fields = vec![("spec.signerName", request.signer.to_owned())];
    writer.put(
        meta,
        &managers,
        fields,
        json!({"spec": spec, "status": status}),
    );
}

/// Something that looks like a PEM block, in base64 as the API gives bytes; what is in it means nothing.
fn pem(kind: &str, rng: &mut Rng) -> Value {
    let content = STANDARD.encode(rng.hex(LENGTH));
    json!(STANDARD.encode(format!(
        "-----BEGIN {kind}-----\n{content}\n-----END {kind}-----\n"
    )))
}
