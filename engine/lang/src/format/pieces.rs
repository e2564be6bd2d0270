//! What the formatter writes before lines are broken: a flat list of pieces, after Oppen's pretty-printer. Owns their
//! kinds; being flat, they are printed without recursion however deep the tree was.

/// A piece of the text to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece {
    /// Characters of one line.
    Text(String),
    /// A `"""` string over several lines: its value's lines, which are indented anew.
    Block(Vec<String>),
    /// A token over several lines that cannot be indented anew.
    Verbatim(String),
    /// A place where the line may be broken.
    Line {
        /// What stands here when it is not.
        flat: &'static str,
        /// Whether the next line has the indentation of the group around, as a closing bracket has.
        outdent: bool,
    },
    /// The end of a line, outside of any group.
    Break,
    /// An empty line, except at the start of the text.
    Blank,
    /// Begins a group: all its lines are broken, or none is.
    Begin {
        /// Whether its lines are indented when they are broken.
        indent: bool,
    },
    /// Ends a group.
    End,
    /// A comment behind the code of this line. Nothing but `Begin` and `End` stands between it and the end of the line.
    Trailing(String),
    /// A comment that has its line for itself.
    Own(String),
}

impl Piece {
    /// Whether it is code.
    pub(super) fn is_code(&self) -> bool {
        matches!(self, Self::Text(_) | Self::Block(_) | Self::Verbatim(_))
    }

    /// Whether a comment behind the code before can be written at it.
    pub(super) fn can_end_line(&self) -> bool {
        matches!(self, Self::Line { .. } | Self::Break | Self::Own(_))
    }
}
