//! Requests of a guest: by the endpoint's name, in a task of their own, a bounded number at a time.
//! Addresses, credentials and what was approved are `trawl-connect`'s; nothing of them is seen here.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::{Buf, Bytes, BytesMut};
use tokio::sync::{OwnedSemaphorePermit, oneshot};
use tokio::task::AbortHandle;
use trawl_connect::ErrorKind;
use wasmtime::component::Resource;

use crate::bindings::http::{Host, HostExchange, Request, ResponseHead};
use crate::bindings::types::{Error, ErrorCode, Method};
use crate::bounded::{Receiver, Sender, channel};
use crate::error::{Failure, defect, failure, failure_with};
use crate::instance::Guest;
use crate::limits;
use crate::stats::ScanStats;

/// A request on its way, or its answer. Dropping it cancels it.
pub struct Exchange {
    head: Head,
    body: Receiver<Result<Bytes, Failure>>,
    rest: Bytes,
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
    async fn read(&mut self, max: u32) -> Result<Option<Bytes>, Failure> {
        self.head().await?;
        let max = usize::try_from(max)
            .unwrap_or(usize::MAX)
            .min(limits::READ_BYTES);
        if max == 0 {
            return Err(defect("read(0) asks for nothing; expected at least 1 byte"));
        }
        if self.rest.is_empty() {
            match self.body.recv().await {
                Some(piece) => self.rest = piece?,
                None => return Ok(None),
            }
        }
        if self.rest.len() >= max {
            return Ok(Some(self.rest.split_to(max)));
        }
        // What has arrived meanwhile goes along: fewer calls for a fast remote.
        let mut joined = BytesMut::from(std::mem::take(&mut self.rest));
        while joined.len() < max {
            match self.body.try_recv() {
                Some(Ok(mut piece)) => {
                    let room = max.saturating_sub(joined.len()).min(piece.len());
                    joined.extend_from_slice(&piece.split_to(room));
                    self.rest = piece;
                    if self.rest.has_remaining() {
                        break;
                    }
                }
                Some(Err(failure)) => return Err(failure),
                None => break,
            }
        }
        Ok(Some(joined.freeze()))
    }

    /// The rest of the body, joined once when all of it is there: every further copy is felt.
    async fn read_all(&mut self, max: u32) -> Result<Vec<u8>, Failure> {
        self.head().await?;
        let max = usize::try_from(max)
            .unwrap_or(usize::MAX)
            .min(limits::WHOLE_BYTES);
        let mut pieces = vec![std::mem::take(&mut self.rest)];
        let mut length = 0_usize;
        loop {
            length = length.saturating_add(pieces.last().map_or(0, Bytes::len));
            if length > max {
                return Err(failure_with(
                    ErrorCode::Protocol,
                    format!("the answer has more than the {max} bytes the plugin expected"),
                    "ask for less (a filter, a smaller page)",
                ));
            }
            match self.body.recv().await {
                Some(piece) => pieces.push(piece?),
                None => break,
            }
        }
        let mut whole = Vec::with_capacity(length);
        for piece in pieces {
            whole.extend_from_slice(&piece);
        }
        Ok(whole)
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

/// The request's task is gone without an answer: it was aborted with its runtime, or it panicked.
fn lost() -> Failure {
    failure(ErrorCode::Internal, "the request was lost inside trawl")
}

impl Host for Guest {
    async fn start(
        &mut self,
        endpoint: String,
        request: Request,
    ) -> wasmtime::Result<Result<Resource<Exchange>, Error>> {
        let Some(endpoint) = self.site.endpoints.get(&endpoint).cloned() else {
            let known: Vec<&str> = self.site.endpoints.keys().map(String::as_str).collect();
            return Ok(Err(defect(format!(
                "the plugin calls the endpoint `{endpoint}`, which it has not; it has {known:?}"
            ))));
        };
        let Ok(slot) = Arc::clone(&self.slots).try_acquire_owned() else {
            return Ok(Err(defect(format!(
                "the plugin has {} requests open already; it has to drop those it has read",
                limits::REQUESTS_IN_FLIGHT
            ))));
        };
        let request = self.request(request);
        let (head_sender, head) = oneshot::channel();
        let (body_sender, body) = channel(limits::BODY_AHEAD_BYTES);
        let stats = Arc::clone(&self.stats);
        ScanStats::add(&stats.requests, 1);
        let task = self.io.spawn(async move {
            exchange(&endpoint, request, head_sender, body_sender, &stats).await;
        });
        let exchange = Exchange {
            head: Head::Awaited(head),
            body,
            rest: Bytes::new(),
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
            body: request.body.map(Bytes::from),
            timeout: Some(timeout),
        }
    }
}

/// Sends, then reads ahead of the guest as far as there is room.
async fn exchange(
    endpoint: &trawl_connect::Endpoint,
    request: trawl_connect::Request,
    head: oneshot::Sender<Result<ResponseHead, Failure>>,
    body: Sender<Result<Bytes, Failure>>,
    stats: &ScanStats,
) {
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
    let _ = head.send(Ok(ResponseHead {
        status: response.status,
        headers: std::mem::take(&mut response.headers),
    }));
    loop {
        match response.chunk().await {
            Ok(None) => return,
            Ok(Some(piece)) if piece.is_empty() => {}
            Ok(Some(piece)) => {
                let size = piece.len();
                if !response.from_disk {
                    ScanStats::add(&stats.bytes, u64::try_from(size).unwrap_or(u64::MAX));
                }
                if body.send(Ok(piece), size).await.is_err() {
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
        let piece = self.table.get_mut(&exchange)?.read(max).await;
        Ok(piece.map(|piece| piece.map(Vec::from)))
    }

    async fn read_all(
        &mut self,
        exchange: Resource<Exchange>,
        max: u32,
    ) -> wasmtime::Result<Result<Vec<u8>, Error>> {
        Ok(self.table.get_mut(&exchange)?.read_all(max).await)
    }

    async fn read_text(
        &mut self,
        exchange: Resource<Exchange>,
        max: u32,
    ) -> wasmtime::Result<Result<String, Error>> {
        Ok(self.table.get_mut(&exchange)?.read_text(max).await)
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
    async fn answered(pieces: &[&'static [u8]], end: Option<Failure>) -> Exchange {
        let (head_sender, head) = oneshot::channel();
        let (body_sender, body) = channel(limits::BODY_AHEAD_BYTES);
        let head_of = ResponseHead {
            status: 200,
            headers: vec![],
        };
        head_sender.send(Ok(head_of)).unwrap();
        for piece in pieces {
            body_sender
                .send(Ok(Bytes::from_static(piece)), piece.len())
                .await
                .unwrap();
        }
        if let Some(end) = end {
            body_sender.finish(Err(end));
        }
        let slots = Arc::new(tokio::sync::Semaphore::new(1));
        Exchange {
            head: Head::Awaited(head),
            body,
            rest: Bytes::new(),
            task: tokio::spawn(async {}).abort_handle(),
            _slot: slots.try_acquire_owned().unwrap(),
        }
    }

    #[tokio::test]
    async fn read_joins_and_splits_pieces_at_the_asked_size() {
        let mut exchange = answered(&[b"abc", b"def", b"ghijklmnop"], None).await;
        for expected in ["abcd", "efgh", "ijkl", "mnop"] {
            let piece = exchange.read(4).await.unwrap().unwrap();
            assert_eq!(piece, expected.as_bytes());
        }
        assert_eq!(exchange.read(4).await, Ok(None));
        assert_eq!(exchange.head().await.unwrap().status, 200);
    }

    #[tokio::test]
    async fn read_all_joins_what_is_left_and_refuses_what_is_too_long() {
        let mut exchange = answered(&[b"abc", b"def", b"gh"], None).await;
        assert_eq!(exchange.read(2).await.unwrap().unwrap(), "ab");
        assert_eq!(exchange.read_all(100).await.unwrap(), b"cdefgh");
        assert_eq!(exchange.read_all(100).await.unwrap(), b"");
        let mut exchange = answered(&[b"abc", b"def"], None).await;
        let failure = exchange.read_all(5).await.unwrap_err();
        assert!(
            failure.message.contains("more than the 5 bytes"),
            "{failure:?}"
        );
        let broken = self::failure(ErrorCode::Unavailable, "reset");
        let mut exchange = answered(&[b"abc"], Some(broken.clone())).await;
        assert_eq!(exchange.read_all(9).await, Err(broken));
    }

    #[tokio::test]
    async fn read_text_joins_and_refuses_what_is_too_long_or_no_text() {
        let mut exchange = answered(&[b"gr\xc3", b"\xbc\xc3\x9fe"], None).await;
        assert_eq!(exchange.read_text(100).await, Ok("grüße".to_owned()));
        let mut exchange = answered(&[b"abc", b"def"], None).await;
        let failure = exchange.read_text(5).await.unwrap_err();
        assert!(
            failure.message.contains("more than the 5 bytes"),
            "{failure:?}"
        );
        let mut exchange = answered(&[b"ab\xff"], None).await;
        let failure = exchange.read_text(5).await.unwrap_err();
        assert!(failure.message.contains("at byte 2"), "{failure:?}");
    }

    #[tokio::test]
    async fn a_body_that_breaks_off_is_an_error_not_an_end() {
        let broken = failure(ErrorCode::Unavailable, "reset");
        let mut exchange = answered(&[b"abc"], Some(broken.clone())).await;
        assert_eq!(exchange.read(3).await.unwrap().unwrap(), "abc");
        assert_eq!(exchange.read(3).await, Err(broken));
    }

    #[tokio::test]
    async fn a_lost_request_is_an_error() {
        let mut exchange = answered(&[], None).await;
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
        let stats = ScanStats::default();
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
            let (body_sender, mut body) = channel(limits::BODY_AHEAD_BYTES);
            ScanStats::add(&stats.requests, 1);
            exchange(&endpoint, request, head_sender, body_sender, &stats).await;
            assert_eq!(body.recv().await.unwrap().unwrap(), "body");
        }
        assert_eq!(stats.requests.load(Ordering::Relaxed), 1);
        assert_eq!(stats.from_disk.load(Ordering::Relaxed), 2);
        assert_eq!(stats.bytes.load(Ordering::Relaxed), 4);
    }
}
