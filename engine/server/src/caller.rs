//! Who asks: a name, a role, what of the fleet exists for them and what they may use. Each handler that shows anything takes its
//! [`Caller`].

mod callers;
mod made;
mod rate;
mod tokens;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::{ConnectInfo, FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use trawl_exec::{QueryRequest, Scope};
use trawl_fleet::glob_matches;
use trawl_saved::{Library, SavedQuery};

use crate::audit;
use crate::error::ApiError;
use crate::state::AppState;

pub use callers::Callers;
pub use made::{kept_token, new_token};
pub use tokens::{Budget, TokenHash};

/// What a caller may do, from the least to the most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Asks queries.
    Reader,
    /// Sees how the server does: metrics, plugins, everybody's queries.
    Operator,
    /// Changes what there is: clusters.
    Admin,
}

impl Role {
    /// Its name in files and messages.
    pub fn word(self) -> &'static str {
        match self {
            Self::Reader => "reader",
            Self::Operator => "operator",
            Self::Admin => "admin",
        }
    }
}

/// Who asks.
#[derive(Debug, Clone)]
pub struct Caller {
    /// The name of the token, for audit and logs.
    pub name: Arc<str>,
    /// What it may do.
    pub role: Role,
    /// What exists for it.
    pub scope: Arc<Scope>,
    /// What it may use.
    pub budget: Budget,
    /// Globs of the saved queries that exist for it.
    pub(crate) queries: Option<Arc<[String]>>,
    /// What it has used of that.
    pub(crate) rate: Arc<rate::Rate>,
    /// The audit line of this request.
    pub(crate) audit: Option<Arc<audit::Entry>>,
}

impl Caller {
    /// Whoever sits at this machine.
    pub fn local() -> Self {
        Self {
            name: Arc::from("local"),
            role: Role::Admin,
            scope: Arc::new(Scope::everything()),
            budget: Budget::default(),
            queries: None,
            rate: Arc::default(),
            audit: None,
        }
    }

    /// Refuses those who may do less.
    pub(crate) fn at_least(&self, role: Role) -> Result<(), ApiError> {
        if self.role >= role {
            return Ok(());
        }
        Err(ApiError::new(
            StatusCode::FORBIDDEN,
            "forbidden",
            format!(
                "this needs the role {}, and `{}` has the role {}",
                role.word(),
                self.name,
                self.role.word()
            ),
        ))
    }

    /// Whether it sees what is everybody's: an operator, or more, to whom nothing is outside.
    pub(crate) fn oversees(&self) -> bool {
        self.role >= Role::Operator && self.scope.is_everything()
    }

    /// Whether a saved query exists for it. A text of the server's own folder can be about anything: to who does not see everything it
    /// is shown where somebody said so.
    pub(crate) fn sees_query(&self, query: &SavedQuery) -> bool {
        match &self.queries {
            Some(globs) => globs.iter().any(|glob| glob_matches(glob, &query.name)),
            None => {
                self.scope.is_everything() || Library::bundled().get(&query.name) == Some(query)
            }
        }
    }

    /// Refuses those for whom something is outside: what is asked for cannot be cut to their part.
    pub(crate) fn of_everything(&self) -> Result<(), ApiError> {
        if self.scope.is_everything() {
            return Ok(());
        }
        Err(ApiError::new(
            StatusCode::FORBIDDEN,
            "forbidden",
            format!(
                "this is about all clusters, and `{}` has a scope",
                self.name
            ),
        ))
    }

    /// Makes a query this caller's, and counts it. Every query that a request brings goes through here.
    ///
    /// # Errors
    /// As [`Caller::count`].
    pub(crate) fn claim(&self, request: &mut QueryRequest) -> Result<(), ApiError> {
        self.confine(request);
        self.count()
    }

    /// Keeps a query within the caller's scope and budget, and notes it in the audit line.
    pub(crate) fn confine(&self, request: &mut QueryRequest) {
        request.scope = Arc::clone(&self.scope);
        let budget = &self.budget;
        let least = |own: Option<u64>, wanted: Option<u64>| match (own, wanted) {
            (Some(own), Some(wanted)) => Some(own.min(wanted)),
            (own, wanted) => own.or(wanted),
        };
        request.max_rows = least(budget.max_rows, request.max_rows);
        request.max_cost = least(budget.max_cost, request.max_cost);
        if let Some(timeout) = budget.timeout {
            request.timeout = request.timeout.min(timeout);
        }
        if let Some(audit) = &self.audit {
            audit.asks(request);
        }
    }

    /// Counts a query of this minute.
    ///
    /// # Errors
    /// When those of this minute are used up.
    pub(crate) fn count(&self) -> Result<(), ApiError> {
        let Some(per_minute) = self.budget.queries_per_minute else {
            return Ok(());
        };
        self.rate
            .begin(per_minute, Instant::now())
            .map_err(|wait| ApiError::too_many(&self.name, per_minute, wait))
    }

    /// Queries that it may have at once, where that is less than the server's.
    pub(crate) fn share(&self) -> Option<usize> {
        let concurrent = self.budget.concurrent?;
        usize::try_from(concurrent).ok()
    }
}

impl ApiError {
    fn too_many(caller: &str, per_minute: u32, wait: Duration) -> Self {
        let message = format!(
            "`{caller}` may begin {per_minute} queries within a minute (`queries_per_minute` of its token); try again in {} s",
            wait.as_secs().saturating_add(1)
        );
        Self::new(StatusCode::TOO_MANY_REQUESTS, "busy", message)
            .after(wait.as_secs().saturating_add(1))
    }
}

/// Whether a path is for everybody: it shows no data.
pub(crate) fn is_public(path: &str) -> bool {
    matches!(path, "/healthz" | "/readyz" | "/openapi.json" | "/docs") || path.starts_with("/docs/")
}

/// Finds out who asks, and ends the request where nobody known does. There is one answer for all of those.
pub(crate) async fn identify(
    State(state): State<AppState>,
    mut request: Request,
    next: Next,
) -> Response {
    if is_public(request.uri().path()) {
        return next.run(request).await;
    }
    let client = request.extensions().get::<ConnectInfo<SocketAddr>>();
    let client = client.map(|ConnectInfo(address)| *address);
    let entry = state
        .audit
        .entry(request.method(), request.uri().path(), client);
    let response = match state.callers.find(bearer(request.headers())) {
        Some(mut caller) => {
            entry.caller(&caller);
            caller.audit = Some(Arc::clone(&entry));
            request.extensions_mut().insert(caller);
            let mut response = next.run(request).await;
            if let Some(age) = entry.age_ms() {
                let seconds = HeaderValue::from(age / 1000);
                response.headers_mut().insert(header::AGE, seconds);
            }
            response
        }
        None => unknown(),
    };
    audit::until_read(response, entry)
}

/// The token of a request. Of two headers neither counts.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let mut all = headers.get_all(header::AUTHORIZATION).iter();
    let (one, another) = (all.next()?, all.next());
    if another.is_some() {
        return None;
    }
    let (scheme, token) = one.to_str().ok()?.split_once(' ')?;
    scheme
        .eq_ignore_ascii_case("bearer")
        .then(|| token.trim_start_matches(' '))
}

/// The answer to nobody known.
fn unknown() -> Response {
    let mut response = ApiError::new(
        StatusCode::UNAUTHORIZED,
        "unauthorized",
        "expected `Authorization: Bearer TOKEN` with a token that this server knows",
    )
    .into_response();
    let scheme = HeaderValue::from_static("Bearer realm=\"trawl\"");
    response
        .headers_mut()
        .insert(header::WWW_AUTHENTICATE, scheme);
    response
}

impl<S: Send + Sync> FromRequestParts<S> for Caller {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Response> {
        parts.extensions.get::<Self>().cloned().ok_or_else(unknown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_that_of_one_bearer_header() {
        for (headers, token) in [
            (&["Bearer abc"][..], Some("abc")),
            (&["bearer  abc"], Some("abc")),
            (&["Basic abc"], None),
            (&["Bearer"], None),
            (&[], None),
            (&["Bearer abc", "Bearer def"], None),
        ] {
            let mut map = HeaderMap::new();
            for value in headers {
                map.append(header::AUTHORIZATION, HeaderValue::from_static(value));
            }
            assert_eq!(bearer(&map), token, "{headers:?}");
        }
    }

    #[test]
    fn a_budget_is_the_least_of_both() {
        let caller = Caller {
            budget: Budget {
                max_rows: Some(10),
                max_cost: Some(5),
                timeout: Some(Duration::from_secs(1)),
                queries_per_minute: Some(2),
                concurrent: Some(3),
            },
            ..Caller::local()
        };
        let mut request = QueryRequest::new("pods");
        request.max_rows = Some(100);
        assert!(caller.claim(&mut request).is_ok());
        assert_eq!((request.max_rows, request.max_cost), (Some(10), Some(5)));
        assert_eq!(request.timeout, Duration::from_secs(1));
        let mut less = QueryRequest::new("pods");
        less.max_rows = Some(1);
        assert!(caller.claim(&mut less).is_ok());
        assert_eq!(less.max_rows, Some(1));
        assert!(caller.claim(&mut less).is_err());
        assert_eq!(caller.share(), Some(3));
        assert!(caller.at_least(Role::Admin).is_ok());
    }
}
