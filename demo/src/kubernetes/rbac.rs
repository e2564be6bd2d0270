//! Owns who asks and what they may: the fleet's own user, whose role is to read everything, or whomever it impersonates, who may what
//! the cluster's own roles and bindings say. Discovery is open to all who are known, as `system:discovery` has it.

use http::HeaderName;
use serde_json::Value;

use crate::kubernetes::status::Failure;
use crate::objects::World;
use crate::serve::Call;

/// Who a token or a client certificate stands for, as messages name them.
const OWN_USER: &str = "trawl-demo";
const USER: HeaderName = HeaderName::from_static("impersonate-user");
const GROUP: HeaderName = HeaderName::from_static("impersonate-group");
/// In which everybody is who is known.
const AUTHENTICATED: &str = "system:authenticated";
const ANONYMOUS: &str = "system:anonymous";
const API_GROUP: &str = "rbac.authorization.k8s.io";
/// Stands for all verbs, groups or resources.
const ALL: &str = "*";

/// Who asks.
#[derive(Debug)]
pub(super) enum Asker {
    /// Whom the credential stands for.
    Own,
    /// Whom it impersonates.
    Other { user: String, groups: Vec<String> },
}

/// What somebody wants to do.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wish<'a> {
    pub(super) verb: &'a str,
    pub(super) group: &'a str,
    /// With its part, where it is one: `pods/log`.
    pub(super) resource: &'a str,
    /// None: at the cluster scope.
    pub(super) namespace: Option<&'a str>,
}

impl Asker {
    /// Whom a call names.
    ///
    /// # Errors
    /// Groups without a user, which kube-apiserver answers with 500.
    pub(super) fn of(call: &Call) -> Result<Asker, Failure> {
        let values = call.headers.get_all(GROUP).iter();
        let mut groups: Vec<String> = values
            .filter_map(|value| value.to_str().ok().map(str::to_owned))
            .collect();
        let Some(user) = call.header(USER) else {
            return match groups.as_slice() {
                [] => Ok(Asker::Own),
                groups => Err(Failure::impersonates_nobody(groups)),
            };
        };
        if user != ANONYMOUS && !groups.iter().any(|group| group == AUTHENTICATED) {
            groups.push(AUTHENTICATED.to_owned());
        }
        Ok(Asker::Other {
            user: user.to_owned(),
            groups,
        })
    }

    /// Its name in messages.
    pub(super) fn user(&self) -> &str {
        match self {
            Asker::Own => OWN_USER,
            Asker::Other { user, .. } => user,
        }
    }

    /// Whether it may read what it wants to.
    pub(super) fn may(&self, world: &World, wish: Wish<'_>) -> bool {
        let Asker::Other { user, groups } = self else {
            return true;
        };
        let is_meant = |subject: &Value| {
            let name = text(subject, "name");
            match text(subject, "kind") {
                "User" => name == user,
                "Group" => groups.iter().any(|group| group == name),
                "ServiceAccount" => {
                    let namespace = text(subject, "namespace");
                    *user == format!("system:serviceaccount:{namespace}:{name}")
                }
                _ => false,
            }
        };
        let bound = |kind: &str, namespace: Option<&str>| {
            let bindings = objects(world, kind, namespace).into_iter();
            bindings.filter(|it| list(it, "subjects").iter().any(is_meant))
        };
        let mut rules = bound("clusterrolebindings", None)
            .chain(bound("rolebindings", wish.namespace).filter(|_| wish.namespace.is_some()))
            .flat_map(|binding| role(world, &binding, wish.namespace))
            .flat_map(|role| list(&role, "rules").to_vec());
        rules.any(|rule| wish.is_in(&rule))
    }
}

impl Wish<'_> {
    fn is_in(self, rule: &Value) -> bool {
        let has = |member: &str, wanted: &str| {
            let mut values = list(rule, member).iter().filter_map(Value::as_str);
            values.any(|value| value == ALL || value == wanted)
        };
        has("verbs", self.verb)
            && has("apiGroups", self.group)
            && has("resources", self.resource)
            && list(rule, "resourceNames").is_empty()
    }
}

/// The role that a binding names.
fn role(world: &World, binding: &Value, namespace: Option<&str>) -> Option<Value> {
    let named = binding.get("roleRef")?;
    let (kind, namespace) = match text(named, "kind") {
        "ClusterRole" => ("clusterroles", None),
        _ => ("roles", namespace),
    };
    let wanted = text(named, "name");
    let mut roles = objects(world, kind, namespace).into_iter();
    roles.find(|it| it.pointer("/metadata/name").and_then(Value::as_str) == Some(wanted))
}

fn objects(world: &World, kind: &str, namespace: Option<&str>) -> Vec<Value> {
    let Some(collection) = world.collection(API_GROUP, kind) else {
        return Vec::new();
    };
    let objects = collection.objects().get(collection.range(namespace));
    let objects = objects.unwrap_or_default().iter();
    objects
        .filter_map(|object| serde_json::from_slice(&collection.item(object)).ok())
        .collect()
}

fn text<'a>(object: &'a Value, member: &str) -> &'a str {
    object
        .get(member)
        .and_then(Value::as_str)
        .unwrap_or_default()
}

fn list<'a>(object: &'a Value, member: &str) -> &'a [Value] {
    let list = object.get(member).and_then(Value::as_array);
    list.map(Vec::as_slice).unwrap_or_default()
}
