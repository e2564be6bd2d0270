//! Owns what the user is told besides the rows: that some are missing, and what was read. Refuses to ask the service.

use trawl_sdk::types::{Flow, Gap, ProgressReport};
use trawl_sdk::{Error, Output};

use super::Wanted;
use crate::group::Group;

/// What the user is told besides the rows.
pub(super) struct Told<'w, 'o> {
    pub(super) output: &'o dyn Output,
    /// Rows that were put out.
    pub(super) rows: u64,
    /// Bytes that the queries have read.
    pub(super) bytes: f64,
    /// Queries whose result is as long as it may be.
    pub(super) full: usize,
    /// Queries that could not begin: a log group is not there.
    pub(super) missing: Vec<(&'w [Group], Error)>,
}

impl Told<'_, '_> {
    /// Says how far it is, and hears whether more is wanted.
    pub(super) fn progress(&self) -> Flow {
        self.output.progress(ProgressReport {
            rows_read: self.rows,
            bytes_read: 0,
            done: None,
        })
    }

    /// Says what the rows do not.
    ///
    /// # Errors
    /// `not-found` when no query could begin.
    pub(super) fn finish(self, wanted: &Wanted) -> Result<(), Error> {
        let mut missing = self.missing.into_iter();
        if missing.len() == wanted.queries.len()
            && let Some((_, error)) = missing.next()
        {
            return Err(error);
        }
        for (groups, error) in missing {
            let cluster = match groups {
                [only] => only.cluster.as_deref(),
                _ => None,
            };
            self.output.report(Gap::Partial, cluster, &error.message);
        }
        if self.full > 0 {
            let text = format!(
                "a Logs Insights query gave {} rows, which is as many as it may give: there may be more (`rows` raises it)",
                wanted.rows
            );
            self.output.report(Gap::Truncated, None, &text);
        }
        if self.bytes > 0.0 {
            let text = format!("Logs Insights scanned {:.3} GB", self.bytes / 1e9);
            self.output.report(Gap::Note, None, &text);
        }
        Ok(())
    }
}
