//! The stable codes of this crate: Q00xx from the lexer and the limits, Q01xx from the syntax. A code once given is never
//! reused for something else. Q02xx (names), Q03xx (types) and Q04xx (joins) belong to the planner.

macro_rules! codes {
    ($($(#[doc = $doc:literal])+ $name:ident = $code:literal;)+) => {
        $($(#[doc = $doc])+ pub const $name: &str = $code;)+

        /// Every code of this crate with its one-line meaning, in order.
        pub const ALL: &[(&str, &str)] = &[$(($code, concat!($($doc),+))),+];
    };
}

codes! {
    /// A character that begins nothing.
    CHARACTER = "Q0001";
    /// A string without its closing quote.
    UNCLOSED_STRING = "Q0002";
    /// An unknown escape in a string.
    ESCAPE = "Q0003";
    /// A number with an unknown unit or of a wrong form.
    NUMBER = "Q0004";
    /// A number, duration or size that does not fit.
    NUMBER_RANGE = "Q0005";
    /// A `datetime(…)` that is no ISO 8601 date.
    DATETIME = "Q0006";
    /// A backquoted name that is empty or not closed.
    QUOTED_NAME = "Q0007";
    /// Typographic quotes around a string.
    SMART_QUOTES = "Q0008";
    /// `$name` where `@name` is meant.
    DOLLAR = "Q0009";
    /// `@` without a name.
    AT_SIGN = "Q0010";

    /// The text is too long.
    LIMIT_BYTES = "Q0020";
    /// The text has too many tokens.
    LIMIT_TOKENS = "Q0021";
    /// Brackets are nested too deep.
    LIMIT_NESTING = "Q0022";
    /// A chain of operators, fields or indices is too long.
    LIMIT_CHAIN = "Q0023";
    /// The text has too many pipe operators.
    LIMIT_OPERATORS = "Q0024";
    /// More problems than are reported.
    LIMIT_DIAGNOSTICS = "Q0025";

    /// The text has too many statements.
    LIMIT_STATEMENTS = "Q0026";

    /// Something else was expected here.
    UNEXPECTED = "Q0101";
    /// A bracket without its closing one.
    UNCLOSED_BRACKET = "Q0102";
    /// A closing bracket that closes nothing, or the wrong one.
    STRAY_BRACKET = "Q0103";
    /// An operator of another language.
    NOT_AN_OPERATOR = "Q0104";
    /// A reserved word where a name is expected.
    RESERVED = "Q0105";
    /// `=` where `==` is meant.
    EQUALS = "Q0106";
    /// An unknown pipe operator.
    UNKNOWN_OPERATOR = "Q0107";
    /// A pipe operator without `|` before it.
    MISSING_PIPE = "Q0108";
    /// A word of SQL or of another pipe language.
    FOREIGN_WORD = "Q0109";
    /// An unknown kind of join or expansion.
    KIND = "Q0110";
    /// A feature that is left out on purpose.
    LEFT_OUT = "Q0111";
    /// Comparisons that follow one another.
    CHAINED_COMPARISON = "Q0112";
    /// A comma with nothing after it.
    TRAILING_COMMA = "Q0113";
    /// `syntax N` of an unknown edition, or in a wrong place.
    SYNTAX_EDITION = "Q0114";
    /// `render` of an unknown kind: a table is shown.
    UNKNOWN_RENDER = "Q0115";
    /// Declarations and the query in a wrong order or number.
    STATEMENT_ORDER = "Q0116";
    /// A declaration without its `;`.
    MISSING_SEMICOLON = "Q0117";
}

#[cfg(test)]
mod tests {
    use super::ALL;

    #[test]
    fn codes_are_unique_and_in_order() {
        assert!(ALL.windows(2).all(|pair| pair[0].0 < pair[1].0));
    }

    #[test]
    fn codes_stay_in_this_crates_ranges() {
        for (code, meaning) in ALL {
            assert!(code.starts_with("Q00") || code.starts_with("Q01"), "{code}");
            assert_eq!(code.len(), 5);
            assert!(meaning.trim().ends_with('.'), "{code}: {meaning}");
        }
    }
}
