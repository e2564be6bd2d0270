//! Owns the table of events.

use trawl_sdk::schema::Type;

use super::{BASE, Column, Kind, derived, path, text};
use crate::derive::{event_count, event_time};

pub(super) const KIND: Kind = Kind {
    name: "events",
    aliases: &["event", "ev"],
    description: "Events of the last hour, or as long as the cluster keeps them",
    own: columns,
    // `source` is left out: to the API it is source.component, or reportingComponent where that is empty.
    fields: &[
        text(&["involvedObject", "kind"], "involvedObject.kind"),
        text(&["involvedObject", "namespace"], "involvedObject.namespace"),
        text(&["involvedObject", "name"], "involvedObject.name"),
        text(&["involvedObject", "uid"], "involvedObject.uid"),
        text(
            &["involvedObject", "apiVersion"],
            "involvedObject.apiVersion",
        ),
        text(
            &["involvedObject", "resourceVersion"],
            "involvedObject.resourceVersion",
        ),
        text(&["involvedObject", "fieldPath"], "involvedObject.fieldPath"),
        text(&["reason"], "reason"),
        text(&["reportingComponent"], "reportingComponent"),
        text(&["type"], "type"),
    ],
    ..BASE
};

fn columns() -> Vec<Column> {
    vec![
        derived(
            "timestamp",
            Type::Timestamp,
            &[
                &["series", "lastObservedTime"],
                &["lastTimestamp"],
                &["eventTime"],
                &["firstTimestamp"],
                &["metadata", "creationTimestamp"],
            ],
            event_time,
            "When it was last seen, as kubectl's LAST SEEN, UTC",
        ),
        path("type", Type::Utf8, &["type"], "Normal or Warning"),
        path(
            "reason",
            Type::Utf8,
            &["reason"],
            "Short reason, in CamelCase",
        ),
        path(
            "message",
            Type::Utf8,
            &["message"],
            "What happened, in words",
        ),
        derived(
            "count",
            Type::Int64,
            &[&["series", "count"], &["count"]],
            event_count,
            "How often it was seen, as kubectl's COUNT",
        ),
        path(
            "involved_kind",
            Type::Utf8,
            &["involvedObject", "kind"],
            "Kind of the object it is about",
        ),
        path(
            "involved_namespace",
            Type::Utf8,
            &["involvedObject", "namespace"],
            "Namespace of the object it is about",
        ),
        path(
            "involved_name",
            Type::Utf8,
            &["involvedObject", "name"],
            "Name of the object it is about",
        ),
        path(
            "reporting_component",
            Type::Utf8,
            &["reportingComponent"],
            "Controller that reported it",
        ),
        path(
            "first_timestamp",
            Type::Timestamp,
            &["firstTimestamp"],
            "When it was first seen, UTC",
        ),
        path(
            "involvedObject",
            Type::Json,
            &["involvedObject"],
            "The object it is about",
        )
        .shaped(include_str!("../shapes/events.involvedObject.txt")),
        path(
            "source",
            Type::Json,
            &["source"],
            "Component and host that reported it",
        )
        .shaped(include_str!("../shapes/events.source.txt")),
        path(
            "series",
            Type::Json,
            &["series"],
            "Repetitions, where the API counts them there",
        )
        .shaped(include_str!("../shapes/events.series.txt")),
        path(
            "related",
            Type::Json,
            &["related"],
            "Another object it is about",
        )
        .shaped(include_str!("../shapes/events.related.txt")),
        path(
            "action",
            Type::Utf8,
            &["action"],
            "What was done about the object",
        ),
    ]
}
