//! Owns the containers of a pod, each with its status: what kind it is and what it does. Refuses the pod's own summary.

use std::borrow::Cow;

use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::{document, input};
use crate::kinds::Value;

/// Where a pod has its containers, and then their statuses, in the order of their rows.
pub(crate) const CONTAINER_LISTS: &[&[&str]] = &[
    &["spec", "initContainers"],
    &["spec", "containers"],
    &["spec", "ephemeralContainers"],
    &["status", "initContainerStatuses"],
    &["status", "containerStatuses"],
    &["status", "ephemeralContainerStatuses"],
];

/// What of a container tells which status is its own, and of which kind it is.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Named<'a> {
    #[serde(borrow)]
    name: Cow<'a, str>,
    #[serde(borrow)]
    restart_policy: Cow<'a, str>,
}

/// One container: an item of a pod.
#[derive(Serialize)]
struct Container<'a> {
    kind: &'static str,
    spec: &'a RawValue,
    status: Option<&'a RawValue>,
}

/// The containers of a pod as a list of `{kind, spec, status}`. Inputs: [`CONTAINER_LISTS`].
pub(crate) fn containers_of(inputs: &[Option<&str>]) -> Value {
    let list = |index| input::<Vec<&RawValue>>(inputs, index).unwrap_or_default();
    let mut found = Vec::new();
    for (index, kind) in ["init", "container", "ephemeral"].into_iter().enumerate() {
        let statuses = list(index + 3);
        for spec in list(index) {
            let container = named(spec);
            let is_own = |status: &&RawValue| named(status).name == container.name;
            found.push(Container {
                // An init container that keeps running beside the others.
                kind: match (kind, container.restart_policy.as_ref()) {
                    ("init", "Always") => "sidecar",
                    _ => kind,
                },
                spec,
                status: statuses.iter().copied().find(is_own),
            });
        }
    }
    document(&found)
}

fn named(container: &RawValue) -> Named<'_> {
    serde_json::from_str(container.get()).unwrap_or_default()
}

#[derive(Deserialize)]
struct State {
    running: Option<IgnoredAny>,
    terminated: Option<IgnoredAny>,
}

/// What it does, as `kubectl describe pod` says it: one that says nothing waits. Inputs: its state.
pub(crate) fn container_state(inputs: &[Option<&str>]) -> Value {
    let Some(state) = input::<State>(inputs, 0) else {
        return Value::Null;
    };
    let text = match (state.running, state.terminated) {
        (Some(_), _) => "Running",
        (None, Some(_)) => "Terminated",
        (None, None) => "Waiting",
    };
    Value::Text(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_container_has_its_own_status() {
        let found = containers_of(&[
            Some(r#"[{"name":"setup"},{"name":"proxy","restartPolicy":"Always"}]"#),
            Some(r#"[{"name":"a","image":"x"},{"name":"b"}]"#),
            Some(r#"[{"name":"debug"}]"#),
            Some(r#"[{"name":"proxy","ready":true}]"#),
            Some(r#"[{"name":"b","restartCount":2},{"name":"a","restartCount":1}]"#),
            None,
        ]);
        let expected = concat!(
            r#"[{"kind":"init","spec":{"name":"setup"},"status":null},"#,
            r#"{"kind":"sidecar","spec":{"name":"proxy","restartPolicy":"Always"},"status":{"name":"proxy","ready":true}},"#,
            r#"{"kind":"container","spec":{"name":"a","image":"x"},"status":{"name":"a","restartCount":1}},"#,
            r#"{"kind":"container","spec":{"name":"b"},"status":{"name":"b","restartCount":2}},"#,
            r#"{"kind":"ephemeral","spec":{"name":"debug"},"status":null}]"#,
        );
        assert_eq!(found, Value::Json(expected.into()));
        for nothing in [None, Some("{}"), Some("null")] {
            assert_eq!(containers_of(&[nothing, nothing]), Value::Json("[]".into()));
        }
    }

    #[test]
    fn states() {
        for (state, expected) in [
            (r#"{"running":{"startedAt":"x"}}"#, "Running"),
            (r#"{"terminated":{"exitCode":0}}"#, "Terminated"),
            (r#"{"waiting":{"reason":"CrashLoopBackOff"}}"#, "Waiting"),
            ("{}", "Waiting"),
        ] {
            let found = container_state(&[Some(state)]);
            assert_eq!(found, Value::Text(expected.into()));
        }
        assert_eq!(container_state(&[None]), Value::Null);
    }
}
