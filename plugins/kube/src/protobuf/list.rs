//! Owns the envelope of an answer and of the list in it; refuses to know what a row is.

use trawl_sdk::Error;

use super::render;
use super::table::Message;
use super::wire::{Cursor, Fault, What, Wire};
use crate::page::{End, Item};

/// What every answer begins with: `k8s` and a zero.
const MAGIC: &[u8] = b"k8s\0";

/// The content type of answers in protobuf, to ask for them and to tell them.
pub(crate) const CONTENT_TYPE: &str = "application/vnd.kubernetes.protobuf";

/// What the name of a list's kind ends in.
const LIST: &str = "List";

/// An answer: runtime.Unknown, `{typeMeta=1, raw=2, contentEncoding=3, contentType=4}`.
#[derive(Debug)]
struct Unknown<'a> {
    api_version: &'a str,
    kind: &'a str,
    raw: Cursor<'a>,
}

/// A list's answer.
#[derive(Debug)]
pub(crate) struct Answer<'a> {
    /// `apps/v1`, of the list.
    pub(crate) api_version: &'a str,
    /// The kind of the objects in the list.
    pub(crate) kind: &'a str,
    list: Cursor<'a>,
}

/// What a list is read into.
pub(crate) trait Reader<'a> {
    /// The page's token, empty at the end of the list. Comes before the items.
    fn token(&mut self, token: &str) -> Result<(), Error>;

    /// One object.
    fn object(&mut self, object: Cursor<'a>) -> Item;
}

/// The JSON of a Status, which is how a server refuses; none when the body is something else.
pub(crate) fn status(body: &[u8]) -> Option<String> {
    let answer = Unknown::open(body)
        .ok()
        .filter(|answer| answer.kind == "Status")?;
    let message = Message::of_kind("meta.k8s.io/v1", answer.kind)?;
    render::document(&message, answer.raw).ok()
}

impl<'a> Unknown<'a> {
    fn open(body: &'a [u8]) -> Result<Self, Error> {
        let Some(rest) = body.strip_prefix(MAGIC) else {
            let got = body.get(..MAGIC.len()).unwrap_or(body);
            return Err(Error::protocol(format!(
                "expected an answer of {CONTENT_TYPE} to begin with {MAGIC:?}, got {got:?} of {} bytes",
                body.len()
            )));
        };
        let mut unknown = Cursor::new(rest, MAGIC.len());
        let (mut api_version, mut kind, mut raw) = ("", "", Cursor::empty());
        while let Some(entry) = unknown.field()? {
            match (entry.number, entry.value) {
                (1, Wire::Bytes(mut of)) => {
                    while let Some(entry) = of.field()? {
                        match (entry.number, entry.value) {
                            (1, Wire::Bytes(text)) => api_version = text.text()?,
                            (2, Wire::Bytes(text)) => kind = text.text()?,
                            _ => {}
                        }
                    }
                }
                (2, Wire::Bytes(bytes)) => raw = bytes,
                (3, Wire::Bytes(encoding)) if !encoding.bytes().is_empty() => {
                    return Err(Error::protocol(format!(
                        "expected an answer that is not encoded further, got contentEncoding `{}`",
                        encoding.text()?
                    )));
                }
                _ => {}
            }
        }
        Ok(Self {
            api_version,
            kind,
            raw,
        })
    }
}

impl<'a> Answer<'a> {
    /// Opens a list.
    ///
    /// # Errors
    /// `protocol` when the body is not a list in protobuf.
    pub(crate) fn open(body: &'a [u8]) -> Result<Self, Error> {
        let Unknown {
            api_version,
            kind,
            raw,
        } = Unknown::open(body)?;
        match kind.strip_suffix(LIST) {
            Some(kind) => Ok(Self {
                api_version,
                kind,
                list: raw,
            }),
            None => Err(Error::protocol(format!(
                "expected a list in protobuf, got kind `{kind}` of `{api_version}`"
            ))),
        }
    }

    /// Reads the list, `{metadata=1, items=2}`.
    ///
    /// # Errors
    /// `protocol` when it is none; the reader's own failures.
    pub(crate) fn read(&self, reader: &mut impl Reader<'a>) -> Result<End, Error> {
        let mut list = self.list;
        while let Some(entry) = list.field()? {
            match (entry.number, entry.value) {
                (1, Wire::Bytes(meta)) => reader.token(token(meta)?)?,
                (2, Wire::Bytes(object)) => match reader.object(object) {
                    Item::More => {}
                    Item::Stop => return Ok(End::Stopped),
                    Item::Failed(error) => return Err(error),
                },
                (1, _) => return Err(unexpected("metadata", entry.at).into()),
                (2, _) => return Err(unexpected("items", entry.at).into()),
                _ => {}
            }
        }
        Ok(End::Whole)
    }
}

fn unexpected(name: &'static str, at: usize) -> Fault {
    let what = What::Unexpected(name);
    Fault { at, what }
}

/// `continue` of ListMeta, `{selfLink=1, resourceVersion=2, continue=3, remainingItemCount=4}`.
fn token(mut meta: Cursor<'_>) -> Result<&str, Fault> {
    let mut token = "";
    while let Some(entry) = meta.field()? {
        if entry.number == 3 {
            let Wire::Bytes(text) = entry.value else {
                return Err(unexpected("continue", entry.at));
            };
            token = text.text()?;
        }
    }
    Ok(token)
}

#[cfg(test)]
mod tests;
