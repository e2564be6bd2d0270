//! Owns the envelope of an answer and of the list in it; refuses to know what a row is.

use trawl_sdk::Error;

use super::render;
use super::stream::Stream;
use super::table::Message;
use super::wire::{Cursor, Fault, Head, What, Wire};
use crate::page::{End, Item};

/// What every answer begins with: `k8s` and a zero.
const MAGIC: &[u8] = b"k8s\0";

/// The content type of answers in protobuf, to ask for them and to tell them.
pub(crate) const CONTENT_TYPE: &str = "application/vnd.kubernetes.protobuf";

/// What the name of a list's kind ends in.
const LIST: &str = "List";

/// What a list is read into.
pub(crate) trait Reader {
    /// The kind of the objects in the list, and the list's `apps/v1`. Comes before everything else.
    fn kind(&mut self, api_version: &str, kind: &str) -> Result<(), Error>;

    /// The page's token, empty at the end of the list. Comes before the items.
    fn token(&mut self, token: &str) -> Result<(), Error>;

    /// One object.
    fn object(&mut self, object: Cursor<'_>) -> Item;
}

/// Reads a list while it comes, `source` giving the next window of its body: runtime.Unknown,
/// `{typeMeta=1, raw=2, contentEncoding=3, contentType=4}`, whose fields Go writes in this order.
///
/// # Errors
/// `protocol` when the body is not a list in protobuf; the source's and the reader's own failures.
pub(crate) fn read(
    source: impl FnMut() -> Result<Option<Vec<u8>>, Error>,
    reader: &mut impl Reader,
) -> Result<End, Error> {
    let mut body = Stream::new(source);
    open(&mut body)?;
    let (mut api_version, mut kind) = (String::new(), String::new());
    let mut listed = false;
    while let Some((number, head, _)) = body.field()? {
        match (number, head) {
            (1, Head::Bytes(length)) => {
                let (of, named) = type_meta(body.take(length)?)?;
                (api_version, kind) = (of.to_owned(), named.to_owned());
            }
            (2, Head::Bytes(length)) => {
                reader.kind(&api_version, item_kind(&api_version, &kind)?)?;
                listed = true;
                if matches!(items(&mut body, length, reader)?, End::Stopped) {
                    return Ok(End::Stopped);
                }
            }
            (3, Head::Bytes(length)) if length > 0 => {
                return Err(Error::protocol(format!(
                    "expected an answer that is not encoded further, got contentEncoding `{}`",
                    body.take(length)?.text()?
                )));
            }
            (_, head) => body.skip(head)?,
        }
    }
    if !listed {
        reader.kind(&api_version, item_kind(&api_version, &kind)?)?;
    }
    Ok(End::Whole)
}

/// The JSON of a Status, which is how a server refuses; none when the body is something else.
pub(crate) fn status(body: &[u8]) -> Option<String> {
    let mut unknown = Cursor::new(body.strip_prefix(MAGIC)?, MAGIC.len());
    let (mut kind, mut raw) = ("", Cursor::empty());
    while let Some(entry) = unknown.field().ok()? {
        match (entry.number, entry.value) {
            (1, Wire::Bytes(of)) => (_, kind) = type_meta(of).ok()?,
            (2, Wire::Bytes(bytes)) => raw = bytes,
            _ => {}
        }
    }
    let message = Message::of_kind("meta.k8s.io/v1", kind).filter(|_| kind == "Status")?;
    render::document(&message, raw).ok()
}

/// What every answer begins with.
fn open<S>(body: &mut Stream<S>) -> Result<(), Error>
where
    S: FnMut() -> Result<Option<Vec<u8>>, Error>,
{
    let start = body.peek(MAGIC.len())?;
    if start != MAGIC {
        return Err(Error::protocol(format!(
            "expected an answer of {CONTENT_TYPE} to begin with {MAGIC:?}, got {start:?}"
        )));
    }
    body.take(MAGIC.len() as u64).map(drop)
}

/// TypeMeta, `{apiVersion=1, kind=2}`.
fn type_meta(mut meta: Cursor<'_>) -> Result<(&str, &str), Fault> {
    let (mut api_version, mut kind) = ("", "");
    while let Some(entry) = meta.field()? {
        match (entry.number, entry.value) {
            (1, Wire::Bytes(text)) => api_version = text.text()?,
            (2, Wire::Bytes(text)) => kind = text.text()?,
            _ => {}
        }
    }
    Ok((api_version, kind))
}

/// The kind of a list's items.
fn item_kind<'k>(api_version: &str, kind: &'k str) -> Result<&'k str, Error> {
    kind.strip_suffix(LIST).ok_or_else(|| {
        Error::protocol(format!(
            "expected a list in protobuf, got kind `{kind}` of `{api_version}`"
        ))
    })
}

/// Reads the `length` bytes of a list, `{metadata=1, items=2}`.
fn items<S>(body: &mut Stream<S>, length: u64, reader: &mut impl Reader) -> Result<End, Error>
where
    S: FnMut() -> Result<Option<Vec<u8>>, Error>,
{
    let end = usize::try_from(length).map_or(usize::MAX, |length| body.at().saturating_add(length));
    while body.at() < end {
        let Some((number, head, at)) = body.field()? else {
            return Err(Fault::new(body.at(), What::Truncated).into());
        };
        let inside = |length: u64| {
            usize::try_from(length).is_ok_and(|length| length <= end.saturating_sub(at))
        };
        match (number, head) {
            (_, Head::Bytes(length) | Head::Fixed(length)) if !inside(length) => {
                return Err(Fault::new(at, What::Truncated).into());
            }
            (1, Head::Bytes(length)) => reader.token(token(body.take(length)?)?)?,
            (2, Head::Bytes(length)) => match reader.object(body.take(length)?) {
                Item::More => {}
                Item::Stop => return Ok(End::Stopped),
                Item::Failed(error) => return Err(error),
            },
            (1, _) => return Err(unexpected("metadata", at).into()),
            (2, _) => return Err(unexpected("items", at).into()),
            (_, head) => body.skip(head)?,
        }
    }
    Ok(End::Whole)
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
