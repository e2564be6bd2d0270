//! The audit line of a request to the API: who asked what of whom, and what came of it. Owns where lines go and what is in one;
//! refuses headers, tokens and the values of parameters, which have no way into it.

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::net::{IpAddr, SocketAddr};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::{Instant, SystemTime};

use axum::body::{Body, Bytes, HttpBody};
use axum::http::Method;
use axum::response::Response;
use http_body::{Frame, SizeHint};
use serde::Serialize;
use trawl_exec::{Monitor, ProgressState, QueryId, QueryRequest, format_datetime};

use crate::caller::{Caller, Role};
use crate::limits;

/// Where audit lines go. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Audit(Option<Arc<Mutex<Sink>>>);

#[derive(Debug)]
enum Sink {
    Stderr,
    File(File),
    #[cfg(test)]
    Kept(Vec<u8>),
}

impl Audit {
    /// To standard error.
    pub fn to_stderr() -> Self {
        Self(Some(Arc::new(Mutex::new(Sink::Stderr))))
    }

    /// To the end of a file, which its owner alone can read when it is made here.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub fn to_file(path: &Path) -> io::Result<Self> {
        let mut options = OpenOptions::new();
        let file = options.append(true).create(true).mode(0o600).open(path)?;
        Ok(Self(Some(Arc::new(Mutex::new(Sink::File(file))))))
    }

    /// The line of a request that begins now. It is written when nobody holds it any more.
    pub(crate) fn entry(
        &self,
        method: &Method,
        path: &str,
        client: Option<SocketAddr>,
    ) -> Arc<Entry> {
        Arc::new(Entry {
            audit: self.clone(),
            at: SystemTime::now(),
            since: Instant::now(),
            method: method.clone(),
            path: cut(path, limits::AUDIT_PATH_BYTES),
            client: client.map(|it| it.ip().to_canonical()),
            known: Mutex::default(),
        })
    }

    /// Writes a line whole: with one call, and one at a time.
    fn write(&self, line: &[u8]) {
        let Some(sink) = &self.0 else { return };
        let mut sink = sink.lock().unwrap_or_else(PoisonError::into_inner);
        let written = match &mut *sink {
            Sink::Stderr => io::stderr().lock().write_all(line),
            Sink::File(file) => file.write_all(line),
            #[cfg(test)]
            Sink::Kept(kept) => kept.write_all(line),
        };
        if let Err(error) = written {
            tracing::error!(%error, "an audit line is lost");
        }
    }
}

/// A line on its way.
#[derive(Debug)]
pub(crate) struct Entry {
    audit: Audit,
    at: SystemTime,
    since: Instant,
    method: Method,
    path: String,
    client: Option<IpAddr>,
    known: Mutex<Known>,
}

/// What is learnt as the request goes on.
#[derive(Debug, Default)]
struct Known {
    caller: Option<(Arc<str>, Role)>,
    queries: Vec<Query>,
    /// Of the oldest rows of an endpoint whose shape has no place for ages, in milliseconds.
    age_ms: Option<u64>,
    status: Option<u16>,
    bytes: u64,
    is_whole: bool,
}

#[derive(Debug)]
struct Query {
    id: QueryId,
    text: String,
    clusters: Vec<String>,
    monitor: Arc<Monitor>,
}

#[derive(Serialize)]
struct Line<'a> {
    time: String,
    caller: Option<&'a str>,
    role: Option<Role>,
    client: Option<IpAddr>,
    method: &'a str,
    endpoint: &'a str,
    status: Option<u16>,
    outcome: &'static str,
    bytes: u64,
    elapsed_ms: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    age_ms: Option<u64>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    queries: Vec<AskedLine<'a>>,
}

#[derive(Serialize)]
struct AskedLine<'a> {
    id: String,
    text: &'a str,
    clusters: &'a [String],
    rows: u64,
    targets: Vec<TargetLine>,
}

#[derive(Serialize)]
struct TargetLine {
    cluster: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    connection: Option<String>,
    source: String,
    table: String,
    status: ProgressState,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    rows: u64,
    requests: u64,
    bytes: u64,
}

impl Entry {
    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Who asks.
    pub(crate) fn caller(&self, caller: &Caller) {
        self.known().caller = Some((Arc::clone(&caller.name), caller.role));
    }

    /// A query that the request asks. Values of its parameters are not kept: they can be secrets.
    pub(crate) fn asks(&self, request: &QueryRequest) {
        let mut known = self.known();
        if known.queries.len() < limits::AUDIT_QUERIES {
            known.queries.push(Query {
                id: request.id,
                text: cut(&request.query, limits::AUDIT_TEXT_BYTES),
                clusters: request.clusters.clone(),
                monitor: Arc::clone(&request.monitor),
            });
        }
    }

    /// The request is answered with rows that were read this long ago; the oldest count.
    pub(crate) fn is_from(&self, age_ms: u64) {
        let mut known = self.known();
        known.age_ms = known.age_ms.max(Some(age_ms));
    }

    /// How old the oldest rows are, in milliseconds, where that was told.
    pub(crate) fn age_ms(&self) -> Option<u64> {
        self.known().age_ms
    }

    fn line(&self) -> Vec<u8> {
        let known = self.known();
        let outcome = match known.status {
            Some(401 | 403) => "denied",
            Some(status) if status >= 500 => "failed",
            Some(status) if status >= 400 => "refused",
            Some(_) if known.is_whole => "answered",
            // The client went away, or the answer broke.
            _ => "cut",
        };
        let targets = |query: &Query| -> Vec<TargetLine> {
            let targets = query.monitor.targets().into_iter();
            let told = targets.map(|target| TargetLine {
                cluster: target.cluster,
                connection: target.connection,
                source: target.source,
                table: target.table,
                status: target.status,
                // The kind alone: messages are the remotes'.
                error: target.error.map(|error| error.code),
                rows: target.rows,
                requests: target.requests,
                bytes: target.bytes,
            });
            told.take(limits::AUDIT_TARGETS).collect()
        };
        let line = Line {
            time: moment(self.at),
            caller: known.caller.as_ref().map(|(name, _)| &**name),
            role: known.caller.as_ref().map(|(_, role)| *role),
            client: self.client,
            method: self.method.as_str(),
            endpoint: &self.path,
            status: known.status,
            outcome,
            bytes: known.bytes,
            elapsed_ms: u64::try_from(self.since.elapsed().as_millis()).unwrap_or(u64::MAX),
            age_ms: known.age_ms,
            queries: known
                .queries
                .iter()
                .map(|query| AskedLine {
                    id: query.id.to_string(),
                    text: &query.text,
                    clusters: &query.clusters,
                    rows: query.monitor.rows(),
                    targets: targets(query),
                })
                .collect(),
        };
        let mut text = serde_json::to_vec(&line).unwrap_or_default();
        text.push(b'\n');
        text
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        if self.audit.0.is_some() {
            self.audit.write(&self.line());
        }
    }
}

fn moment(at: SystemTime) -> String {
    let elapsed = at
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    format_datetime(i64::try_from(elapsed.as_nanos()).unwrap_or(i64::MAX))
}

/// The beginning of a text, with a mark where it was longer.
fn cut(text: &str, bytes: usize) -> String {
    let end = text.floor_char_boundary(bytes);
    match text.get(..end) {
        Some(beginning) if end < text.len() => format!("{beginning}…"),
        _ => text.to_owned(),
    }
}

/// A response whose line is written once its body has been read, or is dropped.
pub(crate) fn until_read(response: Response, entry: Arc<Entry>) -> Response {
    entry.known().status = Some(response.status().as_u16());
    response.map(|body| {
        entry.known().is_whole = body.is_end_stream();
        Body::new(Watched { body, entry })
    })
}

struct Watched {
    body: Body,
    entry: Arc<Entry>,
}

impl HttpBody for Watched {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let polled = Pin::new(&mut self.body).poll_frame(context);
        let is_end = self.body.is_end_stream();
        let mut known = self.entry.known();
        match &polled {
            Poll::Ready(Some(Ok(frame))) => {
                let bytes = frame.data_ref().map_or(0, Bytes::len);
                known.bytes += u64::try_from(bytes).unwrap_or(u64::MAX);
                known.is_whole = is_end;
            }
            Poll::Ready(None) => known.is_whole = true,
            Poll::Ready(Some(Err(_))) | Poll::Pending => {}
        }
        drop(known);
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::StatusCode;
    use http_body_util::BodyExt as _;
    use serde_json::Value;

    fn kept() -> Audit {
        Audit(Some(Arc::new(Mutex::new(Sink::Kept(Vec::new())))))
    }

    fn lines(audit: &Audit) -> Vec<Value> {
        let sink = audit.0.as_ref().unwrap().lock().unwrap();
        let Sink::Kept(kept) = &*sink else {
            unreachable!("lines are kept");
        };
        let text = std::str::from_utf8(kept).unwrap();
        text.lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    fn request(audit: &Audit) -> Arc<Entry> {
        let client = "[::ffff:10.0.0.1]:5".parse().unwrap();
        audit.entry(&Method::POST, "/api/v1/query", Some(client))
    }

    #[tokio::test]
    async fn a_line_is_written_when_the_answer_was_read() {
        let audit = kept();
        let entry = request(&audit);
        entry.caller(&Caller::local());
        let mut query = QueryRequest::new("pods".repeat(10_000));
        query.params.insert("password".to_owned(), "hunter2".into());
        entry.asks(&query);
        let response = until_read(Response::new(Body::from("12345")), entry);
        assert!(lines(&audit).is_empty());
        response.into_body().collect().await.unwrap();
        let [line] = lines(&audit).try_into().unwrap();
        for (key, value) in [
            ("caller", "local"),
            ("role", "admin"),
            ("client", "10.0.0.1"),
            ("method", "POST"),
            ("endpoint", "/api/v1/query"),
            ("outcome", "answered"),
        ] {
            assert_eq!(line[key], value);
        }
        assert_eq!((&line["status"], &line["bytes"]), (&200.into(), &5.into()));
        let asked = &line["queries"][0];
        assert_eq!(asked["id"], query.id.to_string());
        assert!(asked["text"].as_str().unwrap().ends_with("pods…"));
        assert!(asked["text"].as_str().unwrap().len() <= limits::AUDIT_TEXT_BYTES + 3);
        assert!(!line.to_string().contains("hunter2"));
    }

    #[tokio::test]
    async fn an_outcome_is_what_became_of_the_request() {
        for (status, outcome) in [
            (StatusCode::UNAUTHORIZED, "denied"),
            (StatusCode::FORBIDDEN, "denied"),
            (StatusCode::BAD_REQUEST, "refused"),
            (StatusCode::SERVICE_UNAVAILABLE, "failed"),
            // Nobody read the body.
            (StatusCode::OK, "cut"),
        ] {
            let audit = kept();
            let mut response = Response::new(Body::from("x"));
            *response.status_mut() = status;
            drop(until_read(response, request(&audit)));
            assert_eq!(lines(&audit)[0]["outcome"], outcome, "{status}");
        }
        let audit = kept();
        // The handler never ended.
        drop(request(&audit));
        assert_eq!(lines(&audit)[0]["outcome"], "cut");
    }

    #[test]
    fn a_file_is_its_owners_and_is_appended_to() {
        use std::os::unix::fs::MetadataExt as _;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("audit");
        for _ in 0..2 {
            drop(request(&Audit::to_file(&path).unwrap()));
        }
        assert_eq!(std::fs::read_to_string(&path).unwrap().lines().count(), 2);
        assert_eq!(std::fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
        assert!(Audit::to_file(Path::new("/")).is_err());
    }
}
