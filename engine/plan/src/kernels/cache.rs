//! What is prepared once for each different argument of a batch: patterns, networks, selectors. Owns the bound on how many are kept.

use std::collections::HashMap;

/// Prepared arguments that are kept at a time. Nearly always there is one; a compiled regular expression may take a MiB.
const MAX_KEPT: usize = 16;

/// Prepared forms by the text that they are made from.
#[derive(Debug)]
pub struct Cache<'a, T> {
    kept: HashMap<&'a str, T>,
}

impl<'a, T> Cache<'a, T> {
    /// Nothing is prepared yet.
    pub fn new() -> Self {
        Self {
            kept: HashMap::new(),
        }
    }

    /// The prepared form of a text, made when it is not at hand.
    pub fn get(&mut self, text: &'a str, make: impl FnOnce(&str) -> T) -> &T {
        if self.kept.len() >= MAX_KEPT && !self.kept.contains_key(text) {
            self.kept.clear();
        }
        self.kept.entry(text).or_insert_with(|| make(text))
    }
}

impl<T> Default for Cache<'_, T> {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_text_is_prepared_once_and_few_are_kept() {
        let texts: Vec<String> = (0..=MAX_KEPT).map(|n| n.to_string()).collect();
        let mut made = 0;
        let mut cache = Cache::new();
        for text in texts
            .iter()
            .take(MAX_KEPT)
            .chain(texts.iter().take(MAX_KEPT))
        {
            let length = *cache.get(text, |text| {
                made += 1;
                text.len()
            });
            assert_eq!(length, text.len());
        }
        assert_eq!(made, MAX_KEPT);
        for text in &texts {
            cache.get(text, str::len);
        }
        assert_eq!(cache.kept.len(), 1);
    }
}
