//! `GET /healthz`: the process is alive. It says nothing of clusters: a dead one must not restart us.

/// Always `ok`.
pub(crate) async fn healthz() -> &'static str {
    "ok\n"
}
