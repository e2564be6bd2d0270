//! As whom alerts are evaluated: the server itself, to which nothing is outside, or a caller of the file of tokens by its name. Owns
//! what becomes of a name that is gone; refuses to evaluate as anybody else then.

use std::sync::Arc;

use crate::caller::{Caller, Callers};

/// What the server itself is called in logs and in the queue.
const SERVER: &str = "alerts";

/// As whom alerts are evaluated.
#[derive(Debug, Clone)]
pub(crate) struct Identity {
    /// A name of the file; none: the server itself.
    name: Option<String>,
    callers: Callers,
}

impl Identity {
    /// A caller of this name, or the server itself.
    pub(crate) fn new(name: Option<String>, callers: Callers) -> Self {
        Self { name, callers }
    }

    /// Who it is at this moment: its scope and budget are those of the file as it is now.
    ///
    /// # Errors
    /// When there is no such caller any more, what to say of the alerts.
    pub(crate) fn caller(&self) -> Result<Caller, String> {
        let Some(name) = &self.name else {
            return Ok(Caller {
                name: Arc::from(SERVER),
                ..Caller::local()
            });
        };
        self.callers.named(name).ok_or_else(|| {
            format!(
                "alerts are evaluated as `{name}` (`--alerts-as`), and the file of tokens has no such name any more: put it back, or start the server as another"
            )
        })
    }

    /// The name of the file that was given; none: it is the server itself.
    pub(crate) fn given(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// Its name in logs.
    pub(crate) fn name(&self) -> &str {
        self.name.as_deref().unwrap_or(SERVER)
    }
}
