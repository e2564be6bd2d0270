//! Owns a listening port that can be closed and opened again while it stays ours. Both take effect before the
//! call returns, so that a test may set a fault and connect in the next line.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Mutex, PoisonError};
use std::task::Poll;

use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::runtime::Handle;

/// Clients open connections in bursts when hundreds of clusters are asked at once.
const BACKLOG: u32 = 1024;

/// A loopback port, open or closed.
#[derive(Debug)]
pub(crate) struct Door {
    address: SocketAddr,
    state: Mutex<State>,
    /// Listening registers with the runtime, whoever asks for it.
    runtime: Handle,
}

#[derive(Debug)]
enum State {
    Open(TcpListener),
    /// Bound without listening: connections are refused, and nobody else takes the port. Without a socket
    /// another program had the port for a moment; opening tries again.
    Closed(Option<TcpSocket>),
}

impl Door {
    /// Takes a free port of loopback; with `closed` it never listens until it is opened.
    pub(crate) fn bind(closed: bool) -> std::io::Result<Door> {
        let socket = bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))?;
        let address = socket.local_addr()?;
        let state = if closed {
            State::Closed(Some(socket))
        } else {
            State::Open(socket.listen(BACKLOG)?)
        };
        Ok(Door {
            address,
            state: Mutex::new(state),
            runtime: Handle::current(),
        })
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Stops listening; connections are refused from here on.
    pub(crate) fn close(&self) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if matches!(*state, State::Open(_)) {
            // The listener must be gone before its port can be bound again.
            *state = State::Closed(None);
            *state = State::Closed(bind(self.address).ok());
        }
    }

    /// Listens again. Whoever waits in [`accept`](Self::accept) must be woken by other means.
    pub(crate) fn open(&self) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let State::Closed(socket) = &mut *state {
            let _runtime = self.runtime.enter();
            let socket = socket.take().map_or_else(|| bind(self.address), Ok);
            match socket.and_then(|socket| socket.listen(BACKLOG)) {
                Ok(listener) => *state = State::Open(listener),
                Err(error) => {
                    tracing::warn!(address = %self.address, %error, "the demo's port could not be opened again")
                }
            }
        }
    }

    /// The next connection; waits for ever while the door is closed.
    pub(crate) async fn accept(&self) -> std::io::Result<TcpStream> {
        std::future::poll_fn(|cx| {
            match &*self.state.lock().unwrap_or_else(PoisonError::into_inner) {
                State::Open(listener) => listener.poll_accept(cx).map_ok(|(stream, _)| stream),
                State::Closed(_) => Poll::Pending,
            }
        })
        .await
    }
}

fn bind(address: SocketAddr) -> std::io::Result<TcpSocket> {
    let socket = TcpSocket::new_v4()?;
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    Ok(socket)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn closing_and_opening_take_effect_at_once() {
        let door = Door::bind(true).unwrap();
        for _ in 0..20 {
            let refused = TcpStream::connect(door.address()).await.unwrap_err();
            assert_eq!(refused.kind(), std::io::ErrorKind::ConnectionRefused);
            door.open();
            let (client, server) = tokio::join!(TcpStream::connect(door.address()), door.accept());
            assert_eq!(
                client.unwrap().peer_addr().unwrap(),
                server.unwrap().local_addr().unwrap()
            );
            door.close();
            door.close();
        }
    }
}
