//! The way of a query through the server: listed, its turn awaited, run, encoded, and what it ended with kept. Every endpoint that
//! answers with rows goes it.

use std::sync::Arc;
use std::time::Instant;

use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use http_body_util::{BodyExt as _, Full};
use tokio::sync::mpsc::Sender;
use tracing::Instrument as _;
use trawl_exec::{Answer, Encoder, Encoding, Error, Monitor, Progress, QueryId, QueryRequest};
use trawl_exec::{Summary, encode};

use crate::accept;
use crate::body::{self, Piece};
use crate::caller::Caller;
use crate::error::ApiError;
use crate::limits;
use crate::metrics::Outcome;
use crate::queue::Place;
use crate::running::Listed;
use crate::state::AppState;

/// The name of a run.
pub(crate) const QUERY_ID: HeaderName = HeaderName::from_static("trawl-query-id");

/// What an answer ends with, where its bytes cannot say it: a header of CSV, a trailer of Arrow.
pub(crate) const COMPLETENESS: HeaderName = HeaderName::from_static("trawl-completeness");

/// How an answer is to leave.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wanted {
    encoding: Encoding,
    /// Whether the client reads what stands behind a body.
    trailers: bool,
}

impl Wanted {
    /// What a request wants: the encoding that it names, else one that its headers accept.
    ///
    /// # Errors
    /// When there is none such.
    pub(crate) fn of(format: Option<&str>, headers: &HeaderMap) -> Result<Self, ApiError> {
        let mut taken = headers.get_all(header::TE).iter();
        let names = |value: &HeaderValue| {
            let names = value.to_str().unwrap_or_default().split([',', ';']);
            names
                .map(str::trim)
                .any(|it| it.eq_ignore_ascii_case("trailers"))
        };
        Ok(Self {
            encoding: accept::encoding(format, headers)?,
            trailers: taken.any(names),
        })
    }
}

/// Runs a query for a caller. The answer names the run, also where it is an error.
pub(crate) async fn answer(
    state: &AppState,
    caller: &Caller,
    request: QueryRequest,
    wanted: Wanted,
) -> Response {
    let id = request.id;
    let answered = run(state, caller, request, wanted).await;
    let mut response = answered.unwrap_or_else(|error| {
        let outcome = Outcome::refused(error.status());
        state.metrics.query(outcome, None);
        error.into_response()
    });
    if let Ok(id) = HeaderValue::try_from(id.to_string()) {
        response.headers_mut().insert(QUERY_ID, id);
    }
    response
}

async fn run(
    state: &AppState,
    caller: &Caller,
    mut request: QueryRequest,
    wanted: Wanted,
) -> Result<Response, ApiError> {
    let (id, monitor) = (request.id, Arc::clone(&request.monitor));
    let received = *request.received.get_or_insert_with(Instant::now);
    let timeout = request.timeout.min(trawl_exec::limits::QUERY_TIMEOUT_MAX);
    // Who is told of the targets wants to be told while the first rows are awaited.
    request.ahead = wanted.encoding != Encoding::Events;
    let listed = state
        .running
        .list(id, caller, &request.query, Arc::clone(&monitor));
    let place = tokio::select! {
        () = monitor.cancelled() => return Err(Error::Cancelled.into()),
        place = state.place(caller, received + timeout) => place?,
    };
    listed.runs();
    let answer = state.engine.query(request).await?;
    if let Some(completeness) = answer.overdue() {
        return Err(ApiError::overdue(&completeness));
    }
    let encoder = wanted.encoding.encoder(answer.columns())?;
    let leaving = Leaving {
        answer,
        encoder,
        wanted,
        monitor,
        told: Vec::new(),
        id,
        caller: Arc::clone(&caller.name),
        state: state.clone(),
        _held: (place, listed),
    };
    leaving.response().await
}

/// An answer on its way out.
struct Leaving {
    answer: Answer,
    encoder: Box<dyn Encoder>,
    wanted: Wanted,
    monitor: Arc<Monitor>,
    /// What the client was told of the targets.
    told: Vec<Progress>,
    id: QueryId,
    caller: Arc<str>,
    state: AppState,
    /// As long as it is on its way it has its place and is listed.
    _held: (Place, Listed),
}

/// Why nothing more leaves.
enum Stop {
    /// The client takes no more.
    Gone,
    /// The query broke.
    Broke(Error),
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Broke(error)
    }
}

impl Leaving {
    async fn response(self) -> Result<Response, ApiError> {
        let encoding = self.wanted.encoding;
        let mut response = match encoding {
            Encoding::Csv => self.held_back().await?,
            _ => {
                let announced = encoding == Encoding::Arrow && self.wanted.trailers;
                let task = |out| self.drive(out).in_current_span();
                let mut response = body::of(task).into_response();
                if announced {
                    let name = HeaderValue::from_static("trawl-completeness");
                    response.headers_mut().insert(header::TRAILER, name);
                }
                response
            }
        };
        let media_type = match encoding {
            Encoding::Csv => HeaderValue::from_static("text/csv; charset=utf-8"),
            other => HeaderValue::from_static(other.media_type()),
        };
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, media_type);
        headers.insert(header::VARY, HeaderValue::from_static("accept"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        Ok(response)
    }

    /// The whole answer at once, with what it ends with in a header.
    async fn held_back(mut self) -> Result<Response, ApiError> {
        let mut out = Vec::new();
        self.encoder.head(&mut out)?;
        while let Some(batch) = self.answer.next().await? {
            for piece in encode::pieces(&batch, limits::CHUNK_BYTES, limits::CHUNK_ROWS) {
                self.encoder.rows(&piece, &mut out)?;
                if out.len() > limits::CSV_BYTES {
                    let message = format!(
                        "the answer has more than {} MiB of CSV, which is held back until it is whole; ask for fewer rows (`max_rows`, `take`), or in a form that streams (`ndjson`, `arrow`)",
                        limits::CSV_BYTES >> 20
                    );
                    return Err(Error::Limit(message).into());
                }
            }
        }
        let summary = self.answer.finish();
        self.state.ended(self.id, &self.caller, &summary);
        self.encoder.tail(&summary, &mut out)?;
        // What it holds stays its own until the client has read it.
        let (held, length) = (self._held, out.len());
        let whole = Full::from(out).map_frame(move |frame| {
            let _while = &held;
            frame
        });
        let mut response = (StatusCode::OK, Body::new(whole)).into_response();
        // That it is known is forgotten above: a client sees by it that it has all.
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
        if let Some(record) = record(&summary) {
            headers.insert(COMPLETENESS, record);
        }
        Ok(response)
    }

    /// Sends the answer, chunk for chunk.
    async fn drive(mut self, out: Sender<Piece>) {
        let error = match self.write(&out).await {
            Ok(()) => return self.end(&out).await,
            Err(stop) => {
                self.state.metrics.query(Outcome::Failed, None);
                match stop {
                    Stop::Gone => return,
                    Stop::Broke(error) => error,
                }
            }
        };
        tracing::error!(%error, query = %self.id, "an answer broke off");
        if self.wanted.encoding == Encoding::Events {
            let mut event = Vec::new();
            encode::error_event(ApiError::from(error).told(), &mut event);
            // Nobody is left to tell where it fails.
            let _ = send(&out, Piece::Chunk(event)).await;
        }
    }

    async fn write(&mut self, out: &Sender<Piece>) -> Result<(), Stop> {
        let mut chunk = Vec::new();
        self.encoder.head(&mut chunk)?;
        let mut looks = tokio::time::interval(limits::PROGRESS_EVERY);
        looks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let tells = self.wanted.encoding == Encoding::Events;
        loop {
            if !chunk.is_empty() {
                send(out, Piece::Chunk(std::mem::take(&mut chunk))).await?;
            }
            let batch = tokio::select! {
                batch = self.answer.next() => batch?,
                _ = looks.tick(), if tells => {
                    self.tell(&mut chunk);
                    continue;
                }
            };
            let Some(batch) = batch else {
                return Ok(());
            };
            for piece in encode::pieces(&batch, limits::CHUNK_BYTES, limits::CHUNK_ROWS) {
                self.encoder.rows(&piece, &mut chunk)?;
                if chunk.len() >= limits::CHUNK_BYTES {
                    send(out, Piece::Chunk(std::mem::take(&mut chunk))).await?;
                }
            }
        }
    }

    /// Appends the targets of which something else is to be told than the last time.
    fn tell(&mut self, chunk: &mut Vec<u8>) {
        let targets = self.monitor.targets();
        for (at, target) in targets.iter().enumerate() {
            if self.told.get(at).is_none_or(|told| target.differs(told)) {
                encode::progress_event(target, chunk);
            }
        }
        self.told = targets;
    }

    async fn end(mut self, out: &Sender<Piece>) {
        let summary = self.answer.finish();
        self.state.ended(self.id, &self.caller, &summary);
        let mut chunk = Vec::new();
        if let Err(error) = self.encoder.tail(&summary, &mut chunk) {
            tracing::error!(%error, query = %self.id, "an answer has no end");
            return;
        }
        let trailers = match self.wanted.encoding {
            Encoding::Arrow if self.wanted.trailers => {
                record(&summary).map(|record| HeaderMap::from_iter([(COMPLETENESS, record)]))
            }
            _ => None,
        };
        // What it held is free for others before the client has read the last of it.
        drop(self._held);
        if send(out, Piece::Chunk(chunk)).await.is_ok() {
            let _ = send(out, Piece::End(trailers)).await;
        }
    }
}

/// Sends a piece when the client has taken the one before.
async fn send(out: &Sender<Piece>, piece: Piece) -> Result<(), Stop> {
    match tokio::time::timeout(limits::CLIENT_READS_WITHIN, out.send(piece)).await {
        Ok(sent) => sent.map_err(|_| Stop::Gone),
        Err(_) => {
            tracing::warn!(
                "a client left its answer where it was for {} s; its query is ended",
                limits::CLIENT_READS_WITHIN.as_secs()
            );
            Err(Stop::Gone)
        }
    }
}

/// What an answer ends with as a header.
fn record(summary: &Summary) -> Option<HeaderValue> {
    HeaderValue::try_from(encode::record_line(summary, limits::RECORD_BYTES)).ok()
}
