//! Owns what binding values into embedded texts has in common; refuses to know a language, whose quotes and escapes are its plugin's.

/// Whether a decimal's digits are one number in any language: `1-1` would be two, and `1.2.3` none.
pub fn is_decimal(text: &str) -> bool {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    !unsigned.trim_matches('.').is_empty()
        && whole
            .bytes()
            .chain(fraction.bytes())
            .all(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_number_and_nothing_else() {
        for text in ["1", "-1.50", "+0", ".5", "5."] {
            assert!(is_decimal(text), "{text}");
        }
        for text in [
            "", "-", ".", "1-1", "1.2.3", "--1", "1e3", "1 or 1", "\u{0661}",
        ] {
            assert!(!is_decimal(text), "{text}");
        }
    }
}
