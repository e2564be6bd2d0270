//! Owns cert-manager's objects: a certificate for every host of an ingress, the issuers, and what goes wrong with them: in
//! every cluster one certificate is about to expire, because its renewal fails, and one was never issued.

use serde_json::{Value, json};

use crate::objects::builtin::host;
use crate::objects::kinds::Writer;
use crate::objects::meta::{Managers, Meta};
use crate::objects::pod::labels;

const MANAGERS: Managers = Managers {
    api_version: "cert-manager.io/v1",
    manager: "helm",
    status_manager: Some("cert-manager-certificates-readiness"),
};
const AGE_S: u64 = 80 * 86_400;
const DAY_S: u64 = 86_400;
/// Let's Encrypt issues for 90 days; cert-manager renews when a third of them is left.
const LIFETIME_S: u64 = 90 * DAY_S;
const RENEW_BEFORE_S: u64 = 30 * DAY_S;
/// The certificate whose renewal fails has so long to live.
const ABOUT_TO_EXPIRE_S: u64 = 3 * DAY_S + 5 * 3600;

/// How a certificate fares.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Course {
    Issued,
    /// It is still good, and its renewal has failed for weeks.
    Expiring,
    /// It never was.
    Never,
}

fn condition(kind: &str, status: &str, reason: &str, message: &str, since: &str) -> Value {
    json!({
        "type": kind, "status": status, "reason": reason, "message": message, "lastTransitionTime": since,
        "observedGeneration": 1,
    })
}

/// The certificates of the hosts, which differ between clusters in which of them is in trouble.
pub(in crate::objects) fn certificates(writer: &mut Writer<'_>) {
    let plan = writer.plan;
    let hosts: Vec<_> = plan
        .deployments()
        .filter_map(|(workload, _)| Some((workload, host(plan, workload)?)))
        .collect();
    let place = |shift: usize| {
        plan.profile
            .index
            .saturating_add(shift)
            .checked_rem(hosts.len())
    };
    for (number, (workload, host)) in hosts.iter().enumerate() {
        let course = match Some(number) {
            found if found == place(1) => Course::Expiring,
            found if found == place(3) => Course::Never,
            _ => Course::Issued,
        };
        let name = format!("{}-tls", workload.name);
        let mut rng = plan.stream("certificates.cert-manager.io", workload.namespace, &name);
        let issued_s = match course {
            Course::Expiring => LIFETIME_S.saturating_sub(ABOUT_TO_EXPIRE_S),
            _ => rng.between(DAY_S, LIFETIME_S.saturating_sub(RENEW_BEFORE_S + DAY_S)),
        };
        let meta = Meta {
            generation: Some(1),
            labels: labels(workload),
            owner: Some((
                "networking.k8s.io/v1",
                "Ingress",
                workload.name.clone(),
                plan.uid(
                    "ingresses.networking.k8s.io",
                    workload.namespace,
                    &workload.name,
                ),
            )),
            ..writer.meta(
                workload.namespace,
                name.clone(),
                workload
                    .rolled_out_s
                    .saturating_mul(4)
                    .max(issued_s.saturating_add(DAY_S)),
            )
        };
        let rest = json!({
            "spec": {
                "secretName": name,
                "commonName": host,
                "dnsNames": [host],
                "duration": "2160h0m0s",
                "renewBefore": "720h0m0s",
                "usages": ["digital signature", "key encipherment"],
                "privateKey": {"algorithm": "ECDSA", "size": 256, "rotationPolicy": "Always"},
                "issuerRef": {"name": "letsencrypt", "kind": "ClusterIssuer", "group": "cert-manager.io"},
            },
            "status": status(writer, course, issued_s, rng.between(2, 9)),
        });
        writer.put(meta, &MANAGERS, Vec::new(), rest);
    }
}

fn status(writer: &Writer<'_>, course: Course, issued_s: u64, revision: u64) -> Value {
    let clock = writer.plan.clock;
    let issued = clock.ago(issued_s);
    let renewal_s = LIFETIME_S.saturating_sub(RENEW_BEFORE_S);
    // The instants after the issuing may lie ahead of now.
    let after = |seconds: u64| match issued_s.checked_sub(seconds) {
        Some(ago_s) => clock.ago(ago_s),
        None => clock.ahead(seconds.saturating_sub(issued_s)),
    };
    let failure = "The certificate request has failed to complete and will be retried: Failed to wait for order resource \
                   to become ready: order is in \"invalid\" state: acme: authorization error: DNS problem: NXDOMAIN \
                   looking up A";
    let failed = |since: &str| condition("Issuing", "False", "Failed", failure, since);
    let dates = json!({
        "notBefore": issued, "notAfter": after(LIFETIME_S), "renewalTime": after(renewal_s), "revision": revision,
    });
    let ready = condition(
        "Ready",
        "True",
        "Ready",
        "Certificate is up to date and has not expired",
        &issued,
    );
    let failed_s = issued_s.saturating_sub(renewal_s);
    let mut status = match course {
        Course::Never => json!({"conditions": [
            condition(
                "Ready", "False", "DoesNotExist", "Issuing certificate as Secret does not exist", &clock.ago(6 * 3600)
            ),
            failed(&clock.ago(3600)),
        ]}),
        Course::Expiring => {
            json!({"conditions": [ready, failed(&clock.ago(failed_s))]})
        }
        Course::Issued => json!({"conditions": [ready]}),
    };
    if let (Some(status), Value::Object(dates)) = (status.as_object_mut(), dates)
        && course != Course::Never
    {
        status.extend(dates);
    }
    if course != Course::Issued {
        status["failedIssuanceAttempts"] = json!(if course == Course::Never { 3 } else { 14 });
        status["lastFailureTime"] = json!(clock.ago(3600));
    }
    status
}

/// The issuers of the cluster.
pub(in crate::objects) fn cluster_issuers(writer: &mut Writer<'_>) {
    let since = writer.plan.clock.ago(AGE_S);
    for (name, server) in [
        ("letsencrypt", "https://acme-v02.api.letsencrypt.org"),
        (
            "letsencrypt-staging",
            "https://acme-staging-v02.api.letsencrypt.org",
        ),
    ] {
        let meta = Meta {
            generation: Some(1),
            ..writer.meta("", name, AGE_S)
        };
        let account = writer
            .plan
            .stream("clusterissuers.cert-manager.io", "", name)
            .below(1_000_000_000);
        let rest = json!({
            "spec": {"acme": {
                "server": format!("{server}/directory"), "email": "platform@acme.example",
                "privateKeySecretRef": {"name": format!("{name}-account")},
                "solvers": [{"http01": {"ingress": {"ingressClassName": "nginx"}}}],
            }},
            "status": {
                "acme": {"uri": format!("{server}/acme/acct/{account}"), "lastRegisteredEmail": "platform@acme.example"},
                "conditions": [condition(
                    "Ready", "True", "ACMEAccountRegistered", "The ACME account was registered with the ACME server",
                    &since
                )],
            },
        });
        writer.put(meta, &MANAGERS, Vec::new(), rest);
    }
}

/// An authority of its own for every team; that of `search` has lost its key.
pub(in crate::objects) fn issuers(writer: &mut Writer<'_>) {
    let since = writer.plan.clock.ago(AGE_S);
    for namespace in writer.plan.team_namespaces() {
        let meta = Meta {
            generation: Some(1),
            ..writer.meta(namespace, "internal", AGE_S)
        };
        let condition = match namespace {
            "search" => condition(
                "Ready",
                "False",
                "ErrGetKeyPair",
                "Error getting keypair for CA issuer: secrets \"internal-ca\" not found",
                &since,
            ),
            _ => condition(
                "Ready",
                "True",
                "KeyPairVerified",
                "Signing CA verified",
                &since,
            ),
        };
        let rest = json!({
            "spec": {"ca": {"secretName": "internal-ca"}}, "status": {"conditions": [condition]},
        });
        writer.put(meta, &MANAGERS, Vec::new(), rest);
    }
}
