//! One source line as it is drawn, and the marks under it. Owns display columns: tabs, wide characters, cut lines.

use unicode_width::UnicodeWidthChar;

use crate::limits::MAX_DRAWN_COLUMNS;

/// A tab is drawn as this many spaces, so that marks stand right whatever the terminal's tab stops are.
const TAB_COLUMNS: usize = 4;

/// The share of a cut line that stays visible before the label: a third reads well and leaves room after it.
const CONTEXT_SHARE: usize = 3;

/// A source line prepared for drawing.
pub(super) struct Excerpt {
    /// What is drawn.
    pub(super) shown: String,
    /// Display column at which each character of the line begins, by byte offset in the line; the last entry is the end.
    columns: Vec<(usize, usize)>,
    /// The display columns that are visible, when the line is cut.
    window: (usize, usize),
    /// Columns that the leading `…` takes.
    shift: usize,
}

/// A mark under a line, in bytes of that line.
pub(super) struct Mark<'a> {
    /// First byte.
    pub(super) start: usize,
    /// One past the last byte.
    pub(super) end: usize,
    /// `^` or `-`.
    pub(super) primary: bool,
    /// What is said beside or under it.
    pub(super) text: &'a str,
}

/// A mark in display columns.
pub(super) struct Placed<'a> {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) primary: bool,
    pub(super) text: &'a str,
}

impl Excerpt {
    /// Prepares `line`; when it is too long it is cut so that the byte `focus` stays visible.
    pub(super) fn new(line: &str, focus: usize) -> Self {
        let mut columns = Vec::with_capacity(line.len() + 1);
        let mut column = 0;
        for (offset, character) in line.char_indices() {
            columns.push((offset, column));
            column += width(character);
        }
        columns.push((line.len(), column));

        let mut excerpt = Self {
            shown: String::with_capacity(line.len()),
            columns,
            window: (0, column),
            shift: 0,
        };
        if column > MAX_DRAWN_COLUMNS {
            let wanted = excerpt
                .raw_column(focus)
                .saturating_sub(MAX_DRAWN_COLUMNS / CONTEXT_SHARE);
            let start = wanted.min(column - MAX_DRAWN_COLUMNS);
            // A wide character must not be cut in two, so the window begins where a character does.
            let start = excerpt.character_column_from(start);
            excerpt.window = (start, (start + MAX_DRAWN_COLUMNS).min(column));
            excerpt.shift = usize::from(start > 0);
        }
        excerpt.draw(line, column);
        excerpt
    }

    fn draw(&mut self, line: &str, total: usize) {
        let (from, to) = self.window;
        if from > 0 {
            self.shown.push('…');
        }
        for (character, (_, column)) in line.chars().zip(&self.columns) {
            if *column < from || column + width(character) > to {
                continue;
            }
            match character {
                '\t' => self.shown.extend([' '; TAB_COLUMNS]),
                _ => self.shown.push(visible(character)),
            }
        }
        if to < total {
            self.shown.push('…');
        }
    }

    /// The mark in display columns, at least one wide and inside what is drawn.
    pub(super) fn place<'a>(&self, mark: &Mark<'a>) -> Placed<'a> {
        let (from, to) = self.window;
        let clip = |offset| self.raw_column(offset).clamp(from, to) - from + self.shift;
        let start = clip(mark.start);
        Placed {
            start,
            end: clip(mark.end).max(start + 1),
            primary: mark.primary,
            text: mark.text,
        }
    }

    fn raw_column(&self, offset: usize) -> usize {
        let index = self.columns.partition_point(|(byte, _)| *byte < offset);
        self.columns
            .get(index)
            .or(self.columns.last())
            .map_or(0, |(_, column)| *column)
    }

    fn character_column_from(&self, column: usize) -> usize {
        let index = self.columns.partition_point(|(_, start)| *start < column);
        self.columns.get(index).map_or(column, |(_, start)| *start)
    }
}

fn width(character: char) -> usize {
    match character {
        '\t' => TAB_COLUMNS,
        _ => visible(character).width().unwrap_or(0),
    }
}

/// The character as it may be printed: control characters and those that reorder text would let a query rewrite the
/// terminal or hide what it does, so they are drawn as U+FFFD.
pub(super) fn visible(character: char) -> char {
    let reorders = matches!(character, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
    if character.is_control() || reorders {
        char::REPLACEMENT_CHARACTER
    } else {
        character
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns(line: &str, start: usize, end: usize) -> (usize, usize) {
        let mark = Mark {
            start,
            end,
            primary: true,
            text: "",
        };
        let placed = Excerpt::new(line, start).place(&mark);
        (placed.start, placed.end)
    }

    #[test]
    fn tabs_and_wide_characters_take_their_columns() {
        assert_eq!(columns("\tab", 1, 2), (4, 5));
        assert_eq!(columns("漢字x", 3, 6), (2, 4));
        assert_eq!(columns("漢字x", 6, 7), (4, 5));
        assert_eq!(columns("é=1", 2, 3), (1, 2));
    }

    #[test]
    fn an_empty_mark_is_one_wide_even_at_the_end() {
        assert_eq!(columns("ab", 2, 2), (2, 3));
        assert_eq!(columns("", 0, 0), (0, 1));
    }

    #[test]
    fn a_long_line_is_cut_around_the_mark() {
        let line = format!("{}needle{}", "x".repeat(5_000), "y".repeat(5_000));
        let excerpt = Excerpt::new(&line, 5_000);
        let placed = excerpt.place(&Mark {
            start: 5_000,
            end: 5_006,
            primary: true,
            text: "",
        });
        let shown: Vec<char> = excerpt.shown.chars().collect();
        assert_eq!(shown.len(), MAX_DRAWN_COLUMNS + 2);
        assert_eq!(
            shown[placed.start..placed.end].iter().collect::<String>(),
            "needle"
        );
    }

    #[test]
    fn control_and_reordering_characters_are_not_printed() {
        assert_eq!(
            Excerpt::new("a\u{1b}[31m\u{202e}", 0).shown,
            "a\u{fffd}[31m\u{fffd}"
        );
    }
}
