//! Owns the native run of a plugin on recorded HTTP: plan, scan, rows. Refuses to filter, sort and cut, which the host does with
//! what a plan does not take exactly: a test sees what leaves the plugin.

use std::path::Path;
use std::rc::Rc;
use std::time::Duration;

use serde_json::Value;

use super::{Answer, Collected, Query, Recorded, request_line};
use crate::recorded::{Asked, Exchange, FileError, Replay, read_folder};
use crate::types::{
    Description, Error, Gap, Method, Pushed, Request, ResponseHead, ScanPlan, TableDetail,
};
use crate::{Session, Source, Transport};

/// A connection of a plugin to recorded answers.
///
/// What [describe](Source::describe) does not declare is refused as the host refuses it: an endpoint, a request that no operation
/// covers; headers that are not declared do not arrive, on neither side.
pub struct Harness<S: Source> {
    description: Description,
    session: S::Session,
    recorded: Rc<Recorded>,
    replay: Rc<Replay>,
}

/// What a query gave.
#[derive(Debug, Clone)]
pub struct Ran {
    /// The plan.
    pub plan: ScanPlan,
    /// The rows, partition by partition, as JSON objects; times and spans as nanoseconds.
    pub rows: Vec<Value>,
    /// The requests, `GET /a?x=1`, not encoded.
    pub requests: Vec<String>,
    /// What was said to be missing.
    pub reports: Vec<(Gap, String)>,
}

impl Ran {
    /// The rows as lines of JSON, for comparison with a text.
    pub fn text(&self) -> String {
        let lines = self.rows.iter().map(|row| format!("{row}\n"));
        lines.collect()
    }

    /// How exactly each condition was taken.
    pub fn pushed(&self) -> &[Pushed] {
        &self.plan.filters
    }
}

impl<S: Source> Harness<S> {
    /// A connection whose remote is the recordings of a folder, `tests/recorded`; `config` is the connection's configuration.
    ///
    /// # Errors
    /// When a file is not of the [format](crate::recorded), or the plugin refuses the configuration.
    pub fn of_folder(folder: impl AsRef<Path>, config: &Value) -> Result<Self, Error> {
        let exchanges = read_folder(folder.as_ref());
        Self::new(exchanges.map_err(|error| unreadable(&error))?, config)
    }

    /// A connection whose remote is the text of one such file.
    ///
    /// # Errors
    /// As [`of_folder`](Self::of_folder).
    pub fn of_text(text: &str, config: &Value) -> Result<Self, Error> {
        let exchanges = crate::recorded::parse("text", text);
        Self::new(exchanges.map_err(|error| unreadable(&error))?, config)
    }

    /// A connection whose remote is these exchanges.
    ///
    /// # Errors
    /// When the plugin refuses the configuration.
    pub fn new(exchanges: Vec<Exchange>, config: &Value) -> Result<Self, Error> {
        let replay = Rc::new(Replay::new(exchanges));
        let answers = Rc::clone(&replay);
        let recorded = Recorded::by(move |request| answer(&answers, request));
        let description = S::describe();
        let approved = Rc::new(Approved {
            description: description.clone(),
            inner: Rc::clone(&recorded),
        });
        Ok(Self {
            session: S::open(&config.to_string(), approved)?,
            description,
            recorded,
            replay,
        })
    }

    /// What the plugin says of itself.
    pub fn description(&self) -> &Description {
        &self.description
    }

    /// The session, for what the harness has no method for.
    pub fn session(&self) -> &S::Session {
        &self.session
    }

    /// Recordings that nothing has asked for so far, by title and place.
    pub fn unused(&self) -> Vec<String> {
        let unused = self.replay.unused().into_iter();
        unused
            .map(|it| format!("{} {}", it.place, it.request))
            .collect()
    }

    /// What a table looks like.
    ///
    /// # Errors
    /// Those of the plugin.
    pub fn table(&self, query: &Query) -> Result<TableDetail, Error> {
        let request = query.request();
        self.session
            .table_schema(&request.table, &request.arguments)
    }

    /// Plans the query and reads all of its partitions.
    ///
    /// # Errors
    /// Those of the plugin, and `internal` when rows do not fit the plan.
    pub fn run(&self, query: &Query) -> Result<Ran, Error> {
        self.run_until(query, None)
    }

    /// As [`run`](Self::run), but no more rows are wanted after so many batches.
    ///
    /// # Errors
    /// As [`run`](Self::run).
    pub fn run_until(&self, query: &Query, batches: Option<usize>) -> Result<Ran, Error> {
        let before = self.recorded.requests().len();
        let detail = self.table(query)?;
        let request = query.request_of(&detail.schema.fields);
        let plan = self.session.plan(&request)?;
        let output = Collected::new(plan.schema.clone());
        let output = match batches {
            Some(batches) => output.stopping_after(batches),
            None => output,
        };
        for token in &plan.partitions {
            self.session.scan(token, &output)?;
        }
        Ok(Ran {
            rows: output.rows(),
            requests: self.recorded.requests().split_off(before),
            reports: output.reports(),
            plan,
        })
    }
}

fn unreadable(error: &FileError) -> Error {
    Error::internal(error.to_string())
}

fn answer(replay: &Replay, request: &Request) -> Answer {
    let asked = Asked {
        method: method(request.method).to_owned(),
        path: request.path.clone(),
        query: request.query.clone(),
        headers: request.headers.clone(),
        body: request.body.clone(),
    };
    match replay.answer(&asked) {
        Ok(found) => {
            let empty = Answer::bare(found.status, found.body.clone());
            let headers = found.headers.iter();
            headers.fold(empty, |answer, (name, value)| answer.header(name, value))
        }
        Err(message) => Answer::failing(Error::internal(message)),
    }
}

fn method(method: Method) -> &'static str {
    match method {
        Method::Get => "GET",
        Method::Head => "HEAD",
        Method::Post => "POST",
    }
}

/// Lets through what the description declares.
struct Approved {
    description: Description,
    inner: Rc<Recorded>,
}

impl Transport for Approved {
    fn start(
        &self,
        endpoint: &str,
        mut request: Request,
    ) -> Result<Box<dyn crate::Exchange>, Error> {
        let mut endpoints = self.description.endpoints.iter();
        let declared = endpoints.find(|it| it.name == endpoint).ok_or_else(|| {
            Error::internal(format!("the plugin declares no endpoint `{endpoint}`"))
        })?;
        let allowed = declared.operations.iter().any(|operation| {
            let action = operation.action.as_ref().is_none_or(|action| {
                let mut headers = request.headers.iter();
                headers.any(|(name, value)| {
                    name.eq_ignore_ascii_case("x-amz-target") && value == action
                })
            });
            action && operation.method == request.method && covers(&operation.path, &request.path)
        });
        if !allowed {
            return Err(Error::new(
                crate::types::ErrorCode::PermissionDenied,
                format!(
                    "the plugin declares no operation that covers `{}` at `{endpoint}`",
                    request_line(&request)
                ),
            )
            .with_hint(
                "name it in `calls` of the table, with {x} for one segment and {x...} for the rest",
            ));
        }
        let target = declared.operations.iter().any(|it| it.action.is_some());
        request.headers.retain(|(name, _)| {
            let name = name.to_ascii_lowercase();
            declared.request_headers.contains(&name) || (target && name == "x-amz-target")
        });
        Ok(Box::new(Declared {
            receives: declared.response_headers.clone(),
            inner: self.inner.start(endpoint, request)?,
        }))
    }

    fn recall(&self, key: &str) -> Option<Vec<u8>> {
        self.inner.recall(key)
    }

    fn remember(&self, key: &str, value: Vec<u8>, ttl: Duration) {
        self.inner.remember(key, value, ttl);
    }

    fn wait(&self, time: Duration) {
        self.inner.wait(time);
    }
}

/// Whether a declared path covers segments: `{x}` is one, `{x...}` at the end is one or more.
fn covers(pattern: &str, path: &[String]) -> bool {
    let pattern: Vec<&str> = pattern.split('/').filter(|it| !it.is_empty()).collect();
    let rest = pattern
        .last()
        .is_some_and(|it| it.starts_with('{') && it.ends_with("...}"));
    let enough = if rest {
        path.len() >= pattern.len()
    } else {
        path.len() == pattern.len()
    };
    let mut both = pattern.iter().zip(path);
    enough && both.all(|(ours, theirs)| ours.starts_with('{') || ours == theirs)
}

/// An answer without the headers that are not declared.
struct Declared {
    receives: Vec<String>,
    inner: Box<dyn crate::Exchange>,
}

impl crate::Exchange for Declared {
    fn head(&mut self) -> Result<ResponseHead, Error> {
        let mut head = self.inner.head()?;
        head.headers.retain(|(name, _)| {
            let name = name.to_ascii_lowercase();
            ["content-type", "retry-after"].contains(&name.as_str())
                || self.receives.contains(&name)
        });
        Ok(head)
    }

    fn read(&mut self, max: u32) -> Result<Option<Vec<u8>>, Error> {
        self.inner.read(max)
    }
}
