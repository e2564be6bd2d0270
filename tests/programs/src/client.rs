//! Owns a client of HTTP/1.1 that keeps its connection, as dashboards do: chunks are read as they come, so that a client can read slowly
//! or go away in the middle, and an answer that was cut is told from one that ended. Refuses TLS.

use std::io::{BufRead, BufReader, Error, ErrorKind, Read, Result, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};

/// A connection.
pub struct Client {
    stream: BufReader<TcpStream>,
    address: SocketAddr,
}

/// What was answered, read to its end.
#[derive(Debug)]
pub struct Answer {
    /// Its status.
    pub status: u16,
    /// Names in lower case; trailers behind the others.
    pub headers: Vec<(String, String)>,
    /// The whole body.
    pub body: Vec<u8>,
}

impl Answer {
    /// The value of a header or trailer.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut named = self.headers.iter().filter(|(key, _)| key == name);
        named.next().map(|(_, value)| value.as_str())
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// An answer of which the head was read.
pub struct Head<'a> {
    client: &'a mut Client,
    answer: Answer,
}

impl Client {
    /// Connects.
    ///
    /// # Errors
    /// Nobody answers.
    pub fn connect(address: SocketAddr) -> Result<Self> {
        let stream = BufReader::new(TcpStream::connect(address)?);
        Ok(Self { stream, address })
    }

    /// Sends a request and reads the head of its answer.
    ///
    /// # Errors
    /// The connection ended.
    pub fn send(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Result<Head<'_>> {
        self.ask(method, path, headers, body)?;
        self.head()
    }

    /// Sends a POST and goes away before an answer comes.
    ///
    /// # Errors
    /// The connection ended.
    pub fn leave(&mut self, path: &str, headers: &[(&str, &str)], body: &str) -> Result<()> {
        self.ask("POST", path, headers, body)?;
        self.stream.get_mut().shutdown(Shutdown::Both)
    }

    fn ask(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Result<()> {
        let mut head = format!("{method} {path} HTTP/1.1\r\nHost: {}\r\n", self.address);
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str(&format!("Content-Length: {}\r\n\r\n{body}", body.len()));
        self.stream.get_mut().write_all(head.as_bytes())
    }

    fn head(&mut self) -> Result<Head<'_>> {
        let first = self.line()?;
        let status = first
            .split(' ')
            .nth(1)
            .and_then(|status| status.parse().ok());
        let status = status.ok_or_else(|| wrong(&format!("no status: {first:?}")))?;
        let headers = self.fields()?;
        let answer = Answer {
            status,
            headers,
            body: Vec::new(),
        };
        Ok(Head {
            client: self,
            answer,
        })
    }

    fn line(&mut self) -> Result<String> {
        let mut line = String::new();
        self.stream.read_line(&mut line)?;
        match line.strip_suffix("\r\n") {
            Some(line) => Ok(line.to_owned()),
            None => Err(Error::new(ErrorKind::UnexpectedEof, "cut in a line")),
        }
    }

    /// Lines of headers, up to the empty one.
    fn fields(&mut self) -> Result<Vec<(String, String)>> {
        let mut fields = Vec::new();
        loop {
            let line = self.line()?;
            if line.is_empty() {
                return Ok(fields);
            }
            let (name, value) = line.split_once(':').ok_or_else(|| wrong(&line))?;
            fields.push((name.to_lowercase(), value.trim().to_owned()));
        }
    }
}

impl Head<'_> {
    /// The status.
    pub fn status(&self) -> u16 {
        self.answer.status
    }

    /// Reads to the end.
    ///
    /// # Errors
    /// The answer was cut.
    pub fn whole(self) -> Result<Answer> {
        self.slowly(|| {})
    }

    /// The same, with something done before each piece is read.
    ///
    /// # Errors
    /// The answer was cut.
    pub fn slowly(mut self, mut before: impl FnMut()) -> Result<Answer> {
        if let Some(length) = self.answer.header("content-length") {
            let length = length.parse().map_err(|_| wrong("a length"))?;
            self.take(length)?;
        } else if self.answer.header("transfer-encoding") == Some("chunked") {
            loop {
                before();
                let size = self.client.line()?;
                let size = usize::from_str_radix(&size, 16).map_err(|_| wrong("a chunk's size"))?;
                if size == 0 {
                    let trailers = self.client.fields()?;
                    self.answer.headers.extend(trailers);
                    break;
                }
                self.take(size)?;
                self.client.line()?;
            }
        }
        Ok(self.answer)
    }

    /// Reads what the first piece brings, and goes away.
    ///
    /// # Errors
    /// The connection ended.
    pub fn go_away(self) -> Result<()> {
        let stream = &mut self.client.stream;
        stream.fill_buf()?;
        stream.get_mut().shutdown(Shutdown::Both)
    }

    fn take(&mut self, bytes: usize) -> Result<()> {
        let at = self.answer.body.len();
        self.answer.body.resize(at + bytes, 0);
        self.client.stream.read_exact(&mut self.answer.body[at..])
    }
}

fn wrong(what: &str) -> Error {
    Error::new(ErrorKind::InvalidData, format!("no HTTP: {what}"))
}
