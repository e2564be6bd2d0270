//! Owns what of a query's conditions becomes LogQL, and how exactly; refuses conditions that could lose an entry.
//!
//! A stream label becomes a matcher, `line` a line filter, structured metadata a label filter. A label filter sees stream labels and
//! structured metadata under one name, where the stream's wins and metadata of that name is called `…_extracted`
//! (`LabelsBuilder.Add` of `pkg/logql/log/labels.go`). So a condition on metadata also asks for streams without such a label, and
//! only conditions that an entry without the metadata does not pass are taken.

use trawl_sdk::filter::matcher::{self, Matched, Matcher, Operator};
use trawl_sdk::filter::{self, Predicate, TimeRange};
use trawl_sdk::types::{Column, DataType, PathStep, Pushed, ScanRequest};

use crate::config::Columns;
use crate::lines;
use crate::logql::is_label_name;

/// The structured metadata in which Loki 3 keeps the level that it found: `discover_log_levels` of `limits_config`.
pub(crate) const LEVEL: &str = "detected_level";

/// A selector and what is behind it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Selection {
    matchers: Vec<Matcher>,
    /// Whether one of them leaves out streams that lack its label; Loki takes no selector without.
    bounded: bool,
    lines: Vec<String>,
    filters: Vec<String>,
}

impl Selection {
    /// Adds a matcher that stands for no condition of the query.
    pub(crate) fn add(&mut self, matcher: Matcher) {
        if !self.matchers.contains(&matcher) {
            self.matchers.push(matcher);
        }
    }

    /// Whether Loki takes the selector.
    pub(crate) fn is_bounded(&self) -> bool {
        self.bounded
    }

    /// The selector alone: `{app="x"}`.
    pub(crate) fn selector(&self) -> String {
        let all: Vec<String> = self.matchers.iter().map(ToString::to_string).collect();
        format!("{{{}}}", all.join(","))
    }

    /// What stands behind the selector; line filters first, since they are the cheapest.
    pub(crate) fn stages(&self) -> impl Iterator<Item = &str> {
        self.lines.iter().chain(&self.filters).map(String::as_str)
    }

    /// The whole as LogQL.
    pub(crate) fn logql(&self) -> String {
        let selector = self.selector();
        std::iter::once(selector.as_str())
            .chain(self.stages())
            .collect::<Vec<_>>()
            .join(" ")
    }

    fn of_stream(&mut self, matched: Matched) -> Pushed {
        self.bounded |= matched.bounding;
        for matcher in matched.matchers {
            self.add(matcher);
        }
        exactness(matched.exact)
    }

    fn of_metadata(&mut self, key: &str, matched: Matched) -> Option<Pushed> {
        // A stream label of that name would be looked at instead, and what it does not pass may be wanted.
        if !matched.bounding {
            return None;
        }
        self.add(Matcher::missing(key));
        for mut matcher in matched.matchers {
            if matches!(matcher.operator, Operator::Matches | Operator::MatchesNot) {
                // Loki searches alternatives that it finds simple anywhere in the value; with its ends written out it does not.
                matcher.value = format!("^(?:{})$", matcher.value);
            }
            self.filters.push(format!("| {matcher}"));
        }
        Some(exactness(matched.exact))
    }
}

fn exactness(exact: bool) -> Pushed {
    if exact {
        Pushed::Exact
    } else {
        Pushed::Inexact
    }
}

/// What a condition is about.
enum Subject<'c> {
    /// A stream label.
    Stream(&'c str),
    /// Structured metadata.
    Metadata(&'c str),
    Line,
}

fn subject<'c>(column: &'c Column, columns: &'c Columns) -> Option<Subject<'c>> {
    let of = column.output.first().map(|field| &field.data_type);
    if of != Some(&DataType::Utf8) {
        return None;
    }
    match (column.name.as_str(), column.path.as_slice()) {
        ("labels", [PathStep::Key(key)]) if is_label_name(key) => Some(Subject::Stream(key)),
        ("metadata", [PathStep::Key(key)]) if is_label_name(key) => Some(Subject::Metadata(key)),
        ("level", []) => Some(Subject::Metadata(LEVEL)),
        ("line", []) => Some(Subject::Line),
        (name, []) => columns.label(name).map(Subject::Stream),
        _ => None,
    }
}

/// The conditions of a request.
#[derive(Debug, Default)]
pub(crate) struct Conditions {
    pub(crate) selection: Selection,
    pub(crate) time: TimeRange,
    /// How exactly each of them is kept.
    pub(crate) pushed: Vec<Pushed>,
}

impl Conditions {
    /// Whether no other condition is left to the host.
    pub(crate) fn are_exact(&self) -> bool {
        self.pushed.iter().all(|pushed| *pushed == Pushed::Exact)
    }
}

/// Which conditions can be put into a text that the user wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Room {
    /// All: there is no such text.
    Everywhere,
    /// What the lines are at its end.
    AtItsEnd,
    /// None.
    Nowhere,
}

/// Reads the conditions of a request.
pub(crate) fn read(request: &ScanRequest, columns: &Columns, room: Room) -> Conditions {
    let mut conditions = Conditions::default();
    for predicate in filter::predicates(request) {
        let taken = predicate
            .as_ref()
            .and_then(|predicate| take(predicate, columns, room, &mut conditions));
        conditions.pushed.push(taken.unwrap_or(Pushed::NotPushed));
    }
    conditions
}

fn take(
    predicate: &Predicate<'_>,
    columns: &Columns,
    room: Room,
    into: &mut Conditions,
) -> Option<Pushed> {
    if predicate.column.name == "timestamp" {
        return into.time.take(predicate).then_some(Pushed::Exact);
    }
    match (subject(predicate.column, columns)?, room) {
        (Subject::Line, Room::Everywhere | Room::AtItsEnd) => {
            let (stage, pushed) = lines::filter(&predicate.test)?;
            into.selection.lines.push(stage);
            Some(pushed)
        }
        (Subject::Stream(label), Room::Everywhere) => {
            let matched = matcher::matched(label, &predicate.test)?;
            Some(into.selection.of_stream(matched))
        }
        (Subject::Metadata(key), Room::Everywhere) => {
            let matched = matcher::matched(key, &predicate.test)?;
            into.selection.of_metadata(key, matched)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use trawl_sdk::filter::Test;
    use trawl_sdk::schema::{Type, request_column, request_path};
    use trawl_sdk::types::{CompareOp, Literal, TextOp};

    fn taken(column: &Column, test: Test<'_>) -> (String, Option<Pushed>) {
        let mut conditions = Conditions::default();
        let predicate = Predicate { column, test };
        let pushed = take(
            &predicate,
            &Columns::default(),
            Room::Everywhere,
            &mut conditions,
        );
        (conditions.selection.logql(), pushed)
    }

    #[test]
    fn conditions_become_logql() {
        let x = Literal::Utf8("x".into());
        let y = Literal::Utf8("xy".into());
        let below =
            |name: &str, key: &str| request_path(name, vec![PathStep::Key(key.into())], Type::Utf8);
        let plain = |name: &str| request_column(name, Type::Utf8);
        let is = || Test::Compare(CompareOp::Eq, &x);
        let is_not = || Test::Compare(CompareOp::Ne, &x);
        let among = || Test::In {
            items: vec![&x, &y],
            negated: false,
        };
        let contains = || Test::Text {
            op: TextOp::Contains,
            pattern: "x",
            ignore_case: false,
            negated: false,
        };
        use Pushed::Exact;
        for (column, test, expected, pushed) in [
            (below("labels", "app"), is(), r#"{app="x"}"#, Some(Exact)),
            (
                below("labels", "app"),
                is_not(),
                r#"{app!="x"}"#,
                Some(Exact),
            ),
            (below("labels", "a.b"), is(), "{}", None),
            (
                plain("namespace"),
                among(),
                r#"{namespace=~"x|xy"}"#,
                Some(Exact),
            ),
            (plain("service"), is(), r#"{service_name="x"}"#, Some(Exact)),
            (plain("line"), contains(), r#"{} |= "x""#, Some(Exact)),
            (
                below("metadata", "trace_id"),
                is(),
                r#"{trace_id=""} | trace_id="x""#,
                Some(Exact),
            ),
            (
                below("metadata", "trace_id"),
                among(),
                r#"{trace_id=""} | trace_id=~"^(?:x|xy)$""#,
                Some(Exact),
            ),
            (below("metadata", "trace_id"), is_not(), "{}", None),
            (
                plain("level"),
                contains(),
                r#"{detected_level=""} | detected_level=~"^(?:(?s:.*)x(?s:.*))$""#,
                Some(Exact),
            ),
            (below("parsed", "x"), is(), "{}", None),
            (plain("labels"), is(), "{}", None),
            (request_column("line", Type::Json), contains(), "{}", None),
        ] {
            let found = taken(&column, test);
            assert_eq!(found, (expected.to_owned(), pushed), "{column:?}");
        }
    }
}
