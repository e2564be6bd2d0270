//! Pieces to text: decides which lines are broken. Owns the width and the indentation; a group is broken when it does not
//! fit the rest of its line, or when a comment inside it needs the end of a line.

use unicode_width::UnicodeWidthStr;

use super::pieces::Piece;
use super::{INDENT, MAX_COLUMNS};
use crate::lexer::RAW_QUOTE;

/// Prints `pieces`; the text ends with one line break, or is empty.
pub(super) fn print(pieces: &[Piece]) -> String {
    let mut printer = Printer::default();
    for (index, piece) in pieces.iter().enumerate() {
        printer.piece(pieces, index, piece);
    }
    printer.new_line(0);
    printer.out
}

/// A group that is open.
#[derive(Clone, Copy)]
struct Frame {
    broken: bool,
    indent: usize,
}

/// The text itself: its lines are broken and not indented.
const OUTSIDE: Frame = Frame {
    broken: true,
    indent: 0,
};

struct Printer {
    out: String,
    /// Columns of the line so far, its indentation included.
    column: usize,
    /// Indentation of the line when nothing was written to it yet.
    fresh: Option<usize>,
    frames: Vec<Frame>,
    /// The comment to write at the end of this line.
    trailing: Option<String>,
}

impl Default for Printer {
    fn default() -> Self {
        Self {
            out: String::new(),
            column: 0,
            fresh: Some(0),
            frames: Vec::new(),
            trailing: None,
        }
    }
}

impl Printer {
    fn frame(&self) -> Frame {
        self.frames.last().copied().unwrap_or(OUTSIDE)
    }

    fn piece(&mut self, pieces: &[Piece], index: usize, piece: &Piece) {
        let frame = self.frame();
        match piece {
            Piece::Text(text) => self.code(text),
            Piece::Block(lines) => self.block(lines, frame.indent + INDENT),
            Piece::Verbatim(text) => {
                self.code(text);
                self.column = last_line(text).width();
            }
            Piece::Line { flat, .. } if !frame.broken => self.code(flat),
            Piece::Line { outdent: true, .. } => self.new_line(self.outer_indent()),
            Piece::Line { .. } | Piece::Break => self.new_line(frame.indent),
            Piece::Blank => self.blank(),
            Piece::Begin { indent } => {
                let broken = frame.broken && !self.fits(pieces, index);
                let step = if broken && *indent { INDENT } else { 0 };
                self.frames.push(Frame {
                    broken,
                    indent: frame.indent + step,
                });
            }
            Piece::End => {
                self.frames.pop();
            }
            Piece::Trailing(comment) => {
                self.end_commented_line();
                self.trailing = Some(comment.clone());
            }
            Piece::Own(comment) => {
                self.new_line(frame.indent);
                self.code(comment);
                self.new_line(frame.indent);
            }
        }
    }

    /// Indentation of the group around the innermost one.
    fn outer_indent(&self) -> usize {
        let outer = self.frames.iter().rev().nth(1);
        outer.unwrap_or(&OUTSIDE).indent
    }

    /// Code may not follow a comment on its line. The writer places comments so that none would; this is what makes it
    /// certain.
    fn end_commented_line(&mut self) {
        if self.trailing.is_some() {
            self.new_line(self.frame().indent);
        }
    }

    fn code(&mut self, text: &str) {
        self.end_commented_line();
        let text = match self.fresh {
            Some(_) => text.trim_start_matches(' '),
            None => text,
        };
        if text.is_empty() {
            return;
        }
        if let Some(indent) = self.fresh.take() {
            self.pad(indent);
        }
        self.out.push_str(text);
        self.column += text.width();
    }

    fn block(&mut self, lines: &[String], indent: usize) {
        self.code(RAW_QUOTE);
        for line in lines {
            self.out.push('\n');
            if !line.is_empty() {
                self.pad(indent);
                self.out.push_str(line);
            }
        }
        self.out.push('\n');
        self.pad(indent);
        self.out.push_str(RAW_QUOTE);
        self.column = indent + RAW_QUOTE.len();
    }

    /// Ends the line unless nothing stands on it yet.
    fn new_line(&mut self, indent: usize) {
        let comment = self.trailing.take();
        if self.fresh.is_none() || comment.is_some() {
            // Code never ends with a space of its own, since strings end with a quote.
            self.out.truncate(self.out.trim_end_matches(' ').len());
            if let Some(comment) = comment {
                self.out.push(' ');
                self.out.push_str(&comment);
            }
            self.out.push('\n');
        }
        self.fresh = Some(indent);
        self.column = indent;
    }

    fn blank(&mut self) {
        self.new_line(self.frame().indent);
        if !self.out.is_empty() && !self.out.ends_with("\n\n") {
            self.out.push('\n');
        }
    }

    fn pad(&mut self, columns: usize) {
        self.out.extend(std::iter::repeat_n(' ', columns));
    }

    /// Whether the group that begins at `begin` fits this line, with what follows it up to the next place where the line
    /// may end.
    fn fits(&self, pieces: &[Piece], begin: usize) -> bool {
        let mut column = self.column;
        let mut open = 0usize;
        let mut ended = false;
        let mut commented = self.trailing.is_some();
        for piece in pieces.iter().skip(begin) {
            match piece {
                Piece::Begin { .. } => open += 1,
                Piece::End => {
                    open = open.saturating_sub(1);
                    ended |= open == 0;
                }
                // Whatever line may be broken after the group: it will be when it must.
                Piece::Line { .. } | Piece::Break | Piece::Blank | Piece::Own(_) if ended => {
                    return true;
                }
                Piece::Break | Piece::Blank | Piece::Own(_) => return false,
                Piece::Trailing(_) => commented = true,
                Piece::Line { flat, .. } => column += flat.width(),
                _ if commented => return false,
                Piece::Text(text) => column += text.width(),
                Piece::Block(_) => {
                    if column + RAW_QUOTE.len() > MAX_COLUMNS {
                        return false;
                    }
                    column = self.frame().indent + INDENT + RAW_QUOTE.len();
                }
                Piece::Verbatim(text) => {
                    if column + text.lines().next().unwrap_or("").width() > MAX_COLUMNS {
                        return false;
                    }
                    column = last_line(text).width();
                }
            }
            if column > MAX_COLUMNS {
                return false;
            }
        }
        true
    }
}

fn last_line(text: &str) -> &str {
    text.rsplit('\n').next().unwrap_or(text)
}
