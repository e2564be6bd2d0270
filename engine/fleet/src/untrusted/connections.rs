//! Connections that came over HTTP: an address and a credential in the request itself. What would read a file or a variable of the
//! server, go through a proxy, or use an identity of the server is refused by its field.

use serde_json::{Map, Value as Json};

use crate::check::{Check, nearest};
use crate::entry::{self, Entry, Scope};
use crate::error::Position;
use crate::guard::Guard;
use crate::model::{Auth, EndpointSpec, HeaderValue, SecretRef, Tls};
use crate::untrusted::refusal::{Refusal, below};
use crate::yaml::{self, Key};

/// Keys of a connection or of an endpoint that a request may not have.
const REFUSED: &[(&str, &str)] = &[
    (
        "tls",
        "it names files of the server: expected a certificate that the system's roots vouch for",
    ),
    ("proxy", "requests go to the address itself"),
    ("kubeconfig", "it names a file of the server"),
    (
        "context",
        "a context is chosen by the request's own `context`",
    ),
    ("in_cluster", "it uses an identity of the server"),
    (
        "grants",
        "what may be read beyond the usual is granted in the server's clusters.yaml",
    ),
    (
        "impersonate",
        "in whose name a cluster is asked is said in the server's clusters.yaml",
    ),
    (
        "serves",
        "a registered connection serves its own cluster alone",
    ),
    (
        "region",
        "APIs of AWS are asked with an identity of the server: name them in its clusters.yaml",
    ),
];
const AUTH_FORM: &str = "expected `\"none\"`, `{\"bearer\": \"TOKEN\"}` or `{\"basic\": {\"username\": …, \"password\": …}}`";

/// The connections of a cluster, guarded.
///
/// # Errors
/// What is refused of them.
pub(crate) fn entries(
    cluster: &str,
    region: Option<&str>,
    connections: &Map<String, Json>,
    plugins: &[&str],
    guard: &Guard,
) -> Result<Vec<Entry>, Vec<Refusal>> {
    let mut refused = Vec::new();
    let mut entries = Vec::new();
    for (plugin, body) in connections {
        match entry(cluster, plugin, body, plugins, guard) {
            Ok(mut entry) => {
                entry.default_region(region);
                entries.push(entry);
            }
            Err(wrong) => refused.extend(wrong),
        }
    }
    if refused.is_empty() {
        Ok(entries)
    } else {
        Err(refused)
    }
}

fn entry(
    cluster: &str,
    plugin: &str,
    body: &Json,
    plugins: &[&str],
    guard: &Guard,
) -> Result<Entry, Vec<Refusal>> {
    let field = below("connections", plugin);
    let wrong = |message: String| vec![Refusal::new(&field, message)];
    if plugin == "kube" {
        let message = "the API server is in the `kubeconfig`".to_owned();
        return Err(wrong(message));
    }
    if !plugins.contains(&plugin) {
        let meant = nearest(plugin, plugins.iter().copied());
        let meant = meant.map_or_else(String::new, |it| format!("; did you mean `{it}`?"));
        let known = plugins.join(", ");
        return Err(wrong(format!(
            "no plugin of this name is installed, but {known}{meant}"
        )));
    }
    let Json::Object(body) = body else {
        return Err(wrong("expected an object".to_owned()));
    };
    let mut body = body.clone();
    let mut refused = Vec::new();
    refuse_references(&field, &body, &mut refused);
    let own = endpoint(&field, &mut body, &mut refused);
    let mut others = Vec::new();
    if let Some(Json::Object(endpoints)) = body.get_mut("endpoints") {
        let field = below(&field, "endpoints");
        for (name, value) in endpoints {
            if let Json::Object(value) = value {
                let auth = endpoint(&below(&field, name), value, &mut refused);
                others.push((name.clone(), auth));
            }
        }
    }
    if !refused.is_empty() {
        return Err(refused);
    }
    let key = Key {
        at: Position::default(),
        name: plugin.to_owned(),
    };
    let mut check = Check::default();
    let node = yaml::of_json(&Json::Object(body));
    let read = entry::of_cluster(cluster, &key, &node, &Scope::bare(plugins), &mut check);
    let problems = check.finish();
    refused.extend(problems.into_iter().map(|it| Refusal::of(&field, it)));
    let Some(Some(mut entry)) = read.filter(|_| refused.is_empty()) else {
        return Err(refused);
    };
    guarded(&field, &mut entry.endpoint, own, guard, &mut refused);
    for (name, auth) in others {
        if let Some(spec) = entry.endpoints.get_mut(&name) {
            let field = format!("{field}.endpoints.{name}");
            guarded(&field, spec, auth, guard, &mut refused);
        }
    }
    if entry.endpoint == EndpointSpec::Unaddressed && entry.endpoints.is_empty() {
        refused.push(Refusal::new(
            below(&field, "url"),
            "expected the address, got nothing",
        ));
    }
    if refused.is_empty() {
        Ok(entry)
    } else {
        Err(refused)
    }
}

/// Takes the credential out of an endpoint, and refuses what it may not have.
fn endpoint(field: &str, body: &mut Map<String, Json>, refused: &mut Vec<Refusal>) -> Option<Auth> {
    for (key, why) in REFUSED {
        if body.contains_key(*key) {
            refused.push(Refusal::new(below(field, key), *why));
        }
    }
    let auth = body.remove("auth")?;
    let read = auth_of(&auth);
    let field = below(field, "auth");
    // A reference in it was refused already.
    let is_known = refused.iter().any(|it| it.field.starts_with(&field));
    if read.is_none() && !is_known {
        refused.push(Refusal::new(field, AUTH_FORM));
    }
    read
}

fn auth_of(json: &Json) -> Option<Auth> {
    let inline = |json: &Json| {
        let text = json.as_str().filter(|it| !it.is_empty())?;
        Some(SecretRef::Inline(text.to_owned()))
    };
    if json.as_str() == Some("none") {
        return Some(Auth::None);
    }
    let mut pairs = json.as_object()?.iter();
    let auth = match pairs.next()? {
        (key, value) if key == "bearer" => Auth::Bearer(inline(value)?),
        (key, Json::Object(basic)) if key == "basic" && basic.len() == 2 => Auth::Basic {
            username: basic
                .get("username")?
                .as_str()
                .filter(|it| !it.contains(':'))?
                .to_owned(),
            password: inline(basic.get("password")?)?,
        },
        _ => return None,
    };
    pairs.next().is_none().then_some(auth)
}

/// Puts an endpoint under the guard. What slipped through what was read is refused here: nothing of the server may be left in it.
fn guarded(
    field: &str,
    spec: &mut EndpointSpec,
    auth: Option<Auth>,
    guard: &Guard,
    refused: &mut Vec<Refusal>,
) {
    let why = match spec {
        EndpointSpec::Unaddressed => return,
        EndpointSpec::Http(http) => {
            match (auth, &http.auth) {
                (Some(auth), Auth::None) => http.auth = auth,
                (Some(_), _) => {
                    let message = "`auth` and a user in `url`: expected one of them";
                    refused.push(Refusal::new(field, message));
                }
                (None, _) => {}
            }
            http.guard = Some(guard.clone());
            let is_inline = |it: &SecretRef| matches!(it, SecretRef::Inline(_));
            let auth = match &http.auth {
                Auth::None => true,
                Auth::Bearer(secret) => is_inline(secret),
                Auth::Basic { password, .. } => is_inline(password),
            };
            let mut headers = http.headers.iter();
            let headers = headers.all(|(_, value)| matches!(value, HeaderValue::Plain(_)));
            if auth && headers && http.tls == Tls::default() && http.proxy.is_none() {
                return;
            }
            "it reads something of the server"
        }
        EndpointSpec::Aws(_) => {
            "APIs of AWS are asked with an identity of the server: name them in its clusters.yaml"
        }
        EndpointSpec::Kubernetes(_) => "it uses a kubeconfig of the server",
    };
    refused.push(Refusal::new(field, why));
}

/// Refuses `{env: …}` and `{file: …}` wherever they stand.
fn refuse_references(field: &str, body: &Map<String, Json>, refused: &mut Vec<Refusal>) {
    for (key, value) in body {
        let field = below(field, key);
        match value {
            Json::Object(inner) => {
                for name in ["env", "file"] {
                    if inner.len() == 1 && inner.contains_key(name) {
                        let what = if name == "env" {
                            "a variable"
                        } else {
                            "a file"
                        };
                        let message =
                            format!("it names {what} of the server: expected the value itself");
                        refused.push(Refusal::new(below(&field, name), message));
                    }
                }
                refuse_references(&field, inner, refused);
            }
            Json::Array(items) => {
                for (at, item) in items.iter().enumerate() {
                    let one = Map::from_iter([(at.to_string(), item.clone())]);
                    refuse_references(&field, &one, refused);
                }
            }
            _ => {}
        }
    }
}
