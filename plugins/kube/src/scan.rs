//! Owns the walk over lists and pages, and what is done when one of them fails; refuses to decode objects.

use std::collections::{HashSet, VecDeque};

use serde::de::Deserializer;
use trawl_sdk::http::{self, Pending};
use trawl_sdk::types::{ErrorCode, Flow, Gap, ProgressReport, ResponseHead};
use trawl_sdk::{Error, Output, Transport};

use crate::ENDPOINT;
use crate::config::Config;
use crate::lists::{List, Partition};
use crate::page::{self, Item, Reader};
use crate::protobuf;
use crate::resource::{Known, Resource};
use crate::rows::Rows;
use crate::status::Status;

/// How often a list may expire before the scan gives up. A server keeps a version for five minutes; a scan that outlives three
/// of them will not end.
const MAX_EXPIRIES: usize = 3;

/// How much of a body in protobuf is read at once: small enough to stay in a core's cache from the network to the last look at it,
/// large enough that crossing into the sandbox costs nothing.
const WINDOW_BYTES: u32 = 256 << 10;

/// A page that was asked for.
struct Asked {
    list: List,
    /// Where in the list it begins; none: at its beginning.
    token: Option<String>,
    page_size: u32,
    pending: Pending,
}

/// The body of a page.
enum Body {
    /// JSON is decoded where all of it is.
    Whole(Vec<u8>),
    /// Protobuf says the length of everything, and is decoded while it comes.
    Coming(Pending),
}

impl Body {
    fn open(mut pending: Pending, is_protobuf: bool) -> Result<Self, Error> {
        if is_protobuf {
            return Ok(Self::Coming(pending));
        }
        pending.read_all().map(Self::Whole)
    }
}

/// What comes after a page.
enum Next {
    /// A page that is under way already.
    Asked(Asked),
    /// The list goes on here, but nobody asked for it yet.
    Token(String),
    /// The list is at its end.
    End,
}

/// One list's progress.
#[derive(Default)]
struct Progress {
    /// Rows decoded before this list.
    before: u64,
    /// Tokens that were followed; one that comes again would never end.
    tokens: HashSet<String>,
    expiries: usize,
}

struct Scan<'s> {
    resource: &'s Resource,
    partition: &'s Partition,
    config: &'s Config,
    http: &'s dyn Transport,
    output: &'s dyn Output,
    /// Lists not begun yet.
    lists: VecDeque<List>,
    bytes: u64,
    /// Namespaces were put in place of the whole cluster already.
    fell_back: bool,
}

/// Says that the cluster does not have a kind.
pub(crate) fn absent(name: &str, output: &dyn Output) {
    output.report(
        Gap::Absent,
        None,
        &format!("this cluster does not have {name}"),
    );
}

/// What the objects of a walk are handed to.
pub(crate) trait Objects {
    /// Objects still wanted; none: all.
    fn left(&self) -> Option<u64> {
        None
    }

    /// Objects decoded so far.
    fn count(&self) -> u64;

    /// Whether no more objects are wanted.
    fn stopped(&self) -> bool;

    /// Wants no more objects.
    fn stop(&mut self);

    /// Room for the texts of a page's objects.
    fn texts<'de>(&self) -> Vec<Option<&'de str>> {
        Vec::new()
    }

    /// Decodes one object.
    fn object<'de, D: Deserializer<'de>>(
        &mut self,
        texts: &mut [Option<&'de str>],
        deserializer: D,
    ) -> Result<Item, D::Error>;

    /// Prepares for objects of a kind in protobuf.
    ///
    /// # Errors
    /// `protocol` when they cannot be read: unless it is said otherwise, none was asked for.
    fn prepare(&mut self, api_version: &str, kind: &str) -> Result<(), Error> {
        Err(Error::protocol(format!(
            "expected JSON, which was asked for, got `{kind}` of `{api_version}` in protobuf"
        )))
    }

    /// Decodes one object of the kind that was [prepared](Self::prepare) for.
    fn protobuf(&mut self, _: protobuf::Cursor<'_>) -> Item {
        Item::Failed(Error::internal("an object came before its kind"))
    }

    /// Passes on what there is, after each page and at the end.
    fn flush(&mut self) -> Result<(), Error> {
        Ok(())
    }
}

/// Reads one partition into `output`.
pub(crate) fn run(
    resource: &Resource,
    partition: &Partition,
    config: &Config,
    http: &dyn Transport,
    output: &dyn Output,
) -> Result<(), Error> {
    let mut rows = Rows::new(resource, &partition.projection, partition.limit, output)?;
    walk(resource, partition, config, http, output, &mut rows)
}

/// Hands the objects of one partition to `rows`; what is missing is told to `output`.
pub(crate) fn walk<R: Objects>(
    resource: &Resource,
    partition: &Partition,
    config: &Config,
    http: &dyn Transport,
    output: &dyn Output,
    rows: &mut R,
) -> Result<(), Error> {
    let mut scan = Scan {
        resource,
        partition,
        config,
        http,
        output,
        lists: partition.lists.iter().cloned().collect(),
        bytes: 0,
        fell_back: false,
    };
    let mut ahead = None;
    while !rows.stopped() {
        let asked = match ahead.take() {
            Some(asked) => asked,
            None => match scan.lists.pop_front() {
                Some(list) => scan.ask(list, None, rows.left())?,
                None => break,
            },
        };
        ahead = scan.list(asked, rows)?;
    }
    rows.flush()
}

impl Scan<'_> {
    fn ask(&self, list: List, token: Option<String>, left: Option<u64>) -> Result<Asked, Error> {
        let page_size = self.partition.page_size(self.config, left);
        let request = self
            .partition
            .request(self.resource, &list, page_size, token.as_deref());
        Ok(Asked {
            list,
            token,
            page_size,
            pending: request.start(self.http)?,
        })
    }

    /// Reads one list to its end. Gives the first page of the next list when that is under way already.
    fn list<R: Objects>(&mut self, first: Asked, rows: &mut R) -> Result<Option<Asked>, Error> {
        let mut progress = Progress {
            before: rows.count(),
            ..Progress::default()
        };
        let mut asked = first;
        loop {
            let list = asked.list.clone();
            let head = asked.pending.head()?;
            let next = if head.status == 200 {
                self.page(&head, asked, &mut progress, rows)?
            } else {
                let body = asked.pending.read_all()?;
                self.failed(&head, &body, asked, &mut progress, rows)?
            };
            asked = match next {
                _ if rows.stopped() => return Ok(None),
                Next::Asked(next) if next.list == list => next,
                Next::Asked(other) => return Ok(Some(other)),
                Next::Token(token) => self.ask(list, Some(token), rows.left())?,
                Next::End => return Ok(None),
            };
        }
    }

    /// Decodes one page while the next is under way.
    fn page<R: Objects>(
        &mut self,
        head: &ResponseHead,
        asked: Asked,
        progress: &mut Progress,
        rows: &mut R,
    ) -> Result<Next, Error> {
        let kind = http::header(head, "content-type");
        let is_protobuf = kind.is_some_and(|kind| kind.starts_with(protobuf::CONTENT_TYPE));
        if let Some(kind) = kind
            && !is_protobuf
            && !kind.contains("json")
        {
            return Err(Error::protocol(format!(
                "expected JSON or protobuf from the Kubernetes API, got content type {kind}"
            ))
            .with_status(head.status)
            .with_hint("check that the context's server is an API server and not a login page"));
        }
        let Asked {
            list,
            token,
            page_size,
            pending,
        } = asked;
        let mut body = Body::open(pending, is_protobuf)?;
        // When this page can hold all rows still wanted, the next would be asked for in vain.
        let enough = rows.left().is_some_and(|left| left <= u64::from(page_size));
        let mut texts = rows.texts();
        let mut read_bytes = 0_u64;
        let mut reader = PageReader {
            next: Next::End,
            ahead: !enough,
            left_after: rows
                .left()
                .map(|left| left.saturating_sub(u64::from(page_size))),
            scan: self,
            progress,
            list: &list,
            texts: &mut texts,
            rows,
        };
        let read = match &mut body {
            Body::Whole(json) => {
                read_bytes = json.len() as u64;
                page::read(json, &mut reader)
            }
            Body::Coming(pending) => protobuf::read_list(
                || {
                    let window = pending.fill(WINDOW_BYTES)?;
                    let length = window.as_ref().map_or(0, Vec::len);
                    read_bytes = read_bytes.saturating_add(length as u64);
                    Ok(window)
                },
                &mut reader,
            ),
        };
        read.map_err(|error| in_page(error, &list, token.is_some()))?;
        let next = reader.next;
        self.bytes = self.bytes.saturating_add(read_bytes);
        // A page's rows go out at once: the first rows of a query must not wait for a full batch.
        rows.flush()?;
        let report = ProgressReport {
            rows_read: rows.count(),
            bytes_read: self.bytes,
            done: None,
        };
        Ok(match self.output.progress(report) {
            Flow::More => next,
            Flow::Stop => {
                rows.stop();
                Next::End
            }
        })
    }

    /// What a failed page means for the list.
    fn failed<R: Objects>(
        &mut self,
        head: &ResponseHead,
        body: &[u8],
        asked: Asked,
        progress: &mut Progress,
        rows: &R,
    ) -> Result<Next, Error> {
        let status = Status::read(head, body);
        let error = status.error(
            head,
            &self.resource.to_grant(),
            self.resource.namespaced,
            self.partition.selects(),
        );
        let began = rows.count() > progress.before;
        match error.code {
            // Where a kind that every cluster has is not found, no Kubernetes API answered.
            ErrorCode::NotFound if !self.resource.optional => Err(error.with_hint(
                "every cluster has this kind: check that the server of the kubeconfig's context is a Kubernetes API, its path included",
            )),
            // A list that began is no list that is not there.
            ErrorCode::NotFound if asked.token.is_none() && !began && self.may_lack()? => {
                absent(&self.resource.name, self.output);
                Ok(Next::End)
            }
            ErrorCode::Expired if asked.token.is_some() && progress.expiries < MAX_EXPIRIES => {
                progress.expiries += 1;
                if !began {
                    progress.tokens.clear();
                    return self.ask(asked.list, None, rows.left()).map(Next::Asked);
                }
                let Some(token) = status.fresh_token() else {
                    return Err(error);
                };
                self.output.report(
                    Gap::Inconsistent,
                    None,
                    &format!(
                        "the list of {} expired between two pages and went on at the latest version: objects changed meanwhile may be missing or seen twice",
                        self.resource.name
                    ),
                );
                Ok(Next::Token(token.to_owned()))
            }
            // One of the namespaces that stand for the whole cluster: the others are read all the same.
            ErrorCode::PermissionDenied if self.fell_back && asked.list.namespace.is_some() && !began => {
                let namespace = asked.list.namespace.as_deref().unwrap_or_default();
                self.output.report(
                    Gap::Partial,
                    None,
                    &format!("namespace {namespace} may not be read: {}", status.message),
                );
                Ok(Next::End)
            }
            ErrorCode::PermissionDenied if self.can_fall_back(&asked.list) && !began => {
                let told = std::mem::replace(&mut self.fell_back, true);
                let gap = if told { Gap::Note } else { Gap::Partial };
                self.output.report(
                    gap,
                    None,
                    &format!(
                        "{} of the whole cluster may not be listed ({}); only the configured namespaces were read: {}",
                        self.resource.name,
                        status.message,
                        self.config.namespaces.join(", ")
                    ),
                );
                let lists = self.config.namespaces.iter().map(|namespace| List {
                    namespace: Some(namespace.clone()),
                    name: asked.list.name.clone(),
                });
                self.lists.extend(lists);
                Ok(Next::End)
            }
            _ => Err(error),
        }
    }

    /// Whether a kind that is not found can be one that the cluster does not have: not when discovery just listed it, nor where
    /// nothing is found, since no Kubernetes API answers there.
    fn may_lack(&self) -> Result<bool, Error> {
        if matches!(self.resource.origin, Known::Discovered(_)) {
            return Ok(false);
        }
        let version = http::get(ENDPOINT, ["version"]).header("accept", "application/json");
        let (head, _) = version.start(self.http)?.finish()?;
        Ok(head.status != 404)
    }

    fn can_fall_back(&self, list: &List) -> bool {
        self.resource.namespaced && list.namespace.is_none() && !self.config.namespaces.is_empty()
    }
}

/// Says in which page of which list a failure was.
fn in_page(mut error: Error, list: &List, later: bool) -> Error {
    let page = if later {
        "a later page"
    } else {
        "the first page"
    };
    let place = match &list.namespace {
        Some(namespace) => format!(" of namespace {namespace}"),
        None => String::new(),
    };
    error.message = format!("{page}{place}: {}", error.message);
    error
}

/// Reads a page's items, and asks for what comes next as soon as that is known.
struct PageReader<'r, 's, 'de, R> {
    scan: &'r mut Scan<'s>,
    progress: &'r mut Progress,
    list: &'r List,
    rows: &'r mut R,
    texts: &'r mut [Option<&'de str>],
    /// Whether to ask ahead.
    ahead: bool,
    /// Rows still wanted after this page, if it is full; none: all.
    left_after: Option<u64>,
    next: Next,
}

impl<R: Objects> PageReader<'_, '_, '_, R> {
    /// Asks for what comes after the page.
    fn follow(&mut self, token: &str) -> Result<(), Error> {
        if token.is_empty() {
            if self.ahead
                && let Some(list) = self.scan.lists.pop_front()
            {
                self.next = Next::Asked(self.scan.ask(list, None, self.left_after)?);
            }
            return Ok(());
        }
        if !self.progress.tokens.insert(token.to_owned()) {
            return Err(Error::protocol(
                "expected a new `continue` token with each page, got one again: the list would never end",
            ));
        }
        self.next = if self.ahead {
            Next::Asked(self.scan.ask(
                self.list.clone(),
                Some(token.to_owned()),
                self.left_after,
            )?)
        } else {
            Next::Token(token.to_owned())
        };
        Ok(())
    }
}

impl<'de, R: Objects> Reader<'de> for PageReader<'_, '_, 'de, R> {
    fn token(&mut self, token: &str) -> Result<(), Error> {
        self.follow(token)
    }

    fn item<D: Deserializer<'de>>(&mut self, deserializer: D) -> Result<Item, D::Error> {
        self.rows.object(self.texts, deserializer)
    }
}

impl<R: Objects> protobuf::Reader for PageReader<'_, '_, '_, R> {
    fn kind(&mut self, api_version: &str, kind: &str) -> Result<(), Error> {
        self.rows.prepare(api_version, kind)
    }

    fn token(&mut self, token: &str) -> Result<(), Error> {
        self.follow(token)
    }

    fn object(&mut self, object: protobuf::Cursor<'_>) -> Item {
        self.rows.protobuf(object)
    }
}
