//! Owns log groups and what is in them: the lines that the containers of a cluster wrote, as Fluent Bit ships them for
//! Container Insights; a group of the control plane that nothing writes to; and one that belongs to no cluster.

use std::sync::{Arc, OnceLock};

use serde_json::{Value, json};

use super::account::{aws_name, log_group_of};
use crate::objects::World;
use crate::objects::log::{self, Line};
use crate::seed::Rng;

/// The agent ships the logs of the first so many pods of a cluster: their lines of an hour are held in memory.
const SHIPPED_PODS: usize = 300;
/// What the agent and the service take before an event can be read, in milliseconds: at least, and at most this more.
const INGESTION_MS: (u64, u64) = (800, 4200);
/// What the service keeps of one writer, at least and at most.
const STORED_BYTES: (u64, u64) = (400_000, 2_600_000);
/// How often the function of the account's own log group runs, in seconds.
const FUNCTION_EVERY_S: u64 = 90;
/// How many of its runs are kept.
const FUNCTION_RUNS: u64 = 40;

/// A log group.
#[derive(Debug)]
pub(crate) struct LogGroup {
    pub(crate) name: String,
    pub(crate) retention_days: Option<u64>,
    /// Milliseconds since 1970.
    pub(crate) created_ms: i64,
    /// As the service tells it: packed, and as it was some time ago; so it is no sum of what can be read.
    pub(crate) stored_bytes: u64,
    source: Source,
    content: OnceLock<Content>,
}

/// Where a group's events come from.
#[derive(Debug)]
enum Source {
    Containers(Arc<World>),
    Function(Arc<World>),
    Nothing,
}

/// The streams and events of a group.
#[derive(Debug, Default)]
pub(crate) struct Content {
    /// By name.
    pub(crate) streams: Vec<Stream>,
    /// By time, and by stream within a millisecond.
    pub(crate) events: Vec<Event>,
}

/// A log stream.
#[derive(Debug)]
pub(crate) struct Stream {
    pub(crate) name: String,
    /// The instants of the first and the last event, in milliseconds.
    pub(crate) first_ms: i64,
    pub(crate) last_ms: i64,
    wrapping: Option<Wrapping>,
}

/// What is around the line in a message of the agent.
#[derive(Debug)]
struct Wrapping {
    /// The member `kubernetes` as text.
    kubernetes: String,
}

/// An event: one line.
#[derive(Debug)]
pub(crate) struct Event {
    /// Milliseconds since 1970.
    pub(crate) at_ms: i64,
    pub(crate) ingested_ms: i64,
    /// The place of its stream among the group's.
    pub(crate) stream: usize,
    nanos: u32,
    text: String,
}

/// The log groups of clusters, by name.
pub(super) fn of(worlds: &[Arc<World>]) -> Vec<LogGroup> {
    let mut groups = Vec::new();
    for world in worlds {
        let cluster = aws_name(&world.profile);
        let containers = Source::Containers(world.clone());
        groups.push(group(
            world,
            log_group_of(&world.profile),
            Some(7),
            containers,
        ));
        groups.push(group(
            world,
            format!("/aws/eks/{cluster}/cluster"),
            None,
            Source::Nothing,
        ));
    }
    if let Some(world) = worlds.first() {
        let source = Source::Function(world.clone());
        groups.push(group(
            world,
            "/aws/lambda/resize-images".to_owned(),
            Some(30),
            source,
        ));
    }
    groups.sort_by(|a, b| a.name.cmp(&b.name));
    groups
}

fn group(world: &World, name: String, retention_days: Option<u64>, source: Source) -> LogGroup {
    let oldest = world.plan.nodes.iter().map(|node| node.age_s).max();
    let writers = match &source {
        Source::Containers(world) => world.running.len(),
        Source::Function(_) => 1,
        Source::Nothing => 0,
    };
    let mut rng = Rng::keyed(world.seed, &["stored", &world.profile.name, &name]);
    let each_bytes = rng.between(STORED_BYTES.0, STORED_BYTES.1);
    LogGroup {
        name,
        stored_bytes: each_bytes.saturating_mul(u64::try_from(writers).unwrap_or(0)),
        retention_days,
        created_ms: millis(world.plan.clock.ago_s(oldest.unwrap_or(0)), 0),
        source,
        content: OnceLock::new(),
    }
}

fn millis(seconds: i64, nanos: u32) -> i64 {
    seconds
        .saturating_mul(1000)
        .saturating_add(i64::from(nanos / 1_000_000))
}

impl LogGroup {
    /// Its streams and events; made when they are first asked for.
    pub(crate) fn content(&self) -> &Content {
        self.content.get_or_init(|| match &self.source {
            Source::Containers(world) => containers(world),
            Source::Function(world) => function(world),
            Source::Nothing => Content::default(),
        })
    }
}

impl Content {
    /// The stream of an event.
    pub(crate) fn stream(&self, event: &Event) -> Option<&Stream> {
        self.streams.get(event.stream)
    }

    /// The message of an event as it was sent.
    pub(crate) fn message(&self, event: &Event) -> String {
        match self
            .stream(event)
            .and_then(|stream| stream.wrapping.as_ref())
        {
            None => event.text.clone(),
            Some(wrapping) => {
                let time = event.line().timestamp();
                let log = Value::from(event.text.as_str());
                let kubernetes = &wrapping.kubernetes;
                format!(
                    "{{\"time\":\"{time}\",\"stream\":\"stdout\",\"_p\":\"F\",\"log\":{log},\"kubernetes\":{kubernetes}}}"
                )
            }
        }
    }

    /// Adds a stream with its lines.
    fn add(&mut self, rng: &mut Rng, name: String, lines: Vec<Line>, wrapping: Option<Wrapping>) {
        let (Some(first), Some(last)) = (lines.first(), lines.last()) else {
            return;
        };
        let stream = self.streams.len();
        self.streams.push(Stream {
            name,
            first_ms: millis(first.at_s, first.nanos),
            last_ms: millis(last.at_s, last.nanos),
            wrapping,
        });
        let (least, more) = INGESTION_MS;
        self.events.extend(lines.into_iter().map(|line| {
            let at_ms = millis(line.at_s, line.nanos);
            Event {
                at_ms,
                ingested_ms: at_ms.saturating_add_unsigned(least.saturating_add(rng.below(more))),
                stream,
                nanos: line.nanos,
                text: line.text,
            }
        }));
    }

    /// Brings streams and events into their order.
    fn ordered(mut self) -> Content {
        let mut places: Vec<usize> = (0..self.streams.len()).collect();
        let name = |place: &usize| self.streams.get(*place).map(|stream| stream.name.clone());
        places.sort_by_cached_key(name);
        let mut ranks = vec![0; places.len()];
        for (rank, place) in places.into_iter().enumerate() {
            if let Some(own) = ranks.get_mut(place) {
                *own = rank;
            }
        }
        for event in &mut self.events {
            event.stream = ranks.get(event.stream).copied().unwrap_or(0);
        }
        self.streams.sort_by(|a, b| a.name.cmp(&b.name));
        self.events.sort_by_key(|event| (event.at_ms, event.stream));
        self
    }
}

impl Event {
    fn line(&self) -> Line {
        Line {
            at_s: self.at_ms.div_euclid(1000),
            nanos: self.nanos,
            text: String::new(),
        }
    }
}

/// The lines of a cluster's containers.
fn containers(world: &World) -> Content {
    let plan = &world.plan;
    let mut content = Content::default();
    for pod in plan.pods.iter().take(SHIPPED_PODS) {
        let (Some(workload), Some(node)) = (plan.workloads.get(pod.workload), plan.node_of(pod))
        else {
            continue;
        };
        for container in log::containers(workload) {
            let mut rng = Rng::keyed(world.seed, &["shipped", &pod.uid, &container]);
            let id = rng.hex(64);
            let lines = log::shipped(plan, (workload, pod), &container);
            let name = format!(
                "{}-application.var.log.containers.{}_{}_{container}-{id}.log",
                node.name, pod.name, workload.namespace
            );
            let kubernetes = json!({
                "pod_name": pod.name, "namespace_name": workload.namespace, "pod_id": pod.uid, "host": node.name,
                "container_name": container, "docker_id": id,
                "container_image": log::image(workload, &container),
            });
            let wrapping = Wrapping {
                kubernetes: kubernetes.to_string(),
            };
            content.add(&mut rng, name, lines, Some(wrapping));
        }
    }
    content.ordered()
}

/// The lines of a function that has nothing to do with clusters: plain text, a report of every run.
fn function(world: &World) -> Content {
    let clock = world.plan.clock;
    let mut rng = Rng::keyed(world.seed, &["function", &world.profile.region]);
    let mut content = Content::default();
    let mut lines = Vec::new();
    for run in (0..FUNCTION_RUNS).rev() {
        let at_s = clock.ago_s(run.saturating_mul(FUNCTION_EVERY_S).saturating_add(5));
        let (id, took_ms) = (rng.uid(), rng.between(40, 2900));
        for (nanos, text) in [
            (1_000_000, format!("START RequestId: {id} Version: 12")),
            (
                9_000_000,
                format!("{id} INFO resized image to {} px", rng.between(320, 1920)),
            ),
            (
                950_000_000,
                format!("REPORT RequestId: {id} Duration: {took_ms}.00 ms Memory Size: 512 MB"),
            ),
        ] {
            lines.push(Line { at_s, nanos, text });
        }
    }
    let day = clock.ago(0).get(..10).unwrap_or_default().replace('-', "/");
    let name = format!("{day}/[12]{}", rng.hex(32));
    content.add(&mut rng, name, lines, None);
    content.ordered()
}
