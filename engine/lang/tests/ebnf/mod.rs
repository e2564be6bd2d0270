//! Reads the EBNF of GRAMMAR.md and recognises texts by it, without the parser: a second opinion on what the grammar is.
//! Every way to read a text is followed, and for one that reads it whole the choices are known.
//!
//! Productions of the last paragraph are tokens: nothing stands between their parts, and the longest match counts.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use trawl_lang::words;

/// A choice of a rule: its number, and what was chosen.
pub type Choice = (usize, usize);

/// The right side of a production, or a part of it.
#[derive(Debug)]
enum Rule {
    Text(String),
    Name(String),
    Sequence(Vec<Rule>),
    /// One of several.
    Either(usize, Vec<Rule>),
    /// `[x]`.
    Maybe(usize, Box<Rule>),
    /// `{x}`.
    Any(usize, Box<Rule>),
    /// `x - y`.
    But(Box<Rule>, Box<Rule>),
}

/// A grammar.
pub struct Grammar {
    productions: BTreeMap<String, Rule>,
    tokens: BTreeSet<String>,
    /// For each numbered rule the production that it is in, its text there, and how many choices it has.
    pub choices: Vec<(String, String, usize)>,
}

impl Grammar {
    /// Reads the productions, paragraph by paragraph.
    pub fn read(block: &str) -> Self {
        let mut grammar = Self {
            productions: BTreeMap::new(),
            tokens: BTreeSet::new(),
            choices: Vec::new(),
        };
        let paragraphs: Vec<&str> = block.split("\n\n").collect();
        for (index, paragraph) in paragraphs.iter().enumerate() {
            let symbols = symbols(paragraph);
            for production in symbols
                .split(|symbol| symbol == ";")
                .filter(|it| !it.is_empty())
            {
                assert_eq!(production[1], "=", "{production:?}");
                let name = production[0].clone();
                let mut reader = Reader {
                    symbols: &production[2..],
                    at: 0,
                    name: &name,
                    grammar: &mut grammar,
                };
                let rule = reader.alternatives();
                assert_eq!(reader.at, production.len() - 2, "{name}: {production:?}");
                if index + 1 == paragraphs.len() {
                    grammar.tokens.insert(name.clone());
                }
                assert!(grammar.productions.insert(name, rule).is_none());
            }
        }
        grammar
    }

    /// The names of the productions.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.productions.keys().map(String::as_str)
    }

    /// The choices by which `text` is a whole `file`; `None` when it is none.
    pub fn recognise(&self, text: &str) -> Option<BTreeSet<Choice>> {
        let mut run = Run {
            grammar: self,
            text,
            memo: HashMap::new(),
        };
        let ends = run.rule(&self.productions["file"], 0, false);
        let whole = ends
            .into_iter()
            .find(|(end, _)| run.skip(*end) == text.len());
        whole.map(|(_, choices)| choices)
    }
}

/// The symbols of a paragraph: quoted texts with their first quote, names, signs.
fn symbols(text: &str) -> Vec<String> {
    let mut symbols = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = if rest.starts_with("(*") {
            let end = rest.find("*)").unwrap() + 2;
            rest = rest[end..].trim_start();
            continue;
        } else if first == '"' || first == '\'' {
            rest[1..].find(first).unwrap() + 2
        } else if first.is_ascii_alphanumeric() {
            rest.find(|it: char| !it.is_ascii_alphanumeric())
                .unwrap_or(rest.len())
        } else {
            1
        };
        let (symbol, after) = rest.split_at(length);
        let quoted = symbol.len() > 1 && symbol.ends_with(first) && !first.is_ascii_alphanumeric();
        symbols.push(if quoted {
            symbol[..length - 1].to_owned()
        } else {
            symbol.to_owned()
        });
        rest = after.trim_start();
    }
    symbols
}

struct Reader<'r> {
    symbols: &'r [String],
    at: usize,
    name: &'r str,
    grammar: &'r mut Grammar,
}

impl Reader<'_> {
    /// A number for the rule that begins at the symbol `from` and ends here.
    fn number(&mut self, from: usize, choices: usize) -> usize {
        let text = self.symbols[from..self.at].join(" ");
        self.grammar
            .choices
            .push((self.name.to_owned(), text, choices));
        self.grammar.choices.len() - 1
    }

    fn peek(&self) -> Option<&str> {
        self.symbols.get(self.at).map(String::as_str)
    }

    fn alternatives(&mut self) -> Rule {
        let from = self.at;
        let mut all = vec![self.sequence()];
        while self.peek() == Some("|") {
            self.at += 1;
            all.push(self.sequence());
        }
        match all.len() {
            1 => all.remove(0),
            count => Rule::Either(self.number(from, count), all),
        }
    }

    fn sequence(&mut self) -> Rule {
        let mut parts = Vec::new();
        while let Some(symbol) = self.peek() {
            if matches!(symbol, "|" | ")" | "]" | "}") {
                break;
            }
            let part = self.part();
            if self.peek() == Some("-") {
                self.at += 1;
                let first = self.grammar.choices.len();
                let without = self.part();
                // What must not stand there is never taken.
                for (_, _, choices) in &mut self.grammar.choices[first..] {
                    *choices = 0;
                }
                parts.push(Rule::But(Box::new(part), Box::new(without)));
            } else {
                parts.push(part);
            }
        }
        Rule::Sequence(parts)
    }

    fn part(&mut self) -> Rule {
        let from = self.at;
        let symbol = self.symbols[from].clone();
        self.at += 1;
        let inside = |reader: &mut Self, close: &str| {
            let rule = reader.alternatives();
            assert_eq!(reader.peek(), Some(close), "{}", reader.name);
            reader.at += 1;
            rule
        };
        match symbol.as_str() {
            "(" => inside(self, ")"),
            "[" => {
                let rule = inside(self, "]");
                Rule::Maybe(self.number(from, 2), Box::new(rule))
            }
            "{" => {
                let rule = inside(self, "}");
                Rule::Any(self.number(from, 2), Box::new(rule))
            }
            quoted if quoted.starts_with(['"', '\'']) => Rule::Text(quoted[1..].to_owned()),
            name => Rule::Name(name.to_owned()),
        }
    }
}

/// Where a rule may end, each with the choices that lead there first.
type Ends = BTreeMap<usize, BTreeSet<Choice>>;

struct Run<'g> {
    grammar: &'g Grammar,
    text: &'g str,
    memo: HashMap<(&'g str, usize, bool), Ends>,
}

impl<'g> Run<'g> {
    /// Past white space and comments.
    fn skip(&self, at: usize) -> usize {
        let rest = self.text[at..].trim_start();
        let at = self.text.len() - rest.len();
        match rest.strip_prefix("//") {
            Some(comment) => self.skip(at + 2 + comment.find('\n').unwrap_or(comment.len())),
            None => at,
        }
    }

    /// Whether a word is cut at `at`.
    fn cuts_word(&self, at: usize) -> bool {
        let is_word = |it: char| it.is_ascii_alphanumeric() || it == '_';
        self.text[..at].ends_with(is_word) && self.text[at..].starts_with(is_word)
    }

    fn rule(&mut self, rule: &'g Rule, at: usize, token: bool) -> Ends {
        match rule {
            Rule::Text(text) => {
                let start = if token { at } else { self.skip(at) };
                let end = start + text.len();
                let matches = self.text[start..].starts_with(text.as_str());
                if matches && (token || !self.cuts_word(end)) {
                    Ends::from([(end, BTreeSet::new())])
                } else {
                    Ends::new()
                }
            }
            Rule::Name(name) => self.name(name, at, token),
            Rule::Sequence(parts) => {
                let mut ends = Ends::from([(at, BTreeSet::new())]);
                for part in parts {
                    ends = self.after(ends, part, token);
                }
                ends
            }
            Rule::Either(number, all) => {
                let mut ends = Ends::new();
                for (index, one) in all.iter().enumerate() {
                    for (end, mut choices) in self.rule(one, at, token) {
                        choices.insert((*number, index));
                        ends.entry(end).or_insert(choices);
                    }
                }
                ends
            }
            Rule::Maybe(number, inner) => {
                let mut ends = chosen(self.rule(inner, at, token), (*number, 1));
                ends.entry(at)
                    .or_insert_with(|| BTreeSet::from([(*number, 0)]));
                ends
            }
            Rule::Any(number, inner) => {
                let mut ends = Ends::from([(at, BTreeSet::from([(*number, 0)]))]);
                let mut fresh = ends.clone();
                while !fresh.is_empty() {
                    let next = chosen(self.after(fresh, inner, token), (*number, 1));
                    fresh = next
                        .into_iter()
                        .filter(|(end, _)| !ends.contains_key(end))
                        .collect();
                    ends.extend(fresh.clone());
                }
                ends
            }
            Rule::But(inner, without) => {
                let refused = self.rule(without, at, token);
                let is_char = matches!(&**inner, Rule::Name(name) if name == "char");
                let mut ends = self.rule(inner, at, token);
                ends.retain(|end, _| {
                    if is_char {
                        refused.is_empty()
                    } else {
                        !refused.contains_key(end)
                    }
                });
                ends
            }
        }
    }

    fn after(&mut self, starts: Ends, rule: &'g Rule, token: bool) -> Ends {
        let mut ends = Ends::new();
        for (start, before) in starts {
            for (end, choices) in self.rule(rule, start, token) {
                ends.entry(end)
                    .or_insert_with(|| before.union(&choices).copied().collect());
            }
        }
        ends
    }

    fn name(&mut self, name: &'g str, at: usize, token: bool) -> Ends {
        let built_in: fn(char) -> bool = match name {
            "char" => |_| true,
            "newline" => |it| it == '\n',
            "digit" => |it| it.is_ascii_digit(),
            "hex" => |it| it.is_ascii_hexdigit(),
            "letter" => |it| it.is_ascii_alphabetic(),
            "reserved" => {
                let rest = &self.text[at..];
                let words = words::RESERVED
                    .iter()
                    .filter(|word| rest.starts_with(**word));
                return words
                    .map(|word| (at + word.len(), BTreeSet::new()))
                    .collect();
            }
            _ => {
                if let Some(ends) = self.memo.get(&(name, at, token)) {
                    return ends.clone();
                }
                let grammar = self.grammar;
                let rule = grammar
                    .productions
                    .get(name)
                    .unwrap_or_else(|| panic!("no production `{name}`"));
                let is_token = grammar.tokens.contains(name);
                let start = if is_token && !token {
                    self.skip(at)
                } else {
                    at
                };
                let mut ends = self.rule(rule, start, token || is_token);
                if is_token {
                    // The longest match, and no part of a longer word.
                    ends = ends
                        .into_iter()
                        .next_back()
                        .filter(|(end, _)| token || !self.cuts_word(*end))
                        .into_iter()
                        .collect();
                }
                self.memo.insert((name, at, token), ends.clone());
                return ends;
            }
        };
        let first = self.text[at..].chars().next().filter(|it| built_in(*it));
        first
            .map(|it| (at + it.len_utf8(), BTreeSet::new()))
            .into_iter()
            .collect()
    }
}

fn chosen(ends: Ends, choice: Choice) -> Ends {
    let chosen = ends.into_iter().map(|(end, mut choices)| {
        choices.insert(choice);
        (end, choices)
    });
    chosen.collect()
}
