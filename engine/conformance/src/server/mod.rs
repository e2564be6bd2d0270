//! The remote as a plugin under test meets it: a server on loopback for each of its endpoints, which answers from a [`Tape`], keeps
//! a log in the order of the requests, and misbehaves by rules. It refuses connections from anywhere but this machine.

mod fault;
mod respond;

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

pub use fault::{Fault, Rule, Trigger};

use crate::error::Error;
use crate::exchange::Asked;
use crate::tape::{Position, Tape};

/// How a request was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answered {
    /// As it was recorded, or as the living remote does: the exchange of this number on the tape.
    Truly(usize),
    /// Nothing like it was recorded.
    Unrecorded,
    /// By a rule.
    Falsely,
}

/// A request that came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// What was asked.
    pub asked: Asked,
    /// How it was answered.
    pub answered: Answered,
}

/// What happened so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Requests that came.
    pub requests: usize,
    /// Requests whose answer was held back.
    pub held: usize,
    /// Those of them whose connection was closed by who asked.
    pub let_go: usize,
    /// Requests that came behind the marked moment.
    pub marked: usize,
}

/// The server.
pub struct Server {
    addresses: BTreeMap<String, SocketAddr>,
    shared: Arc<Shared>,
    /// Ends with the server.
    _listeners: JoinSet<()>,
}

/// What all connections of a server share.
struct Shared {
    tape: Arc<Tape>,
    position: Position,
    rules: Vec<Rule>,
    log: Mutex<Vec<Seen>>,
    counts: watch::Sender<Counts>,
    mark: Mutex<Option<Mark>>,
}

/// Whether a request comes behind some moment.
type Mark = Box<dyn Fn() -> bool + Send + Sync>;

impl Server {
    /// A server of the endpoints of these names.
    ///
    /// # Errors
    /// There is no port on loopback.
    pub async fn start(
        endpoints: impl IntoIterator<Item = String>,
        tape: Arc<Tape>,
        rules: Vec<Rule>,
    ) -> Result<Self, Error> {
        let shared = Arc::new(Shared {
            position: Position::default(),
            tape,
            rules,
            log: Mutex::default(),
            counts: watch::Sender::new(Counts::default()),
            mark: Mutex::default(),
        });
        let (mut addresses, mut listeners) = (BTreeMap::new(), JoinSet::new());
        for endpoint in endpoints {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await;
            let listener = listener.map_err(Error::Port)?;
            let address = listener.local_addr().map_err(Error::Port)?;
            listeners.spawn(listen(listener, endpoint.clone(), Arc::clone(&shared)));
            addresses.insert(endpoint, address);
        }
        Ok(Self {
            addresses,
            shared,
            _listeners: listeners,
        })
    }

    /// The URL of an endpoint.
    pub fn url(&self, endpoint: &str) -> Option<String> {
        let address = self.addresses.get(endpoint)?;
        Some(format!("http://{address}"))
    }

    /// The requests so far, in the order in which they came.
    pub fn log(&self) -> Vec<Seen> {
        self.shared.log().clone()
    }

    /// Forgets what came so far, and plays the tape from its beginning.
    pub fn rewind(&self) {
        self.shared.position.rewind();
        self.shared.log().clear();
        self.shared.count(|counts| *counts = Counts::default());
    }

    /// From now on counts requests that come when this is so.
    pub fn mark(&self, so: impl Fn() -> bool + Send + Sync + 'static) {
        *lock(&self.shared.mark) = Some(Box::new(so));
    }

    /// Requests that came behind the marked moment.
    pub fn marked(&self) -> usize {
        self.counts().marked
    }

    /// Waits until the counts are so.
    pub async fn until(&self, so: impl Fn(&Counts) -> bool) {
        let mut counts = self.shared.counts.subscribe();
        // The sender lives as long as this.
        let _ = counts.wait_for(so).await;
    }

    /// What happened so far.
    pub fn counts(&self) -> Counts {
        *self.shared.counts.borrow()
    }
}

impl Shared {
    fn log(&self) -> MutexGuard<'_, Vec<Seen>> {
        lock(&self.log)
    }

    /// Counts a request that comes.
    fn came(&self) {
        let marked = lock(&self.mark).as_ref().is_some_and(|so| so());
        self.count(|counts| {
            counts.requests += 1;
            counts.marked += usize::from(marked);
        });
    }

    fn count(&self, change: impl FnOnce(&mut Counts)) {
        self.counts.send_modify(change);
    }
}

/// A lock that another thread's panic does not take away: every value here is whole at all times.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn listen(listener: TcpListener, endpoint: String, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    let endpoint: Arc<str> = endpoint.into();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                if let Ok((stream, _)) = accepted {
                    connections.spawn(connection(stream, Arc::clone(&endpoint), Arc::clone(&shared)));
                }
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn connection(stream: TcpStream, endpoint: Arc<str>, shared: Arc<Shared>) {
    // Closing then resets the connection, as a crashed server's kernel does; where it cannot be set the end is more polite.
    if shared.rules.iter().any(|rule| rule.fault.resets()) {
        let _ = stream.set_zero_linger();
    }
    let _ = stream.set_nodelay(true);
    let service = service_fn(|request| {
        let (endpoint, shared) = (Arc::clone(&endpoint), Arc::clone(&shared));
        async move { respond::respond(request, &endpoint, &shared).await }
    });
    // How a connection ends is the client's business, or the fault's.
    let _ = http1::Builder::new()
        .serve_connection(TokioIo::new(stream), service)
        .await;
}
