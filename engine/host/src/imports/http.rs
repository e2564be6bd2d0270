//! Requests of a guest: by the endpoint's name, in a task of their own, a bounded number at a time.
//! Addresses, credentials and what was approved are `trawl-connect`'s; nothing of them is seen here.

use std::collections::BTreeSet;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, oneshot};
use tokio::task::AbortHandle;
use tracing::Instrument;
use trawl_connect::ErrorKind;
use wasmtime::component::Resource;

use crate::ahead::{Reader, Writer, ahead, lost};
use crate::bindings::http::{Host, HostExchange, Request, ResponseHead};
use crate::bindings::output::Gap as GapKind;
use crate::bindings::types::{Error, ErrorCode, Method};
use crate::error::{Failure, Identity, defect, failure, stop};
use crate::imports::Intake;
use crate::instance::Guest;
use crate::limits;
use crate::stats::{self, ScanStats, locked};

/// A request on its way, or its answer. Dropping it cancels it.
pub struct Exchange {
    head: Head,
    body: Reader,
    task: AbortHandle,
    _slot: OwnedSemaphorePermit,
}

enum Head {
    Awaited(oneshot::Receiver<Result<ResponseHead, Failure>>),
    Here(Result<ResponseHead, Failure>),
}

impl Drop for Exchange {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Exchange {
    async fn head(&mut self) -> Result<ResponseHead, Failure> {
        if let Head::Awaited(answer) = &mut self.head {
            let head = answer.await;
            self.head = Head::Here(head.unwrap_or_else(|_| Err(lost())));
        }
        match &self.head {
            Head::Here(head) => head.clone(),
            Head::Awaited(_) => Err(lost()),
        }
    }

    /// The next piece of the body, at most `max` bytes of it.
    async fn read(&mut self, max: u32) -> Result<Option<Vec<u8>>, Failure> {
        self.head().await?;
        if max == 0 {
            return Err(defect("read(0) asks for nothing; expected at least 1 byte"));
        }
        self.body.read(at_most(max, limits::READ_BYTES)).await
    }

    /// The next `length` bytes of the body, fewer at its end.
    async fn fill(&mut self, length: u32) -> Result<Option<Vec<u8>>, Failure> {
        self.head().await?;
        if length == 0 {
            return Err(defect("fill(0) asks for nothing; expected at least 1 byte"));
        }
        self.body.fill(at_most(length, limits::READ_BYTES)).await
    }

    /// The rest of the body in one piece.
    async fn read_all(&mut self, max: u32) -> Result<Vec<u8>, Failure> {
        self.head().await?;
        self.body.read_all(at_most(max, limits::WHOLE_BYTES)).await
    }

    async fn read_text(&mut self, max: u32) -> Result<String, Failure> {
        let text = self.read_all(max).await?;
        String::from_utf8(text).map_err(|error| {
            let at = error.utf8_error().valid_up_to();
            failure(
                ErrorCode::Protocol,
                format!("the answer is not UTF-8 (at byte {at})"),
            )
        })
    }
}

fn at_most(max: u32, limit: usize) -> usize {
    usize::try_from(max).unwrap_or(usize::MAX).min(limit)
}

impl Host for Guest {
    async fn start(
        &mut self,
        endpoint: String,
        request: Request,
    ) -> wasmtime::Result<Result<Resource<Exchange>, Error>> {
        let name = endpoint;
        let Some(endpoint) = self.site.endpoints.get(&name).cloned() else {
            let known: Vec<&str> = self.site.endpoints.keys().map(String::as_str).collect();
            return Ok(Err(defect(format!(
                "the plugin calls the endpoint `{name}`, which it has not; it has {known:?}"
            ))));
        };
        let Ok(slot) = Arc::clone(&self.slots).try_acquire_owned() else {
            return Ok(Err(defect(format!(
                "the plugin has {} requests open already; it has to drop those it has read",
                limits::REQUESTS_OPEN
            ))));
        };
        let mut request = self.request(request);
        let (head_sender, head) = oneshot::channel();
        let (body_sender, body) = ahead(limits::BODY_AHEAD_BYTES);
        let (stats, intake) = (Arc::clone(&self.stats), Arc::clone(&self.intake));
        let (turns, site) = (Arc::clone(&self.turns), Arc::clone(&self.site));
        let (noted, allowance) = (Arc::clone(&self.noted), Arc::clone(&self.allowance));
        // A path, and nothing behind it: queries and headers hold what nobody's logs should.
        let span = tracing::info_span!("remote", endpoint = name, method = %request.method, path = request.path.join("/"));
        let task = self.io.spawn(
            async move {
                // Given back when the answer is here as a whole, or nobody wants it any more.
                let Ok(_turn) = turns.acquire_owned().await else {
                    return;
                };
                // A turn may come just because the time of those before is over, and so is that of this one.
                let left = allowance.left();
                if left.is_zero() {
                    return;
                }
                request.timeout = request.timeout.map(|timeout| timeout.min(left));
                ScanStats::add(&stats.requests, 1);
                let counted = Counted {
                    stats: &stats,
                    intake: &intake,
                    identity: &site.identity,
                    noted: &noted,
                    name: &name,
                };
                exchange(&endpoint, request, head_sender, body_sender, counted).await;
            }
            .instrument(span),
        );
        let exchange = Exchange {
            head: Head::Awaited(head),
            body,
            task: task.abort_handle(),
            _slot: slot,
        };
        Ok(Ok(self.table.push(exchange)?))
    }
}

impl Guest {
    fn request(&self, request: Request) -> trawl_connect::Request {
        let left = self.allowance.left();
        let timeout = request.timeout_ms.map_or(left, |timeout| {
            left.min(Duration::from_millis(timeout.into()))
        });
        trawl_connect::Request {
            method: match request.method {
                Method::Get => trawl_connect::Method::Get,
                Method::Head => trawl_connect::Method::Head,
                Method::Post => trawl_connect::Method::Post,
            },
            path: request.path,
            query: request.query,
            headers: request.headers,
            body: request.body.map(bytes::Bytes::from),
            timeout: Some(timeout),
        }
    }
}

/// Where an exchange is counted.
struct Counted<'a> {
    stats: &'a ScanStats,
    intake: &'a Intake,
    identity: &'a Identity,
    noted: &'a Noted,
    /// The endpoint, as the plugin calls it.
    name: &'a str,
}

/// Endpoints of which a call was told that headers were dropped: it would hear the same of each of a thousand pages.
pub(crate) type Noted = Mutex<BTreeSet<String>>;

impl Counted<'_> {
    /// Tells of headers that did not go out, once for an endpoint.
    fn note(&self, dropped: &[String]) {
        if !dropped.is_empty() && locked(self.noted).insert(self.name.to_owned()) {
            self.stats.report(stats::Gap {
                kind: GapKind::Note,
                cluster: None,
                message: format!(
                    "requests to `{}` went out without the headers {}, which the plugin does not declare or may never send",
                    self.name,
                    dropped.join(", ")
                ),
            });
        }
    }
}

/// Sends, then reads ahead of the guest as far as there is room.
async fn exchange(
    endpoint: &trawl_connect::Endpoint,
    request: trawl_connect::Request,
    head: oneshot::Sender<Result<ResponseHead, Failure>>,
    body: Writer,
    counted: Counted<'_>,
) {
    let stats = counted.stats;
    let mut response = match endpoint.send(request).await {
        Ok(response) => response,
        Err(error) => {
            // The guest may have dropped the exchange; then nobody wants to know.
            let _ = head.send(Err(from_connect(error)));
            return;
        }
    };
    if response.from_disk {
        // It was counted as begun before anybody could know.
        stats.requests.fetch_sub(1, Ordering::Relaxed);
        ScanStats::add(&stats.from_disk, 1);
    }
    counted.note(&response.dropped_headers);
    let _ = head.send(Ok(ResponseHead {
        status: response.status,
        headers: std::mem::take(&mut response.headers),
    }));
    loop {
        match response.chunk().await {
            Ok(None) => return body.finish(Ok(())),
            Ok(Some(piece)) if piece.is_empty() => {}
            Ok(Some(piece)) => {
                let size = piece.len();
                if !response.from_disk {
                    ScanStats::add(&stats.bytes, u64::try_from(size).unwrap_or(u64::MAX));
                }
                if !counted.intake.take(size) {
                    return body.finish(Err(counted.intake.failure(counted.identity)));
                }
                if body.push(&piece).await.is_err() {
                    return;
                }
            }
            Err(error) => return body.finish(Err(from_connect(error))),
        }
    }
}

fn from_connect(error: trawl_connect::Error) -> Failure {
    Failure {
        code: match error.kind {
            ErrorKind::InvalidConfig => ErrorCode::InvalidConfig,
            ErrorKind::Unauthenticated => ErrorCode::Unauthenticated,
            ErrorKind::PermissionDenied => ErrorCode::PermissionDenied,
            ErrorKind::InvalidQuery => ErrorCode::InvalidQuery,
            ErrorKind::Unsupported => ErrorCode::Unsupported,
            ErrorKind::RateLimited => ErrorCode::RateLimited,
            ErrorKind::Unavailable => ErrorCode::Unavailable,
            ErrorKind::Timeout => ErrorCode::Timeout,
            ErrorKind::Protocol => ErrorCode::Protocol,
            _ => ErrorCode::Internal,
        },
        message: error.message,
        hint: error.hint,
        http_status: error.http_status,
        retry_after_ms: error
            .retry_after
            .map(|wait| u64::try_from(wait.as_millis()).unwrap_or(u64::MAX)),
    }
}

impl Guest {
    /// An answer for the guest, unless its call has read more than it may: then it ends here, whatever it would have made of it.
    fn within<T>(&self, read: Result<T, Failure>) -> wasmtime::Result<Result<T, Error>> {
        if self.intake.is_over() {
            return stop(self.intake.failure(&self.site.identity));
        }
        Ok(read)
    }
}

impl HostExchange for Guest {
    async fn head(
        &mut self,
        exchange: Resource<Exchange>,
    ) -> wasmtime::Result<Result<ResponseHead, Error>> {
        Ok(self.table.get_mut(&exchange)?.head().await)
    }

    async fn read(
        &mut self,
        exchange: Resource<Exchange>,
        max: u32,
    ) -> wasmtime::Result<Result<Option<Vec<u8>>, Error>> {
        let read = self.table.get_mut(&exchange)?.read(max).await;
        self.within(read)
    }

    async fn fill(
        &mut self,
        exchange: Resource<Exchange>,
        length: u32,
    ) -> wasmtime::Result<Result<Option<Vec<u8>>, Error>> {
        let read = self.table.get_mut(&exchange)?.fill(length).await;
        self.within(read)
    }

    async fn read_all(
        &mut self,
        exchange: Resource<Exchange>,
        max: u32,
    ) -> wasmtime::Result<Result<Vec<u8>, Error>> {
        let read = self.table.get_mut(&exchange)?.read_all(max).await;
        self.within(read)
    }

    async fn read_text(
        &mut self,
        exchange: Resource<Exchange>,
        max: u32,
    ) -> wasmtime::Result<Result<String, Error>> {
        let read = self.table.get_mut(&exchange)?.read_text(max).await;
        self.within(read)
    }

    async fn drop(&mut self, exchange: Resource<Exchange>) -> wasmtime::Result<()> {
        self.table.delete(exchange)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An exchange whose answer is these pieces, all of them there already.
    async fn answered(pieces: &[&[u8]]) -> Exchange {
        let (head_sender, head) = oneshot::channel();
        let (body_sender, body) = ahead(limits::BODY_AHEAD_BYTES);
        let head_of = ResponseHead {
            status: 200,
            headers: vec![],
        };
        head_sender.send(Ok(head_of)).unwrap();
        for piece in pieces {
            body_sender.push(piece).await.unwrap();
        }
        body_sender.finish(Ok(()));
        let slots = Arc::new(tokio::sync::Semaphore::new(1));
        Exchange {
            head: Head::Awaited(head),
            body,
            task: tokio::spawn(async {}).abort_handle(),
            _slot: slots.try_acquire_owned().unwrap(),
        }
    }

    #[tokio::test]
    async fn read_text_joins_and_refuses_what_is_too_long_or_no_text() {
        let mut exchange = answered(&[b"gr\xc3", b"\xbc\xc3\x9fe"]).await;
        assert_eq!(exchange.read_text(100).await, Ok("grüße".to_owned()));
        let mut exchange = answered(&[b"abc", b"def"]).await;
        let failure = exchange.read_text(5).await.unwrap_err();
        assert!(
            failure.message.contains("more than the 5 bytes"),
            "{failure:?}"
        );
        let mut exchange = answered(&[b"ab\xff"]).await;
        let failure = exchange.read_text(5).await.unwrap_err();
        assert!(failure.message.contains("at byte 2"), "{failure:?}");
    }

    #[tokio::test]
    async fn a_lost_request_is_an_error() {
        let mut exchange = answered(&[]).await;
        let (sender, head) = oneshot::channel();
        exchange.head = Head::Awaited(head);
        drop(sender);
        assert_eq!(exchange.head().await, Err(lost()));
        assert_eq!(exchange.read(1).await, Err(lost()));
        assert_eq!(exchange.read(0).await, Err(lost()));
    }

    #[tokio::test]
    async fn an_answer_from_disk_is_no_request_and_no_bytes() {
        use tokio::io::{AsyncReadExt, AsyncWriteExt};

        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                head.push(stream.read_u8().await.unwrap());
            }
            let answer =
                b"HTTP/1.1 200 OK\r\ncache-control: immutable\r\ncontent-length: 4\r\n\r\nbody";
            stream.write_all(answer).await.unwrap();
        });
        let folder = tempfile::tempdir().unwrap();
        let spec = trawl_fleet::HttpSpec {
            url,
            ..trawl_fleet::HttpSpec::default()
        };
        let operation = trawl_connect::Operation {
            method: trawl_connect::Method::Get,
            path: "/x".to_owned(),
            action: None,
        };
        let endpoint = trawl_connect::Endpoint::with(
            trawl_fleet::EndpointSpec::Http(spec),
            trawl_connect::Approval {
                operations: vec![operation],
                ..trawl_connect::Approval::default()
            },
            trawl_connect::EndpointOptions {
                answers: trawl_connect::AnswerStore::open(folder.path().join("answers")),
                ..trawl_connect::EndpointOptions::default()
            },
        );
        let (stats, intake) = (ScanStats::default(), Intake::new(100));
        let identity = Identity::unread("kube");
        let noted = Noted::default();
        // The server is there for the first one only.
        for _ in 0..3 {
            let request = trawl_connect::Request {
                method: trawl_connect::Method::Get,
                path: vec!["x".to_owned()],
                query: vec![],
                headers: vec![],
                body: None,
                timeout: None,
            };
            let (head_sender, _head) = oneshot::channel();
            let (body_sender, mut body) = ahead(limits::BODY_AHEAD_BYTES);
            ScanStats::add(&stats.requests, 1);
            let counted = Counted {
                stats: &stats,
                intake: &intake,
                identity: &identity,
                noted: &noted,
                name: "api",
            };
            exchange(&endpoint, request, head_sender, body_sender, counted).await;
            assert_eq!(body.read_all(9).await.unwrap(), b"body");
        }
        assert_eq!(stats.requests.load(Ordering::Relaxed), 1);
        assert_eq!(stats.from_disk.load(Ordering::Relaxed), 2);
        assert_eq!(stats.bytes.load(Ordering::Relaxed), 4);
    }
}
