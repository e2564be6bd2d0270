//! A guest's log lines: to the host's log with plugin and connection, and to the scan's statistics.

use crate::bindings::logging::{Host, Level};
use crate::error::{Identity, cut};
use crate::instance::{Guest, LastWords};
use crate::stats::{LogLine, ScanStats, locked};

impl Host for Guest {
    async fn log(&mut self, level: Level, message: String) -> wasmtime::Result<()> {
        record(
            &self.site.identity,
            &self.stats,
            &self.last_words,
            level,
            message,
        );
        Ok(())
    }
}

/// Takes one line, cut to its limit. Control characters cannot reach a terminal.
pub(super) fn record(
    identity: &Identity,
    stats: &ScanStats,
    last_words: &LastWords,
    level: Level,
    message: String,
) {
    let message: String = cut(message)
        .chars()
        .map(|letter| if letter.is_control() { ' ' } else { letter })
        .collect();
    if level == Level::Error {
        *locked(&last_words.error_line) = Some(message.clone());
    }
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
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_error_line_is_remembered_without_its_control_characters() {
        let (stats, words) = (ScanStats::default(), LastWords::default());
        let identity = Identity::unread("kube");
        let log = |level, line: &str| record(&identity, &stats, &words, level, line.into());
        log(Level::Error, "first");
        log(Level::Error, "panicked at\n\u{1b}[2Jsrc/lib.rs:1");
        log(Level::Info, "later");
        assert_eq!(
            words.quote(),
            "; its last words: panicked at  [2Jsrc/lib.rs:1"
        );
        assert_eq!(stats.log_lines().len(), 3);
    }
}
