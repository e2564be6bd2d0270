//! From one request to its answer: by the first rule that fits, else from the tape. What is not recorded is answered 599, which no
//! remote gives, and named.

use std::convert::Infallible;
use std::io;
use std::sync::Arc;

use bytes::Bytes;
use futures::stream;
use futures::{FutureExt, StreamExt};
use http::{HeaderName, HeaderValue, Request, Response, StatusCode, header};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, Limited, StreamBody};
use hyper::body::{Frame, Incoming};

use super::{Answered, Fault, Seen, Shared};
use crate::exchange::{ACTION_HEADER, Asked, Reply};
use crate::tape::Found;

/// A request's body is a query; more than this is none.
const REQUEST_BODY_BYTES: usize = 8 << 20;

/// The status of an answer to what is not recorded. No remote gives it, and every client takes it for a failure of the server.
pub const UNRECORDED: u16 = 599;

type Body = UnsyncBoxBody<Bytes, io::Error>;

/// Counts a request that was held back and whose connection was closed.
struct Held<'a>(&'a Shared);

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.0.count(|counts| counts.let_go += 1);
    }
}

pub(super) async fn respond(
    request: Request<Incoming>,
    endpoint: &Arc<str>,
    shared: &Shared,
) -> Result<Response<Body>, io::Error> {
    let (head, body) = request.into_parts();
    let body = Limited::new(body, REQUEST_BODY_BYTES).collect().await;
    let body = body.map(|body| body.to_bytes()).map_err(io::Error::other)?;
    let target = head.uri.path_and_query().map_or("/", |it| it.as_str());
    let action = head.headers.get(ACTION_HEADER);
    let action = action.and_then(|it| it.to_str().ok());
    let Some(asked) = Asked::new(head.method.as_str(), target, action, body) else {
        return Ok(whole(&Reply::new(400, TEXT, "the target is no path\n")));
    };
    let headers: Vec<(String, String)> = head
        .headers
        .iter()
        .filter_map(|(name, value)| Some((name.to_string(), value.to_str().ok()?.to_owned())))
        .collect();

    // It has its place before anything is waited for, so that the log is in the order of the requests.
    let place = {
        let mut log = shared.log();
        log.push(Seen {
            asked: asked.clone(),
            answered: Answered::Falsely,
        });
        log.len() - 1
    };
    shared.came();
    let position = &shared.position;
    let found = shared.tape.find(position, endpoint, &asked, &headers).await;
    let exchange = match &found {
        Found::Truly(number, _) => Some(*number),
        Found::Unrecorded | Found::Failed(_) => None,
    };
    let mut rules = shared.rules.iter();
    let fault = rules.find(|rule| rule.fits(place, exchange));
    let fault = fault.map(|rule| &rule.fault);
    let (reply, answered) = match found {
        Found::Truly(number, reply) => (reply, Answered::Truly(number)),
        Found::Unrecorded => (unrecorded(&asked), Answered::Unrecorded),
        Found::Failed(why) => (Reply::new(502, TEXT, why), Answered::Falsely),
    };
    let half = reply.body.slice(..reply.body.len().div_ceil(2));
    match fault {
        Some(Fault::Hold) => {
            shared.count(|counts| counts.held += 1);
            let _held = Held(shared);
            match std::future::pending::<Infallible>().await {}
        }
        Some(Fault::Disconnect) => Err(closed()),
        Some(Fault::Say(reply)) => Ok(whole(reply)),
        Some(Fault::Break) => Ok(broken(&reply, half)),
        Some(Fault::Truncate) => Ok(whole(&reply.with_body(half))),
        None => {
            if let Answered::Truly(number) = answered {
                position.played(number);
            }
            // The log may have been cleared meanwhile.
            if let Some(seen) = shared.log().get_mut(place).filter(|it| it.asked == asked) {
                seen.answered = answered;
            }
            Ok(whole(&reply))
        }
    }
}

/// The type of what this server says for itself.
const TEXT: &str = "text/plain; charset=utf-8";

fn closed() -> io::Error {
    io::Error::new(io::ErrorKind::ConnectionReset, "a fault of the test")
}

/// What is said to who asks for something that is not recorded.
fn unrecorded(asked: &Asked) -> Reply {
    Reply::new(
        UNRECORDED,
        TEXT,
        format!("the plugin asked for {asked}, which is not recorded\n"),
    )
}

fn whole(reply: &Reply) -> Response<Body> {
    let body = Full::new(reply.body.clone()).map_err(|never: Infallible| match never {});
    response(reply, body.boxed_unsync())
}

/// A part of the body with the length of the whole, then the end of the connection.
fn broken(reply: &Reply, part: Bytes) -> Response<Body> {
    // hyper writes out what it has when a body is not ready: without this who asked would not see the head of the answer.
    let end = async {
        tokio::task::yield_now().await;
        Err(closed())
    };
    let frames = stream::iter([Ok(Frame::data(part))]).chain(end.into_stream());
    let mut response = response(reply, BodyExt::boxed_unsync(StreamBody::new(frames)));
    let length = HeaderValue::from(reply.body.len());
    response
        .headers_mut()
        .insert(header::CONTENT_LENGTH, length);
    response
}

fn response(reply: &Reply, body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    // What was recorded is checked when it is read; a status that is none is the server's own failure.
    *response.status_mut() =
        StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in &reply.headers {
        let parsed = name
            .parse::<HeaderName>()
            .ok()
            .zip(HeaderValue::from_str(value).ok());
        // Lengths and encodings are those of this server.
        let Some((name, value)) = parsed.filter(|(name, _)| {
            ![
                header::CONTENT_LENGTH,
                header::TRANSFER_ENCODING,
                header::CONTENT_ENCODING,
            ]
            .contains(name)
        }) else {
            continue;
        };
        response.headers_mut().append(name, value);
    }
    response
}
