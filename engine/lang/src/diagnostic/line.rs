//! Lines and columns of a text. Owns the mapping from byte offsets; never panics on an offset outside the text.

/// Line and column of a byte offset, both from 1, the column in characters.
///
/// An offset past the end means the end; one inside a character means that character.
pub fn line_column(text: &str, offset: u32) -> (usize, usize) {
    let offset = floor_boundary(text, offset as usize);
    let before = text.get(..offset).unwrap_or(text);
    let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
    let start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let column = before.get(start..).unwrap_or("").chars().count() + 1;
    (line, column)
}

/// The greatest character boundary at or before `offset`, inside the text.
pub(super) fn floor_boundary(text: &str, offset: usize) -> usize {
    let mut offset = offset.min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    offset
}

/// One line of a text, without its line break.
pub(super) struct Line<'t> {
    /// From 1.
    pub(super) number: usize,
    /// Offset of the first byte.
    pub(super) start: usize,
    /// The characters.
    pub(super) text: &'t str,
    /// Offset of the next line; the last line ends one past the text, so that the end of the text lies in it.
    pub(super) next: usize,
}

/// The lines of a text; there is always at least one.
pub(super) fn lines(text: &str) -> impl Iterator<Item = Line<'_>> {
    let mut start = 0;
    text.split('\n').enumerate().map(move |(index, line)| {
        let this = Line {
            number: index + 1,
            start,
            text: line.strip_suffix('\r').unwrap_or(line),
            next: start + line.len() + 1,
        };
        start += line.len() + 1;
        this
    })
}

#[cfg(test)]
mod tests {
    use super::line_column;

    #[test]
    fn counts_lines_and_characters() {
        let text = "ab\nçd\r\n";
        assert_eq!(line_column(text, 0), (1, 1));
        assert_eq!(line_column(text, 2), (1, 3));
        assert_eq!(line_column(text, 3), (2, 1));
        assert_eq!(line_column(text, 5), (2, 2));
        assert_eq!(line_column(text, 8), (3, 1));
    }

    #[test]
    fn forgives_offsets_outside() {
        assert_eq!(line_column("ab", 99), (1, 3));
        assert_eq!(line_column("", 0), (1, 1));
        // Inside the two bytes of `ç`.
        assert_eq!(line_column("ç", 1), (1, 1));
    }
}
