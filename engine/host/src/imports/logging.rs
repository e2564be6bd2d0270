//! A guest's log lines: to the host's log with plugin and connection, and to the scan's statistics.

use crate::bindings::logging::{Host, Level};
use crate::error::{Identity, plain};
use crate::instance::Guest;
use crate::stats::{LogLine, ScanStats};

impl Host for Guest {
    async fn log(&mut self, level: Level, message: String) -> wasmtime::Result<()> {
        let line = record(&self.site.identity, &self.stats, level, message);
        if level == Level::Error {
            self.last_words.logged(&line);
        }
        Ok(())
    }
}

/// Takes one line, cut to its limit, and gives it back without control characters, which must not
/// reach a terminal.
pub(super) fn record(
    identity: &Identity,
    stats: &ScanStats,
    level: Level,
    message: String,
) -> String {
    let message = plain(message);
    let kept = stats.log(LogLine {
        level,
        message: message.clone(),
    });
    // A flood ends here as well as in the statistics: the operator's log is not the plugin's to fill.
    if kept {
        let Identity {
            plugin,
            version,
            connection,
        } = identity;
        let connection = connection.as_deref().unwrap_or_default();
        match level {
            Level::Trace => tracing::trace!(plugin, version, connection, "{message}"),
            Level::Debug => tracing::debug!(plugin, version, connection, "{message}"),
            Level::Info => tracing::info!(plugin, version, connection, "{message}"),
            Level::Warn => tracing::warn!(plugin, version, connection, "{message}"),
            Level::Error => tracing::error!(plugin, version, connection, "{message}"),
        }
    }
    message
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_loses_its_control_characters() {
        let stats = ScanStats::default();
        let identity = Identity::unread("kube");
        let line = record(
            &identity,
            &stats,
            Level::Error,
            "panicked at\n\u{1b}[2Jsrc".into(),
        );
        assert_eq!(line, "panicked at  [2Jsrc");
        assert_eq!(stats.log_lines()[0].message, line);
    }
}
