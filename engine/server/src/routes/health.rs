//! `GET /healthz`: the process is alive. It says nothing of clusters: a dead one must not restart us.

/// Always `ok`.
#[utoipa::path(get, path = "/healthz", tag = "operations", security(()), responses((status = 200, description = "Alive", body = String)))]
pub(crate) async fn healthz() -> &'static str {
    "ok\n"
}
