//! What somebody else wrote, as a message may show it: a terminal obeys control characters, and an endless text hides the rest.

/// Characters of one text that are shown.
const SHOWN: usize = 200;
/// Those of them that are its end: a parser says there where it stopped.
const END: usize = 50;

/// A text with a space for every control character, and without its middle where it is long.
pub(crate) fn plain(text: &str) -> String {
    let shown = |c: char| if c.is_control() { ' ' } else { c };
    let length = text.chars().count();
    if length <= SHOWN {
        return text.chars().map(shown).collect();
    }
    let beginning = text.chars().take(SHOWN - END);
    let end = text.chars().skip(length - END);
    beginning.chain(['…']).chain(end).map(shown).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_shown_on_one_line_with_both_ends() {
        assert_eq!(plain("a\u{1b}[2J\nb"), "a [2J b");
        let long = format!("begin{}end", "x".repeat(1000));
        let shown = plain(&long);
        assert_eq!(shown.chars().count(), SHOWN + 1);
        assert!(shown.starts_with("begin") && shown.ends_with("end"));
    }
}
