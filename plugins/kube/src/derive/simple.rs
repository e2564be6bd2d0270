//! Owns the small computed columns that many kinds share: counts, truth values, times, and what a list holds.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::IgnoredAny;
use trawl_sdk::columns::parse_rfc3339_ns;

use super::{document, input};
use crate::kinds::Value;

/// A count that the API leaves out when it is zero.
pub(crate) fn count_or_zero(inputs: &[Option<&str>]) -> Value {
    Value::Int(input(inputs, 0).unwrap_or(0))
}

/// A truth value that the API leaves out when it is false.
pub(crate) fn false_if_absent(inputs: &[Option<&str>]) -> Value {
    Value::Bool(input(inputs, 0).unwrap_or(false))
}

/// Whether a text, such as an annotation's, is `true`.
pub(crate) fn true_text(inputs: &[Option<&str>]) -> Value {
    let text = |index| input::<Cow<'_, str>>(inputs, index);
    Value::Bool((0..inputs.len()).any(|index| text(index).as_deref() == Some("true")))
}

/// How many items the lists, and keys the maps, among the inputs have together.
pub(crate) fn length(inputs: &[Option<&str>]) -> Value {
    let count = |index| match input::<Counted>(inputs, index) {
        Some(Counted::List(items)) => items.len(),
        Some(Counted::Map(members)) => members.len(),
        None => 0,
    };
    let total: usize = (0..inputs.len()).map(count).sum();
    i64::try_from(total).map_or(Value::Null, Value::Int)
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Counted {
    List(Vec<IgnoredAny>),
    Map(BTreeMap<String, IgnoredAny>),
}

/// The keys of a map, sorted; an empty list when there is none.
pub(crate) fn keys(inputs: &[Option<&str>]) -> Value {
    let members: BTreeMap<String, IgnoredAny> = input(inputs, 0).unwrap_or_default();
    document(&members.into_keys().collect::<Vec<_>>())
}

#[derive(Deserialize)]
struct Condition {
    #[serde(rename = "type")]
    of: String,
    status: String,
}

/// The statuses of conditions by their types; of two of one type the last, as kubectl has it. Inputs: the conditions.
pub(crate) fn condition_states(inputs: &[Option<&str>]) -> Value {
    let conditions: Vec<Condition> = input(inputs, 0).unwrap_or_default();
    let states = conditions.into_iter().map(|it| (it.of, it.status));
    document(&states.collect::<BTreeMap<_, _>>())
}

/// The first of the inputs that is a text.
pub(crate) fn first_text(inputs: &[Option<&str>]) -> Value {
    (0..inputs.len())
        .find_map(|index| input::<String>(inputs, index))
        .map_or(Value::Null, Value::Text)
}

/// kubectl's READY of a workload: `3/5`. Inputs: pods that are ready, and pods that are wanted.
pub(crate) fn ready_of(inputs: &[Option<&str>]) -> Value {
    let count = |index| input::<i64>(inputs, index).unwrap_or(0);
    Value::Text(format!("{}/{}", count(0), count(1)))
}

/// A count of seconds as a timespan.
pub(crate) fn seconds(inputs: &[Option<&str>]) -> Value {
    input::<i64>(inputs, 0).map_or(Value::Null, |count| Value::Text(format!("{count}s")))
}

/// The member of that name of each object in a list; an object without it gives none.
fn each(inputs: &[Option<&str>], member: &str) -> Value {
    let objects: Vec<BTreeMap<Cow<'_, str>, serde_json::Value>> =
        input(inputs, 0).unwrap_or_default();
    let found = objects
        .iter()
        .filter_map(|object| object.get(member)?.as_str());
    document(&found.collect::<Vec<_>>())
}

/// The `name` of each object in a list.
pub(crate) fn names(inputs: &[Option<&str>]) -> Value {
    each(inputs, "name")
}

/// The `image` of each container in a list.
pub(crate) fn images(inputs: &[Option<&str>]) -> Value {
    each(inputs, "image")
}

/// The `type` of each object in a list.
pub(crate) fn types(inputs: &[Option<&str>]) -> Value {
    each(inputs, "type")
}

/// kubectl's COUNT: an event that does not count was seen once. Inputs: the count of its series, and its own.
pub(crate) fn event_count(inputs: &[Option<&str>]) -> Value {
    let own = || input(inputs, 1).filter(|count| *count != 0);
    Value::Int(input(inputs, 0).or_else(own).unwrap_or(1))
}

/// The first of the inputs that is a time.
pub(crate) fn event_time(inputs: &[Option<&str>]) -> Value {
    (0..inputs.len())
        .find_map(|index| parse_rfc3339_ns(&input::<String>(inputs, index)?))
        .map_or(Value::Null, Value::TimestampNs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_default_to_zero() {
        assert_eq!(count_or_zero(&[Some("3")]), Value::Int(3));
        for absent in [None, Some("null"), Some("\"x\"")] {
            assert_eq!(count_or_zero(&[absent]), Value::Int(0));
        }
    }

    #[test]
    fn the_first_time_counts() {
        let time = Some("\"1970-01-01T00:00:01Z\"");
        let one = Value::TimestampNs(1_000_000_000);
        assert_eq!(event_time(&[None, Some("null"), time]), one);
        assert_eq!(
            event_time(&[Some("\"\""), time, Some("\"1970-01-01T00:00:02Z\"")]),
            one
        );
        assert_eq!(event_time(&[None, Some("5")]), Value::Null);
    }

    #[test]
    fn truth_values_default_to_false() {
        let no = Value::Bool(false);
        assert_eq!(false_if_absent(&[Some("true")]), Value::Bool(true));
        for absent in [None, Some("null"), Some("false"), Some("\"true\"")] {
            assert_eq!(false_if_absent(&[absent]), no);
        }
        assert_eq!(true_text(&[None, Some("\"true\"")]), Value::Bool(true));
        for other in [None, Some("true"), Some("\"yes\"")] {
            assert_eq!(true_text(&[other]), no);
        }
    }

    #[test]
    fn what_lists_and_maps_hold() {
        assert_eq!(
            length(&[Some("[1,{}]"), Some(r#"{"a":1}"#), None, Some("5")]),
            Value::Int(3)
        );
        assert_eq!(
            keys(&[Some(r#"{"b":"x","a":null}"#)]),
            Value::Json(r#"["a","b"]"#.into())
        );
        assert_eq!(keys(&[None]), Value::Json("[]".into()));
        let containers = r#"[{"name":"a","image":"x:1"},{"name":"b\"","image":null},{"type":"T"}]"#;
        assert_eq!(
            names(&[Some(containers)]),
            Value::Json(r#"["a","b\""]"#.into())
        );
        assert_eq!(
            images(&[Some(containers)]),
            Value::Json(r#"["x:1"]"#.into())
        );
        assert_eq!(types(&[Some(containers)]), Value::Json(r#"["T"]"#.into()));
        assert_eq!(types(&[Some("{}")]), Value::Json("[]".into()));
    }

    #[test]
    fn an_event_was_seen_at_least_once() {
        for (series, own, expected) in [
            (None, Some("3"), 3),
            (Some("7"), Some("3"), 7),
            (None, None, 1),
            (Some("null"), Some("0"), 1),
        ] {
            assert_eq!(event_count(&[series, own]), Value::Int(expected));
        }
    }

    #[test]
    fn conditions_by_their_types() {
        let conditions = r#"[{"type":"Ready","status":"False"},{"type":"B","status":"Unknown","reason":"x"},{"type":"Ready","status":"True"}]"#;
        let expected = Value::Json(r#"{"B":"Unknown","Ready":"True"}"#.into());
        assert_eq!(condition_states(&[Some(conditions)]), expected);
        assert_eq!(condition_states(&[None]), Value::Json("{}".into()));
    }

    #[test]
    fn the_first_text_counts() {
        let texts = [None, Some("null"), Some("\"b\""), Some("\"c\"")];
        assert_eq!(first_text(&texts), Value::Text("b".into()));
        assert_eq!(first_text(&[None, Some("5")]), Value::Null);
    }

    #[test]
    fn numbers_as_text() {
        assert_eq!(ready_of(&[None, Some("3")]), Value::Text("0/3".into()));
        assert_eq!(ready_of(&[Some("2"), Some("2")]), Value::Text("2/2".into()));
        assert_eq!(seconds(&[Some("90")]), Value::Text("90s".into()));
        assert_eq!(seconds(&[Some("\"90\"")]), Value::Null);
    }
}
