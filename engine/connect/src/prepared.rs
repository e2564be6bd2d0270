//! A request that passed every check and was encoded: what the clients send. There is no other way to
//! make one than through the checks.

use bytes::Bytes;
use http::header::{HeaderMap, HeaderName, HeaderValue, USER_AGENT};
use trawl_fleet::{EndpointSpec, Impersonation};

use crate::approval::{ACTION_HEADER, Approval};
use crate::aws;
use crate::error::{Error, ErrorKind};
use crate::headers::{self, Outgoing};
use crate::kubernetes_rules;
use crate::request::{Method, Request};

/// What servers see of us. Some answer a browser or curl differently.
const OUR_NAME: &str = concat!("trawl/", env!("CARGO_PKG_VERSION"));

/// In whose name Kubernetes takes a request, where the credential may say so.
const USER: HeaderName = HeaderName::from_static("impersonate-user");
const GROUP: HeaderName = HeaderName::from_static("impersonate-group");

/// A checked request.
#[derive(Debug)]
pub(crate) struct Prepared {
    pub(crate) method: Method,
    /// Path and query below the endpoint, encoded.
    pub(crate) target: String,
    /// The path alone, for messages.
    pub(crate) path: String,
    pub(crate) headers: HeaderMap,
    /// Names of headers that were asked for and do not go out.
    pub(crate) dropped: Vec<String>,
    pub(crate) body: Option<Bytes>,
    /// The AWS action, without the name of its API.
    pub(crate) action: Option<String>,
    /// Sending it twice does no more than sending it once.
    pub(crate) repeatable: bool,
}

impl Prepared {
    /// Checks shape, approval and the rules of the endpoint's kind, in this order and before anything
    /// about a credential. `caller` is in whose name it is made where the endpoint is asked so.
    ///
    /// # Errors
    /// `InvalidQuery` for the shape, `PermissionDenied` for the rest, also where nobody is known to ask in the name of.
    pub(crate) fn new(
        request: Request,
        spec: &EndpointSpec,
        approval: &Approval,
        caller: Option<&Impersonation>,
    ) -> Result<Prepared, Error> {
        request.check()?;
        approval.check(&request)?;
        if let EndpointSpec::Kubernetes(spec) = spec {
            kubernetes_rules::check(&request, spec)?;
        }
        let action = action(&request, spec)?;
        let Outgoing {
            sent: mut headers,
            dropped,
        } = headers::outgoing(&request, approval)?;
        if spec.impersonates() {
            impersonate(&mut headers, &request, caller)?;
        }
        headers.insert(USER_AGENT, HeaderValue::from_static(OUR_NAME));
        Ok(Prepared {
            // A POST can be one that starts something, but AWS reads by POST too.
            repeatable: request.method != Method::Post || action.as_deref().is_some_and(aws::reads),
            action,
            method: request.method,
            target: request.encoded_target()?,
            path: request.encoded_path(),
            headers,
            dropped,
            body: request.body,
        })
    }
}

/// Kubernetes' headers of impersonation, of which a guest's own were dropped before. From here on they are headers like any
/// other, so that an answer which is kept is kept for this caller alone.
fn impersonate(
    headers: &mut HeaderMap,
    request: &Request,
    caller: Option<&Impersonation>,
) -> Result<(), Error> {
    let line = || format!("{} {}", request.method, request.encoded_path());
    let Some(caller) = caller else {
        let message = format!(
            "{}: the connection asks in the name of its caller (`impersonate: caller`), and nobody is known here; nothing was sent",
            line()
        );
        return Err(Error::new(ErrorKind::PermissionDenied, message).hint(
            "ask through `trawl serve --tokens FILE` with a token of that file (alerts: with `--alerts-as NAME`), or leave `impersonate` out of the connection in clusters.yaml",
        ));
    };
    let groups = caller.groups().iter().map(|group| (GROUP, group.as_str()));
    for (name, value) in std::iter::once((USER, caller.user())).chain(groups) {
        let value = HeaderValue::from_str(value).map_err(|_| {
            let message = format!("{}: the caller has a name that no header can hold", line());
            Error::new(ErrorKind::InvalidConfig, message)
        })?;
        headers.append(name, value);
    }
    Ok(())
}

/// The action that a request to AWS names; elsewhere none may be named, since it would mean nothing.
fn action(request: &Request, spec: &EndpointSpec) -> Result<Option<String>, Error> {
    let named = request
        .headers
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case(ACTION_HEADER));
    match (named, spec) {
        (None, _) => Ok(None),
        // `Logs_20140328.FilterLogEvents`
        (Some((_, target)), EndpointSpec::Aws(_)) => {
            Ok(target.rsplit('.').next().map(str::to_owned))
        }
        (Some(_), _) => Err(Error::new(
            ErrorKind::PermissionDenied,
            "X-Amz-Target names an action of AWS: it goes to endpoints of kind aws only; nothing was sent",
        )
        .hint("declare the endpoint with the kind aws")),
    }
}
