//! Owns a body that is worked through while it comes, window by window: a value is looked at where it is, and only one that
//! straddles two windows is put together. Refuses to know what a value means.

use trawl_sdk::Error;
use trawl_sdk::http::MAX_BODY_BYTES;

use super::wire::{Cursor, Fault, Head, MAX_HEAD_BYTES, What};

/// A body as it comes; `source` gives the next window, none at the end.
pub(crate) struct Stream<S> {
    source: S,
    window: Vec<u8>,
    /// Bytes of the window that were taken already.
    taken: usize,
    /// Bytes of the body before the window.
    before: usize,
    /// The last value that straddled two windows.
    straddling: Vec<u8>,
}

impl<S: FnMut() -> Result<Option<Vec<u8>>, Error>> Stream<S> {
    /// A body of which nothing was read.
    pub(crate) fn new(source: S) -> Self {
        Self {
            source,
            window: Vec::new(),
            taken: 0,
            before: 0,
            straddling: Vec::new(),
        }
    }

    /// Bytes of the body that were taken.
    pub(crate) fn at(&self) -> usize {
        self.before.saturating_add(self.taken)
    }

    /// The number of the next field, what stands before its value, and where it stands; none at the end of the body.
    ///
    /// # Errors
    /// `protocol` when it is no field; the source's own.
    pub(crate) fn field(&mut self) -> Result<Option<(u32, Head, usize)>, Error> {
        if self.rest().len() < MAX_HEAD_BYTES {
            self.widen()?;
        }
        let at = self.at();
        let mut cursor = Cursor::new(self.rest(), at);
        let head = cursor.head()?;
        let length = cursor.at().saturating_sub(at);
        self.taken = self.taken.saturating_add(length);
        Ok(head.map(|(number, head)| (number, head, at)))
    }

    /// The next `length` bytes.
    ///
    /// # Errors
    /// `protocol` when the body ends before; the source's own.
    pub(crate) fn take(&mut self, length: u64) -> Result<Cursor<'_>, Error> {
        let at = self.at();
        let length = usize::try_from(length)
            .ok()
            .filter(|length| *length <= MAX_BODY_BYTES)
            .ok_or_else(|| {
                Error::protocol(format!(
                    "expected a value of at most {MAX_BODY_BYTES} bytes, got one of {length} at byte {at}"
                ))
            })?;
        if length <= self.rest().len() {
            let from = self.taken;
            self.taken = from.saturating_add(length);
            let value = self.window.get(from..self.taken).unwrap_or_default();
            return Ok(Cursor::new(value, at));
        }
        let mut straddling = std::mem::take(&mut self.straddling);
        straddling.clear();
        self.pass(length, |part| straddling.extend_from_slice(part))?;
        self.straddling = straddling;
        Ok(Cursor::new(&self.straddling, at))
    }

    /// The next bytes, which are not taken; fewer than `length` at the end of the body, as many as a field's head has at most.
    ///
    /// # Errors
    /// The source's own.
    pub(crate) fn peek(&mut self, length: usize) -> Result<&[u8], Error> {
        self.widen()?;
        let rest = self.rest();
        Ok(rest.get(..length).unwrap_or(rest))
    }

    /// Leaves out the value behind a head.
    ///
    /// # Errors
    /// As [`take`](Self::take).
    pub(crate) fn skip(&mut self, head: Head) -> Result<(), Error> {
        match head {
            Head::Varint(_) => Ok(()),
            Head::Bytes(length) | Head::Fixed(length) => {
                self.pass(usize::try_from(length).unwrap_or(usize::MAX), |_| ())
            }
        }
    }

    fn rest(&self) -> &[u8] {
        self.window.get(self.taken..).unwrap_or_default()
    }

    /// Hands the next `length` bytes to `part`, window by window.
    fn pass(&mut self, mut length: usize, mut part: impl FnMut(&[u8])) -> Result<(), Error> {
        loop {
            let here = length.min(self.rest().len());
            part(self.rest().get(..here).unwrap_or_default());
            self.taken = self.taken.saturating_add(here);
            length = length.saturating_sub(here);
            if length == 0 {
                return Ok(());
            }
            if !self.next_window()? {
                return Err(Fault::new(self.at(), What::Truncated).into());
            }
        }
    }

    /// Puts the next window in the place of one that was taken whole; false at the end.
    fn next_window(&mut self) -> Result<bool, Error> {
        let Some(window) = (self.source)()? else {
            return Ok(false);
        };
        self.before = self.at();
        self.window = window;
        self.taken = 0;
        Ok(true)
    }

    /// Has the head of a field in one piece, though it straddles two windows: the few bytes that are left go before the next.
    fn widen(&mut self) -> Result<(), Error> {
        while self.rest().len() < MAX_HEAD_BYTES {
            let Some(next) = (self.source)()? else {
                return Ok(());
            };
            self.before = self.at();
            if self.rest().is_empty() {
                self.window = next;
            } else {
                self.window.drain(..self.taken);
                self.window.extend_from_slice(&next);
            }
            self.taken = 0;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A stream of `body` in windows of `size` bytes.
    fn windows(
        body: &[u8],
        size: usize,
    ) -> Stream<impl FnMut() -> Result<Option<Vec<u8>>, Error> + '_> {
        let mut windows = body.chunks(size);
        Stream::new(move || Ok(windows.next().map(<[u8]>::to_vec)))
    }

    #[test]
    fn fields_and_values_are_the_same_in_windows_of_any_size() {
        let long = [7_u8; 300];
        let body = [
            &[0x08, 0x96, 0x01, 0x12, 0x02, b'h', b'i', 0x1a, 0xac, 0x02][..],
            &long,
            &[0x25, 1, 2, 3, 4, 0x2a, 0x01, b'x'],
        ]
        .concat();
        for size in 1..body.len() + 1 {
            let mut stream = windows(&body, size);
            let (number, head, at) = stream.field().unwrap().unwrap();
            assert!(matches!((number, head, at), (1, Head::Varint(150), 0)));
            let (_, head, at) = stream.field().unwrap().unwrap();
            assert!(matches!((head, at), (Head::Bytes(2), 3)));
            let value = stream.take(2).unwrap();
            assert_eq!((value.bytes(), value.at()), (&b"hi"[..], 5));
            let (_, head, _) = stream.field().unwrap().unwrap();
            let Head::Bytes(length) = head else {
                panic!("{head:?}");
            };
            let value = stream.take(length).unwrap();
            assert_eq!((value.bytes(), value.at()), (&long[..], 10));
            let (number, head, _) = stream.field().unwrap().unwrap();
            assert_eq!(number, 4);
            stream.skip(head).unwrap();
            let (_, head, _) = stream.field().unwrap().unwrap();
            assert!(matches!(head, Head::Bytes(1)));
            assert_eq!(stream.take(1).unwrap().bytes(), b"x");
            assert!(stream.field().unwrap().is_none());
            assert_eq!(stream.at(), body.len());
        }
    }

    #[test]
    fn a_body_that_ends_too_early_or_promises_too_much_is_refused() {
        for size in 1..5 {
            let mut stream = windows(&[0x12, 0x05, b'h'], size);
            stream.field().unwrap();
            let error = stream.take(5).unwrap_err();
            assert!(
                error.message.ends_with("the message ends at byte 3"),
                "{error:?}"
            );
            let mut stream = windows(&[0x12, 0x05, b'h'], size);
            let (_, head, _) = stream.field().unwrap().unwrap();
            assert!(stream.skip(head).is_err());
            let mut stream = windows(&[0x12, 0x80], size);
            assert!(stream.field().is_err());
        }
        let error = windows(b"abc", 2).take(u64::MAX).unwrap_err();
        assert!(
            error.message.contains("at most 67108864 bytes"),
            "{error:?}"
        );
    }

    #[test]
    fn the_failure_of_the_source_is_passed_on() {
        let mut stream = Stream::new(|| Err(Error::internal("broke off")));
        assert_eq!(stream.field().unwrap_err().message, "broke off");
        assert_eq!(stream.take(1).unwrap_err().message, "broke off");
    }
}
