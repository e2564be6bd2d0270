//! An answer as a streamed body. A stream that breaks aborts the connection: it is never closed as if it were whole.

use axum::body::Body;
use bytes::Bytes;
use futures::stream;
use tokio::sync::OwnedSemaphorePermit;
use trawl_exec::{Answer, AnswerColumn, Summary, encode};

/// Form of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Encoding {
    /// One document.
    Json,
    /// A row a line, then `{"$completeness": …}`.
    Ndjson,
}

impl Encoding {
    /// Its media type.
    pub(crate) fn content_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Ndjson => "application/x-ndjson",
        }
    }

    fn head(self, columns: &[AnswerColumn]) -> Vec<u8> {
        let mut out = Vec::new();
        match self {
            Self::Ndjson => {}
            Self::Json => encode::json_head(columns, &mut out),
        }
        out
    }

    fn tail(self, summary: &Summary, out: &mut Vec<u8>) {
        match self {
            Self::Ndjson => encode::ndjson_tail(summary, out),
            Self::Json => encode::json_tail(summary, out),
        }
    }
}

/// Where a streamed answer stands. Dropping it (the client went away) drops the query down to its remote requests.
enum Stage {
    Head(Answer),
    Rows(Answer, bool),
    End,
}

/// The body; the permit is given back with its last byte.
pub(crate) fn stream(answer: Answer, encoding: Encoding, room: OwnedSemaphorePermit) -> Body {
    let chunks = stream::try_unfold(
        (Stage::Head(answer), room),
        move |(stage, room)| async move {
            match stage {
                Stage::End => Ok(None),
                Stage::Head(answer) => {
                    let head = encoding.head(answer.columns());
                    Ok(Some((Bytes::from(head), (Stage::Rows(answer, true), room))))
                }
                Stage::Rows(mut answer, mut first) => match answer.next().await {
                    Ok(Some(batch)) => {
                        let mut out = Vec::new();
                        let separator = if encoding == Encoding::Json {
                            ",\n"
                        } else {
                            "\n"
                        };
                        encode::rows_json(
                            &batch,
                            answer.columns(),
                            separator,
                            &mut first,
                            &mut out,
                        );
                        Ok(Some((Bytes::from(out), (Stage::Rows(answer, first), room))))
                    }
                    Ok(None) => {
                        let mut out = Vec::new();
                        if encoding == Encoding::Ndjson && !first {
                            out.push(b'\n');
                        }
                        encoding.tail(&answer.finish(), &mut out);
                        Ok(Some((Bytes::from(out), (Stage::End, room))))
                    }
                    Err(error) => {
                        tracing::error!(%error, "an answer broke off");
                        Err(error)
                    }
                },
            }
        },
    );
    Body::from_stream(chunks)
}
