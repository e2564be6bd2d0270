//! `trawl demo`: a guided tour on the embedded fleet, and the fleet by itself for other programs.

use std::time::Duration;

use tokio::io::AsyncReadExt;
use trawl_exec::QueryRequest;
use trawl_lang::Style;

use crate::args::{Format, Global};
use crate::commands::query;
use crate::exit::{Failure, Outcome};
use crate::output;
use crate::setup::{self, Session};

/// One stop of the tour.
struct Stop {
    title: &'static str,
    query: &'static str,
    /// Whether one cluster is down meanwhile.
    down: bool,
}

const STOPS: [Stop; 3] = [
    Stop {
        title: "Pods of every cluster by phase: one query, all clusters at once.",
        query: "pods\n| summarize n = count() by cluster, phase\n| sort by cluster asc, n desc",
        down: false,
    },
    Stop {
        title: "The ten pods with the highest CPU: Kubernetes joined with Prometheus.",
        query: "let cpu = prometheus(\"sum by (namespace, pod) (rate(container_cpu_usage_seconds_total[5m]))\");\n\
                pods\n\
                | join (cpu | project cluster, namespace = labels.namespace, name = labels.pod, cores = value)\n    \
                on cluster, namespace, name\n\
                | top 10 by cores\n\
                | project cluster, namespace, name, node, cores = round(cores, 3)",
        down: false,
    },
    Stop {
        title: "A cluster is down: the others answer, and the answer says what is missing.",
        query: "pods\n| where state == \"CrashLoopBackOff\"\n| project cluster, namespace, name, restarts\n| top 5 by restarts",
        down: true,
    },
];

/// The tour.
///
/// # Errors
/// When the fleet cannot start or a stop fails in a way that it should not.
pub async fn tour(global: &Global, style: Style) -> Result<Outcome, Failure> {
    let global = &Global {
        demo: true,
        config: None,
        quiet: false,
        color: global.color,
        demo_fault: Vec::new(),
        ..global.clone()
    };
    let session = setup::session(global).await?;
    let Session {
        engine,
        fleet: Some(fleet),
    } = &session
    else {
        return Err(Failure::Internal(anyhow::anyhow!("the tour has no fleet")));
    };
    output::data(
        format!(
            "A fleet of {} clusters runs in this process, seeded with {}.\n",
            engine.inventory().clusters.len(),
            global.demo_seed
        )
        .as_bytes(),
    )?;
    for (number, stop) in STOPS.iter().enumerate() {
        let down = fleet
            .clusters()
            .nth(1)
            .map(|cluster| cluster.name.clone())
            .filter(|_| stop.down);
        if let Some(cluster) = &down {
            fleet.set_fault(cluster, Some(trawl_demo::Fault::Refused));
        } else if stop.down {
            output::words("this stop needs --demo-clusters 2 or more");
            continue;
        }
        let quoted: String = stop
            .query
            .lines()
            .map(|line| format!("    {line}\n"))
            .collect();
        output::data(format!("\n{}. {}\n\n{quoted}\n", number + 1, stop.title).as_bytes())?;
        let request = QueryRequest {
            timeout: Duration::from_secs(30),
            ..QueryRequest::new(stop.query)
        };
        let outcome = query::answer(
            engine,
            request,
            "query".to_owned(),
            Format::Table,
            global,
            style,
        )
        .await?;
        let expected = if stop.down {
            Outcome::Partial
        } else {
            Outcome::Complete
        };
        if outcome != expected {
            return Err(Failure::Internal(anyhow::anyhow!(
                "this stop should have been {expected:?}, it was {outcome:?}"
            )));
        }
    }
    output::data(b"\nNow yours: trawl --demo query 'pods | take 5', or without --demo on your own kubeconfig.\n")?;
    if let Some(fleet) = session.fleet {
        fleet.shutdown().await;
    }
    Ok(Outcome::Complete)
}

/// The fleet alone, until it is interrupted or stdin ends.
///
/// # Errors
/// When it cannot start.
pub async fn serve(global: &Global) -> Result<Outcome, Failure> {
    let stopped = setup::interrupted();
    let fleet = setup::fleet(global).await?;
    output::data(
        format!(
            "export KUBECONFIG={}\nexport CLUSTER_CONFIG_PATH={}\n",
            fleet.kubeconfig().display(),
            fleet.clusters_yaml().display()
        )
        .as_bytes(),
    )?;
    for line in addresses(&fleet) {
        output::words(&line);
    }
    output::words("the fleet runs until ctrl-c, or until stdin ends");
    let mut stdin = tokio::io::stdin();
    let mut sink = [0_u8; 256];
    let ended = async { while matches!(stdin.read(&mut sink).await, Ok(read) if read > 0) {} };
    tokio::select! {
        () = ended => {}
        () = stopped => {}
    }
    fleet.shutdown().await;
    Ok(Outcome::Complete)
}

/// What listens where, a line for each cluster. CloudWatch is that of the cluster's region, which others may share.
fn addresses(fleet: &trawl_demo::Fleet) -> Vec<String> {
    let line = |name: &str| {
        let kubernetes = fleet.kubernetes_address(name);
        let apis = [
            ("Kubernetes", kubernetes.map(|at| format!("https://{at}"))),
            ("Prometheus", fleet.prometheus_url(name)),
            ("CloudWatch", fleet.cloudwatch_url(name)),
        ];
        let apis = apis
            .into_iter()
            .filter_map(|(api, url)| Some(format!("{api} {}", url?)));
        format!("{name}: {}", apis.collect::<Vec<_>>().join(", "))
    };
    fleet
        .clusters()
        .map(|cluster| line(&cluster.name))
        .collect()
}
