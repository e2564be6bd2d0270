//! Who asks: a name, a role and what of the fleet exists for them. Each handler that shows anything takes its [`Caller`].

use std::sync::Arc;

use axum::extract::{FromRequestParts, Request};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use trawl_exec::Scope;

use crate::error::ApiError;

/// What a caller may do, from the least to the most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Asks queries.
    Reader,
    /// Sees how the server does: metrics, plugins, everybody's queries.
    Operator,
    /// Changes what there is: clusters.
    Admin,
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
}

impl Caller {
    /// Whoever sits at this machine.
    pub fn local() -> Self {
        Self {
            name: Arc::from("local"),
            role: Role::Admin,
            scope: Arc::new(Scope::everything()),
        }
    }

    /// Refuses those who may do less.
    pub(crate) fn at_least(&self, role: Role) -> Result<(), ApiError> {
        if self.role >= role {
            return Ok(());
        }
        let word = |role: Role| format!("{role:?}").to_lowercase();
        Err(ApiError::new(
            StatusCode::FORBIDDEN,
            "forbidden",
            format!(
                "this needs the role {}, and `{}` has the role {}",
                word(role),
                self.name,
                word(self.role)
            ),
        ))
    }
}

/// Finds out who asks.
pub(crate) async fn identify(mut request: Request, next: Next) -> Response {
    request.extensions_mut().insert(Caller::local());
    next.run(request).await
}

impl<S: Send + Sync> FromRequestParts<S> for Caller {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Response> {
        let caller = parts.extensions.get::<Self>().cloned();
        caller.ok_or_else(|| {
            ApiError::new(
                StatusCode::UNAUTHORIZED,
                "unauthorized",
                "expected a bearer token",
            )
            .into_response()
        })
    }
}
