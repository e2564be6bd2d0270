//! Owns `pods/NAME/log`: which container and which lines are asked for, and the refusals of kube-apiserver and of the
//! kubelet. The lines themselves come from `objects::log`. A log that is followed ends where it is.

use bytes::Bytes;
use http::StatusCode;

use super::status::Failure;
use crate::clock::parse_s;
use crate::objects::World;
use crate::objects::log::{self, Line, NoLog};
use crate::serve::{Call, Reply};

/// What of a log is asked for (`PodLogOptions`).
#[derive(Debug, Default, PartialEq, Eq)]
struct Options {
    previous: bool,
    timestamps: bool,
    /// The first instant that counts, in seconds since 1970.
    since_s: Option<i64>,
    tail_lines: Option<usize>,
    limit_bytes: Option<usize>,
}

/// The log of a pod that exists.
pub(crate) fn log(
    world: &World,
    namespace: &str,
    name: &str,
    call: &Call,
) -> Result<Reply, Failure> {
    let Some((workload, pod)) = log::find(&world.plan, namespace, name) else {
        return Err(Failure::not_found("", "pods", name));
    };
    let options = Options::of(call, name, world.plan.clock.ago_s(0))?;
    let names = log::containers(workload);
    let container = match (call.parameter("container"), names.as_slice()) {
        (Some(wanted), _) if names.iter().any(|name| name == wanted) => wanted,
        (Some(wanted), _) => {
            return Err(Failure::bad_request(format!(
                "container {wanted} is not valid for pod {name}"
            )));
        }
        (None, [only]) => only,
        (None, _) => {
            return Err(Failure::bad_request(format!(
                "a container name must be specified for pod {name}, choose one of: [{}]",
                names.join(" ")
            )));
        }
    };
    match log::lines(&world.plan, (workload, pod), container, options.previous) {
        Ok(lines) => Ok(Reply::new(
            StatusCode::OK,
            "text/plain",
            vec![options.select(&lines)],
        )),
        Err(NoLog::Unscheduled) => Ok(Reply::new(StatusCode::NO_CONTENT, "text/plain", Vec::new())),
        Err(NoLog::Refused(message)) => Err(Failure::bad_request(message)),
    }
}

impl Options {
    fn of(call: &Call, pod: &str, now_s: i64) -> Result<Options, Failure> {
        let flag = |name: &str| matches!(call.parameter(name), Some("true" | "1"));
        let number = |name: &str, least: i64| -> Result<Option<i64>, Failure> {
            let Some(text) = call.parameter(name) else {
                return Ok(None);
            };
            let value: i64 = text.parse().map_err(|_| {
                Failure::bad_request(format!(
                    "strconv.ParseInt: parsing \"{text}\": invalid syntax"
                ))
            })?;
            if value < least {
                let bound = if least == 0 {
                    "greater than or equal to 0"
                } else {
                    "greater than 0"
                };
                let why = format!("{name}: Invalid value: {value}: must be {bound}");
                return Err(Failure::invalid("PodLogOptions", pod, &why));
            }
            Ok(Some(value))
        };
        let since_seconds = number("sinceSeconds", 1)?;
        let since_time = match call.parameter("sinceTime") {
            None => None,
            Some(text) => Some(parse_s(text).ok_or_else(|| {
                Failure::bad_request(format!(
                    "parsing time \"{text}\" as \"2006-01-02T15:04:05Z07:00\": cannot parse \"{text}\" as \"2006\""
                ))
            })?),
        };
        if since_seconds.is_some() && since_time.is_some() {
            let why = "Forbidden: at most one of `sinceTime` or `sinceSeconds` may be specified";
            return Err(Failure::invalid("PodLogOptions", pod, why));
        }
        let size = |value: Option<i64>| value.and_then(|value| usize::try_from(value).ok());
        Ok(Options {
            previous: flag("previous"),
            timestamps: flag("timestamps"),
            since_s: since_time.or(since_seconds.map(|seconds| now_s.saturating_sub(seconds))),
            tail_lines: size(number("tailLines", 0)?),
            limit_bytes: size(number("limitBytes", 1)?),
        })
    }

    /// The lines as the kubelet gives them: the last ones of the whole log, of those what is young enough, cut in the
    /// middle of a line where the bytes end.
    fn select(&self, lines: &[Line]) -> Bytes {
        let from = self
            .tail_lines
            .map_or(0, |count| lines.len().saturating_sub(count));
        let mut text = String::new();
        for line in lines.get(from..).unwrap_or_default() {
            if self.since_s.is_some_and(|since_s| line.at_s < since_s) {
                continue;
            }
            if self.timestamps {
                text.push_str(&line.timestamp());
                text.push(' ');
            }
            text.push_str(&line.text);
            text.push('\n');
        }
        let mut bytes = text.into_bytes();
        if let Some(limit) = self.limit_bytes {
            bytes.truncate(limit);
        }
        Bytes::from(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(query: &str) -> Result<Options, u16> {
        let call = Call::get(&format!("/log?{query}"), "*/*");
        Options::of(&call, "p", 1000).map_err(|failure| failure.reply().status.as_u16())
    }

    fn lines() -> Vec<Line> {
        (0..5)
            .map(|number| Line {
                at_s: 100 + number,
                nanos: 5,
                text: format!("line {number}"),
            })
            .collect()
    }

    #[test]
    fn options_choose_lines_as_the_kubelet_does() {
        for (query, expected) in [
            ("", "line 0\nline 1\nline 2\nline 3\nline 4\n"),
            ("tailLines=2", "line 3\nline 4\n"),
            ("tailLines=0", ""),
            ("tailLines=99&sinceTime=1970-01-01T00:01:44Z", "line 4\n"),
            ("sinceSeconds=897", "line 3\nline 4\n"),
            ("tailLines=1&limitBytes=3", "lin"),
            (
                "tailLines=1&timestamps=true",
                "1970-01-01T00:01:44.000000005Z line 4\n",
            ),
        ] {
            assert_eq!(
                options(query).unwrap().select(&lines()),
                expected,
                "{query}"
            );
        }
    }

    #[test]
    fn what_cannot_be_meant_is_refused() {
        for (query, status) in [
            ("tailLines=-1", 422),
            ("limitBytes=0", 422),
            ("sinceSeconds=0", 422),
            ("sinceSeconds=5&sinceTime=1970-01-01T00:01:44Z", 422),
            ("tailLines=x", 400),
            ("sinceTime=yesterday", 400),
        ] {
            assert_eq!(options(query), Err(status), "{query}");
        }
    }
}
