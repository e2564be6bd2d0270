//! Tables for people, in kubectl's manner: upper-case heads, columns by spaces, no frames. Owns what a table that is wider than the
//! terminal leaves out.

use super::visible;
use comfy_table::{CellAlignment, ContentArrangement, presets};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Spaces between columns.
const GAP: usize = 2;
/// A column of text is never made narrower: less of a name tells nothing.
const NARROW: usize = 12;

/// A table under construction.
pub struct Table {
    /// Name, and whether the column is aligned to the right.
    heads: Vec<(String, bool)>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table with these heads; columns whose flag is set are aligned to the right, as numbers are.
    pub fn new(heads: impl IntoIterator<Item = (String, bool)>) -> Self {
        let heads = heads.into_iter();
        Self {
            heads: heads
                .map(|(name, number)| (name.to_uppercase(), number))
                .collect(),
            rows: Vec::new(),
        }
    }

    /// Adds a row. Control characters of remote texts are shown, not obeyed.
    pub fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        let cells = cells.into_iter().map(|cell| visible(&cell));
        self.rows.push(cells.collect());
    }

    /// Makes it fit into so many columns of a terminal, the widest texts first; numbers stay whole. Whether anything was cut.
    pub fn fit(&mut self, columns: usize) -> bool {
        let widths: Vec<usize> = (0..self.heads.len()).map(|at| self.width(at)).collect();
        let with = |most: usize| -> usize {
            let columns = widths.iter().zip(&self.heads);
            let columns = columns.map(|(width, (_, number))| match number {
                true => *width,
                false => (*width).min(most),
            });
            columns.map(|width| width + GAP).sum()
        };
        // The gap behind the last column is not printed.
        let room = columns.saturating_add(GAP);
        let widest = widths.iter().copied().max().unwrap_or_default();
        if with(widest) <= room {
            return false;
        }
        let most = (NARROW..widest).rev().find(|most| with(*most) <= room);
        let most = most.unwrap_or(NARROW);
        let mut cut = false;
        let heads = self.heads.iter().enumerate();
        let texts: Vec<usize> = heads.filter(|(_, it)| !it.1).map(|(at, _)| at).collect();
        for row in &mut self.rows {
            for at in &texts {
                if let Some(cell) = row.get_mut(*at).filter(|it| it.width() > most) {
                    *cell = cut_to(cell, most);
                    cut = true;
                }
            }
        }
        cut
    }

    fn width(&self, at: usize) -> usize {
        let cells = self.rows.iter().filter_map(|row| row.get(at));
        let head = self.heads.get(at).map(|(name, _)| name);
        cells.chain(head).map(|it| it.width()).max().unwrap_or(0)
    }

    /// The text, a line a row, without spaces at line ends.
    pub fn text(&self) -> String {
        let mut table = comfy_table::Table::new();
        // Rows are never wrapped: what is cut at the terminal's edge can still be piped whole.
        table
            .load_preset(presets::NOTHING)
            .set_content_arrangement(ContentArrangement::Disabled);
        table.set_header(self.heads.iter().map(|(name, _)| name));
        for (position, (_, number)) in self.heads.iter().enumerate() {
            if let Some(column) = table.column_mut(position) {
                column.set_padding((0, 2));
                column.set_cell_alignment(if *number {
                    CellAlignment::Right
                } else {
                    CellAlignment::Left
                });
            }
        }
        table.add_rows(&self.rows);
        let lines = table.lines();
        lines.map(|line| format!("{}\n", line.trim_end())).collect()
    }
}

/// The beginning of a text in so many columns, the last of which says that there is more.
fn cut_to(text: &str, columns: usize) -> String {
    let mut taken = 0;
    let mut cut: String = text
        .chars()
        .take_while(|c| {
            taken += c.width().unwrap_or(0);
            taken < columns
        })
        .collect();
    cut.push('…');
    cut
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(rows: &[[&str; 3]]) -> Table {
        let heads = [("cluster", false), ("name", false), ("n", true)];
        let mut table = Table::new(heads.map(|(name, number)| (name.to_owned(), number)));
        for row in rows {
            table.row(row.map(str::to_owned));
        }
        table
    }

    #[test]
    fn escape_sequences_do_not_reach_the_terminal() {
        let mut table = Table::new([("name".to_owned(), false), ("n".to_owned(), true)]);
        table.row(["\u{1b}[2Jx\ny".to_owned(), "1".to_owned()]);
        assert_eq!(table.text(), "NAME     N\n\u{fffd}[2Jx⏎y  1\n");
    }

    #[test]
    fn a_table_is_cut_where_it_is_widest_and_numbers_never() {
        let rows = [
            [
                "eu",
                "payments-api-p2bd448dl7-89rmc",
                "12345678901234567890",
            ],
            ["production-us-east", "a", "1"],
        ];
        let mut whole = table(&rows);
        assert!(!whole.fit(71));
        assert_eq!(whole.text(), table(&rows).text());
        let mut cut = table(&rows);
        assert!(cut.fit(60));
        assert_eq!(
            cut.text(),
            "CLUSTER             NAME                                   N\n\
             eu                  payments-api-p2bd…  12345678901234567890\n\
             production-us-east  a                                      1\n"
        );
        assert!(cut.text().lines().all(|line| line.width() <= 60));
        // Below that it is as narrow as it gets.
        let mut least = table(&rows);
        assert!(least.fit(10));
        assert!(least.text().contains("production-…  a "));
    }

    #[test]
    fn wide_characters_count_as_they_are_drawn() {
        assert_eq!(cut_to("日本語の名前", 7), "日本語…");
        assert_eq!(cut_to("abcdefgh", 4), "abc…");
    }
}
