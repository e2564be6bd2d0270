//! Text as YAML reads it back: what messages show of an inventory can be copied into one.

/// A text as a scalar inside of `{…}` and `[…]`.
pub fn scalar(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-./@".contains(c);
    // `arn:aws:eks` is plain, `a: b` is not: a colon counts only before a blank or at the end.
    let colons = !text.ends_with(':') && text.chars().all(|c| plain(c) || c == ':');
    let begins = text.starts_with(|c: char| c.is_ascii_alphabetic());
    if colons && begins && !text.eq_ignore_ascii_case("null") {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', "''"))
    }
}
