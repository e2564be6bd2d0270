//! Owns the faults that can be injected: their names, and what each of them means to a client. Where a fault
//! takes effect (at the connection, on the body, in the answer) is decided in `serve` and in the two APIs.

use std::fmt;
use std::str::FromStr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::watch;

/// One way in which a cluster's API misbehaves. The text form, given with each variant, is what
/// [`FromStr`] reads and [`Display`](fmt::Display) writes.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// `refused`: nothing listens on the port.
    Refused,
    /// `stalled`: requests are read and never answered; lifting the fault answers those that still wait.
    Stalled,
    /// `slow:200ms`: every answer waits that long before its first byte (`ms` or `s`).
    Slow(Duration),
    /// `reset`: the connection breaks in the middle of the body.
    Reset,
    /// `truncated`: the HTTP answer is whole, its JSON ends in the middle.
    Truncated,
    /// `404`, `409`, `500`, `503`, `504`: every request is answered with this status.
    Status(u16),
    /// `401`: no credential is accepted.
    Unauthorized,
    /// `403`: lists at cluster scope are forbidden, those of one namespace are not (as recorded).
    Forbidden,
    /// `403-all`: every list and every object is forbidden.
    ForbiddenAll,
    /// `403-resource:secrets`, `403-resource:applications.argoproj.io`: this resource is forbidden, all others are not.
    ForbiddenResource(String),
    /// `403-namespace:payments`: this namespace is forbidden, and with it every list that would reach into it; lists of
    /// other namespaces and of kinds without namespaces are not.
    ForbiddenNamespace(String),
    /// `metrics-down`: metrics-server does not answer; what it serves is 503 in text, and discovery calls it stale.
    MetricsDown,
    /// `429`: too many requests; a text body and `Retry-After: 1` (as recorded).
    TooManyRequests,
    /// `expired`: continue tokens of the first snapshot have expired: 410 with an inconsistent token.
    Expired,
    /// `empty-page`: the first page of every list is empty and carries a continue token.
    EmptyPage,
    /// `empty-pages`: after the first page of a list every other one is empty and carries a token that leads on.
    EmptyPages,
    /// `repeat-token`: a page that was asked for by token carries that same token again, for ever.
    RepeatToken,
    /// `wrong-content-type`: 200 with a login page in HTML, as proxies answer.
    WrongContentType,
    /// `huge`: a body of 1 GiB that never becomes an answer.
    Huge,
    /// `untrusted`: the server's certificate comes from another CA.
    Untrusted,
    /// `expired-certificate`: the server's certificate ended yesterday.
    ExpiredCertificate,
    /// `once:FAULT`: only the first request meets the fault.
    Once(Box<Fault>),
    /// `after:N:FAULT`: the first N requests are answered well, all later ones meet the fault.
    After(u64, Box<Fault>),
    /// `prometheus:FAULT`: the fault is the Prometheus API's; the Kubernetes API of the cluster is left alone.
    Prometheus(Box<Fault>),
}

/// The names without parameters, in the order of the documentation; also what the error message lists.
const PLAIN: [(&str, Fault); 22] = [
    ("refused", Fault::Refused),
    ("stalled", Fault::Stalled),
    ("reset", Fault::Reset),
    ("truncated", Fault::Truncated),
    ("401", Fault::Unauthorized),
    ("403", Fault::Forbidden),
    ("403-all", Fault::ForbiddenAll),
    ("404", Fault::Status(404)),
    ("409", Fault::Status(409)),
    ("metrics-down", Fault::MetricsDown),
    ("429", Fault::TooManyRequests),
    ("500", Fault::Status(500)),
    ("503", Fault::Status(503)),
    ("504", Fault::Status(504)),
    ("expired", Fault::Expired),
    ("empty-page", Fault::EmptyPage),
    ("empty-pages", Fault::EmptyPages),
    ("repeat-token", Fault::RepeatToken),
    ("wrong-content-type", Fault::WrongContentType),
    ("huge", Fault::Huge),
    ("untrusted", Fault::Untrusted),
    ("expired-certificate", Fault::ExpiredCertificate),
];

/// A text that names no fault.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{text}` is no fault{why}; expected one of {}, slow:DURATION (200ms, 2s), 403-resource:RESOURCE, 403-namespace:NAMESPACE, once:FAULT, after:N:FAULT or prometheus:FAULT",
    names()
)]
pub struct ParseFaultError {
    text: String,
    why: &'static str,
}

fn names() -> String {
    PLAIN.map(|(name, _)| name).join(", ")
}

impl FromStr for Fault {
    type Err = ParseFaultError;

    fn from_str(text: &str) -> Result<Fault, ParseFaultError> {
        let refuse = |why| ParseFaultError {
            text: text.to_owned(),
            why,
        };
        if let Some((_, fault)) = PLAIN.iter().find(|(name, _)| *name == text) {
            return Ok(fault.clone());
        }
        match text.split_once(':') {
            Some(("slow", delay)) => parse_delay(delay)
                .map(Fault::Slow)
                .ok_or_else(|| refuse(" (its duration is not a whole number followed by ms or s)")),
            Some(("403-resource" | "403-namespace", "")) => {
                Err(refuse(" (it needs the name of what is forbidden)"))
            }
            Some(("403-resource", name)) => Ok(Fault::ForbiddenResource(name.to_owned())),
            Some(("403-namespace", name)) => Ok(Fault::ForbiddenNamespace(name.to_owned())),
            Some(("once", inner)) => by_request(inner.parse()?)
                .map(Fault::Once)
                .ok_or_else(|| refuse(" (faults of the connection cannot be counted by request)")),
            Some(("after", rest)) => {
                let (count, inner) = rest
                    .split_once(':')
                    .ok_or_else(|| refuse(" (after needs a number and a fault)"))?;
                let count = count
                    .parse()
                    .map_err(|_| refuse(" (after needs a whole number)"))?;
                by_request(inner.parse()?)
                    .map(|inner| Fault::After(count, inner))
                    .ok_or_else(|| {
                        refuse(" (faults of the connection cannot be counted by request)")
                    })
            }
            Some(("prometheus", inner)) => match inner.parse()? {
                Fault::Prometheus(_) => Err(refuse(" (the prefix stands once)")),
                Fault::Untrusted | Fault::ExpiredCertificate => {
                    Err(refuse(" (the Prometheus API of the demo has no TLS)"))
                }
                Fault::Expired | Fault::EmptyPage | Fault::EmptyPages | Fault::RepeatToken => {
                    Err(refuse(" (the Prometheus API has no pages)"))
                }
                Fault::ForbiddenResource(_) | Fault::ForbiddenNamespace(_) | Fault::MetricsDown => {
                    Err(refuse(" (the Prometheus API has no resources)"))
                }
                fault => Ok(Fault::Prometheus(Box::new(fault))),
            },
            _ => Err(refuse("")),
        }
    }
}

/// The fault, if it can be decided for each request on its own and is not counted already.
fn by_request(fault: Fault) -> Option<Box<Fault>> {
    match fault {
        Fault::Refused
        | Fault::Untrusted
        | Fault::ExpiredCertificate
        | Fault::Once(_)
        | Fault::After(..)
        | Fault::Prometheus(_) => None,
        fault => Some(Box::new(fault)),
    }
}

fn parse_delay(text: &str) -> Option<Duration> {
    let number = |digits: &str| digits.parse::<u64>().ok();
    match text.strip_suffix("ms") {
        Some(digits) => number(digits).map(Duration::from_millis),
        None => number(text.strip_suffix('s')?).map(Duration::from_secs),
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::Slow(delay) => write!(f, "slow:{}ms", delay.as_millis()),
            Fault::Once(inner) => write!(f, "once:{inner}"),
            Fault::After(count, inner) => write!(f, "after:{count}:{inner}"),
            Fault::Prometheus(inner) => write!(f, "prometheus:{inner}"),
            Fault::Status(status) => write!(f, "{status}"),
            Fault::ForbiddenResource(name) => write!(f, "403-resource:{name}"),
            Fault::ForbiddenNamespace(name) => write!(f, "403-namespace:{name}"),
            plain => f.write_str(
                PLAIN
                    .iter()
                    .find(|(_, fault)| fault == plain)
                    .map_or("?", |(name, _)| name),
            ),
        }
    }
}

/// The fault of one API, settable while it runs. It counts the requests since the fault was set, so that
/// `once` and `after` are decided in one place.
#[derive(Debug)]
pub(crate) struct FaultCell {
    active: Mutex<(Option<Fault>, u64)>,
    /// Counts the changes, so that whoever waits or holds a connection learns of them.
    changes: watch::Sender<u64>,
}

impl FaultCell {
    /// A cell that starts with this fault.
    pub(crate) fn new(fault: Option<Fault>) -> FaultCell {
        FaultCell {
            active: Mutex::new((fault, 0)),
            changes: watch::Sender::new(0),
        }
    }

    /// Replaces the fault, and tells the connections that it changed.
    pub(crate) fn set(&self, fault: Option<Fault>) {
        *self.active.lock().unwrap_or_else(PoisonError::into_inner) = (fault, 0);
        self.changes
            .send_modify(|count| *count = count.wrapping_add(1));
    }

    /// The fault as it was set, without counting a request.
    pub(crate) fn current(&self) -> Option<Fault> {
        self.active
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .0
            .clone()
    }

    /// The fault that the next request meets; counts it.
    pub(crate) fn next_request(&self) -> Option<Fault> {
        let mut active = self.active.lock().unwrap_or_else(PoisonError::into_inner);
        let before = active.1;
        active.1 = before.saturating_add(1);
        match &active.0 {
            Some(Fault::Once(inner)) => (before == 0).then(|| (**inner).clone()),
            Some(Fault::After(count, inner)) => (before >= *count).then(|| (**inner).clone()),
            other => other.clone(),
        }
    }

    /// A receiver that changes whenever the fault is set.
    pub(crate) fn watch(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_reads_back_as_it_was_written() {
        let counted = [
            "slow:200ms",
            "403-resource:applications.argoproj.io",
            "after:3:403-namespace:payments",
            "once:401",
            "after:2:503",
            "prometheus:slow:1500ms",
            "prometheus:once:500",
        ];
        for text in PLAIN.iter().map(|(name, _)| *name).chain(counted) {
            let fault: Fault = text.parse().unwrap();
            assert_eq!(fault.to_string(), text);
        }
        assert_eq!("slow:2s".parse(), Ok(Fault::Slow(Duration::from_secs(2))));
    }

    #[test]
    fn what_cannot_work_is_refused_with_the_list_of_names() {
        for text in [
            "",
            "flaky",
            "slow",
            "slow:",
            "slow:2",
            "slow:-1s",
            "after:x:500",
            "after:1",
            "once:refused",
            "once:once:401",
            "403-resource:",
            "prometheus:403-namespace:x",
            "prometheus:expired",
            "prometheus:untrusted",
            "prometheus:prometheus:500",
        ] {
            let error = text.parse::<Fault>().unwrap_err().to_string();
            assert!(
                error.contains("is no fault") && error.contains("repeat-token"),
                "{text}: {error}"
            );
        }
    }

    #[test]
    fn once_and_after_count_requests_since_the_fault_was_set() {
        let cell = FaultCell::new(Some("once:401".parse().unwrap()));
        assert_eq!(cell.next_request(), Some(Fault::Unauthorized));
        assert_eq!(cell.next_request(), None);
        cell.set(Some("after:2:503".parse().unwrap()));
        let met: Vec<bool> = (0..4).map(|_| cell.next_request().is_some()).collect();
        assert_eq!(met, [false, false, true, true]);
        cell.set(None);
        assert_eq!(cell.next_request(), None);
    }
}
