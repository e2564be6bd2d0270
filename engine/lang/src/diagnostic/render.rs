//! Draws diagnostics under the source text, in the manner of rustc. Owns the layout and the colours; columns are
//! `excerpt`'s. Whatever the spans are, it draws something and never panics.

use super::excerpt::{Excerpt, Mark, Placed, visible};
use super::line::{Line, floor_boundary, line_column, lines};
use super::{Diagnostic, Label, Severity};

/// How a diagnostic is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Style {
    /// Characters only.
    #[default]
    Plain,
    /// With ANSI colours.
    Ansi,
}

const RESET: &str = "\u{1b}[0m";
const BOLD: &str = "\u{1b}[1m";
const RED: &str = "\u{1b}[1;31m";
const YELLOW: &str = "\u{1b}[1;33m";
const BLUE: &str = "\u{1b}[1;34m";
const CYAN: &str = "\u{1b}[1;36m";

/// Draws several diagnostics with an empty line between them. `name` is what the text is called: a file name, `query`.
pub fn render_all(diagnostics: &[Diagnostic], name: &str, text: &str, style: Style) -> String {
    let drawn: Vec<String> = diagnostics
        .iter()
        .map(|diagnostic| render(diagnostic, name, text, style))
        .collect();
    drawn.join("\n")
}

/// Draws one diagnostic; every line, the last included, ends with a line break.
pub fn render(diagnostic: &Diagnostic, name: &str, text: &str, style: Style) -> String {
    let marked = marked_lines(&diagnostic.labels, text);
    let gutter = marked
        .last()
        .map_or(1, |(line, _)| line.number.to_string().len());
    let mut page = Page {
        out: String::new(),
        style,
        gutter,
        colour: match diagnostic.severity {
            Severity::Error => RED,
            Severity::Warning => YELLOW,
        },
    };
    page.header(diagnostic);
    if let Some(span) = diagnostic.primary_span() {
        let (line, column) = line_column(text, span.start);
        page.place(name, line, column);
    }
    let mut previous = None;
    for (line, marks) in &marked {
        if previous.is_some_and(|number| line.number > number + 1) {
            page.out.push_str("...\n");
        }
        previous = Some(line.number);
        page.excerpt(line, marks);
    }
    for help in &diagnostic.help {
        page.help(help);
    }
    page.out
}

/// The lines that carry marks, in order, each with its marks. A label over several lines marks its first and its last.
fn marked_lines<'t>(labels: &'t [Label], text: &'t str) -> Vec<(Line<'t>, Vec<Mark<'t>>)> {
    let places: Vec<(usize, usize, &Label)> = labels
        .iter()
        .map(|label| {
            let start = floor_boundary(text, label.span.start as usize);
            let end = floor_boundary(text, label.span.end as usize).max(start);
            (start, end, label)
        })
        .collect();
    let mut marked = Vec::new();
    for line in lines(text) {
        let here = line.start..line.next;
        let mut marks = Vec::new();
        for &(start, end, label) in &places {
            let starts_here = here.contains(&start);
            let last_byte = end.saturating_sub(1).max(start);
            let ends_here = here.contains(&last_byte);
            let indent = line.text.len() - line.text.trim_start().len();
            let (from, to, label_text) = match (starts_here, ends_here) {
                (true, true) => (start - line.start, end - line.start, label.text.as_str()),
                (true, false) => (start - line.start, line.text.len(), ""),
                (false, true) => (indent, end.saturating_sub(line.start), label.text.as_str()),
                (false, false) => continue,
            };
            marks.push(Mark {
                start: from.min(line.text.len()),
                end: to.min(line.text.len()),
                primary: label.primary,
                text: label_text,
            });
        }
        if !marks.is_empty() {
            marked.push((line, marks));
        }
    }
    marked
}

struct Page {
    out: String,
    style: Style,
    gutter: usize,
    colour: &'static str,
}

impl Page {
    fn header(&mut self, diagnostic: &Diagnostic) {
        let severity = match diagnostic.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        self.paint(self.colour, &format!("{severity}[{}]", diagnostic.code));
        self.paint(BOLD, &format!(": {}", one_line(&diagnostic.message)));
        self.out.push('\n');
    }

    fn place(&mut self, name: &str, line: usize, column: usize) {
        let arrow = format!("{}-->", " ".repeat(self.gutter));
        self.paint(BLUE, &arrow);
        self.out
            .push_str(&format!(" {}:{line}:{column}\n", one_line(name)));
    }

    fn excerpt(&mut self, line: &Line<'_>, marks: &[Mark<'_>]) {
        let focus = marks
            .iter()
            .find(|mark| mark.primary)
            .or(marks.first())
            .map_or(0, |mark| mark.start);
        let excerpt = Excerpt::new(line.text, focus);
        let number = format!("{:>width$} |", line.number, width = self.gutter);
        self.paint(BLUE, &number);
        if !excerpt.shown.trim_end().is_empty() {
            self.out.push(' ');
            self.out.push_str(excerpt.shown.trim_end());
        }
        self.out.push('\n');

        let mut placed: Vec<Placed<'_>> = marks.iter().map(|mark| excerpt.place(mark)).collect();
        placed.sort_by_key(|mark| (mark.start, mark.end));
        self.marks(&placed);
    }

    /// The line of carets with the text of the right-most mark, then the other texts under their marks, right to left.
    fn marks(&mut self, placed: &[Placed<'_>]) {
        let width = placed.iter().map(|mark| mark.end).max().unwrap_or(0);
        let mut row = vec![' '; width];
        for primary in [false, true] {
            for mark in placed.iter().filter(|mark| mark.primary == primary) {
                for cell in row.iter_mut().take(mark.end).skip(mark.start) {
                    *cell = if primary { '^' } else { '-' };
                }
            }
        }
        self.margin();
        for run in row.chunk_by(|left, right| left == right) {
            let drawn: String = run.iter().collect();
            match run.first() {
                Some('^') => self.paint(self.colour, &drawn),
                Some('-') => self.paint(BLUE, &drawn),
                _ => self.out.push_str(&drawn),
            }
        }
        let mut texts: Vec<&Placed<'_>> = placed
            .iter()
            .rev()
            .filter(|mark| !mark.text.is_empty())
            .collect();
        if texts.first().is_some_and(|mark| mark.end == width) {
            let beside = texts.remove(0);
            self.out.push(' ');
            self.paint(self.mark_colour(beside), &one_line(beside.text));
        }
        self.out.push('\n');
        for mark in texts {
            self.margin();
            self.out.push_str(&" ".repeat(mark.start));
            self.paint(self.mark_colour(mark), &one_line(mark.text));
            self.out.push('\n');
        }
    }

    fn mark_colour(&self, mark: &Placed<'_>) -> &'static str {
        if mark.primary { self.colour } else { BLUE }
    }

    fn margin(&mut self) {
        let margin = format!("{} |", " ".repeat(self.gutter));
        self.paint(BLUE, &margin);
        self.out.push(' ');
    }

    fn help(&mut self, text: &str) {
        self.paint(CYAN, "help");
        self.out.push_str(": ");
        self.out.push_str(&one_line(text));
        self.out.push('\n');
    }

    fn paint(&mut self, colour: &str, text: &str) {
        match self.style {
            Style::Plain => self.out.push_str(text),
            Style::Ansi => {
                self.out.push_str(colour);
                self.out.push_str(text);
                self.out.push_str(RESET);
            }
        }
    }
}

/// Messages quote the user's text, so they are made printable like the source itself.
fn one_line(text: &str) -> String {
    text.chars()
        .map(|character| match character {
            '\n' | '\r' | '\t' => ' ',
            other => visible(other),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::span::Span;

    fn span_of(text: &str, part: &str) -> Span {
        let start = text.find(part).unwrap();
        Span::new(start as u32, (start + part.len()) as u32)
    }

    fn check(diagnostic: Diagnostic, text: &str, expected: &str) {
        assert_eq!(render(&diagnostic, "query", text, Style::Plain), expected);
    }

    #[test]
    fn one_place() {
        let text = "pods\n| where a = 1";
        check(
            Diagnostic::error("Q0106", "`=` does not compare")
                .label(span_of(text, "="), "write `==`")
                .help("`=` gives a name"),
            text,
            "error[Q0106]: `=` does not compare\n --> query:2:11\n2 | | where a = 1\n  |           ^ write `==`\nhelp: `=` gives a name\n",
        );
    }

    #[test]
    fn two_places_on_a_line_in_both_orders() {
        let text = "cpu > 500m";
        check(
            Diagnostic::error("Q0305", "cannot compare quantity with timespan")
                .secondary(span_of(text, "cpu"), "")
                .label(span_of(text, "500m"), "500 minutes"),
            text,
            "error[Q0305]: cannot compare quantity with timespan\n --> query:1:7\n1 | cpu > 500m\n  | ---   ^^^^ 500 minutes\n",
        );
        check(
            Diagnostic::error("Q0305", "cannot compare")
                .label(span_of(text, "cpu"), "a quantity")
                .secondary(span_of(text, "500m"), "500 minutes"),
            text,
            "error[Q0305]: cannot compare\n --> query:1:1\n1 | cpu > 500m\n  | ^^^   ---- 500 minutes\n  | a quantity\n",
        );
    }

    #[test]
    fn places_on_lines_apart_and_a_wide_gutter() {
        let text = format!("f(a,{}b", "\n".repeat(10));
        check(
            Diagnostic::error("Q0102", "`(` is not closed")
                .at(Span::new(1, 2))
                .secondary(span_of(&text, "b"), "the text ends here"),
            &text,
            "error[Q0102]: `(` is not closed\n  --> query:1:2\n 1 | f(a,\n   |  ^\n...\n11 | b\n   | - the text ends here\n",
        );
    }

    #[test]
    fn a_place_over_several_lines_marks_the_first_and_the_last() {
        let text = "a (b\n  c\n  d) e";
        check(
            Diagnostic::error("Q0001", "m").label(span_of(text, "(b\n  c\n  d)"), "all this"),
            text,
            "error[Q0001]: m\n --> query:1:3\n1 | a (b\n  |   ^^\n...\n3 |   d) e\n  |   ^^ all this\n",
        );
    }

    #[test]
    fn tabs_wide_characters_and_line_ends() {
        let text = "\tx == \"漢字\" 漢\r\n";
        check(
            Diagnostic::error("Q0001", "m").at(span_of(text, " 漢")),
            text,
            "error[Q0001]: m\n --> query:1:11\n1 |     x == \"漢字\" 漢\n  |                ^^^\n",
        );
        check(
            Diagnostic::error("Q0001", "m").at(Span::new(4, 4)),
            "pods",
            "error[Q0001]: m\n --> query:1:5\n1 | pods\n  |     ^\n",
        );
    }

    #[test]
    fn spans_outside_the_text_are_drawn_at_its_end() {
        check(
            Diagnostic::error("Q0001", "m").at(Span::new(90, 99)),
            "ab",
            "error[Q0001]: m\n --> query:1:3\n1 | ab\n  |   ^\n",
        );
        check(Diagnostic::error("Q0001", "m"), "ab", "error[Q0001]: m\n");
        assert!(
            render(
                &Diagnostic::error("Q0001", "m").at(Span::new(0, 0)),
                "q",
                "",
                Style::Plain
            )
            .contains("1 |\n  | ^\n")
        );
    }

    #[test]
    fn colours_do_not_change_the_characters() {
        let text = "a =~ b";
        let diagnostic = Diagnostic::warning("Q0104", "`=~`\u{1b}")
            .label(span_of(text, "=~"), "regex")
            .secondary(span_of(text, "b"), "")
            .help("h");
        let plain = render(&diagnostic, "q", text, Style::Plain);
        let mut ansi = render(&diagnostic, "q", text, Style::Ansi);
        for colour in [RESET, BOLD, RED, YELLOW, BLUE, CYAN] {
            ansi = ansi.replace(colour, "");
        }
        assert_eq!(plain, ansi);
        assert!(!plain.contains('\u{1b}'));
    }
}
