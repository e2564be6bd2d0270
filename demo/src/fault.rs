//! Owns the faults that can be injected: their names, and what each of them means to a client. Where a fault
//! takes effect (at the connection, on the body, in the answer) is decided in `serve` and in the APIs.

mod cell;

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

pub(crate) use cell::FaultCell;

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
    /// `404`, `409`, `422`, `500`, `503`, `504`: every request is answered with this status. In CloudWatch 404 is a log
    /// group that is not there; 422 is Prometheus' alone: a query that fails while it runs.
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
    /// `429`: too many requests; a text body and `Retry-After: 1` (as recorded). In CloudWatch a `ThrottlingException`.
    TooManyRequests,
    /// `expired`: continue tokens of the first snapshot have expired: 410 with an inconsistent token. In CloudWatch the
    /// session's token has expired.
    Expired,
    /// `empty-page`: the first page of every list is empty and carries a continue token.
    EmptyPage,
    /// `empty-pages`: after the first page of a list every other one is empty and carries a token that leads on.
    EmptyPages,
    /// `repeat-token`: a page that was asked for by token carries that same token again, for ever.
    RepeatToken,
    /// `partial`: a part of the answer is missing and the answer says so: warnings of Prometheus, `PartialData` of
    /// CloudWatch's metrics. The Kubernetes API has no such thing.
    Partial,
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
    /// `times:N:FAULT`: only the first N requests meet the fault.
    Times(u64, Box<Fault>),
    /// `after:N:FAULT`: the first N requests are answered well, all later ones meet the fault.
    After(u64, Box<Fault>),
    /// `prometheus:FAULT`: the fault is the Prometheus API's; the Kubernetes API of the cluster is left alone.
    Prometheus(Box<Fault>),
    /// `cloudwatch:FAULT`: the fault is that of CloudWatch in the cluster's region, which other clusters may share.
    CloudWatch(Box<Fault>),
}

/// The names without parameters, in the order of the documentation; also what the error message lists.
const PLAIN: [(&str, Fault); 24] = [
    ("refused", Fault::Refused),
    ("stalled", Fault::Stalled),
    ("reset", Fault::Reset),
    ("truncated", Fault::Truncated),
    ("401", Fault::Unauthorized),
    ("403", Fault::Forbidden),
    ("403-all", Fault::ForbiddenAll),
    ("404", Fault::Status(404)),
    ("409", Fault::Status(409)),
    ("422", Fault::Status(422)),
    ("metrics-down", Fault::MetricsDown),
    ("429", Fault::TooManyRequests),
    ("500", Fault::Status(500)),
    ("503", Fault::Status(503)),
    ("504", Fault::Status(504)),
    ("expired", Fault::Expired),
    ("empty-page", Fault::EmptyPage),
    ("empty-pages", Fault::EmptyPages),
    ("repeat-token", Fault::RepeatToken),
    ("partial", Fault::Partial),
    ("wrong-content-type", Fault::WrongContentType),
    ("huge", Fault::Huge),
    ("untrusted", Fault::Untrusted),
    ("expired-certificate", Fault::ExpiredCertificate),
];

/// A text that names no fault.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{text}` is no fault{why}; expected one of {}, slow:DURATION (200ms, 2s), 403-resource:RESOURCE, 403-namespace:NAMESPACE, once:FAULT, times:N:FAULT, after:N:FAULT, prometheus:FAULT or cloudwatch:FAULT",
    names()
)]
pub struct ParseFaultError {
    text: String,
    why: &'static str,
}

fn names() -> String {
    PLAIN.map(|(name, _)| name).join(", ")
}

/// Whose fault it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Of {
    Kubernetes,
    Prometheus,
    CloudWatch,
}

impl FromStr for Fault {
    type Err = ParseFaultError;

    fn from_str(text: &str) -> Result<Fault, ParseFaultError> {
        let refuse = |why| ParseFaultError {
            text: text.to_owned(),
            why,
        };
        let (of, inner) = match text.split_once(':') {
            Some(("prometheus", inner)) => (Of::Prometheus, inner),
            Some(("cloudwatch", inner)) => (Of::CloudWatch, inner),
            _ => (Of::Kubernetes, text),
        };
        let fault = read(inner).map_err(refuse)?;
        fault.suits(of).map_err(refuse)?;
        Ok(match of {
            Of::Kubernetes => fault,
            Of::Prometheus => Fault::Prometheus(Box::new(fault)),
            Of::CloudWatch => Fault::CloudWatch(Box::new(fault)),
        })
    }
}

/// Reads a fault of any API; the error is why it is none.
fn read(text: &str) -> Result<Fault, &'static str> {
    if let Some((_, fault)) = PLAIN.iter().find(|(name, _)| *name == text) {
        return Ok(fault.clone());
    }
    match text.split_once(':') {
        Some(("slow", delay)) => parse_delay(delay)
            .map(Fault::Slow)
            .ok_or(" (its duration is not a whole number followed by ms or s)"),
        Some(("403-resource" | "403-namespace", "")) => {
            Err(" (it needs the name of what is forbidden)")
        }
        Some(("403-resource", name)) => Ok(Fault::ForbiddenResource(name.to_owned())),
        Some(("403-namespace", name)) => Ok(Fault::ForbiddenNamespace(name.to_owned())),
        Some(("once", inner)) => by_request(inner).map(Fault::Once),
        Some(("after", rest)) => {
            let (count, inner) = counted(rest)?;
            Ok(Fault::After(count, inner))
        }
        Some(("times", rest)) => {
            let (count, inner) = counted(rest)?;
            Ok(Fault::Times(count, inner))
        }
        Some(("prometheus" | "cloudwatch", _)) => Err(" (the API's prefix stands once, and first)"),
        _ => Err(""),
    }
}

/// `N:FAULT`.
fn counted(text: &str) -> Result<(u64, Box<Fault>), &'static str> {
    let (count, inner) = text
        .split_once(':')
        .ok_or(" (it needs a number and a fault)")?;
    let count = count.parse().map_err(|_| " (it needs a whole number)")?;
    Ok((count, by_request(inner)?))
}

/// The fault, if it can be decided for each request on its own and is not counted already.
fn by_request(text: &str) -> Result<Box<Fault>, &'static str> {
    match read(text)? {
        Fault::Refused
        | Fault::Untrusted
        | Fault::ExpiredCertificate
        | Fault::Once(_)
        | Fault::Times(..)
        | Fault::After(..) => Err(" (faults of the connection cannot be counted by request)"),
        fault => Ok(Box::new(fault)),
    }
}

impl Fault {
    /// Whether an API can have the fault; the error is why not.
    fn suits(&self, of: Of) -> Result<(), &'static str> {
        let plain = of != Of::Kubernetes;
        match self {
            Fault::Once(inner) | Fault::Times(_, inner) | Fault::After(_, inner) => inner.suits(of),
            Fault::Partial if of == Of::Kubernetes => {
                Err(" (the Kubernetes API gives the whole answer or none)")
            }
            Fault::Status(422) if of != Of::Prometheus => {
                Err(" (only a query of Prometheus fails while it runs)")
            }
            Fault::Untrusted | Fault::ExpiredCertificate if plain => {
                Err(" (of the demo's APIs only Kubernetes' has TLS)")
            }
            Fault::Expired | Fault::EmptyPage | Fault::EmptyPages | Fault::RepeatToken
                if of == Of::Prometheus =>
            {
                Err(" (the Prometheus API has no pages)")
            }
            Fault::ForbiddenResource(_) | Fault::ForbiddenNamespace(_) | Fault::MetricsDown
                if plain =>
            {
                Err(" (only the Kubernetes API has resources)")
            }
            _ => Ok(()),
        }
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
            Fault::Times(count, inner) => write!(f, "times:{count}:{inner}"),
            Fault::After(count, inner) => write!(f, "after:{count}:{inner}"),
            Fault::Prometheus(inner) => write!(f, "prometheus:{inner}"),
            Fault::CloudWatch(inner) => write!(f, "cloudwatch:{inner}"),
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

#[cfg(test)]
mod tests;
