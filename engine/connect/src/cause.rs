//! Why a request failed, in words: a chain of foreign errors becomes a kind, a sentence and a hint.
//! Texts of foreign errors that could quote a URL or a credential are not passed on.

use std::error::Error as StdError;
use std::io;

use rustls::{AlertDescription, CertificateError};

use crate::error::{Error, ErrorKind};
use crate::guard::{self, Refused};
use crate::limits::CONNECT_TIMEOUT;

/// What a chain of errors comes down to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cause {
    pub(crate) kind: ErrorKind,
    pub(crate) words: String,
    pub(crate) hint: Option<&'static str>,
    /// The request may not have been read, so that another connection can help.
    pub(crate) reconnect: bool,
    /// There was no connection to the remote at all.
    pub(crate) unreached: bool,
    /// The client itself has ended, and another one has to be made.
    pub(crate) stale_client: bool,
}

impl Cause {
    fn new(kind: ErrorKind, words: impl Into<String>, hint: Option<&'static str>) -> Cause {
        Cause {
            kind,
            words: words.into(),
            hint,
            reconnect: false,
            unreached: false,
            stale_client: false,
        }
    }

    fn again(mut self) -> Cause {
        self.reconnect = true;
        self
    }

    fn unreached(mut self) -> Cause {
        self.unreached = true;
        self
    }
}

/// The deepest link of the chain that says something.
pub(crate) fn of(error: &(dyn StdError + 'static)) -> Cause {
    // What we refused ourselves says more than the library that passes it on.
    let mut link = Some(error);
    while let Some(error) = link {
        if let Some(refused) = error.downcast_ref::<Refused>() {
            return Cause::new(
                ErrorKind::PermissionDenied,
                refused.to_string(),
                Some(guard::HINT),
            );
        }
        link = next(error);
    }
    let mut found: Option<Cause> = None;
    let mut link = Some(error);
    while let Some(error) = link {
        if let Some(cause) = link_cause(error) {
            let final_word = cause.kind != ErrorKind::Internal;
            found = Some(cause);
            if final_word {
                break;
            }
        }
        link = next(error);
    }
    found.unwrap_or_else(|| {
        Cause::new(
            ErrorKind::Unavailable,
            "the request could not be sent",
            None,
        )
    })
}

/// `io::Error` hides what it wraps from `source`.
fn next<'a>(error: &'a (dyn StdError + 'static)) -> Option<&'a (dyn StdError + 'static)> {
    if let Some(error) = error.downcast_ref::<io::Error>()
        && let Some(inner) = error.get_ref()
    {
        return Some(inner);
    }
    error.source()
}

fn link_cause(error: &(dyn StdError + 'static)) -> Option<Cause> {
    if let Some(error) = error.downcast_ref::<Error>() {
        return Some(Cause::new(error.kind, error.message.clone(), None));
    }
    if let Some(error) = error.downcast_ref::<rustls::Error>() {
        return Some(tls(error));
    }
    if let Some(error) = error.downcast_ref::<hyper::Error>() {
        return http(error);
    }
    if let Some(error) = error.downcast_ref::<io::Error>() {
        return system(error);
    }
    if let Some(error) = error.downcast_ref::<reqwest::Error>() {
        return (error.is_connect() && error.is_timeout()).then(no_connection);
    }
    let text = error.to_string();
    // tower's worker of `kube`'s client lives on the runtime that made it, and can end before us.
    if text.starts_with("buffer's worker closed") {
        let mut cause = Cause::new(ErrorKind::Unavailable, "the client had ended", None).again();
        cause.stale_client = true;
        return Some(cause);
    }
    // The resolvers of hyper-util and reqwest have private types; their text has been this for years.
    if text.starts_with("dns error") {
        return Some(Cause::new(
            ErrorKind::Unavailable,
            "name not resolved",
            Some("check the host name, and whether a VPN or a port-forward is needed to reach it"),
        )
        .unreached());
    }
    None
}

fn no_connection() -> Cause {
    Cause::new(
        ErrorKind::Timeout,
        format!("no connection within {} s", CONNECT_TIMEOUT.as_secs()),
        Some("check that the address can be reached from here (VPN, firewall)"),
    )
    .unreached()
}

fn system(error: &io::Error) -> Option<Cause> {
    use io::ErrorKind as Io;
    let cause = match error.kind() {
        Io::ConnectionRefused => Cause::new(
            ErrorKind::Unavailable,
            "connection refused",
            Some("nothing listens there: check address and port, and whether it runs"),
        )
        .again()
        .unreached(),
        Io::ConnectionReset | Io::ConnectionAborted | Io::BrokenPipe | Io::NotConnected => {
            Cause::new(ErrorKind::Unavailable, "the connection was reset", None).again()
        }
        // An error of TLS that is wrapped as "unexpected end" is deeper in the chain.
        Io::UnexpectedEof
            if error
                .get_ref()
                .is_none_or(|inner| !inner.is::<rustls::Error>()) =>
        {
            Cause::new(
                ErrorKind::Unavailable,
                "the connection was closed before the answer was whole",
                None,
            )
            .again()
        }
        Io::TimedOut => no_connection(),
        Io::HostUnreachable | Io::NetworkUnreachable | Io::NetworkDown | Io::AddrNotAvailable => {
            Cause::new(
                ErrorKind::Unavailable,
                "no route to the host",
                Some("check that the address can be reached from here (VPN, firewall)"),
            )
            .unreached()
        }
        _ => return None,
    };
    Some(cause)
}

fn http(error: &hyper::Error) -> Option<Cause> {
    if error.is_incomplete_message() || error.is_closed() || error.is_canceled() {
        let words = "the connection was closed before the answer was whole";
        return Some(Cause::new(ErrorKind::Unavailable, words, None).again());
    }
    if error.is_parse() {
        return Some(Cause::new(
            ErrorKind::Protocol,
            "the answer is not HTTP",
            Some("check the port, and whether it wants https:// instead of http://"),
        ));
    }
    None
}

fn tls(error: &rustls::Error) -> Cause {
    let trust = Some(
        "name the CA: `tls: {ca_file: …}` in clusters.yaml, or certificate-authority in the kubeconfig",
    );
    let client = Some(
        "check the client certificate of the kubeconfig or of `tls`: it may be missing, expired or of another CA",
    );
    let untrusted = |words: &str, hint| {
        Cause::new(
            ErrorKind::Unavailable,
            format!("certificate not trusted: {words}"),
            hint,
        )
    };
    match error {
        rustls::Error::InvalidCertificate(error) => match error {
            CertificateError::UnknownIssuer => {
                untrusted("it is signed by an unknown authority", trust)
            }
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => untrusted(
                "it has expired",
                Some("renew it there, or check this machine's clock"),
            ),
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
                untrusted("it is not valid yet", Some("check this machine's clock"))
            }
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                untrusted(
                    "it is for another name",
                    Some(
                        "use the name that the certificate has, or tls-server-name in the kubeconfig",
                    ),
                )
            }
            // A cluster that was made anew has a CA of the same name with another key.
            CertificateError::BadSignature => {
                untrusted("it is signed by another CA of the same name", trust)
            }
            CertificateError::Revoked => untrusted("it was revoked", None),
            _ => untrusted("it is not valid", trust),
        },
        rustls::Error::NoCertificatesPresented => untrusted("the server presented none", None),
        rustls::Error::InvalidMessage(_) => Cause::new(
            ErrorKind::Protocol,
            "the server does not speak TLS there",
            Some("check the port, and whether it wants http:// instead of https://"),
        ),
        rustls::Error::AlertReceived(alert) => match alert {
            AlertDescription::CertificateRequired
            | AlertDescription::BadCertificate
            | AlertDescription::CertificateExpired
            | AlertDescription::CertificateUnknown
            | AlertDescription::CertificateRevoked
            | AlertDescription::UnknownCA
            | AlertDescription::AccessDenied => Cause::new(
                ErrorKind::Unauthenticated,
                "the server wants a client certificate that it trusts",
                client,
            ),
            _ => Cause::new(
                ErrorKind::Unavailable,
                "the server ended the TLS handshake",
                client,
            ),
        },
        _ => Cause::new(ErrorKind::Unavailable, "the TLS handshake failed", None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("dns error: no such host hunter2")]
    struct Dns;

    #[derive(Debug, thiserror::Error)]
    #[error("wrapped with https://user:hunter2@host/")]
    struct Wrapped(#[source] io::Error);

    #[test]
    fn chains_come_down_to_words() {
        let io = |kind: io::ErrorKind| Wrapped(io::Error::from(kind));
        let inside =
            |error: rustls::Error| Wrapped(io::Error::new(io::ErrorKind::InvalidData, error));
        for (error, kind, words, reconnect, unreached) in [
            (
                io(io::ErrorKind::ConnectionRefused),
                ErrorKind::Unavailable,
                "connection refused",
                true,
                true,
            ),
            (
                io(io::ErrorKind::ConnectionReset),
                ErrorKind::Unavailable,
                "reset",
                true,
                false,
            ),
            (
                io(io::ErrorKind::TimedOut),
                ErrorKind::Timeout,
                "no connection within 3 s",
                false,
                true,
            ),
            (
                inside(rustls::Error::InvalidCertificate(
                    CertificateError::UnknownIssuer,
                )),
                ErrorKind::Unavailable,
                "certificate not trusted: it is signed by an unknown authority",
                false,
                false,
            ),
            (
                inside(rustls::Error::AlertReceived(
                    AlertDescription::CertificateRequired,
                )),
                ErrorKind::Unauthenticated,
                "client certificate",
                false,
                false,
            ),
            (
                Wrapped(io::Error::other(Dns)),
                ErrorKind::Unavailable,
                "name not resolved",
                false,
                true,
            ),
            (
                Wrapped(io::Error::other("hunter2")),
                ErrorKind::Unavailable,
                "could not be sent",
                false,
                false,
            ),
        ] {
            let cause = of(&error);
            assert_eq!(cause.kind, kind, "{cause:?}");
            assert!(cause.words.contains(words), "{cause:?}");
            assert_eq!(cause.reconnect, reconnect, "{cause:?}");
            assert_eq!(cause.unreached, unreached, "{cause:?}");
            assert!(!cause.words.contains("hunter2"), "{cause:?}");
        }
    }
}
