//! The server on its socket: connections in number and time, TLS, and an end that lets requests end. Owns every limit of a connection;
//! knows no endpoint.

mod busy;
mod crowd;
mod pace;
mod tls;
mod write_time;

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tower::ServiceExt as _;

use crate::limits;
use crate::state::AppState;
use busy::Busy;
use crowd::Crowd;
use pace::Pace;
use write_time::WriteTime;

pub use tls::Tls;

/// How a server listens.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Its certificate; none: plain HTTP.
    pub tls: Option<Tls>,
    /// What a connection may use.
    pub limits: Limits,
}

/// What connections may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Connections at once; the next ones wait for their turn unanswered.
    pub connections: usize,
    /// Of one address; further ones are closed.
    pub per_address: usize,
    /// Time until a head is there, and between requests.
    pub head_time: Duration,
    /// Time of a TLS handshake.
    pub handshake_time: Duration,
    /// Time that a client may leave what was sent unread.
    pub write_time: Duration,
    /// Time that a client may leave a piece of an answer where it is.
    pub read_time: Duration,
    /// Time that requests have to end once the server is asked to.
    pub drain_time: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: limits::CONNECTIONS,
            per_address: limits::CONNECTIONS_PER_ADDRESS,
            head_time: limits::HEAD_TIME,
            handshake_time: limits::HANDSHAKE_TIME,
            write_time: limits::WRITE_TIME,
            read_time: limits::CLIENT_READS_WITHIN,
            drain_time: limits::DRAIN_TIME,
        }
    }
}

/// Serves until `shutdown` is ready. Then nobody is let in any more, and requests have the drain time to end.
///
/// # Errors
/// When the certificate cannot be used.
pub async fn run(
    listener: TcpListener,
    state: AppState,
    options: Options,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let tls = options.tls.as_ref().map(Tls::acceptor).transpose()?;
    let renewing = tls.clone().map(|tls| tokio::spawn(tls.follow()));
    let readiness = state.readiness.clone();
    let mut tending = tokio::spawn(state.clone().tend());
    let server = Arc::new(Server {
        app: crate::app(state),
        tls,
        limits: options.limits,
        crowd: Crowd::new(options.limits.connections, options.limits.per_address),
    });
    let (ending, ended) = watch::channel(false);
    let mut connections = JoinSet::new();
    let mut shutdown = std::pin::pin!(shutdown);
    loop {
        let accepted = tokio::select! {
            () = &mut shutdown => break,
            accepted = server.accept(&listener) => accepted,
            Some(_) = connections.join_next(), if !connections.is_empty() => continue,
        };
        let Some((stream, address, place)) = accepted else {
            continue;
        };
        let (server, ended) = (Arc::clone(&server), ended.clone());
        connections.spawn(async move {
            server.serve(stream, address, ended).await;
            drop(place);
        });
    }
    readiness.drain();
    drop(listener);
    ending.send_replace(true);
    let drained = async { while connections.join_next().await.is_some() {} };
    if tokio::time::timeout(options.limits.drain_time, drained)
        .await
        .is_err()
    {
        let left = connections.len();
        tracing::warn!("{left} connections had not ended and are closed");
        connections.shutdown().await;
    }
    if tokio::time::timeout(limits::LEAVE_TIME, &mut tending)
        .await
        .is_err()
    {
        tending.abort();
    }
    if let Some(renewing) = renewing {
        renewing.abort();
    }
    Ok(())
}

struct Server {
    app: Router,
    tls: Option<tls::Acceptor>,
    limits: Limits,
    crowd: Crowd,
}

impl Server {
    /// The next connection that there is room for; none when there is something to look at again.
    async fn accept(
        &self,
        listener: &TcpListener,
    ) -> Option<(TcpStream, SocketAddr, crowd::Place)> {
        let turn = self.crowd.turn().await?;
        match listener.accept().await {
            Ok((stream, address)) => {
                let place = self.crowd.place(turn, address.ip())?;
                // Answers leave as they are written.
                let _ = stream.set_nodelay(true);
                Some((stream, address, place))
            }
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                // Out of descriptors: trying again at once would only burn time.
                tokio::time::sleep(Duration::from_millis(100)).await;
                None
            }
        }
    }

    async fn serve(&self, stream: TcpStream, address: SocketAddr, ended: watch::Receiver<bool>) {
        let stream = WriteTime::new(stream, self.limits.write_time);
        let Some(tls) = &self.tls else {
            return self.speak(stream, address, ended).await;
        };
        let handshake = tls.accept(stream);
        match tokio::time::timeout(self.limits.handshake_time, handshake).await {
            Ok(Ok(stream)) => self.speak(stream, address, ended).await,
            Ok(Err(error)) => tracing::debug!(%address, %error, "no TLS handshake"),
            Err(_) => tracing::debug!(%address, "a TLS handshake took too long"),
        }
    }

    /// HTTP on a connection, to its end.
    async fn speak(
        &self,
        stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
        address: SocketAddr,
        mut ended: watch::Receiver<bool>,
    ) {
        let mut builder = auto::Builder::new(TokioExecutor::new());
        builder
            .http1()
            .timer(TokioTimer::new())
            .header_read_timeout(self.limits.head_time)
            .max_headers(limits::HEADERS)
            .max_buf_size(limits::HEAD_BYTES);
        builder
            .http2()
            .timer(TokioTimer::new())
            .max_header_list_size(u32::try_from(limits::HEAD_BYTES).unwrap_or(u32::MAX))
            .max_concurrent_streams(limits::STREAMS)
            .keep_alive_interval(self.limits.head_time)
            .keep_alive_timeout(self.limits.write_time);
        let app = self.app.clone();
        let busy = Busy::default();
        let idle = busy.clone().idle(self.limits.head_time);
        let pace = Pace::new(self.limits.read_time);
        let stuck = pace.clone().stuck();
        let service = service_fn(move |request: hyper::Request<Incoming>| {
            let mut request = request.map(Body::new);
            request.extensions_mut().insert(ConnectInfo(address));
            let (answered, held) = (app.clone().oneshot(request), busy.begin());
            let pace = pace.clone();
            async move {
                // A request is over when its answer was sent, or nobody wants it any more.
                let whole = |body: Body| Body::new(pace.of(body, held));
                answered.await.map(|response| response.map(whole))
            }
        });
        let connection = builder.serve_connection(TokioIo::new(stream), service);
        let mut connection = std::pin::pin!(connection);
        let asked = async {
            // The sender lives as long as the server.
            let _ = ended.wait_for(|ended| *ended).await;
        };
        let spoken = tokio::select! {
            spoken = connection.as_mut() => Some(spoken),
            () = asked => None,
            () = idle => return,
            () = stuck => {
                tracing::warn!(%address, "left an answer where it was for {} s, and was closed", self.limits.read_time.as_secs());
                return;
            }
        };
        let spoken = match spoken {
            Some(spoken) => spoken,
            None => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
        if let Err(error) = spoken {
            tracing::debug!(%address, %error, "a connection ended");
        }
    }
}
