//! `tests/remote`: a program of the project that serves its remote's API on a port of this machine, so that every condition can be
//! tried and not only those that were recorded. It is started with the port as its only argument, and ended with the suite.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::process::{Child, Command};
use tokio::time::Instant;

use crate::error::Error;

/// Until the program listens: interpreters take their time.
const START: Duration = Duration::from_secs(20);

/// How often it is looked whether it does.
const LOOK: Duration = Duration::from_millis(20);

/// A program that serves.
pub struct Remote {
    url: String,
    /// Ended when this is dropped.
    _program: Child,
}

impl Remote {
    /// Starts the program of this path; nothing where there is none.
    ///
    /// # Errors
    /// It cannot be started, ends early, or does not listen.
    pub async fn start(path: &Path) -> Result<Option<Self>, Error> {
        if !path.is_file() {
            return Ok(None);
        }
        let wrong = |why: String| {
            Error::Project(format!(
                "{}: {why}; expected an executable that serves the remote's API on 127.0.0.1 at the port that is its argument",
                path.display()
            ))
        };
        let address = free_port().await?;
        // Relative paths would be looked for in the folder that it is started in.
        let program = std::path::absolute(path).map_err(|error| wrong(error.to_string()))?;
        let mut child = Command::new(&program)
            .arg(address.port().to_string())
            .current_dir(program.parent().unwrap_or(Path::new(".")))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| wrong(format!("it cannot be started: {error}")))?;
        let deadline = Instant::now().checked_add(START);
        loop {
            if TcpStream::connect(address).await.is_ok() {
                return Ok(Some(Self {
                    url: format!("http://{address}"),
                    _program: child,
                }));
            }
            if let Ok(Some(status)) = child.try_wait() {
                return Err(wrong(format!("it ended before it listened ({status})")));
            }
            if deadline.is_none_or(|deadline| Instant::now() > deadline) {
                let seconds = START.as_secs();
                return Err(wrong(format!("it does not listen after {seconds} s")));
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Where it serves.
    pub fn url(&self) -> &str {
        &self.url
    }
}

/// An address that nobody listens at.
async fn free_port() -> Result<SocketAddr, Error> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await;
    listener
        .and_then(|listener| listener.local_addr())
        .map_err(Error::Port)
}
