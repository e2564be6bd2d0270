//! The ways in which the remote misbehaves, and to which requests. Owns no network: [`super::respond`] acts by it.

use crate::exchange::Reply;

/// What the remote does instead of answering as it should.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// Closes the connection before it has answered.
    Disconnect,
    /// Gives half of the body and closes the connection.
    Break,
    /// Gives half of the body as if it were all.
    Truncate,
    /// Never answers.
    Hold,
    /// Answers this.
    Say(Reply),
}

impl Fault {
    /// An answer of this status, with the words that a proxy would have for it.
    pub fn status(status: u16) -> Self {
        let text = match status {
            401 => "Unauthorized",
            403 => "Forbidden",
            404 => "Not Found",
            410 => "Gone",
            429 => "Too Many Requests",
            500 => "Internal Server Error",
            503 => "Service Unavailable",
            _ => "Error",
        };
        Self::Say(Reply::new(
            status,
            "text/plain; charset=utf-8",
            format!("{text}\n"),
        ))
    }

    /// Whether the connection is reset by it.
    pub(super) fn resets(&self) -> bool {
        matches!(self, Self::Disconnect | Self::Break)
    }
}

/// Which requests a rule is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trigger {
    /// Each one that the exchange of this number on the tape answers.
    Exchange(usize),
    /// All.
    Every,
    /// All behind so many.
    Behind(usize),
}

/// A fault and when it strikes. Of several rules the first that fits holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// When.
    pub on: Trigger,
    /// What then.
    pub fault: Fault,
}

impl Rule {
    /// A fault instead of an exchange of the tape.
    pub fn of(exchange: usize, fault: Fault) -> Self {
        Self {
            on: Trigger::Exchange(exchange),
            fault,
        }
    }

    /// Whether it holds for a request by its place among all, from 0, and the exchange that answers it.
    pub(super) fn fits(&self, place: usize, exchange: Option<usize>) -> bool {
        match self.on {
            Trigger::Exchange(number) => exchange == Some(number),
            Trigger::Every => true,
            Trigger::Behind(count) => place >= count,
        }
    }
}
