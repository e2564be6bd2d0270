//! Owns bit buffers, least significant bit first; refuses values.

/// A growing buffer of bits that counts the unset ones.
#[derive(Debug, Default)]
pub(super) struct Bits {
    bytes: Vec<u8>,
    len: usize,
    unset: usize,
}

impl Bits {
    /// Appends one bit.
    pub(super) fn push(&mut self, bit: bool) {
        let shift = self.len % 8;
        if shift == 0 {
            self.bytes.push(0);
        }
        if bit {
            if let Some(last) = self.bytes.last_mut() {
                *last |= 1 << shift;
            }
        } else {
            self.unset += 1;
        }
        self.len += 1;
    }

    /// The number of bits.
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// The number of bits that are not set.
    pub(super) fn unset(&self) -> usize {
        self.unset
    }

    /// The number of bytes.
    pub(super) fn byte_len(&self) -> usize {
        self.bytes.len()
    }

    /// The bytes; the buffer is empty afterwards.
    pub(super) fn take(&mut self) -> Vec<u8> {
        self.len = 0;
        self.unset = 0;
        std::mem::take(&mut self.bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packs_least_significant_first() {
        let mut bits = Bits::default();
        for i in 0..10 {
            bits.push(i % 3 == 0);
        }
        assert_eq!((bits.len(), bits.unset(), bits.byte_len()), (10, 6, 2));
        assert_eq!(bits.take(), [0b0100_1001, 0b0000_0010]);
        assert_eq!(bits.len(), 0);
    }
}
