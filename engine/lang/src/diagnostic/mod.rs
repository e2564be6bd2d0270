//! What is wrong with a query, as data: a stable code, spans, help and fixes. Owns [`Diagnostic`], its JSON form and the
//! drawing of it; refuses to know files or terminals beyond a name and a [`Style`].

pub mod codes;
mod excerpt;
mod line;
mod located;
mod render;

use serde::Serialize;

use crate::span::Span;

pub use line::line_column;
pub use located::{Located, LocatedFix, LocatedLabel, Place, located};
pub use render::{Style, render, render_all};

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The query does not run.
    Error,
    /// The query runs, but probably does not mean what it says.
    Warning,
}

/// A marked place of the query text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Label {
    /// The marked bytes.
    #[serde(flatten)]
    pub span: Span,
    /// What is to be said about it; may be empty.
    pub text: String,
    /// Whether it is the place of the problem (`^^^`) or one that explains it (`---`).
    pub primary: bool,
}

/// A replacement that a tool may apply by itself: the bytes of `span` become `text`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fix {
    /// The replaced bytes; empty for an insertion.
    pub span: Span,
    /// What stands there afterwards.
    pub text: String,
}

/// One message about a query text.
///
/// The JSON form is `{code, severity, message, spans: [{start, end, text, primary}], help, fixes: [{span, text}]}`, with
/// offsets in bytes. With lines and columns beside them it is [`Located`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[must_use]
pub struct Diagnostic {
    /// Stable code, as listed in [`codes`] and by the planner.
    pub code: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// One sentence without a full stop: what was expected and what came.
    pub message: String,
    /// Marked places.
    #[serde(rename = "spans")]
    pub labels: Vec<Label>,
    /// What to do, a line each.
    pub help: Vec<String>,
    /// Machine-applicable replacements that belong together.
    pub fixes: Vec<Fix>,
}

impl Diagnostic {
    /// An error without a place; add one with [`Self::at`] or [`Self::label`].
    pub fn error(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(code, Severity::Error, message)
    }

    /// A warning without a place.
    pub fn warning(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(code, Severity::Warning, message)
    }

    fn new(code: &'static str, severity: Severity, message: impl Into<String>) -> Self {
        Self {
            code,
            severity,
            message: message.into(),
            labels: Vec::new(),
            help: Vec::new(),
            fixes: Vec::new(),
        }
    }

    /// Marks the place of the problem, with nothing more to say about it.
    pub fn at(self, span: Span) -> Self {
        self.label(span, "")
    }

    /// Marks the place of the problem and says something about it.
    pub fn label(mut self, span: Span, text: impl Into<String>) -> Self {
        self.labels.push(Label {
            span,
            text: text.into(),
            primary: true,
        });
        self
    }

    /// Marks a place that explains the problem.
    pub fn secondary(mut self, span: Span, text: impl Into<String>) -> Self {
        self.labels.push(Label {
            span,
            text: text.into(),
            primary: false,
        });
        self
    }

    /// Adds a line of help.
    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.help.push(text.into());
        self
    }

    /// Adds a line of help when there is one.
    pub fn maybe_help(self, text: Option<impl Into<String>>) -> Self {
        match text {
            Some(text) => self.help(text),
            None => self,
        }
    }

    /// Adds a replacement that a tool may apply.
    pub fn fix(mut self, span: Span, text: impl Into<String>) -> Self {
        self.fixes.push(Fix {
            span,
            text: text.into(),
        });
        self
    }

    /// The first primary place, else the first place.
    pub fn primary_span(&self) -> Option<Span> {
        self.labels
            .iter()
            .find(|label| label.primary)
            .or_else(|| self.labels.first())
            .map(|label| label.span)
    }

    /// Whether the query cannot run because of it.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_form() {
        let diagnostic = Diagnostic::error(codes::EQUALS, "`=` does not compare")
            .label(Span::new(8, 9), "write `==`")
            .help("`=` gives a name")
            .fix(Span::new(8, 9), "==");
        assert_eq!(
            serde_json::to_value(&diagnostic).unwrap(),
            serde_json::json!({
                "code": "Q0106",
                "severity": "error",
                "message": "`=` does not compare",
                "spans": [{"start": 8, "end": 9, "text": "write `==`", "primary": true}],
                "help": ["`=` gives a name"],
                "fixes": [{"span": {"start": 8, "end": 9}, "text": "=="}],
            })
        );
    }

    #[test]
    fn primary_span_prefers_the_primary() {
        let diagnostic = Diagnostic::warning("Q0210", "comparison is always true")
            .secondary(Span::new(0, 1), "")
            .at(Span::new(4, 5));
        assert_eq!(diagnostic.primary_span(), Some(Span::new(4, 5)));
        assert!(!diagnostic.is_error());
    }
}
