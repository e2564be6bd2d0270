//! Owns one listening port: connections, TLS, and the faults that happen before or after an API's answer.
//! It binds loopback only.

use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use http::{Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

use super::body::Body;
use super::door::Door;
use super::{Api, Call, Reply};
use crate::error::Error;
use crate::fault::{Fault, FaultCell};
use crate::request_log::RequestLog;
use crate::tls::Acceptors;

/// A query in a POST body is short; more than this is no query.
const MAX_BODY_BYTES: usize = 1 << 20;
/// What a port serves, and how.
pub(crate) struct Endpoint {
    pub(crate) api: Arc<dyn Api>,
    pub(crate) fault: Arc<FaultCell>,
    pub(crate) log: Arc<RequestLog>,
    /// `None` serves plain HTTP.
    pub(crate) tls: Option<Acceptors>,
}

/// A port that is served.
#[derive(Debug)]
pub(crate) struct Port {
    door: Arc<Door>,
    fault: Arc<FaultCell>,
    task: JoinHandle<()>,
}

impl Port {
    /// Opens a port and serves it until `shutdown` becomes true or the port is dropped.
    pub(crate) fn serve(
        endpoint: Endpoint,
        what: &str,
        shutdown: watch::Receiver<bool>,
    ) -> Result<Port, Error> {
        let fault = endpoint.fault.clone();
        let door = Door::bind(fault.current() == Some(Fault::Refused)).map_err(|source| {
            Error::Listen {
                what: what.to_owned(),
                source,
            }
        })?;
        let door = Arc::new(door);
        let task = tokio::spawn(run(Arc::new(endpoint), door.clone(), shutdown));
        Ok(Port { door, fault, task })
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.door.address()
    }

    /// Replaces the fault; it holds when this returns.
    pub(crate) fn set_fault(&self, fault: Option<Fault>) {
        let refused = fault == Some(Fault::Refused);
        if refused {
            self.door.close();
        } else {
            self.door.open();
        }
        // This also wakes the task that accepts, which a closed door cannot.
        self.fault.set(fault);
    }

    /// Waits until everything is closed, which `shutdown` must have asked for.
    pub(crate) async fn closed(&mut self) {
        // The task can only fail by being cancelled with the runtime, and then it has ended too.
        let _ = (&mut self.task).await;
    }
}

impl Drop for Port {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn run(endpoint: Arc<Endpoint>, door: Arc<Door>, mut shutdown: watch::Receiver<bool>) {
    let mut changes = endpoint.fault.watch();
    let mut connections = JoinSet::new();
    let for_connections = shutdown.clone();
    loop {
        tokio::select! {
            accepted = door.accept() => {
                if let Ok(stream) = accepted {
                    connections.spawn(connection(endpoint.clone(), stream, for_connections.clone()));
                }
            }
            Some(_) = connections.join_next() => {}
            _ = changes.changed() => {}
            _ = shutdown.wait_for(|stop| *stop) => break,
        }
    }
    door.close();
    connections.shutdown().await;
}

async fn connection(endpoint: Arc<Endpoint>, stream: TcpStream, shutdown: watch::Receiver<bool>) {
    let mut changes = endpoint.fault.watch();
    changes.mark_unchanged();
    let fault = endpoint.fault.current();
    if matches!(fault, Some(Fault::Refused | Fault::Reset)) {
        // Closing then resets the connection, as a crashed server's kernel does. Failing to set it only makes
        // the end more polite.
        let _ = stream.set_zero_linger();
    }
    if fault == Some(Fault::Refused) {
        // It was accepted in the moment before the port closed.
        return;
    }
    let _ = stream.set_nodelay(true);
    let Some(tls) = &endpoint.tls else {
        return exchange(&endpoint, stream, false, fault.as_ref(), changes, shutdown).await;
    };
    match tls.under(fault.as_ref()).accept(stream).await {
        Ok(stream) => {
            let certified = stream
                .get_ref()
                .1
                .peer_certificates()
                .is_some_and(|chain| !chain.is_empty());
            exchange(
                &endpoint,
                stream,
                certified,
                fault.as_ref(),
                changes,
                shutdown,
            )
            .await;
        }
        Err(error) => tracing::debug!(%error, "a client gave up the TLS handshake with the demo"),
    }
}

/// The fault as far as it shows in how a connection is made or ends.
fn door_fault(fault: Option<&Fault>) -> Option<&Fault> {
    fault.filter(|fault| {
        matches!(
            fault,
            Fault::Refused | Fault::Reset | Fault::Untrusted | Fault::ExpiredCertificate
        )
    })
}

/// Serves the requests of one connection that was made under `fault`. When that changes in a way that shows at
/// the door, what is in flight is finished and the connection is closed, so that the next request meets the new
/// fault from its handshake on.
async fn exchange<S>(
    endpoint: &Arc<Endpoint>,
    stream: S,
    certified: bool,
    fault: Option<&Fault>,
    mut changes: watch::Receiver<u64>,
    mut shutdown: watch::Receiver<bool>,
) where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let service = service_fn(|request| {
        let endpoint = endpoint.clone();
        async move { respond(&endpoint, request, certified).await }
    });
    let builder = auto::Builder::new(TokioExecutor::new());
    let connection = builder.serve_connection(TokioIo::new(stream), service);
    tokio::pin!(connection);
    let (met, mut closing) = (door_fault(fault), false);
    loop {
        tokio::select! {
            // How a connection ends is the client's business, or the fault's.
            _ = connection.as_mut() => return,
            _ = changes.changed(), if !closing => {
                let now = endpoint.fault.current();
                if now == Some(Fault::Refused) {
                    return;
                }
                if door_fault(now.as_ref()) != met {
                    connection.as_mut().graceful_shutdown();
                    closing = true;
                }
            }
            _ = shutdown.wait_for(|stop| *stop) => return,
        }
    }
}

async fn respond(
    endpoint: &Endpoint,
    request: Request<Incoming>,
    certified: bool,
) -> Result<Response<Body>, std::io::Error> {
    let _open = endpoint.log.open();
    let (head, body) = request.into_parts();
    let accept = head
        .headers
        .get(header::ACCEPT)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    // What AWS is asked for stands in a header; all of its requests have the same path.
    let action = head.headers.get("x-amz-target");
    let target = head.uri.path_and_query().map(|target| target.as_str());
    let target = action
        .and_then(|action| action.to_str().ok())
        .or(target)
        .unwrap_or("/");
    let body = Limited::new(body, MAX_BODY_BYTES).collect().await;
    let body = body.map(|body| body.to_bytes());
    let told = body.as_deref().unwrap_or_default();
    endpoint
        .log
        .record(head.method.as_str(), target, accept, told);
    let Ok(body) = body else {
        return Ok(send(Reply::text(
            StatusCode::PAYLOAD_TOO_LARGE,
            "the request's body is too large\n",
        )));
    };
    let mut call = Call {
        method: head.method.clone(),
        path: head.uri.path().to_owned(),
        query: url::form_urlencoded::parse(head.uri.query().unwrap_or_default().as_bytes())
            .into_owned()
            .collect(),
        headers: head.headers,
        body,
        certified,
    };
    let mut changes = endpoint.fault.watch();
    let mut fault = endpoint.fault.next_request();
    if fault == Some(Fault::Stalled) {
        // A client that goes away drops this future; otherwise it waits for the fault to be lifted.
        while fault == Some(Fault::Stalled) {
            if changes.changed().await.is_err() {
                break;
            }
            fault = endpoint.fault.next_request();
        }
    }
    if matches!(fault, Some(Fault::Reset | Fault::Truncated)) {
        // Half of a body is half of its text: half of a compressed one would not be read at all.
        call.headers.remove(header::ACCEPT_ENCODING);
    }
    let answered = |fault: Option<&Fault>| endpoint.api.answer(&call, fault);
    Ok(match &fault {
        Some(Fault::Slow(delay)) => {
            tokio::time::sleep(*delay).await;
            send(answered(None))
        }
        Some(Fault::Refused) => {
            return Err(std::io::Error::new(
                std::io::ErrorKind::ConnectionReset,
                "the demo's fault `refused`",
            ));
        }
        Some(Fault::Reset) => {
            let reply = answered(None);
            let body = Body::broken(&reply);
            send_body(reply, body)
        }
        Some(Fault::Truncated) => {
            let reply = answered(None);
            let body = Body::truncated(&reply);
            send_body(reply, body)
        }
        Some(Fault::Huge) => send_body(Reply::json(StatusCode::OK, Bytes::new()), Body::huge()),
        Some(Fault::WrongContentType) => send(login_page()),
        other => send(answered(other.as_ref())),
    })
}

/// What a proxy in between answers when it wants its user to log in.
fn login_page() -> Reply {
    let page = "<!doctype html><html><head><title>Sign in</title></head><body>Sign in to continue.</body></html>\n";
    Reply::new(
        StatusCode::OK,
        "text/html; charset=utf-8",
        vec![Bytes::from_static(page.as_bytes())],
    )
}

fn send(mut reply: Reply) -> Response<Body> {
    let body = Body::whole(std::mem::take(&mut reply.chunks));
    send_body(reply, body)
}

fn send_body(reply: Reply, body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    *response.status_mut() = reply.status;
    *response.headers_mut() = reply.headers;
    response
}
