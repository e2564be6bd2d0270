//! Owns the reading of protobuf's wire format, <https://protobuf.dev/programming-guides/encoding/>; refuses groups, and knows no
//! message. What is not wanted is skipped by its length.

use std::fmt;

/// The bytes of a varint at most: ten times seven bits hold 64.
const MAX_VARINT_BYTES: u32 = 10;

/// What is wrong with a body, and at which of its bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fault {
    /// Bytes before it in the body.
    pub(crate) at: usize,
    pub(crate) what: What,
}

/// What is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum What {
    /// The message ends within a value.
    Truncated,
    /// A varint has more than 64 bits.
    Overlong,
    /// Field 0, or one beyond 2^29: neither exists.
    FieldNumber,
    /// A wire type that Kubernetes never writes: groups are deprecated, 6 and 7 do not exist.
    WireType(u8),
    /// A field is not what the message's description says.
    Unexpected(&'static str),
    /// A text is not UTF-8.
    NotUtf8,
    /// A single field comes twice, or a list's items are not side by side. Go's encoder writes neither.
    Repeated(&'static str),
    /// A time beyond the years that a text can say.
    Year,
}

impl Fault {
    /// What is wrong at byte `at`.
    pub(crate) fn new(at: usize, what: What) -> Self {
        Self { at, what }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.what {
            What::Truncated => f.write_str("expected more bytes, the message ends")?,
            What::Overlong => f.write_str("expected a number of 64 bits, it goes on")?,
            What::FieldNumber => {
                f.write_str("expected a field's number, got one that cannot be")?
            }
            What::WireType(of) => write!(f, "expected a wire type 0, 1, 2 or 5, got {of}")?,
            What::Unexpected(name) => write!(f, "field `{name}` has another type than the API's")?,
            What::NotUtf8 => f.write_str("expected a text in UTF-8, got other bytes")?,
            What::Repeated(name) => write!(f, "expected `{name}` in one place, got it again")?,
            What::Year => f.write_str("expected a time of the years 1 to 9999, got another")?,
        }
        write!(f, " at byte {}", self.at)
    }
}

impl From<Fault> for trawl_sdk::Error {
    fn from(fault: Fault) -> Self {
        Self::protocol(format!("the answer is no protobuf of Kubernetes: {fault}"))
    }
}

/// The value of a field.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Wire<'a> {
    Varint(u64),
    /// A text, bytes or a message.
    Bytes(Cursor<'a>),
    /// Eight or four bytes: no field of the API has such a type, newer ones might.
    Fixed,
}

/// What stands before the value of a field.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Head {
    /// The value itself.
    Varint(u64),
    /// A text, bytes or a message of so many bytes.
    Bytes(u64),
    /// See [`Wire::Fixed`]; so many bytes.
    Fixed(u64),
}

/// The bytes of a field's head at most: two varints.
pub(crate) const MAX_HEAD_BYTES: usize = 2 * MAX_VARINT_BYTES as usize;

/// A field of a message.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Entry<'a> {
    pub(crate) number: u32,
    /// Where in the body its key is.
    pub(crate) at: usize,
    pub(crate) value: Wire<'a>,
}

/// What is left of a message.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cursor<'a> {
    bytes: &'a [u8],
    /// Where in the body they begin.
    at: usize,
}

impl<'a> Cursor<'a> {
    /// A whole body, or bytes that begin at byte `at` of it.
    pub(crate) fn new(bytes: &'a [u8], at: usize) -> Self {
        Self { bytes, at }
    }

    /// A message without fields.
    pub(crate) fn empty() -> Self {
        Self::new(&[], 0)
    }

    /// What is left.
    pub(crate) fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// Where in the body they begin.
    pub(crate) fn at(&self) -> usize {
        self.at
    }

    /// A complaint about what comes next.
    pub(crate) fn fault(&self, what: What) -> Fault {
        Fault { at: self.at, what }
    }

    /// All of it as a text.
    pub(crate) fn text(&self) -> Result<&'a str, Fault> {
        std::str::from_utf8(self.bytes).map_err(|error| Fault {
            at: self.at.saturating_add(error.valid_up_to()),
            what: What::NotUtf8,
        })
    }

    /// The next field; none at the end of the message.
    #[inline]
    pub(crate) fn field(&mut self) -> Result<Option<Entry<'a>>, Fault> {
        let at = self.at;
        let Some((number, head)) = self.head()? else {
            return Ok(None);
        };
        let value = match head {
            Head::Varint(value) => Wire::Varint(value),
            Head::Bytes(length) => Wire::Bytes(self.take(length)?),
            Head::Fixed(length) => self.take(length).map(|_| Wire::Fixed)?,
        };
        Ok(Some(Entry { number, at, value }))
    }

    /// The number of the next field and what stands before its value; none at the end of the message.
    #[inline]
    pub(crate) fn head(&mut self) -> Result<Option<(u32, Head)>, Fault> {
        if self.bytes.is_empty() {
            return Ok(None);
        }
        let start = *self;
        let key = self.varint()?;
        let number = u32::try_from(key >> 3)
            .ok()
            .filter(|number| (1..1 << 29).contains(number))
            .ok_or(start.fault(What::FieldNumber))?;
        let head = match key & 7 {
            0 => Head::Varint(self.varint()?),
            1 => Head::Fixed(8),
            2 => Head::Bytes(self.varint()?),
            5 => Head::Fixed(4),
            other => return Err(start.fault(What::WireType(other.to_le_bytes()[0]))),
        };
        Ok(Some((number, head)))
    }

    /// The next field if it is one more of `number`: an item of the same list.
    pub(crate) fn one_more(&mut self, number: u32) -> Result<Option<Wire<'a>>, Fault> {
        let mut ahead = *self;
        match ahead.field()? {
            Some(entry) if entry.number == number => {
                *self = ahead;
                Ok(Some(entry.value))
            }
            _ => Ok(None),
        }
    }

    /// The next number.
    #[inline]
    pub(crate) fn varint(&mut self) -> Result<u64, Fault> {
        // Nearly all keys and lengths have one byte.
        if let Some((&byte, rest)) = self.bytes.split_first()
            && byte < 0x80
        {
            self.bytes = rest;
            self.at = self.at.saturating_add(1);
            return Ok(u64::from(byte));
        }
        self.long_varint()
    }

    fn long_varint(&mut self) -> Result<u64, Fault> {
        let start = *self;
        let mut value = 0_u64;
        for index in 0..MAX_VARINT_BYTES {
            let Some((&byte, rest)) = self.bytes.split_first() else {
                return Err(start.fault(What::Truncated));
            };
            self.bytes = rest;
            self.at = self.at.saturating_add(1);
            let bits = u64::from(byte & 0x7f);
            // The tenth byte has room for one bit.
            if index + 1 == MAX_VARINT_BYTES && bits > 1 {
                return Err(start.fault(What::Overlong));
            }
            value |= bits << (7 * index);
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err(start.fault(What::Overlong))
    }

    /// The next `length` bytes.
    #[inline]
    fn take(&mut self, length: u64) -> Result<Self, Fault> {
        let taken = usize::try_from(length)
            .ok()
            .and_then(|length| self.bytes.split_at_checked(length));
        let Some((taken, rest)) = taken else {
            return Err(self.fault(What::Truncated));
        };
        let taken = Self::new(taken, self.at);
        self.at = self.at.saturating_add(taken.bytes.len());
        self.bytes = rest;
        Ok(taken)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(bytes: &[u8]) -> Result<Vec<(u32, String)>, Fault> {
        let mut cursor = Cursor::new(bytes, 100);
        let mut found = Vec::new();
        while let Some(entry) = cursor.field()? {
            found.push((
                entry.number,
                match entry.value {
                    Wire::Varint(value) => value.to_string(),
                    Wire::Bytes(inner) => format!("{:?} at {}", inner.bytes, inner.at),
                    Wire::Fixed => "fixed".to_owned(),
                },
            ));
        }
        Ok(found)
    }

    #[test]
    fn fields_are_found_with_their_places() {
        let bytes = [
            0x08, 0x96, 0x01, // 1: 150
            0x12, 0x02, b'h', b'i', // 2: "hi"
            0x1d, 1, 2, 3, 4, // 3: 32 bits
            0x21, 1, 2, 3, 4, 5, 6, 7, 8, // 4: 64 bits
            0xfa, 0x01, 0x00, // 31: ""
            0x28, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01, // 5: -1
        ];
        let found = fields(&bytes).unwrap();
        let found: Vec<_> = found.iter().map(|(n, v)| (*n, v.as_str())).collect();
        assert_eq!(
            found,
            [
                (1, "150"),
                (2, "[104, 105] at 105"),
                (3, "fixed"),
                (4, "fixed"),
                (31, "[] at 124"),
                (5, "18446744073709551615"),
            ]
        );
    }

    #[test]
    fn what_is_broken_is_said_with_its_place() {
        for (bytes, at, what) in [
            (&[0x08][..], 101, What::Truncated),
            (&[0x08, 0x80], 101, What::Truncated),
            (&[0x12, 0x05, b'h'], 102, What::Truncated),
            (&[0x1d, 1, 2, 3], 101, What::Truncated),
            (&[0x21, 1], 101, What::Truncated),
            (&[0x00, 0x01], 100, What::FieldNumber),
            (&[0x0b], 100, What::WireType(3)),
            (&[0x08, 0x01, 0x0e], 102, What::WireType(6)),
            (
                &[
                    0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02,
                ],
                101,
                What::Overlong,
            ),
            (&[0x80; 11], 100, What::Overlong),
            (
                &[0xff, 0xff, 0xff, 0xff, 0xff, 0x01, 0x00],
                100,
                What::FieldNumber,
            ),
            (
                &[
                    0x12, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01,
                ],
                111,
                What::Truncated,
            ),
        ] {
            assert_eq!(fields(bytes).unwrap_err(), Fault { at, what }, "{bytes:?}");
        }
    }

    #[test]
    fn a_text_is_checked() {
        assert_eq!(Cursor::new("é".as_bytes(), 0).text(), Ok("é"));
        let broken = Cursor::new(&[b'a', 0xff], 7).text().unwrap_err();
        assert_eq!(
            broken.to_string(),
            "expected a text in UTF-8, got other bytes at byte 8"
        );
    }
}
