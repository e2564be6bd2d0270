//! What the suite found: a line for each check and what it looked at. Owns the words for people and the JSON for programs.

use std::fmt;

use serde::Serialize;

/// How a check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// The rule holds as far as it could be tried.
    Passed,
    /// It does not.
    Failed,
    /// There was nothing to try it on; the detail says why, and what would make it tried.
    NotApplicable,
}

impl fmt::Display for Verdict {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Passed => "passed",
            Self::Failed => "FAILED",
            Self::NotApplicable => "n/a",
        })
    }
}

/// What a check found about one thing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The check's name.
    pub check: &'static str,
    /// What it looked at: a table, an endpoint, a case; empty for the plugin as a whole.
    pub about: String,
    /// How it ended.
    pub verdict: Verdict,
    /// How much was tried, what was expected and what came, or why nothing could be tried.
    pub detail: String,
    /// What to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
}

/// Everything that the suite found.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// The name the plugin is installed under.
    pub plugin: String,
    /// Its version, by its own description.
    pub version: String,
    /// The SHA-256 of the component.
    pub digest: String,
    /// What it was tested against: `recorded`, `remote` or the name of a live connection.
    pub against: String,
    /// The findings in the order of the checks.
    pub findings: Vec<Finding>,
    /// How many passed.
    pub passed: usize,
    /// How many failed.
    pub failed: usize,
    /// How many could not be tried.
    pub not_applicable: usize,
}

impl Report {
    /// A report of findings.
    pub fn new(
        plugin: &str,
        version: &str,
        digest: &str,
        against: String,
        findings: Vec<Finding>,
    ) -> Self {
        let count = |verdict| findings.iter().filter(|it| it.verdict == verdict).count();
        Self {
            plugin: plugin.to_owned(),
            version: version.to_owned(),
            digest: digest.to_owned(),
            against,
            passed: count(Verdict::Passed),
            failed: count(Verdict::Failed),
            not_applicable: count(Verdict::NotApplicable),
            findings,
        }
    }

    /// Whether nothing failed.
    pub fn is_clean(&self) -> bool {
        self.failed == 0
    }

    /// One line: `12 passed, 1 failed, 3 not applicable`.
    pub fn line(&self) -> String {
        format!(
            "{} {} against {}: {} passed, {} failed, {} not applicable",
            self.plugin, self.version, self.against, self.passed, self.failed, self.not_applicable
        )
    }
}

/// Findings of one check about one thing, in the making: how often it was tried, and what was wrong.
#[derive(Debug)]
pub struct Tally {
    check: &'static str,
    about: String,
    tried: usize,
    what: &'static str,
    left: Vec<String>,
    wrong: Vec<String>,
    help: &'static str,
}

/// Failures of one check about one thing that are told; the rest is counted.
const TOLD_FAILURES: usize = 5;

impl Tally {
    /// Nothing was tried yet. `what` is what is counted: `predicates`; `help` what to do when the rule is broken.
    pub fn new(
        check: &'static str,
        about: impl Into<String>,
        what: &'static str,
        help: &'static str,
    ) -> Self {
        Self {
            check,
            about: about.into(),
            tried: 0,
            what,
            left: Vec::new(),
            wrong: Vec::new(),
            help,
        }
    }

    /// One was tried, and this is wrong with it.
    pub fn tried(&mut self, wrong: Option<String>) {
        self.tried += 1;
        self.wrong.extend(wrong);
    }

    /// One could not be tried, and why.
    pub fn left_out(&mut self, why: impl Into<String>) {
        self.left.push(why.into());
    }

    /// What came of it: the failures, or one line.
    pub fn findings(self) -> Vec<Finding> {
        let finding = |verdict, detail, help| Finding {
            check: self.check,
            about: self.about.clone(),
            verdict,
            detail,
            help,
        };
        let left = match self.left.as_slice() {
            [] => String::new(),
            [one] => format!("1 not tried: {one}"),
            [first, ..] => format!("{} not tried, the first: {first}", self.left.len()),
        };
        if self.wrong.is_empty() {
            let verdict = match self.tried {
                0 => Verdict::NotApplicable,
                _ => Verdict::Passed,
            };
            let detail = match (self.tried, left.is_empty()) {
                (0, true) => format!("no {}", self.what),
                (0, false) => left,
                (tried, true) => format!("{tried} {}", self.what),
                (tried, false) => format!("{tried} {}; {left}", self.what),
            };
            return vec![finding(verdict, detail, None)];
        }
        let more = self.wrong.len().saturating_sub(TOLD_FAILURES);
        let last = self.wrong.len().min(TOLD_FAILURES);
        let mut findings = Vec::new();
        for (position, wrong) in self.wrong.iter().take(TOLD_FAILURES).enumerate() {
            let is_last = position + 1 == last;
            let detail = match more {
                0 => wrong.clone(),
                more if is_last => format!("{wrong} (and {more} more like it)"),
                _ => wrong.clone(),
            };
            let help = is_last.then(|| self.help.to_owned());
            findings.push(finding(Verdict::Failed, detail, help));
        }
        findings
    }
}

impl Finding {
    /// A check that could not be tried.
    pub fn not_applicable(
        check: &'static str,
        about: impl Into<String>,
        why: impl Into<String>,
    ) -> Self {
        Self {
            check,
            about: about.into(),
            verdict: Verdict::NotApplicable,
            detail: why.into(),
            help: None,
        }
    }

    /// A rule that is broken.
    pub fn failed(
        check: &'static str,
        about: impl Into<String>,
        detail: impl Into<String>,
        help: &str,
    ) -> Self {
        Self {
            check,
            about: about.into(),
            verdict: Verdict::Failed,
            detail: detail.into(),
            help: Some(help.to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_are_told_up_to_a_number_and_the_rest_is_counted() {
        let mut tally = Tally::new("filters", "things", "predicates", "do it right");
        for number in 0..8 {
            tally.tried(Some(format!("wrong {number}")));
        }
        tally.left_out("not recorded");
        let findings = tally.findings();
        assert_eq!(findings.len(), TOLD_FAILURES);
        assert_eq!(findings[4].detail, "wrong 4 (and 3 more like it)");
        assert_eq!(findings[4].help.as_deref(), Some("do it right"));
        assert_eq!(findings[0].help, None);
    }

    #[test]
    fn what_could_not_be_tried_is_said() {
        let mut tally = Tally::new("filters", "things", "predicates", "");
        tally.left_out("`GET /x` is not recorded");
        let findings = tally.findings();
        assert_eq!(findings[0].verdict, Verdict::NotApplicable);
        assert_eq!(findings[0].detail, "1 not tried: `GET /x` is not recorded");
    }
}
