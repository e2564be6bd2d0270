//! Random valid trees and texts for tests: every production of GRAMMAR.md, nasty names, every form of literal, comments
//! anywhere. Owns what "every" means; exists only with the feature `generate`, never in the product.
//!
//! Everything is a function of a seed, so that a failure is told by one number.

mod expr;
mod operator;
mod rng;
mod spell;
mod spelling;
mod statement;
mod words;

use crate::ast::File;

pub use rng::Rng;

/// The tree of a seed. It has a text: no name or literal in it is one that the parser could not have made.
pub fn file(seed: u64) -> File {
    Maker::new(seed).file()
}

/// A text of `file`, spelled at random: white space, comments, superfluous brackets and backquotes, aliases, every form of
/// string and number.
pub fn text(file: &File, seed: u64) -> String {
    spell::Speller::new(seed).file(file)
}

/// Makes the parts of a tree.
struct Maker {
    rng: Rng,
    /// Parts that may still be made; at nothing only leaves are.
    budget: u32,
    /// Brackets and chains that may still be opened.
    depth: u32,
}

impl Maker {
    fn new(seed: u64) -> Self {
        let mut rng = Rng::new(seed);
        // Small trees find most mistakes and are quick; a few are large.
        let budget = match rng.below(20) {
            0 => 200,
            1..=4 => 40,
            _ => 12,
        };
        let depth = 3 + rng.below(6);
        Self { rng, budget, depth }
    }

    /// Whether another part with parts may be made.
    fn spend(&mut self) -> bool {
        let allowed = self.budget > 0 && self.depth > 0;
        self.budget = self.budget.saturating_sub(1);
        allowed
    }

    /// `make` one level deeper.
    fn deeper<T>(&mut self, make: impl FnOnce(&mut Self) -> T) -> T {
        self.depth = self.depth.saturating_sub(1);
        let made = make(self);
        self.depth += 1;
        made
    }

    /// One or more, rarely many.
    fn some<T>(&mut self, make: impl Fn(&mut Self) -> T) -> Vec<T> {
        let most = if self.rng.one_in(12) { 9 } else { 3 };
        let count = 1 + self.rng.below(most);
        (0..count).map(|_| make(self)).collect()
    }

    fn maybe<T>(&mut self, make: impl Fn(&mut Self) -> T) -> Option<T> {
        self.rng.one_in(2).then(|| make(self))
    }
}
