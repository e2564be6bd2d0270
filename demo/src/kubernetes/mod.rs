//! Owns the Kubernetes API of one cluster: who may ask, what is asked, and what is answered. It is read only:
//! writes, watches and subresources are refused the way a server with a reader's role refuses them.

mod continue_token;
mod discovery;
mod field_selector;
mod gzip;
mod label_selector;
mod list;
mod log;
mod negotiate;
mod openapi;
mod path;
mod print;
mod protobuf;
mod rbac;
mod resources;
mod status;
mod table;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use bytes::Bytes;
use http::{Method, StatusCode, header};
use serde_json::Value;

use crate::fault::Fault;
use crate::objects::World;
use crate::serve::{Api, Call, Reply};
use gzip::Gzip;
use negotiate::{Encoding, Form, Subject};
use openapi::OpenApi;
use path::Route;
use rbac::{Asker, Wish};
use resources::{METRICS_GROUP, Resource, Served};
use status::Failure;

/// The API of one cluster.
#[derive(Debug)]
pub(crate) struct KubernetesApi {
    world: Arc<World>,
    served: Served,
    openapi: OpenApi,
    gzip: Gzip,
    token: String,
}

impl KubernetesApi {
    /// Serves a cluster to whoever has the token or a certificate of the fleet.
    pub(crate) fn new(world: Arc<World>, token: String) -> KubernetesApi {
        let served = Served::by(&world.profile);
        KubernetesApi {
            openapi: OpenApi::of(&served),
            gzip: Gzip::default(),
            served,
            world,
            token,
        }
    }

    /// The content type and the body of the answer to a call that is authenticated; none when it is refused.
    pub(crate) fn body(&self, call: &Call) -> Option<(String, Vec<u8>)> {
        let reply = self.answer(call, None);
        let kind = reply.headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
        (reply.status == StatusCode::OK).then(|| (kind.to_owned(), reply.chunks.concat()))
    }
}

/// Whether the request carries this bearer token, or came with a client certificate.
pub(crate) fn is_authenticated(call: &Call, token: &str) -> bool {
    let bearer = call
        .header(header::AUTHORIZATION)
        .and_then(|value| value.strip_prefix("Bearer "));
    match bearer {
        Some(given) => given.trim() == token,
        None => call.certified,
    }
}

/// The objects of a resource, named `PLURAL` or `PLURAL.GROUP`, as lists of the preferred version show them.
pub(crate) fn objects(world: &World, name: &str) -> Vec<Value> {
    let served = Served::by(&world.profile);
    let resource = served.all().find(|resource| resource.is_named(name));
    let Some((resource, collection)) =
        resource.and_then(|found| Some((found, world.collection(found.group, found.plural)?)))
    else {
        return Vec::new();
    };
    let decode = |object| {
        let item = collection.item(object);
        let item = match resource.definition() {
            Some(_) => table::whole_object(resource, &item),
            None => item,
        };
        serde_json::from_slice(&item).unwrap_or_default()
    };
    collection.objects().iter().map(decode).collect()
}

pub(crate) use status::page_not_found;

/// The answer to a request whose credential is not accepted.
pub(crate) fn unauthorized() -> Reply {
    Failure::unauthorized().reply()
}

impl Api for KubernetesApi {
    fn answer(&self, call: &Call, fault: Option<&Fault>) -> Reply {
        let route = Route::of(&call.path, &self.served);
        // Health and version are open to everybody (system:public-info-viewer).
        let open = matches!(route, Route::Health | Route::Version);
        match fault {
            Some(Fault::TooManyRequests) => return status::too_many_requests(),
            Some(Fault::Status(code)) => return Failure::of_status(*code).reply(),
            Some(Fault::Unauthorized) if !open => return unauthorized(),
            _ if !open && !is_authenticated(call, &self.token) => return unauthorized(),
            Some(Fault::MetricsDown) if route.group() == Some(METRICS_GROUP) => {
                return status::api_unavailable();
            }
            _ => {}
        }
        let accept = call.header(header::ACCEPT);
        let reply = self.route(&route, call, fault).unwrap_or_else(|failure| {
            if negotiate::prefers_protobuf(accept) {
                protobuf::refusal(failure.reply())
            } else {
                failure.reply()
            }
        });
        let reply = unless_known(call, reply);
        // The ages in a Table go on, and logs are text that a kubelet sends.
        let compressed = !matches!(route, Route::Subresource { .. });
        let constant = fault.is_none() && !accept.unwrap_or_default().contains("as=Table");
        if compressed {
            self.gzip.apply(call, reply, constant)
        } else {
            reply
        }
    }
}

/// The reply, or 304 when the client says that it has it: discovery and OpenAPI documents carry what names them.
fn unless_known(call: &Call, mut reply: Reply) -> Reply {
    let known = call.header(header::IF_NONE_MATCH).is_some_and(|tags| {
        let has = |etag: &str| tags.split(',').any(|tag| tag.trim() == etag);
        let etag = reply.headers.get(header::ETAG);
        etag.and_then(|etag| etag.to_str().ok()).is_some_and(has)
    });
    if known {
        reply.status = StatusCode::NOT_MODIFIED;
        reply.chunks = Vec::new();
        reply.headers.remove(header::CONTENT_TYPE);
    }
    reply
}

impl KubernetesApi {
    fn route(&self, route: &Route, call: &Call, fault: Option<&Fault>) -> Result<Reply, Failure> {
        self.allowed(route, call, fault, &Asker::of(call)?)?;
        let accept = call.header(header::ACCEPT);
        let form = |subject| negotiate::form(accept, subject).ok_or_else(Failure::not_acceptable);
        let answer = |subject, resource| {
            let has = |form| protobuf::has_encoding(resource, form);
            negotiate::answer(accept, subject, has).ok_or_else(Failure::not_acceptable)
        };
        match route {
            Route::Version => Ok(discovery::version()),
            Route::Health => Ok(Reply::text(StatusCode::OK, "ok")),
            Route::CoreVersions => {
                let host = call.header(header::HOST).unwrap_or("127.0.0.1");
                let form = form(Subject::Discovery)?;
                Ok(discovery::core_versions(&self.served, form, host))
            }
            Route::Groups => {
                let stale = (fault == Some(&Fault::MetricsDown)).then_some(METRICS_GROUP);
                let form = form(Subject::Discovery)?;
                Ok(discovery::groups(&self.served, form, stale))
            }
            Route::Group(name) => Ok(discovery::group(&self.served, name)),
            Route::Resources { group, version } => {
                Ok(discovery::resource_list(&self.served, group, version))
            }
            Route::OpenApiIndex => Ok(self.openapi.index()),
            Route::OpenApi(path) => Ok(self
                .openapi
                .document(path, call)
                .unwrap_or_else(status::page_not_found)),
            Route::List {
                resource,
                namespace,
            } => list::list(
                &self.world,
                resource,
                namespace.as_deref(),
                call,
                answer(Subject::List, resource)?,
                fault,
            ),
            Route::Get {
                resource,
                namespace,
                name,
            } => self.get(
                resource,
                namespace.as_deref(),
                name,
                call,
                answer(Subject::Object, resource)?,
            ),
            Route::Subresource {
                resource,
                namespace,
                name,
                subresource,
            } => {
                // An object that is missing is reported before the part of it that is [recorded: pods/nope/log].
                let whole = (Form::Whole, Encoding::Json);
                self.get(resource, namespace.as_deref(), name, call, whole)?;
                match (namespace, subresource.as_str()) {
                    (Some(namespace), "log") if resource.subresources().contains(&"log") => {
                        log::log(&self.world, namespace, name, call)
                    }
                    _ => Err(Failure::no_such_resource()),
                }
            }
            Route::NoSuchResource => Err(Failure::no_such_resource()),
            Route::NoSuchPage => Ok(status::page_not_found()),
        }
    }

    fn get(
        &self,
        resource: &Resource,
        namespace: Option<&str>,
        name: &str,
        call: &Call,
        (form, encoding): (Form, Encoding),
    ) -> Result<Reply, Failure> {
        let found = self
            .world
            .collection(resource.group, resource.plural)
            .and_then(|collection| Some((collection, collection.find(namespace, name)?)));
        let Some((collection, object)) = found else {
            return Err(Failure::not_found(resource.group, resource.plural, name));
        };
        if encoding == Encoding::Protobuf {
            return protobuf::single(resource, form, collection, object);
        }
        let (item, metadata) = (collection.item(object), collection.metadata(object));
        let body = match form {
            Form::Table => {
                let list_metadata = table::resource_version(&metadata);
                let rows = std::iter::once((item, metadata));
                Bytes::from(table::table(
                    resource,
                    rows,
                    &list_metadata,
                    call.parameter("includeObject"),
                )?)
            }
            Form::Metadata => list::partial(&metadata),
            Form::Whole | Form::AggregatedDiscovery => table::whole_object(resource, &item),
        };
        Ok(Reply::new(
            StatusCode::OK,
            "application/json",
            vec![body, Bytes::from_static(b"\n")],
        ))
    }

    /// What the role of the demo's user allows is reading; whom it impersonates may no more than that.
    fn allowed(
        &self,
        route: &Route,
        call: &Call,
        fault: Option<&Fault>,
        asker: &Asker,
    ) -> Result<(), Failure> {
        let reading = matches!(call.method, Method::GET | Method::HEAD);
        let (resource, namespace, name, part) = match route {
            Route::List {
                resource,
                namespace,
            } => (resource, namespace, "", ""),
            Route::Get {
                resource,
                namespace,
                name,
            } => (resource, namespace, name.as_str(), ""),
            Route::Subresource {
                resource,
                namespace,
                name,
                subresource,
            } => (resource, namespace, name.as_str(), subresource.as_str()),
            _ if reading => return Ok(()),
            _ => return Err(Failure::method_not_allowed()),
        };
        let of = match part {
            "" => resource.plural.to_owned(),
            part => format!("{}/{part}", resource.plural),
        };
        let forbidden = |verb: &str| {
            let place = match namespace {
                Some(namespace) => format!("in the namespace \"{namespace}\""),
                None => "at the cluster scope".to_owned(),
            };
            Failure::forbidden(asker.user(), verb, resource.group, &of, name, &place)
        };
        let verb = match call.method {
            Method::POST => return Err(forbidden("create")),
            Method::PUT => return Err(forbidden("update")),
            Method::PATCH => return Err(forbidden("patch")),
            Method::DELETE if name.is_empty() => return Err(forbidden("deletecollection")),
            Method::DELETE => return Err(forbidden("delete")),
            _ if !reading => return Err(Failure::method_not_allowed()),
            _ if name.is_empty() => "list",
            _ => "get",
        };
        match fault {
            Some(Fault::ForbiddenAll) => return Err(forbidden(verb)),
            Some(Fault::Forbidden) if namespace.is_none() => return Err(forbidden(verb)),
            Some(Fault::ForbiddenResource(name)) if resource.is_named(name) => {
                return Err(forbidden(verb));
            }
            Some(Fault::ForbiddenNamespace(name))
                if resource.namespaced && namespace.as_ref().is_none_or(|of| of == name) =>
            {
                return Err(forbidden(verb));
            }
            _ => {}
        }
        let wish = Wish {
            verb,
            group: resource.group,
            resource: &of,
            namespace: namespace.as_deref(),
        };
        if !asker.may(&self.world, wish) {
            return Err(forbidden(verb));
        }
        if matches!(call.parameter("watch"), Some("1" | "true")) {
            return Err(Failure::method_not_allowed());
        }
        Ok(())
    }
}
