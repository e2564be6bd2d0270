//! Owns recorded answers served in order of a script; refuses a network.

use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;
use std::time::Duration;

use crate::types::{Error, Method, Request, ResponseHead};
use crate::{Exchange, Transport};

/// One recorded answer.
#[derive(Debug, Clone)]
pub struct Answer {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    chunk: usize,
    failure: Option<Error>,
}

impl Answer {
    /// A JSON body with status 200.
    pub fn json(body: impl Into<Vec<u8>>) -> Self {
        Self::new(200, "application/json", body)
    }

    /// Any answer.
    pub fn new(status: u16, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Self {
            status,
            headers: vec![("content-type".into(), content_type.into())],
            body: body.into(),
            chunk: 64 << 10,
            failure: None,
        }
    }

    /// An answer without headers.
    pub fn bare(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self {
            headers: Vec::new(),
            ..Self::new(status, "", body)
        }
    }

    /// No answer: the host's error instead of a head.
    pub fn failing(error: Error) -> Self {
        Self {
            failure: Some(error),
            ..Self::new(0, "", "")
        }
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, key: &str, value: &str) -> Self {
        self.headers.push((key.into(), value.into()));
        self
    }
}

type Script = dyn Fn(&Request) -> Answer;

/// Answers requests by a function of the request, and remembers them and the order of events.
pub struct Recorded {
    script: Box<Script>,
    events: Rc<RefCell<Vec<String>>>,
    sent: RefCell<Vec<Request>>,
    memory: RefCell<BTreeMap<String, Vec<u8>>>,
}

impl Recorded {
    /// Answers by `script`.
    pub fn by(script: impl Fn(&Request) -> Answer + 'static) -> Rc<Self> {
        Rc::new(Self {
            script: Box::new(script),
            events: Rc::default(),
            sent: RefCell::default(),
            memory: RefCell::default(),
        })
    }

    /// Answers one after the other; then 500s.
    pub fn in_order(answers: impl IntoIterator<Item = Answer>) -> Rc<Self> {
        let queue: RefCell<VecDeque<_>> = RefCell::new(answers.into_iter().collect());
        Self::by(move |_| {
            let next = queue.borrow_mut().pop_front();
            next.unwrap_or_else(|| Answer::new(500, "text/plain", "no answer was recorded"))
        })
    }

    /// What it answers to a request, without noting it.
    pub fn answer(&self, request: &Request) -> Answer {
        (self.script)(request)
    }

    /// `start …`, `read …` and `end …` of each request, and each `wait … ms`, in the order in which they happened.
    pub fn events(&self) -> Vec<String> {
        self.events.borrow().clone()
    }

    /// The requests as they were sent.
    pub fn sent(&self) -> Vec<Request> {
        self.sent.borrow().clone()
    }

    /// The requests, as [`request_line`] writes them.
    pub fn requests(&self) -> Vec<String> {
        self.events()
            .iter()
            .filter_map(|event| event.strip_prefix("start ").map(str::to_owned))
            .collect()
    }
}

/// `GET /a/b?x=1&y=2`, not encoded.
pub fn request_line(request: &Request) -> String {
    let method = match request.method {
        Method::Get => "GET",
        Method::Head => "HEAD",
        Method::Post => "POST",
    };
    let query: Vec<_> = request
        .query
        .iter()
        .map(|(k, v)| format!("{k}={v}"))
        .collect();
    let mark = if query.is_empty() { "" } else { "?" };
    format!(
        "{method} /{}{mark}{}",
        request.path.join("/"),
        query.join("&")
    )
}

impl Transport for Recorded {
    fn start(&self, _endpoint: &str, request: Request) -> Result<Box<dyn Exchange>, Error> {
        let line = request_line(&request);
        self.events.borrow_mut().push(format!("start {line}"));
        let answer = (self.script)(&request);
        self.sent.borrow_mut().push(request);
        Ok(Box::new(RecordedExchange {
            at: 0,
            answer,
            line,
            events: Rc::clone(&self.events),
        }))
    }

    fn recall(&self, key: &str) -> Option<Vec<u8>> {
        self.memory.borrow().get(key).cloned()
    }

    /// For as long as the recording lives: a test's time does not pass.
    fn remember(&self, key: &str, value: Vec<u8>, _: Duration) {
        self.memory.borrow_mut().insert(key.to_owned(), value);
    }

    /// Notes it and goes on at once.
    fn wait(&self, time: Duration) {
        let line = format!("wait {} ms", time.as_millis());
        self.events.borrow_mut().push(line);
    }
}

struct RecordedExchange {
    answer: Answer,
    at: usize,
    line: String,
    events: Rc<RefCell<Vec<String>>>,
}

impl Exchange for RecordedExchange {
    fn head(&mut self) -> Result<ResponseHead, Error> {
        match &self.answer.failure {
            Some(error) => Err(error.clone()),
            None => Ok(ResponseHead {
                status: self.answer.status,
                headers: self.answer.headers.clone(),
            }),
        }
    }

    fn read(&mut self, max: u32) -> Result<Option<Vec<u8>>, Error> {
        let rest = self.answer.body.get(self.at..).unwrap_or_default();
        if rest.is_empty() {
            self.events.borrow_mut().push(format!("end {}", self.line));
            return Ok(None);
        }
        let size = usize::try_from(max)
            .unwrap_or(usize::MAX)
            .min(self.answer.chunk);
        let chunk: Vec<u8> = rest.iter().take(size).copied().collect();
        self.at += chunk.len();
        Ok(Some(chunk))
    }
}
