//! Recordings as files: what a living remote answered, in the format of `tests/recorded/*.http`. Credentials and cookies are never in
//! it, since nothing but approved headers came to be on the tape.

use std::fmt::Write as _;
use std::path::Path;

use trawl_sdk::recorded::Exchange;

use crate::error::Error;

/// Writes exchanges into a file.
///
/// # Errors
/// A body is one that the format cannot hold, or the file cannot be written.
pub fn write(path: &Path, exchanges: &[Exchange]) -> Result<(), Error> {
    let mut text = String::new();
    for exchange in exchanges {
        one(exchange, &mut text)?;
    }
    let failed = |source| Error::File {
        path: path.to_path_buf(),
        source,
    };
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(failed)?;
    }
    std::fs::write(path, text).map_err(failed)
}

fn one(exchange: &Exchange, text: &mut String) -> Result<(), Error> {
    let (request, answer) = (&exchange.request, &exchange.answer);
    let body = |bytes: &[u8], barrier: &[&str]| -> Result<String, Error> {
        let wrong =
            |why: &str| Error::Project(format!("the exchange {request} cannot be recorded: {why}"));
        let text = std::str::from_utf8(bytes).map_err(|_| wrong("its body is no UTF-8"))?;
        let begins = |line: &str| barrier.iter().any(|it| line.starts_with(it));
        if text.lines().any(begins) {
            return Err(wrong(&format!(
                "a line of its body begins with {}",
                barrier.join(" or ")
            )));
        }
        Ok(text.replace("\r\n", "\n").trim_end_matches('\n').to_owned())
    };
    // Writing to a String does not fail.
    let _ = writeln!(text, "### {}\n{request}", exchange.title);
    for (name, value) in &request.headers {
        let _ = writeln!(text, "{name}: {value}");
    }
    if let Some(bytes) = &request.body {
        let _ = writeln!(text, "\n{}", body(bytes, &["###", "HTTP/"])?);
    }
    let _ = writeln!(text, "\nHTTP/1.1 {}", answer.status);
    for (name, value) in &answer.headers {
        let _ = writeln!(text, "{name}: {value}");
    }
    if !answer.body.is_empty() {
        let _ = writeln!(text, "\n{}", body(&answer.body, &["###"])?);
    }
    text.push('\n');
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use trawl_sdk::recorded;

    #[test]
    fn what_is_written_reads_back() {
        let text = "### a\nGET /a%20b?x=1\n\nHTTP/1.1 200\ncontent-type: application/json\n\n{\"a\":\n 1}\n\n### b\nPOST /b\nx-amz-target: Do\n\n{\"q\": 2}\n\nHTTP/1.1 503\n\n";
        let exchanges = recorded::parse("a.http", text).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("recorded/a.http");
        write(&path, &exchanges).unwrap();
        let again = recorded::read_folder(&folder.path().join("recorded")).unwrap();
        let parts = |it: &[Exchange]| -> Vec<_> {
            it.iter()
                .map(|it| (it.request.clone(), it.answer.clone()))
                .collect()
        };
        assert_eq!(parts(&again), parts(&exchanges));
    }

    #[test]
    fn what_the_format_cannot_hold_is_refused() {
        let mut exchanges = recorded::parse("a.http", "###\nGET /\n\nHTTP/1.1 200\n\nx\n").unwrap();
        let folder = tempfile::tempdir().unwrap();
        for body in [&b"a\n### b"[..], b"\xff"] {
            exchanges[0].answer.body = body.to_vec();
            let error = write(&folder.path().join("a.http"), &exchanges).unwrap_err();
            assert!(
                error.to_string().contains("GET / cannot be recorded"),
                "{error}"
            );
        }
    }
}
