//! The pass over brackets before parsing. Owns mate indices, the limits on nesting, chains and operators, and the
//! messages about brackets; the parser can rely on all of it and needs no counters of its own.

use crate::diagnostic::{Diagnostic, codes};
use crate::limits::{MAX_CHAIN_LINKS, MAX_EXPRESSION_DEPTH, MAX_NESTING_LEVELS, MAX_OPERATORS};
use crate::span::Span;
use crate::token::{Kind, Punct, Token};

/// What the pass found.
#[derive(Debug, Default)]
pub(crate) struct Delimiters {
    /// For each opening or closing bracket the index of its mate.
    mates: Vec<Option<usize>>,
    /// For each opening bracket whether a `|` stands directly inside.
    pipes: Vec<bool>,
    /// Opening brackets without a mate, in order.
    pub(crate) unclosed: Vec<usize>,
    /// Closing brackets that were told to be wrong.
    pub(crate) stray: Vec<Span>,
    /// Messages about brackets.
    pub(crate) diagnostics: Vec<Diagnostic>,
    /// A limit that is exceeded; then the tokens must not be parsed.
    pub(crate) exceeded: Option<Diagnostic>,
}

impl Delimiters {
    /// The bracket that matches the one at `index`.
    pub(crate) fn mate(&self, index: usize) -> Option<usize> {
        self.mates.get(index).copied().flatten()
    }

    /// Whether the bracket opened at `index` directly holds a `|`: rule R2 of the grammar.
    pub(crate) fn holds_pipe(&self, index: usize) -> bool {
        self.pipes.get(index).copied().unwrap_or(false)
    }

    /// Pairs the brackets of `tokens`. `unclosed_strings` are the starts of strings that never end: a bracket that is
    /// open there is not to blame.
    pub(crate) fn of(tokens: &[Token<'_>], unclosed_strings: &[Span]) -> Self {
        let mut pass = Pass {
            tokens,
            unclosed_strings,
            stack: vec![Frame::default()],
            operators: 0,
            out: Self {
                mates: vec![None; tokens.len()],
                pipes: vec![false; tokens.len()],
                ..Self::default()
            },
        };
        for (index, token) in tokens.iter().enumerate() {
            pass.token(index, token);
            if pass.out.exceeded.is_some() {
                break;
            }
        }
        pass.flush(tokens.len());
        pass.out
    }
}

/// An open bracket, or the text itself.
#[derive(Debug, Default)]
struct Frame {
    opener: Option<usize>,
    /// Links of the chain since the last separator.
    links: usize,
    /// Depth of the deepest bracket since the last separator.
    inner: usize,
    /// Depth of the deepest part so far.
    depth: usize,
    holds_pipe: bool,
}

impl Frame {
    /// Ends a part: what follows does not stand below it in the tree.
    fn separate(&mut self) {
        self.depth = self.depth.max(self.links + self.inner);
        self.links = 0;
        self.inner = 0;
    }
}

struct Pass<'p, 't> {
    tokens: &'p [Token<'t>],
    unclosed_strings: &'p [Span],
    /// Never empty: the text itself is at the bottom.
    stack: Vec<Frame>,
    operators: usize,
    out: Delimiters,
}

impl Pass<'_, '_> {
    fn token(&mut self, index: usize, token: &Token<'_>) {
        let after_dot = index
            .checked_sub(1)
            .and_then(|before| self.tokens.get(before))
            .is_some_and(|before| before.kind.punct() == Some(Punct::Dot));
        match &token.kind {
            // After a dot these are field names, and must not end the chain that is being counted.
            Kind::Word("and" | "or") if !after_dot => self.separate(),
            Kind::Word("not") if !after_dot => self.link(token.span),
            Kind::Punct(punct) => match punct {
                Punct::Semicolon => self.flush(index),
                Punct::Comma | Punct::AndAnd | Punct::OrOr => self.separate(),
                Punct::Pipe => self.pipe(token.span),
                Punct::Plus
                | Punct::Minus
                | Punct::Star
                | Punct::Slash
                | Punct::Percent
                | Punct::Bang
                | Punct::Dot => self.link(token.span),
                Punct::LeftBracket => {
                    self.link(token.span);
                    self.open(index, token.span);
                }
                Punct::LeftParen | Punct::LeftBrace => self.open(index, token.span),
                closer if closer.closes() => self.close(index, *closer, token.span),
                _ => {}
            },
            _ => {}
        }
    }

    fn top(&mut self) -> Option<&mut Frame> {
        self.stack.last_mut()
    }

    fn separate(&mut self) {
        if let Some(frame) = self.top() {
            frame.separate();
        }
    }

    fn link(&mut self, span: Span) {
        let Some(frame) = self.top() else { return };
        frame.links += 1;
        if frame.links > MAX_CHAIN_LINKS {
            self.exceed(
                codes::LIMIT_CHAIN,
                format!("a chain of more than {MAX_CHAIN_LINKS} operators, fields or indices"),
                span,
                "break it up with `extend`, or use `in (…)` for many alternatives",
            );
        }
    }

    fn pipe(&mut self, span: Span) {
        self.separate();
        if let Some(frame) = self.top() {
            frame.holds_pipe = true;
        }
        self.operators += 1;
        if self.operators > MAX_OPERATORS {
            self.exceed(
                codes::LIMIT_OPERATORS,
                format!("more than {MAX_OPERATORS} pipe operators in one text"),
                span,
                "split the query",
            );
        }
    }

    fn open(&mut self, index: usize, span: Span) {
        // The text itself is the first frame.
        if self.stack.len() > MAX_NESTING_LEVELS {
            self.exceed(
                codes::LIMIT_NESTING,
                format!("brackets are nested more than {MAX_NESTING_LEVELS} deep"),
                span,
                "name the inner parts with `let` or `extend`",
            );
        }
        self.stack.push(Frame {
            opener: Some(index),
            ..Frame::default()
        });
    }

    fn close(&mut self, index: usize, closer: Punct, span: Span) {
        let wanted = |frame: &Frame| self.opened(frame).and_then(Punct::closer) == Some(closer);
        match self.stack.iter().rposition(wanted) {
            Some(position) => {
                // Brackets opened since and still open have no mate.
                while self.stack.len() > position + 1 {
                    self.abandon(index);
                }
                self.pair(index);
            }
            None => self.stray(index, closer, span),
        }
    }

    fn stray(&mut self, index: usize, closer: Punct, span: Span) {
        let message = format!("`{}` closes nothing", closer.text());
        let open = self.stack.last().and_then(|frame| {
            let bracket = self.opened(frame)?;
            Some((bracket, self.tokens.get(frame.opener?)?.span))
        });
        let diagnostic = Diagnostic::error(codes::STRAY_BRACKET, message).at(span);
        let diagnostic = match open.and_then(|(bracket, at)| Some((bracket, bracket.closer()?, at)))
        {
            // Most likely the wrong closing bracket was typed, so this one is taken as the mate.
            Some((bracket, right, at)) => {
                self.pair(index);
                diagnostic
                    .secondary(at, format!("`{}` is open here", bracket.text()))
                    .fix(span, right.text())
            }
            None => diagnostic.help("remove it, or add the bracket that it should close"),
        };
        self.out.diagnostics.push(diagnostic);
        self.out.stray.push(span);
    }

    /// The top frame is closed by the bracket at `index`.
    fn pair(&mut self, index: usize) {
        let Some(opener) = self.pop() else { return };
        if let Some(mate) = self.out.mates.get_mut(opener) {
            *mate = Some(index);
        }
        if let Some(mate) = self.out.mates.get_mut(index) {
            *mate = Some(opener);
        }
    }

    /// The top frame has no mate; `until` is the token at which that became certain.
    fn abandon(&mut self, until: usize) {
        let Some(opener) = self.pop() else { return };
        self.out.unclosed.push(opener);
        let Some(token) = self.tokens.get(opener) else {
            return;
        };
        let end = self
            .tokens
            .get(until)
            .map_or(u32::MAX, |token| token.span.start);
        // They are in order, so the first one after the bracket decides.
        let next = self
            .unclosed_strings
            .partition_point(|string| string.start < token.span.start);
        let swallowed = self
            .unclosed_strings
            .get(next)
            .is_some_and(|string| string.start < end);
        if let (Some(punct), false) = (token.kind.punct(), swallowed) {
            self.out.diagnostics.push(
                Diagnostic::error(
                    codes::UNCLOSED_BRACKET,
                    format!("`{}` is not closed", punct.text()),
                )
                .label(token.span, "opened here"),
            );
        }
    }

    /// Takes the top frame off and hands its depth to the one below.
    fn pop(&mut self) -> Option<usize> {
        if self.stack.len() < 2 {
            return None;
        }
        let mut frame = self.stack.pop()?;
        frame.separate();
        let opener = frame.opener?;
        if let Some(pipe) = self.out.pipes.get_mut(opener) {
            *pipe = frame.holds_pipe;
        }
        let below = self.stack.last_mut()?;
        below.inner = below.inner.max(frame.depth + 1);
        let depth = below.links + below.inner;
        if let (true, Some(token)) = (depth > MAX_EXPRESSION_DEPTH, self.tokens.get(opener)) {
            self.exceed(
                codes::LIMIT_NESTING,
                format!("an expression more than {MAX_EXPRESSION_DEPTH} levels deep, brackets and chains together"),
                token.span,
                "name the inner parts with `let` or `extend`",
            );
        }
        Some(opener)
    }

    /// A `;` or the end of the text: nothing may be open.
    fn flush(&mut self, until: usize) {
        // The stack is the order of opening, which is the order to report in.
        let before = self.out.diagnostics.len();
        while self.stack.len() > 1 {
            self.abandon(until);
        }
        if let Some(new) = self.out.diagnostics.get_mut(before..) {
            new.reverse();
        }
        self.separate();
        self.stack = vec![Frame::default()];
    }

    fn opened(&self, frame: &Frame) -> Option<Punct> {
        self.tokens.get(frame.opener?)?.kind.punct()
    }

    fn exceed(&mut self, code: &'static str, message: String, span: Span, help: &str) {
        if self.out.exceeded.is_none() {
            self.out.exceeded = Some(Diagnostic::error(code, message).at(span).help(help));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Delimiters;
    use crate::lexer::lex;

    fn codes(text: &str) -> Vec<(&'static str, u32)> {
        let lexed = lex(text);
        let delimiters = Delimiters::of(&lexed.tokens, &lexed.unclosed);
        delimiters
            .diagnostics
            .iter()
            .chain(&delimiters.exceeded)
            .map(|diagnostic| (diagnostic.code, diagnostic.primary_span().unwrap().start))
            .collect()
    }

    #[test]
    fn mates_and_pipes() {
        let lexed = lex("a in (b | count) and f([1])");
        let delimiters = Delimiters::of(&lexed.tokens, &[]);
        assert_eq!(delimiters.mate(2), Some(6));
        assert_eq!(delimiters.mate(6), Some(2));
        assert!(delimiters.holds_pipe(2));
        assert_eq!(delimiters.mate(9), Some(13));
        assert!(!delimiters.holds_pipe(9));
        assert!(delimiters.diagnostics.is_empty());
    }

    #[test]
    fn unclosed_is_reported_at_the_opener() {
        assert_eq!(codes("f(a, (b)"), [("Q0102", 1)]);
        assert_eq!(codes("f(a; g(b)"), [("Q0102", 1)]);
        assert_eq!(codes("(["), [("Q0102", 0), ("Q0102", 1)]);
        assert_eq!(codes("([)"), [("Q0102", 1)]);
    }

    #[test]
    fn an_open_string_is_to_blame_before_a_bracket() {
        assert_eq!(codes("f(\"a)\n| take 5"), []);
        assert_eq!(codes("f(\"a)\n; g(b"), [("Q0102", 9)]);
    }

    #[test]
    fn stray_and_wrong_closers() {
        assert_eq!(codes("a)"), [("Q0103", 1)]);
        assert_eq!(codes("(a]"), [("Q0103", 2)]);
    }

    #[test]
    fn limits() {
        assert_eq!(codes(&format!("{}{}", "(".repeat(32), ")".repeat(32))), []);
        assert_eq!(
            codes(&format!("{}{}", "(".repeat(33), ")".repeat(33)))
                .last()
                .unwrap(),
            &("Q0022", 32)
        );
        assert_eq!(codes(&format!("a{}", "+a".repeat(256))), []);
        assert_eq!(codes(&format!("a{}", "+a".repeat(257))), [("Q0023", 513)]);
        assert_eq!(
            codes(&format!("a{}", ".and".repeat(257))),
            [("Q0023", 1025)]
        );
        assert_eq!(codes(&"not ".repeat(257)), [("Q0023", 1024)]);
        assert_eq!(codes(&format!("a{}", " and a".repeat(5000))), []);
        assert_eq!(codes(&"| ".repeat(513)), [("Q0024", 1024)]);
    }

    #[test]
    fn chains_inside_brackets_do_not_multiply() {
        let chain = "+a".repeat(200);
        assert_eq!(codes(&format!("((a{chain}){chain})")).len(), 1);
        assert_eq!(codes(&format!("((a{chain}), a{chain})")), []);
        // `not` binds looser than a comparison, so it counts with what the comparison holds.
        assert_eq!(
            codes(&format!("{}a == (a{chain})", "not ".repeat(200))),
            [("Q0022", 805)]
        );
    }
}
