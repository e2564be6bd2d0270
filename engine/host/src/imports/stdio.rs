//! A guest's standard output and error: lines of its log, and nothing of ours.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use tokio::io::AsyncWrite;
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};

use crate::bindings::logging::Level;
use crate::connection::Site;
use crate::imports::logging::record;
use crate::instance::{LastWords, Surroundings};
use crate::limits;
use crate::stats::ScanStats;

/// Turns what is written into log lines of level `info`. The runtimes of most languages write a
/// panic's message there, so that the lines count as last words too.
#[derive(Clone)]
pub(crate) struct Stdio {
    site: Arc<Site>,
    stats: Arc<ScanStats>,
    last_words: Arc<LastWords>,
}

impl Stdio {
    /// For an instance in these surroundings.
    pub(crate) fn new(around: &Surroundings) -> Self {
        Self {
            site: Arc::clone(&around.site),
            stats: Arc::clone(&around.stats),
            last_words: Arc::clone(&around.last_words),
        }
    }
}

impl IsTerminal for Stdio {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for Stdio {
    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        Box::new(Lines {
            to: self.clone(),
            line: Vec::new(),
        })
    }
}

struct Lines {
    to: Stdio,
    line: Vec<u8>,
}

impl Lines {
    fn end_line(&mut self) {
        if !self.line.is_empty() {
            let line = String::from_utf8_lossy(&self.line).into_owned();
            let line = record(&self.to.site.identity, &self.to.stats, Level::Info, line);
            self.to.last_words.wrote(&line);
            self.line.clear();
        }
    }
}

impl AsyncWrite for Lines {
    fn poll_write(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        for byte in bytes {
            if *byte == b'\n' {
                self.end_line();
            } else if self.line.len() < limits::MESSAGE_BYTES {
                self.line.push(*byte);
            }
        }
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.end_line();
        Poll::Ready(Ok(()))
    }
}

impl Drop for Lines {
    fn drop(&mut self) {
        self.end_line();
    }
}
