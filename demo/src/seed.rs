//! Owns the fleet's randomness: a small seeded generator, the same on every machine and in every release.
//! It is for believable content, never for secrets: keys and certificates come from `ring`.

/// The alphabet of Kubernetes' generated name suffixes (apimachinery `rand.SafeEncodeString`): no vowels, so
/// that no words appear, and no characters that look alike.
const SUFFIX_ALPHABET: &[u8; 27] = b"bcdfghjklmnpqrstvwxz2456789";
const HEX: &[u8; 16] = b"0123456789abcdef";

/// A SplitMix64 generator (Steele, Lea, Flood: "Fast splittable pseudorandom number generators").
#[derive(Debug, Clone)]
pub(crate) struct Rng {
    state: u64,
}

impl Rng {
    /// A stream of its own for a key, so that one object's content does not depend on how many came before it.
    pub(crate) fn keyed(seed: u64, key: &[&str]) -> Rng {
        // FNV-1a, with a separator that occurs in no name, so that ("ab", "c") differs from ("a", "bc").
        let mut hash: u64 = 0xcbf2_9ce4_8422_2325 ^ seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        for part in key {
            for byte in part.bytes().chain([0xff]) {
                hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
            }
        }
        Rng { state: hash }
    }

    /// The next 64 bits.
    pub(crate) fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `bound`, or 0 when the bound is 0. The bias of the modulus does not matter for content.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.next().checked_rem(bound).unwrap_or(0)
    }

    /// A number from `low` to `high`, both included.
    pub(crate) fn between(&mut self, low: u64, high: u64) -> u64 {
        low.saturating_add(self.below(high.saturating_sub(low).saturating_add(1)))
    }

    /// True in `per_mille` of 1,000 cases.
    pub(crate) fn chance(&mut self, per_mille: u64) -> bool {
        self.below(1000) < per_mille
    }

    /// One of the values, or the default of an empty slice.
    pub(crate) fn pick<T: Copy + Default>(&mut self, values: &[T]) -> T {
        let index = usize::try_from(self.below(values.len() as u64)).unwrap_or(0);
        values.get(index).copied().unwrap_or_default()
    }

    /// `length` lower-case hexadecimal digits.
    pub(crate) fn hex(&mut self, length: usize) -> String {
        self.letters(length, HEX)
    }

    /// A suffix as Kubernetes appends it to `generateName`.
    pub(crate) fn suffix(&mut self, length: usize) -> String {
        self.letters(length, SUFFIX_ALPHABET)
    }

    /// A random (version 4) UUID in its text form.
    pub(crate) fn uid(&mut self) -> String {
        let variant = self.letters(1, b"89ab");
        format!(
            "{}-{}-4{}-{variant}{}-{}",
            self.hex(8),
            self.hex(4),
            self.hex(3),
            self.hex(3),
            self.hex(12)
        )
    }

    fn letters(&mut self, length: usize, alphabet: &[u8]) -> String {
        (0..length)
            .map(|_| char::from(self.pick(alphabet)))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stream_is_the_same_for_ever() {
        // A change here changes every generated fleet, and with it every expectation on one.
        let mut rng = Rng::keyed(7, &["prod-ap", "pods"]);
        assert_eq!(rng.suffix(5), Rng::keyed(7, &["prod-ap", "pods"]).suffix(5));
        assert_ne!(
            Rng::keyed(7, &["ab", "c"]).next(),
            Rng::keyed(7, &["a", "bc"]).next()
        );
        assert_ne!(Rng::keyed(7, &["a"]).next(), Rng::keyed(8, &["a"]).next());
    }

    #[test]
    fn bounds_hold_and_nothing_divides_by_zero() {
        let mut rng = Rng::keyed(1, &[]);
        assert_eq!(rng.below(0), 0);
        assert_eq!(rng.pick::<u8>(&[]), 0);
        assert!((0..1000).all(|_| (3..=5).contains(&rng.between(3, 5))));
        assert_eq!(rng.between(9, 9), 9);
    }

    #[test]
    fn a_uid_is_a_version_4_uuid() {
        let uid = Rng::keyed(1, &["uid"]).uid();
        let lengths: Vec<usize> = uid.split('-').map(str::len).collect();
        assert_eq!(lengths, [8, 4, 4, 4, 12]);
        assert_eq!(uid.as_bytes()[14], b'4');
        assert!(b"89ab".contains(&uid.as_bytes()[19]));
    }
}
