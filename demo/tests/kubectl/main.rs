//! The real `kubectl` against the fleet: what it prints and counts must agree with what was generated. Without
//! kubectl the test says so and passes, except under CI, where a missing program is a failure.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "helpers of tests may panic and print as tests may"
)]

mod kinds;

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;
use trawl_demo::{Fault, Fleet, FleetOptions};

/// kubectl with a home of its own, so that neither its cache nor a user's configuration is touched.
struct Kubectl<'a> {
    kubeconfig: &'a Path,
    home: tempfile::TempDir,
}

impl Kubectl<'_> {
    fn run(&self, arguments: &str) -> Output {
        Command::new("kubectl")
            .args(arguments.split(' '))
            .env("KUBECONFIG", self.kubeconfig)
            .env("HOME", self.home.path())
            .output()
            .unwrap()
    }

    /// The lines of a command that must succeed.
    fn lines(&self, arguments: &str) -> Vec<String> {
        let output = self.run(arguments);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "kubectl {arguments}: {errors}");
        String::from_utf8(output.stdout)
            .unwrap()
            .lines()
            .map(str::to_owned)
            .collect()
    }

    /// What a command that must fail writes.
    fn refusal(&self, arguments: &str) -> String {
        let output = self.run(arguments);
        assert!(!output.status.success(), "kubectl {arguments} succeeded");
        String::from_utf8_lossy(&output.stderr).into_owned()
    }
}

fn kubectl_is_here() -> bool {
    let found = Command::new("kubectl")
        .args(["version", "--client"])
        .output()
        .is_ok_and(|output| output.status.success());
    if !found {
        assert!(
            std::env::var_os("CI").is_none(),
            "kubectl is missing; under CI that is a failure: install it"
        );
        println!("skipped: kubectl is not installed");
    }
    found
}

fn is_running(pod: &Value) -> bool {
    pod["status"]["phase"] == "Running"
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kubectl_is_satisfied() {
    if !kubectl_is_here() {
        return;
    }
    let fleet = Fleet::start(FleetOptions::default()).await.unwrap();
    let kubectl = Kubectl {
        kubeconfig: fleet.kubeconfig(),
        home: tempfile::tempdir().unwrap(),
    };
    for cluster in ["prod-ap", "prod-us", "staging"] {
        let pods = fleet.objects(cluster, "pods");
        let at = |arguments: &str| kubectl.lines(&format!("--context {cluster} {arguments}"));

        let table = at("get pods -A");
        let columns: Vec<&str> = table[0].split_whitespace().collect();
        assert_eq!(
            columns,
            ["NAMESPACE", "NAME", "READY", "STATUS", "RESTARTS", "AGE"]
        );
        assert_eq!(table.len(), pods.len() + 1);
        assert_eq!(
            at("get pods -A --chunk-size=7 --no-headers").len(),
            pods.len()
        );
        assert!(table.iter().any(|line| line.contains("CrashLoopBackOff")));
        assert!(table.iter().any(|line| line.contains("ImagePullBackOff")));

        let running = pods.iter().filter(|pod| is_running(pod)).count();
        assert_eq!(
            at("get pods -A --field-selector status.phase=Running -o name").len(),
            running
        );
        let payments = pods
            .iter()
            .filter(|pod| pod["metadata"]["labels"]["team"] == "payments")
            .count();
        assert_eq!(at("get pods -A -l team=payments -o name").len(), payments);
        let others = at("get pods -A -l team!=payments,app.kubernetes.io/name -o name").len();
        assert_eq!(others, pods.len() - payments);

        let list: Value = serde_json::from_str(&at("get pods -A -o json").join("\n")).unwrap();
        assert_eq!(list["items"].as_array().unwrap().len(), pods.len());

        let (name, namespace) = (
            &pods[0]["metadata"]["name"],
            &pods[0]["metadata"]["namespace"],
        );
        let (name, namespace) = (name.as_str().unwrap(), namespace.as_str().unwrap());
        let yaml = at(&format!("get pod {name} -n {namespace} -o yaml"));
        assert_eq!(yaml[..2], ["apiVersion: v1", "kind: Pod"]);
        assert!(yaml.contains(&format!("  name: {name}")));
        assert!(at(&format!("describe pod {name} -n {namespace}"))[0].ends_with(name));

        let not_ready = at("get nodes")
            .iter()
            .filter(|line| line.contains("NotReady"))
            .count();
        assert_eq!(not_ready, usize::from(cluster == "prod-us"));
        assert_eq!(
            at("get deployments -A --no-headers").len(),
            fleet.objects(cluster, "deployments").len()
        );
        assert_eq!(
            at("get events -A --no-headers").len(),
            fleet.objects(cluster, "events").len()
        );
        assert_eq!(
            at("get all -n search -o name")
                .iter()
                .filter(|line| line.starts_with("pod/"))
                .count(),
            {
                pods.iter()
                    .filter(|pod| pod["metadata"]["namespace"] == "search")
                    .count()
            }
        );
    }
    let kinds = kubectl.lines("api-resources --no-headers");
    assert!(kinds.iter().any(|line| {
        line.split_whitespace()
            .eq(["pods", "po", "v1", "true", "Pod"])
    }));
    assert!(
        kubectl
            .lines("version")
            .iter()
            .any(|line| line == "Server Version: v1.36.2")
    );
    assert_eq!(kubectl.lines("get --raw /readyz"), ["ok"]);
    fleet.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kubectl_reports_refusals_in_kubernetes_words() {
    if !kubectl_is_here() {
        return;
    }
    let fleet = Fleet::start(FleetOptions {
        pods: 10,
        ..FleetOptions::default()
    })
    .await
    .unwrap();
    let kubectl = Kubectl {
        kubeconfig: fleet.kubeconfig(),
        home: tempfile::tempdir().unwrap(),
    };
    for (arguments, needle) in [
        (
            "get pods nope",
            "Error from server (NotFound): pods \"nope\" not found",
        ),
        (
            "create namespace x",
            "(Forbidden): namespaces is forbidden: User \"trawl-demo\" cannot create",
        ),
        ("delete pods --all -n payments", "Forbidden"),
        (
            "get pods -A --field-selector spec.nope=x",
            "field label not supported: spec.nope",
        ),
        ("get widgets", "doesn't have a resource type \"widgets\""),
    ] {
        let message = kubectl.refusal(arguments);
        assert!(message.contains(needle), "kubectl {arguments}: {message}");
    }
    fleet.set_fault("prod-us", Some(Fault::ForbiddenAll));
    let message = kubectl.refusal("--context prod-us get nodes");
    assert!(message.contains("nodes is forbidden"), "{message}");
    fleet.set_fault("prod-us", Some(Fault::Unauthorized));
    let message = kubectl.refusal("--context prod-us get nodes");
    assert!(
        message.contains("logged in") || message.contains("Unauthorized"),
        "{message}"
    );
    fleet.set_fault("prod-us", Some(Fault::Untrusted));
    let message = kubectl.refusal("--context prod-us get nodes");
    assert!(message.contains("certificate"), "{message}");
    fleet.shutdown().await;
}
