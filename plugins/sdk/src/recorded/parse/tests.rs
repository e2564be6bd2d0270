//! Tests of the format: what each part becomes, and what each mistake is told as.

use super::*;

#[test]
fn every_part_of_a_file_is_read() {
    let text = "# about\r\n\r\n### first ###\r\n# why\r\nGET /a%20b?n=1 HTTP/1.1\r\nAccept: x: y\r\n\r\nHTTP/1.1 200 OK\r\nLink: </n>\r\n\r\n{\r\n\r\n# no comment\r\n}\r\n\r\n\
        ###\nPOST /\nHTTP/1.1 503\nretry-after: 1\n### third\n\nPOST /p\n\none\ntwo\n\nHTTP/1.1 200\n\n";
    let exchanges = parse("f.http", text).unwrap();
    let seen: Vec<_> = exchanges
        .iter()
        .map(|it| {
            let body = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
            format!(
                "{} | {} | {} | {:?} | {:?} | {} | {:?} | {:?}",
                it.title,
                it.place,
                it.request,
                it.request.headers,
                it.request.body.as_deref().map(body),
                it.answer.status,
                it.answer.headers,
                body(&it.answer.body)
            )
        })
        .collect();
    assert_eq!(
        seen,
        [
            r#"first | f.http:5 | GET /a%20b?n=1 | [("accept", "x: y")] | None | 200 | [("link", "</n>")] | "{\n\n# no comment\n}""#,
            r#" | f.http:17 | POST / | [] | None | 503 | [("retry-after", "1")] | """#,
            r#"third | f.http:22 | POST /p | [] | Some("one\ntwo") | 200 | [] | """#,
        ]
    );
    assert!(parse("f.http", "# nothing\n").unwrap().is_empty());
}

#[test]
fn mistakes_are_told_with_their_place() {
    for (text, expected) in [
        ("GET /", "f:1: expected a line that begins with `###`"),
        ("###\n\n### x", "f:1: expected a request line"),
        ("###\nPUT / \nHTTP/1.1 200", "f:2: expected a request line"),
        ("###\nGET a", "f:2: expected a request line"),
        ("###\nGET /%f", "f:2: expected a request line"),
        ("###\nGET / x", "f:2: expected a request line"),
        ("###\nGET /\nfoo\n\nHTTP/1.1 200", "f:3: expected a header"),
        ("###\nGET /\n\nbody", "f:2: expected a status line"),
        ("###\nGET /\nHTTP/1.1 20", "f:3: expected a status line"),
        ("###\nGET /\nHTTP/1.1 999", "f:3: expected a status line"),
        (
            "###\nGET /\nHTTP/1.1 200\nHTTP/1.1 200",
            "f:4: expected a header",
        ),
        ("###\nGET /\nHTTP/1.1 200\n{}", "f:4: expected a header"),
    ] {
        let error = parse("f", text).unwrap_err().to_string();
        assert!(error.starts_with(expected), "{text}: {error}");
    }
}
