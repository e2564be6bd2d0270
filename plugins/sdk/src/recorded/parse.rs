//! Owns the reading of files of recorded exchanges, and what is wrong with one; refuses to guess: a line that fits nowhere is an error.

use std::fs;
use std::path::Path;

use super::{Answered, Asked, Exchange, Headers};

/// What is wrong with a file, and where: `tags.http:7: expected …`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileError {
    /// The file, with the line where there is one.
    pub place: String,
    /// What was expected and what came.
    pub message: String,
}

impl std::fmt::Display for FileError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.place, self.message)
    }
}

impl std::error::Error for FileError {}

/// The exchanges of all files of a folder whose names end in `.http`, in the order of their names. Folders in it are left alone.
///
/// # Errors
/// When the folder or a file cannot be read, or a file is not of the [format](super).
pub fn read_folder(folder: &Path) -> Result<Vec<Exchange>, FileError> {
    let unreadable = |path: &Path, cause: std::io::Error| FileError {
        place: path.display().to_string(),
        message: format!("cannot be read: {cause}"),
    };
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(|cause| unreadable(folder, cause))? {
        let path = entry.map_err(|cause| unreadable(folder, cause))?.path();
        if path.is_file() && path.extension().is_some_and(|of| of == "http") {
            files.push(path);
        }
    }
    files.sort();
    let mut exchanges = Vec::new();
    for path in files {
        let text = fs::read_to_string(&path).map_err(|cause| unreadable(&path, cause))?;
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        exchanges.extend(parse(&name, &text)?);
    }
    Ok(exchanges)
}

/// The exchanges of one file; `name` is only told in errors and [places](Exchange::place).
///
/// # Errors
/// When the text is not of the [format](super).
///
/// ```
/// let text = "###\nGET /a?n=1\n\nHTTP/1.1 200 OK\ncontent-type: text/plain\n\nhello\n";
/// let exchanges = trawl_sdk::recorded::parse("a.http", text)?;
/// assert_eq!(exchanges[0].request.path, ["a"]);
/// assert_eq!(exchanges[0].answer.body, b"hello");
/// # Ok::<(), trawl_sdk::recorded::FileError>(())
/// ```
pub fn parse(name: &str, text: &str) -> Result<Vec<Exchange>, FileError> {
    let mut lines = Lines {
        name,
        lines: text
            .lines()
            .enumerate()
            .map(|(index, line)| (index + 1, line))
            .collect(),
        at: 0,
    };
    lines.skip_comments();
    let mut exchanges = Vec::new();
    while let Some((number, line)) = lines.next() {
        let Some(title) = line.strip_prefix(SEPARATOR) else {
            return Err(lines.wrong(
                number,
                format!("expected a line that begins with `###` before a request, got `{line}`"),
            ));
        };
        exchanges.push(lines.exchange(title.trim_matches(['#', ' ', '\t']), number)?);
    }
    Ok(exchanges)
}

/// Begins an exchange.
const SEPARATOR: &str = "###";

/// Begins a status line.
const PROTOCOL: &str = "HTTP/";

struct Lines<'t> {
    name: &'t str,
    /// With their numbers, from 1.
    lines: Vec<(usize, &'t str)>,
    at: usize,
}

impl<'t> Lines<'t> {
    fn peek(&self) -> Option<(usize, &'t str)> {
        self.lines.get(self.at).copied()
    }

    /// The next line of this exchange.
    fn within(&mut self) -> Option<(usize, &'t str)> {
        let found = self
            .peek()
            .filter(|(_, line)| !line.starts_with(SEPARATOR))?;
        self.at += 1;
        Some(found)
    }

    fn next(&mut self) -> Option<(usize, &'t str)> {
        let found = self.peek()?;
        self.at += 1;
        Some(found)
    }

    fn wrong(&self, number: usize, message: String) -> FileError {
        FileError {
            place: format!("{}:{number}", self.name),
            message,
        }
    }

    fn skip_comments(&mut self) {
        while self.peek().is_some_and(|(_, line)| {
            line.trim().is_empty() || (line.starts_with('#') && !line.starts_with(SEPARATOR))
        }) {
            self.at += 1;
        }
    }

    fn exchange(&mut self, title: &str, begins: usize) -> Result<Exchange, FileError> {
        self.skip_comments();
        let Some((place, line)) = self.within() else {
            let message = "expected a request line such as `GET /api/items?n=1`, got nothing";
            return Err(self.wrong(begins, message.to_owned()));
        };
        let mut request = self.request_line(place, line)?;
        let status = self.headers(&mut request.headers)?;
        let (number, line) = match status {
            Some(found) => found,
            None => {
                let (body, found) = self.body(true);
                request.body = (!body.is_empty()).then_some(body);
                found.ok_or_else(|| {
                    let message = "expected a status line such as `HTTP/1.1 200 OK` behind the request, got nothing";
                    self.wrong(place, message.to_owned())
                })?
            }
        };
        let mut answer = Answered {
            status: self.status(number, line)?,
            headers: Headers::new(),
            body: Vec::new(),
        };
        if let Some((number, line)) = self.headers(&mut answer.headers)? {
            return Err(self.wrong(number, format!("expected a header, got `{line}`")));
        }
        answer.body = self.body(false).0;
        Ok(Exchange {
            title: title.to_owned(),
            place: format!("{}:{place}", self.name),
            request,
            answer,
        })
    }

    fn request_line(&self, number: usize, line: &str) -> Result<Asked, FileError> {
        let wrong = || {
            self.wrong(
                number,
                format!(
                    "expected a request line such as `GET /api/items?n=1` (GET, HEAD or POST; a percent-encoded path), got `{line}`"
                ),
            )
        };
        let mut words = line.split_whitespace();
        let (method, target) = words.next().zip(words.next()).ok_or_else(wrong)?;
        let rest = words.next();
        if !["GET", "HEAD", "POST"].contains(&method)
            || rest.is_some_and(|word| !word.starts_with(PROTOCOL))
            || words.next().is_some()
        {
            return Err(wrong());
        }
        Asked::of_target(method, target).ok_or_else(wrong)
    }

    /// Reads headers up to an empty line or the end; a status line that comes before is given back.
    fn headers(&mut self, into: &mut Headers) -> Result<Option<(usize, &'t str)>, FileError> {
        while let Some((number, line)) = self.within() {
            if line.trim().is_empty() {
                return Ok(None);
            }
            if line.starts_with(PROTOCOL) {
                return Ok(Some((number, line)));
            }
            let header = line.split_once(':').filter(|(name, _)| is_name(name));
            let Some((name, value)) = header else {
                return Err(self.wrong(
                    number,
                    format!("expected a header `name: value` or an empty line, got `{line}`"),
                ));
            };
            into.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
        Ok(None)
    }

    /// The lines up to the end of the exchange, or to a status line.
    fn body(&mut self, to_status: bool) -> (Vec<u8>, Option<(usize, &'t str)>) {
        let mut lines = Vec::new();
        let mut status = None;
        while let Some((number, line)) = self.within() {
            if to_status && line.starts_with(PROTOCOL) {
                status = Some((number, line));
                break;
            }
            lines.push(line);
        }
        while lines.last().is_some_and(|line| line.trim().is_empty()) {
            lines.pop();
        }
        (lines.join("\n").into_bytes(), status)
    }

    fn status(&self, number: usize, line: &str) -> Result<u16, FileError> {
        let code = line.split_whitespace().nth(1);
        let code = code
            .filter(|code| code.len() == 3)
            .and_then(|code| code.parse().ok());
        code.filter(|code| (100..600).contains(code))
            .ok_or_else(|| {
                self.wrong(
                    number,
                    format!("expected a status line such as `HTTP/1.1 200 OK`, got `{line}`"),
                )
            })
    }
}

fn is_name(text: &str) -> bool {
    let mut bytes = text.bytes();
    !text.is_empty() && bytes.all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b))
}

#[cfg(test)]
mod tests;
