//! Random numbers for tests: SplitMix64 (Steele, Lea, Flood 2014), which is a dozen lines and the same everywhere. No
//! security is in it.

/// A stream of numbers that its seed decides.
#[derive(Debug, Clone)]
pub struct Rng(u64);

impl Rng {
    /// The stream of a seed. Neighbouring seeds have unrelated streams.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number.
    pub fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number below `bound`; 0 when `bound` is.
    pub fn below(&mut self, bound: u32) -> u32 {
        let wide = (self.next_u64() >> 32) * u64::from(bound);
        u32::try_from(wide >> 32).unwrap_or(0)
    }

    /// True once in `times`.
    pub fn one_in(&mut self, times: u32) -> bool {
        self.below(times) == 0
    }

    /// One of `all`, which is not empty; the type's default otherwise.
    pub fn pick<T: Copy + Default>(&mut self, all: &[T]) -> T {
        let bound = u32::try_from(all.len()).unwrap_or(u32::MAX);
        let index = usize::try_from(self.below(bound)).unwrap_or(0);
        all.get(index).copied().unwrap_or_default()
    }

    /// A number that is not negative: small ones, powers of two with their neighbours, any.
    pub fn number(&mut self) -> i64 {
        let any = i64::try_from(self.next_u64() >> 1).unwrap_or(i64::MAX);
        match self.below(4) {
            0 => any % 10,
            1 => any % 100_000,
            2 => (1i64 << self.below(63)) - i64::from(self.below(2)),
            _ => any >> self.below(63),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Rng;

    #[test]
    fn the_stream_is_that_of_the_paper() {
        // From the reference implementation, seed 1234567.
        let mut rng = Rng::new(1_234_567);
        assert_eq!(rng.next_u64(), 6_457_827_717_110_365_317);
        assert_eq!(rng.next_u64(), 3_203_168_211_198_807_973);
    }

    #[test]
    fn bounds_hold() {
        let mut rng = Rng::new(1);
        assert_eq!(rng.below(0), 0);
        for bound in 1..100 {
            assert!(rng.below(bound) < bound);
            assert!(rng.number() >= 0);
        }
    }
}
