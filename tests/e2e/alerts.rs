//! Alerts of `trawl serve` on a fleet whose one cluster dies and comes back: that it is down fires, what it fired stays, and only its own
//! answer resolves it.

use std::path::Path;

use serde_json::{Value, json};
use trawl_demo::{Fleet, FleetOptions};

use crate::server::{Server, wait_until};

/// The cluster that dies; the demo has a node there that is not ready.
const DYING: &str = "prod-us";
/// An alert of this test's own, whose text changes at its end.
const OWN: &str = "own.nodes";
const NOT_READY: &str = "nodes.not-ready";
const DOWN: &str = "clusters.down";

fn own(folder: &Path, condition: &str) {
    let text = format!(
        "/// Nodes.\n/// @alert every 10s\nsyntax 1;\nnodes | where {condition} | project cluster, name\n"
    );
    std::fs::create_dir_all(folder.join("own")).unwrap();
    std::fs::write(folder.join("own/nodes.trawl"), text).unwrap();
}

/// An alert as the endpoint shows it.
fn alert(server: &Server, name: &str) -> Value {
    let all = server.get("/api/v1/alerts");
    let mut alerts = all["alerts"].as_array().unwrap().iter();
    alerts
        .find(|it| it["name"] == name)
        .cloned()
        .unwrap_or(Value::Null)
}

/// What it fires on a cluster.
fn firing(alert: &Value, cluster: &str) -> Value {
    let mut clusters = alert["clusters"].as_array().unwrap().iter();
    clusters
        .find(|it| it["cluster"] == cluster)
        .cloned()
        .unwrap_or(Value::Null)
}

/// The metrics say what the endpoint says: rows by cluster, and whether the last evaluation was whole.
fn agree(server: &Server, alert: &Value) {
    let series = server.metrics();
    let name = alert["name"].as_str().unwrap();
    for firing in alert["clusters"].as_array().unwrap() {
        let cluster = firing["cluster"].as_str().unwrap();
        let rows = format!(
            "trawl_alert_rows{{query=\"{name}\",cluster=\"{cluster}\"}} {}",
            firing["rows"]
        );
        assert!(series.contains(&rows), "{rows}: {series:#?}");
    }
    let complete = u8::from(alert["complete"] == true);
    let complete = format!("trawl_alert_complete{{query=\"{name}\"}} {complete}");
    assert!(series.contains(&complete), "{complete}: {series:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_alert_stays_while_its_cluster_is_dead_and_resolves_when_it_answers() {
    let options = FleetOptions {
        pods: 20,
        ..FleetOptions::default()
    };
    let fleet = Fleet::start(options).await.unwrap();
    tokio::task::block_in_place(|| {
        let folder = tempfile::tempdir().unwrap();
        let queries = folder.path().join("queries");
        own(&queries, "true");
        let config = ["--config", fleet.clusters_yaml().to_str().unwrap()];
        let state = folder.path().join("state.db").display().to_string();
        let args = [
            "--no-auth",
            "--alerts",
            "10s",
            "--queries",
            queries.to_str().unwrap(),
        ];
        let server = Server::with(folder.path(), &config, &state, &args);
        let is_whole = |name: &str| alert(&server, name)["complete"] == true;
        wait_until(|| [OWN, NOT_READY, DOWN].into_iter().all(is_whole));
        let before = [OWN, NOT_READY].map(|name| firing(&alert(&server, name), DYING));
        for firing in &before {
            assert!(firing["rows"].as_u64().unwrap() > 0, "{firing}");
            assert_eq!(firing["stale"], false, "{firing}");
        }
        let down = alert(&server, DOWN);
        assert_eq!(down["status"], "ok", "{down}");
        agree(&server, &down);

        // It dies. That fires, and what it fired is not resolved by its silence.
        fleet.set_fault(DYING, Some("refused".parse().unwrap()));
        wait_until(|| alert(&server, DOWN)["status"] == "firing");
        wait_until(|| [OWN, NOT_READY].into_iter().all(|name| !is_whole(name)));
        let down = alert(&server, DOWN);
        assert_eq!(firing(&down, DYING)["rows"], 1, "{down}");
        assert_eq!(firing(&down, "staging")["rows"], 0, "{down}");
        agree(&server, &down);
        for (name, before) in [OWN, NOT_READY].into_iter().zip(&before) {
            let now = alert(&server, name);
            let kept = firing(&now, DYING);
            assert_eq!(now["status"], "firing", "{now}");
            assert_eq!(now["missing"], json!([DYING]), "{now}");
            assert_eq!(kept["stale"], true, "{now}");
            for same in ["rows", "since_s"] {
                assert_eq!(kept[same], before[same], "{now}");
            }
            agree(&server, &now);
        }

        // Another server with the same database shows the same, and so does this one's next life.
        let shown = tempfile::tempdir().unwrap();
        let other = Server::with(shown.path(), &config, &state, &args);
        wait_until(|| firing(&alert(&other, OWN), DYING)["rows"] == before[0]["rows"]);
        assert_eq!(firing(&alert(&other, OWN), DYING)["stale"], true);

        // It is back, and says so itself.
        fleet.set_fault(DYING, None);
        wait_until(|| alert(&server, DOWN)["status"] == "ok");
        wait_until(|| [OWN, NOT_READY].into_iter().all(is_whole));
        for name in [OWN, NOT_READY, DOWN] {
            agree(&server, &alert(&server, name));
        }
        // Its nodes are as they were, and fire since then.
        let after = [OWN, NOT_READY].map(|name| firing(&alert(&server, name), DYING));
        assert_eq!(after, before, "they fire as before");
        // What the alert asks now has no rows: with its cluster's answer it resolves.
        own(&queries, "name == \"none\"");
        wait_until(|| alert(&server, OWN)["status"] == "ok");
        agree(&server, &alert(&server, OWN));
    });
    fleet.shutdown().await;
}
