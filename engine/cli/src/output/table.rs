//! Tables for people, in kubectl's manner: upper-case heads, columns by spaces, no frames.

use super::visible;
use comfy_table::{CellAlignment, ContentArrangement, presets};

/// A table under construction.
pub struct Table(comfy_table::Table);

impl Table {
    /// A table with these heads; columns whose flag is set are aligned to the right, as numbers are.
    pub fn new(heads: impl IntoIterator<Item = (String, bool)>) -> Self {
        let mut table = comfy_table::Table::new();
        // Rows are never wrapped: what is cut at the terminal's edge can still be piped whole.
        table
            .load_preset(presets::NOTHING)
            .set_content_arrangement(ContentArrangement::Disabled);
        let (names, numbers): (Vec<String>, Vec<bool>) = heads.into_iter().unzip();
        table.set_header(names.iter().map(|name| name.to_uppercase()));
        for (position, number) in numbers.into_iter().enumerate() {
            if let Some(column) = table.column_mut(position) {
                column.set_padding((0, 2));
                column.set_cell_alignment(if number {
                    CellAlignment::Right
                } else {
                    CellAlignment::Left
                });
            }
        }
        Self(table)
    }

    /// Adds a row. Control characters of remote texts are shown, not obeyed.
    pub fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.0.add_row(cells.into_iter().map(|cell| visible(&cell)));
    }

    /// The text, a line a row, without spaces at line ends.
    pub fn text(&self) -> String {
        self.0
            .lines()
            .map(|line| format!("{}\n", line.trim_end()))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escape_sequences_do_not_reach_the_terminal() {
        let mut table = Table::new([("name".to_owned(), false), ("n".to_owned(), true)]);
        table.row(["\u{1b}[2Jx\ny".to_owned(), "1".to_owned()]);
        assert_eq!(table.text(), "NAME     N\n\u{fffd}[2Jx⏎y  1\n");
    }
}
