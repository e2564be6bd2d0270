//! Owns what is told of single parts of a scan, so that a thousand broken ones are a number and no thousand lines; refuses what
//! is told of the scan itself.

use trawl_sdk::Output;
use trawl_sdk::types::Gap;

/// Parts that are told one by one. The host keeps a hundred gaps of a scan.
const MAX_TOLD: usize = 20;

/// Tells of the first parts and counts the others.
pub(super) struct Notes<'o> {
    output: &'o dyn Output,
    /// What one of the counted parts is: "logs".
    parts: &'static str,
    count: usize,
    /// Whether something is missing of one that was not told.
    missing: bool,
}

impl<'o> Notes<'o> {
    /// Tells `output`.
    pub(super) fn new(output: &'o dyn Output, parts: &'static str) -> Self {
        Self {
            output,
            parts,
            count: 0,
            missing: false,
        }
    }

    /// Tells what is missing of one part.
    pub(super) fn tell(&mut self, gap: Gap, message: &str) {
        self.count = self.count.saturating_add(1);
        if self.count <= MAX_TOLD {
            self.output.report(gap, None, message);
        } else {
            self.missing |= gap != Gap::Note;
        }
    }

    /// Tells how many were not told one by one.
    pub(super) fn end(&self) {
        if let Some(more) = self.count.checked_sub(MAX_TOLD)
            && more > 0
        {
            let (gap, what) = if self.missing {
                (Gap::Partial, "are missing or are not whole")
            } else {
                (Gap::Note, "were noted like these")
            };
            let message = format!("{more} more {} {what}", self.parts);
            self.output.report(gap, None, &message);
        }
    }
}
