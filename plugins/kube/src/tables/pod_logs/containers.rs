//! Owns the finding of the containers whose logs are wanted, one log for each of their instances; refuses to read logs.

use std::collections::BTreeMap;
use std::rc::Rc;

use serde::Deserialize;
use serde::de::Deserializer;
use trawl_sdk::types::Gap;
use trawl_sdk::{Error, Output};

use super::wanted::Wanted;
use crate::kinds;
use crate::lists::Partition;
use crate::page::Item;
use crate::resource::Resource;
use crate::scan::{self, Objects};
use crate::tables::Remote;

/// The log of one instance of a container.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Log {
    pub(super) pod: Rc<Pod>,
    pub(super) container: String,
    /// Whether it is the instance before the present one.
    pub(super) previous: bool,
}

/// The pod of a log.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Pod {
    pub(super) namespace: String,
    pub(super) name: String,
    /// Whether the API listed it, so that it was there a moment ago.
    pub(super) listed: bool,
    /// Empty unless pods were listed.
    pub(super) labels: BTreeMap<String, String>,
}

/// The logs that are wanted. Pods are listed only where the query does not say all that is in a log's address.
///
/// # Errors
/// What the API answers when pods are listed.
pub(super) fn find(
    wanted: &Wanted,
    remote: &Remote<'_>,
    output: &dyn Output,
) -> Result<Vec<Log>, Error> {
    if wanted.lists.is_empty() {
        return Ok(Vec::new());
    }
    if let Some(logs) = named(wanted) {
        return Ok(logs);
    }
    let kind = kinds::find("pods")
        .ok_or_else(|| Error::internal("expected the kind pods, there is none"))?;
    let resource = Resource::built_in(kind);
    let partition = Partition {
        lists: wanted.lists.clone(),
        labels: wanted.labels.clone(),
        fields: wanted.fields.clone(),
        ..Partition::of_all(&resource, false)
    };
    let mut found = Found {
        wanted,
        logs: Vec::new(),
        pods: 0,
        not_restarted: 0,
        max_pods: u64::from(remote.config.log_pods),
        stopped: false,
    };
    scan::walk(
        &resource,
        &partition,
        remote.config,
        remote.http,
        output,
        &mut found,
    )?;
    if found.pods > found.max_pods {
        output.report(
            Gap::Truncated,
            None,
            &format!(
                "more than {} pods match; the logs of the first {} were read (setting `log_pods` of the connection)",
                found.max_pods, found.max_pods
            ),
        );
    }
    if wanted.previous == Some(true) && found.not_restarted > 0 {
        let message = format!(
            "{} containers were not restarted, so that there is no log of an instance before",
            found.not_restarted
        );
        output.report(Gap::Note, None, &message);
    }
    if found.pods == 0 {
        output.report(Gap::Note, None, "no pod matches, so that there are no logs");
    }
    Ok(found.logs)
}

/// Whether the query says all that is in the addresses of logs.
pub(super) fn names_all(wanted: &Wanted) -> bool {
    wanted.labels.is_empty()
        && wanted.fields.is_empty()
        && wanted.containers.is_some()
        && wanted.lists.iter().all(|list| list.name.is_some())
        && wanted
            .projection
            .iter()
            .all(|column| column.name != "labels")
}

/// The logs of pods and containers that are all named; none when some are not.
fn named(wanted: &Wanted) -> Option<Vec<Log>> {
    if !names_all(wanted) {
        return None;
    }
    let mut logs = Vec::new();
    for list in &wanted.lists {
        let pod = Rc::new(Pod {
            namespace: list.namespace.clone()?,
            name: list.name.clone()?,
            listed: false,
            labels: BTreeMap::new(),
        });
        for container in wanted.containers.iter().flatten() {
            if wanted.container(container) {
                instances(wanted, &pod, container, true, &mut logs);
            }
        }
    }
    Some(logs)
}

/// The logs of a container's instances, the present one first. `had_previous` says whether there may be one before it.
fn instances(
    wanted: &Wanted,
    pod: &Rc<Pod>,
    container: &str,
    had_previous: bool,
    logs: &mut Vec<Log>,
) {
    let log = |previous| Log {
        pod: Rc::clone(pod),
        container: container.to_owned(),
        previous,
    };
    if wanted.previous != Some(true) {
        logs.push(log(false));
    }
    if wanted.previous != Some(false) && had_previous {
        logs.push(log(true));
    }
}

/// Collects the containers of pods.
struct Found<'w> {
    wanted: &'w Wanted,
    logs: Vec<Log>,
    pods: u64,
    /// Containers that have no instance before the present one.
    not_restarted: u64,
    max_pods: u64,
    stopped: bool,
}

impl Objects for Found<'_> {
    fn left(&self) -> Option<u64> {
        // One more than is read shows whether there are more.
        Some(self.max_pods.saturating_add(1).saturating_sub(self.pods))
    }

    fn count(&self) -> u64 {
        self.pods
    }

    fn stopped(&self) -> bool {
        self.stopped
    }

    fn stop(&mut self) {
        self.stopped = true;
    }

    fn object<'de, D: Deserializer<'de>>(
        &mut self,
        _: &mut [Option<&'de str>],
        deserializer: D,
    ) -> Result<Item, D::Error> {
        let object = Object::deserialize(deserializer)?;
        self.pods = self.pods.saturating_add(1);
        if self.pods > self.max_pods {
            self.stopped = true;
            return Ok(Item::Stop);
        }
        self.pod(object);
        Ok(Item::More)
    }
}

impl Found<'_> {
    fn pod(&mut self, object: Object) {
        let meta = object.metadata.unwrap_or_default();
        let pod = Rc::new(Pod {
            namespace: meta.namespace,
            name: meta.name,
            listed: true,
            labels: meta.labels.unwrap_or_default(),
        });
        let spec = object.spec.unwrap_or_default();
        let status = object.status.unwrap_or_default();
        let restarted: Vec<&str> = [
            &status.init_container_statuses,
            &status.container_statuses,
            &status.ephemeral_container_statuses,
        ]
        .into_iter()
        .flatten()
        .flatten()
        .filter(|status| status.had_previous())
        .map(|status| status.name.as_str())
        .collect();
        let containers = [
            &spec.init_containers,
            &spec.containers,
            &spec.ephemeral_containers,
        ];
        for container in containers.into_iter().flatten().flatten() {
            if self.wanted.container(&container.name) {
                let had_previous = restarted.contains(&container.name.as_str());
                self.not_restarted = self.not_restarted.saturating_add(u64::from(!had_previous));
                instances(
                    self.wanted,
                    &pod,
                    &container.name,
                    had_previous,
                    &mut self.logs,
                );
            }
        }
    }
}

/// What is read of a pod, <https://pkg.go.dev/k8s.io/api/core/v1#Pod>.
#[derive(Deserialize)]
struct Object {
    metadata: Option<Meta>,
    spec: Option<Spec>,
    status: Option<Status>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Meta {
    name: String,
    namespace: String,
    labels: Option<BTreeMap<String, String>>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
struct Spec {
    containers: Option<Vec<Container>>,
    init_containers: Option<Vec<Container>>,
    ephemeral_containers: Option<Vec<Container>>,
}

#[derive(Deserialize)]
struct Container {
    #[serde(default)]
    name: String,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
struct Status {
    container_statuses: Option<Vec<ContainerStatus>>,
    init_container_statuses: Option<Vec<ContainerStatus>>,
    ephemeral_container_statuses: Option<Vec<ContainerStatus>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ContainerStatus {
    #[serde(default)]
    name: String,
    last_state: Option<LastState>,
}

#[derive(Deserialize)]
struct LastState {
    terminated: Option<serde::de::IgnoredAny>,
}

impl ContainerStatus {
    /// What a kubelet asks before it gives the log of the instance before.
    fn had_previous(&self) -> bool {
        self.last_state
            .as_ref()
            .is_some_and(|state| state.terminated.is_some())
    }
}
