//! The answers of the remote: those that were recorded, and those of a living remote, each of which is asked once. Owns which
//! recording answers a request; forwards with the credentials of the real connection and keeps only approved headers.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use trawl_connect::{Endpoint, Method, Request};
use trawl_sdk::recorded::{self, Answered, Exchange};

use crate::exchange::{Asked, Reply};

/// A body of a living remote that is larger than this is not played back: it is kept in memory as long as the suite runs.
const LIVE_BODY_BYTES: usize = 256 << 20;

/// Until a living remote has begun to answer: it is asked by a server that has no deadline of a query.
const LIVE_TIMEOUT: Duration = Duration::from_secs(30);

/// What answers.
#[derive(Default)]
pub struct Tape {
    exchanges: Mutex<Vec<Exchange>>,
    /// The living remote by the names of its endpoints; without one what is not recorded is not answered.
    live: Option<BTreeMap<String, Endpoint>>,
    /// One request to the living remote at a time, so that two that ask the same at once are told the same.
    asking: tokio::sync::Mutex<()>,
}

/// What one server has played of a tape: exchanges by their numbers.
#[derive(Default)]
pub(crate) struct Position(Mutex<BTreeSet<usize>>);

/// What a tape has for a request.
#[derive(Debug)]
pub(crate) enum Found {
    /// The remote's answer, and its number on the tape.
    Truly(usize, Reply),
    /// Nothing.
    Unrecorded,
    /// The living remote did not answer.
    Failed(String),
}

impl Tape {
    /// Recordings alone.
    pub fn recorded(exchanges: Vec<Exchange>) -> Arc<Self> {
        Arc::new(Self {
            exchanges: Mutex::new(exchanges),
            ..Self::default()
        })
    }

    /// A living remote.
    pub fn live(endpoints: BTreeMap<String, Endpoint>) -> Arc<Self> {
        Arc::new(Self {
            live: Some(endpoints),
            ..Self::default()
        })
    }

    /// Whether a living remote answers what was not asked before.
    pub fn is_live(&self) -> bool {
        self.live.is_some()
    }

    /// All that there is so far, in its order.
    pub fn exchanges(&self) -> Vec<Exchange> {
        lock(&self.exchanges).clone()
    }

    /// The answer to a request of a server that has played so much of it. [`Position::played`] takes it.
    pub(crate) async fn find(
        &self,
        position: &Position,
        endpoint: &str,
        asked: &Asked,
        headers: &[(String, String)],
    ) -> Found {
        let request = asked.recorded(headers);
        if let Some((number, reply)) = self.known(position, &request) {
            return Found::Truly(number, reply);
        }
        let Some(remote) = self.live.as_ref().and_then(|live| live.get(endpoint)) else {
            return Found::Unrecorded;
        };
        let _turn = self.asking.lock().await;
        if let Some((number, reply)) = self.known(position, &request) {
            return Found::Truly(number, reply);
        }
        match forward(remote, asked, headers).await {
            Ok(reply) => {
                let mut exchanges = lock(&self.exchanges);
                exchanges.push(Exchange {
                    title: String::new(),
                    place: String::new(),
                    request: asked.recorded(&[]),
                    answer: Answered {
                        status: reply.status,
                        headers: reply.headers.clone(),
                        body: reply.body.to_vec(),
                    },
                });
                Found::Truly(exchanges.len() - 1, reply)
            }
            Err(why) => Found::Failed(why),
        }
    }

    /// The first answer to a request that was not played yet, else the last one. A living remote is asked again instead: it may
    /// have come further.
    fn known(&self, position: &Position, request: &recorded::Asked) -> Option<(usize, Reply)> {
        let exchanges = lock(&self.exchanges);
        let played = lock(&position.0);
        let mut fitting = exchanges
            .iter()
            .enumerate()
            .filter(|(_, it)| it.request.matches(request));
        let fresh = fitting.clone().find(|(number, _)| !played.contains(number));
        let found = match fresh {
            None if self.live.is_none() => fitting.next_back(),
            fresh => fresh,
        };
        found.map(|(number, it)| (number, reply(&it.answer)))
    }
}

impl Position {
    /// An exchange was played.
    pub(crate) fn played(&self, number: usize) {
        lock(&self.0).insert(number);
    }

    /// Nothing was played.
    pub(crate) fn rewind(&self) {
        lock(&self.0).clear();
    }
}

fn reply(answer: &Answered) -> Reply {
    Reply {
        status: answer.status,
        headers: answer.headers.clone(),
        body: Bytes::from(answer.body.clone()),
    }
}

/// A lock that another thread's panic does not take away: every value here is whole at all times.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Asks the living remote, with the credentials of the real connection.
async fn forward(
    remote: &Endpoint,
    asked: &Asked,
    headers: &[(String, String)],
) -> Result<Reply, String> {
    let method = match asked.method.as_str() {
        "GET" => Method::Get,
        "HEAD" => Method::Head,
        "POST" => Method::Post,
        other => return Err(format!("the method {other} reads nothing")),
    };
    let request = Request {
        method,
        path: asked.path.clone(),
        query: asked.query.clone(),
        headers: headers.to_vec(),
        body: Some(asked.body.clone()).filter(|_| method == Method::Post),
        timeout: Some(LIVE_TIMEOUT),
    };
    let mut response = remote.send(request).await.map_err(|it| it.to_string())?;
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|it| it.to_string())? {
        if body.len().saturating_add(chunk.len()) > LIVE_BODY_BYTES {
            return Err(format!(
                "{asked}: the answer has more than {LIVE_BODY_BYTES} bytes"
            ));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Reply {
        status: response.status,
        headers: response.headers,
        body: Bytes::from(body),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "###\nGET /a\n\nHTTP/1.1 200\n\nrunning\n
###\nGET /b?t=*\n\nHTTP/1.1 200\n\nb\n
###\nGET /a\n\nHTTP/1.1 200\n\ndone\n";

    async fn play(tape: &Tape, position: &Position, target: &str) -> Option<String> {
        let asked = Asked::new("GET", target, None, Bytes::new()).unwrap();
        match tape.find(position, "api", &asked, &[]).await {
            Found::Truly(number, reply) => {
                position.played(number);
                String::from_utf8(reply.body.to_vec()).ok()
            }
            _ => None,
        }
    }

    #[tokio::test]
    async fn what_is_asked_again_gets_the_next_answer_and_the_last_one_ever_after() {
        let tape = Tape::recorded(recorded::parse("a.http", TEXT).unwrap());
        let position = Position::default();
        for expected in ["running", "done", "done"] {
            let got = play(&tape, &position, "/a").await;
            assert_eq!(got.as_deref(), Some(expected));
        }
        // Another server begins at the beginning.
        let other = Position::default();
        assert_eq!(play(&tape, &other, "/a").await.as_deref(), Some("running"));
        assert_eq!(play(&tape, &other, "/b?t=5").await.as_deref(), Some("b"));
        assert_eq!(play(&tape, &other, "/c").await, None);
    }
}
