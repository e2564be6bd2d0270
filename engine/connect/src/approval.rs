//! What a plugin declares and the operator grants, matched before anything about a credential is touched.

use std::sync::{Arc, PoisonError, RwLock};

use trawl_fleet::{GrantPlace, Operation};

use crate::error::{Error, ErrorKind};
use crate::pattern::matches;
use crate::request::Request;

/// The header that names an AWS action. It is part of an operation, not a header among others.
pub(crate) const ACTION_HEADER: &str = "x-amz-target";

/// The operations and headers that were approved for one endpoint of one plugin.
#[derive(Debug, Clone, Default)]
pub struct Approval {
    /// What the plugin declares: a request that matches none of them is refused.
    pub operations: Vec<Operation>,
    /// What the operator grants of it.
    pub granted: Granted,
    /// Names of request headers that the guest may set, in any case.
    pub request_headers: Vec<String>,
    /// Names of response headers that the guest may see, in any case; `content-type` and
    /// `retry-after` it always may.
    pub response_headers: Vec<String>,
}

/// What the operator grants of what a plugin declares.
#[derive(Debug, Clone, Default)]
pub enum Granted {
    /// All of it: the operator took it over together with trawl.
    #[default]
    Declared,
    /// Only this.
    Only(Grants),
}

/// Operations that are granted on an endpoint, cluster by cluster.
#[derive(Debug, Clone)]
pub struct Grants {
    /// Who asks, for messages: the plugin's installed name.
    pub plugin: String,
    /// The endpoint, as the plugin calls it.
    pub endpoint: String,
    /// The clusters that the endpoint serves, each with what is granted there: a request has to be granted on all of them, and
    /// where there are none nothing is.
    pub clusters: Vec<(String, Vec<Operation>)>,
    /// Where a grant would have to be written.
    pub place: SharedPlace,
}

/// Where a plugin's grants stand in the inventory. Lines move when the file is edited, which leaves everything else as it is.
#[derive(Debug, Clone)]
pub struct SharedPlace {
    place: Arc<RwLock<GrantPlace>>,
}

impl SharedPlace {
    /// A place.
    pub fn new(place: GrantPlace) -> Self {
        Self {
            place: Arc::new(RwLock::new(place)),
        }
    }

    /// Where it is now.
    pub fn get(&self) -> GrantPlace {
        let place = self.place.read().unwrap_or_else(PoisonError::into_inner);
        place.clone()
    }

    /// It moved, for all clones.
    pub fn set(&self, place: GrantPlace) {
        *self.place.write().unwrap_or_else(PoisonError::into_inner) = place;
    }
}

/// Whether an operation is what a request asks for.
fn allows(operation: &Operation, request: &Request, action: Option<&str>) -> bool {
    operation.method == request.method
        && operation.action.as_deref() == action
        && matches(&operation.path, &request.path)
}

impl Approval {
    /// Refuses a request that is none of the declared operations, or is not granted.
    pub(crate) fn check(&self, request: &Request) -> Result<(), Error> {
        let mut actions = request
            .headers
            .iter()
            .filter(|(name, _)| name.eq_ignore_ascii_case(ACTION_HEADER))
            .map(|(_, value)| value.as_str());
        let action = actions.next();
        // A second one could name another action to the server than the first does to us.
        let one = actions.next().is_none();
        let mut declared = self.operations.iter().filter(|_| one);
        let Some(declared) = declared.find(|it| allows(it, request, action)) else {
            return Err(undeclared(request, action));
        };
        match &self.granted {
            Granted::Declared => Ok(()),
            Granted::Only(grants) => grants.check(declared, request, action),
        }
    }
}

impl Grants {
    /// Refuses a request that is not granted on each cluster. `declared` is the operation by which the plugin may ask for it.
    fn check(
        &self,
        declared: &Operation,
        request: &Request,
        action: Option<&str>,
    ) -> Result<(), Error> {
        let is_granted = |operations: &[Operation]| {
            let mut operations = operations.iter();
            operations.any(|operation| allows(operation, request, action))
        };
        let lacking = self.clusters.iter().filter(|(_, it)| !is_granted(it));
        let lacking: Vec<String> = lacking.map(|(cluster, _)| cluster.clone()).collect();
        if lacking.is_empty() && !self.clusters.is_empty() {
            return Ok(());
        }
        let on = match lacking.as_slice() {
            [] => "a connection that serves no cluster".to_owned(),
            clusters => listed(clusters),
        };
        let (words, _) = asked(request, action);
        let place = self.place.get();
        Err(Error::new(
            ErrorKind::PermissionDenied,
            format!(
                "plugin {} asked for {words} on {on}, which is not granted; nothing was sent",
                self.plugin
            ),
        )
        .hint(format!(
            "to allow it, add `{}` {place}",
            place.line(&lacking, &self.endpoint, &[declared])
        )))
    }
}

/// The first names of some clusters, and how many more there are.
fn listed(clusters: &[String]) -> String {
    const SHOWN: usize = 5;
    let names: Vec<&str> = clusters.iter().take(SHOWN).map(String::as_str).collect();
    match clusters.len().saturating_sub(SHOWN) {
        0 => names.join(", "),
        more => format!("{} and {more} more", names.join(", ")),
    }
}

/// A request in words, and as an operation is written.
fn asked(request: &Request, action: Option<&str>) -> (String, String) {
    let method = request.method;
    let path = request.encoded_path();
    match action {
        Some(action) => {
            let action: String = action
                .chars()
                .filter(|c| c.is_ascii_graphic())
                .take(120)
                .collect();
            (
                format!("{method} {path} with the action {action}"),
                format!("{method} {path} {action}"),
            )
        }
        None => (format!("{method} {path}"), format!("{method} {path}")),
    }
}

fn undeclared(request: &Request, action: Option<&str>) -> Error {
    let (words, line) = asked(request, action);
    Error::new(
        ErrorKind::PermissionDenied,
        format!("{words} was not approved for this plugin; nothing was sent"),
    )
    .hint(format!("the operation `{line}` would have to be among those that the plugin declares and you approve"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::Method;
    use trawl_fleet::{Inventory, Origin};

    fn post(headers: &[(&str, &str)]) -> Request {
        Request {
            method: Method::Post,
            path: Vec::new(),
            query: Vec::new(),
            headers: headers
                .iter()
                .map(|(n, v)| ((*n).to_owned(), (*v).to_owned()))
                .collect(),
            body: None,
            timeout: None,
        }
    }

    #[test]
    fn method_and_action_are_part_of_an_operation() {
        let operation = |action: Option<&str>| Approval {
            operations: vec![Operation {
                method: Method::Post,
                path: "/".to_owned(),
                action: action.map(str::to_owned),
            }],
            ..Approval::default()
        };
        let named = operation(Some("Logs.StartQuery"));
        let plain = operation(None);
        for (approval, headers, expected) in [
            (&named, vec![("X-Amz-Target", "Logs.StartQuery")], true),
            (&named, vec![("X-Amz-Target", "Logs.DeleteLogGroup")], false),
            (&named, vec![], false),
            (
                &named,
                vec![
                    ("X-Amz-Target", "Logs.StartQuery"),
                    ("x-amz-target", "Logs.DeleteLogGroup"),
                ],
                false,
            ),
            (&plain, vec![], true),
            (&plain, vec![("X-Amz-Target", "Logs.DeleteLogGroup")], false),
        ] {
            assert_eq!(
                approval.check(&post(&headers)).is_ok(),
                expected,
                "{headers:?}"
            );
        }
        let mut get = post(&[]);
        get.method = Method::Get;
        let error = plain.check(&get).expect_err("another method");
        assert_eq!(error.kind, ErrorKind::PermissionDenied);
        assert!(error.hint.unwrap().contains("`GET /`"));
    }

    fn get(path: &str) -> Request {
        Request {
            method: Method::Get,
            path: path.split('/').skip(1).map(str::to_owned).collect(),
            ..post(&[])
        }
    }

    fn operations(texts: &[&str]) -> Vec<Operation> {
        texts.iter().map(|it| it.parse().unwrap()).collect()
    }

    /// What is declared, and what is granted on each cluster.
    fn granted(declared: &[&str], clusters: &[(&str, &[&str])]) -> Approval {
        let inventory = Inventory::of(vec![], vec![], Origin::File("clusters.yaml".into()));
        let clusters = clusters
            .iter()
            .map(|(name, texts)| ((*name).to_owned(), operations(texts)));
        Approval {
            operations: operations(declared),
            granted: Granted::Only(Grants {
                plugin: "loki".to_owned(),
                endpoint: "loki".to_owned(),
                clusters: clusters.collect(),
                place: SharedPlace::new(inventory.grant_place("loki")),
            }),
            ..Approval::default()
        }
    }

    #[test]
    fn a_request_is_declared_and_granted_on_each_cluster() {
        const ALL: &[&str] = &["GET /{x...}"];
        for (declared, clusters, path, expected) in [
            (&["GET /a/{x}"][..], &[("ap", ALL)][..], "/a/b", true),
            (&["GET /a/{x}"], &[("ap", ALL)], "/b", false),
            (&["GET /{x...}"], &[("ap", &["GET /a"])], "/a", true),
            (&["GET /{x...}"], &[("ap", &["GET /a"])], "/b", false),
            (&["GET /a"], &[("ap", ALL), ("us", ALL)], "/a", true),
            (&["GET /a"], &[("ap", ALL), ("us", &[])], "/a", false),
            (&["GET /a"], &[("ap", &["HEAD /a"])], "/a", false),
            // Of no cluster it could be said that each grants it.
            (&["GET /a"], &[], "/a", false),
        ] {
            let approval = granted(declared, clusters);
            let result = approval.check(&get(path));
            assert_eq!(result.is_ok(), expected, "{declared:?} {clusters:?} {path}");
        }
    }

    #[test]
    fn the_refusal_names_the_line_that_would_allow_it() {
        let approval = granted(&["GET /label/{name}/values"], &[("ap", &[]), ("us", &[])]);
        let error = approval.check(&get("/label/app/values")).unwrap_err();
        assert_eq!(error.kind, ErrorKind::PermissionDenied);
        assert_eq!(
            error.message,
            "plugin loki asked for GET /label/app/values on ap, us, which is not granted; nothing was sent"
        );
        assert_eq!(
            error.hint.unwrap(),
            "to allow it, add `plugins: {loki: {grants: [{clusters: [ap, us], endpoint: loki, operations: [\"GET /label/{name}/values\"]}]}}` at the top level of clusters.yaml, which has no `plugins`"
        );
    }
}
