//! Owns content negotiation: which form and encoding of an answer an `Accept` header asks for. Who takes nothing that there is
//! gets 406: protobuf alone is none for custom resources, as on a real server.

use super::protobuf;

/// The form of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// The objects themselves.
    Whole,
    /// Their metadata only: `as=PartialObjectMetadataList`, or without `List` for one object.
    Metadata,
    /// What `kubectl get` prints: `as=Table`.
    Table,
    /// Discovery of all groups in one answer: `as=APIGroupDiscoveryList` of version v2.
    AggregatedDiscovery,
}

/// What is asked for, which decides the transformations that exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Subject {
    /// Many objects.
    List,
    /// One object.
    Object,
    /// `/api` or `/apis`.
    Discovery,
}

/// How an answer is encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Encoding {
    Json,
    Protobuf,
}

/// The first acceptable form of the header, or `None` for 406. A missing header accepts JSON, the only encoding here.
pub(crate) fn form(accept: Option<&str>, subject: Subject) -> Option<Form> {
    answer(accept, subject, |_| false).map(|(form, _)| form)
}

/// The first acceptable form of the header with its encoding; `protobuf` says which forms can be had in protobuf.
pub(crate) fn answer(
    accept: Option<&str>,
    subject: Subject,
    protobuf: impl Fn(Form) -> bool,
) -> Option<(Form, Encoding)> {
    clauses(accept).find_map(|clause| {
        let (form, encoding) = clause_form(clause, subject)?;
        (encoding == Encoding::Json || protobuf(form)).then_some((form, encoding))
    })
}

/// Whether refusals are wanted in protobuf, since that is accepted first.
pub(crate) fn prefers_protobuf(accept: Option<&str>) -> bool {
    let first = clauses(accept)
        .next()
        .and_then(|clause| clause_form(clause, Subject::List));
    matches!(first, Some((_, Encoding::Protobuf)))
}

fn clauses(accept: Option<&str>) -> impl Iterator<Item = &str> {
    accept
        .map(str::trim)
        .filter(|accept| !accept.is_empty())
        .unwrap_or("*/*")
        .split(',')
}

fn clause_form(clause: &str, subject: Subject) -> Option<(Form, Encoding)> {
    let mut parts = clause.split(';').map(str::trim);
    let encoding = match parts.next()? {
        "application/json" | "application/*" | "*/*" => Encoding::Json,
        protobuf::CONTENT_TYPE => Encoding::Protobuf,
        _ => return None,
    };
    let (mut transformation, mut group, mut version) = ("", "", "");
    for (name, value) in parts.filter_map(|part| part.split_once('=')) {
        match name.trim() {
            "as" => transformation = value.trim(),
            "g" => group = value.trim(),
            "v" => version = value.trim(),
            _ => {}
        }
    }
    let form = match (transformation, group, version, subject) {
        ("", ..) => Some(Form::Whole),
        ("Table", "meta.k8s.io", "v1", Subject::List | Subject::Object) => Some(Form::Table),
        ("PartialObjectMetadataList", "meta.k8s.io", "v1", Subject::List) => Some(Form::Metadata),
        ("PartialObjectMetadata", "meta.k8s.io", "v1", Subject::Object) => Some(Form::Metadata),
        ("APIGroupDiscoveryList", "apidiscovery.k8s.io", "v2", Subject::Discovery) => {
            Some(Form::AggregatedDiscovery)
        }
        _ => None,
    };
    Some((form?, encoding))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_acceptable_form_wins() {
        let table = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json";
        let metadata =
            "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json";
        let discovery =
            "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json";
        for (accept, subject, expected) in [
            (None, Subject::List, Some(Form::Whole)),
            (Some(""), Subject::List, Some(Form::Whole)),
            (Some("*/*"), Subject::Object, Some(Form::Whole)),
            (
                Some("application/json;q=0.9"),
                Subject::List,
                Some(Form::Whole),
            ),
            (Some(table), Subject::List, Some(Form::Table)),
            (Some(table), Subject::Discovery, Some(Form::Whole)),
            (Some(metadata), Subject::List, Some(Form::Metadata)),
            (Some(metadata), Subject::Object, Some(Form::Whole)),
            (
                Some(discovery),
                Subject::Discovery,
                Some(Form::AggregatedDiscovery),
            ),
            (
                Some("application/vnd.kubernetes.protobuf,application/json"),
                Subject::List,
                Some(Form::Whole),
            ),
            (
                Some("application/vnd.kubernetes.protobuf"),
                Subject::List,
                None,
            ),
            (
                Some("application/json;as=Table;v=v2;g=meta.k8s.io"),
                Subject::List,
                None,
            ),
            (Some("text/html"), Subject::List, None),
        ] {
            assert_eq!(form(accept, subject), expected, "{accept:?}");
        }
    }

    #[test]
    fn protobuf_is_chosen_where_there_is_some() {
        const BOTH: &str = "application/vnd.kubernetes.protobuf,application/json";
        const METADATA: &str = "application/vnd.kubernetes.protobuf;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json";
        const TABLE: &str = "application/vnd.kubernetes.protobuf;as=Table;g=meta.k8s.io;v=v1";
        let built_in = |form| matches!(form, Form::Whole | Form::Metadata);
        let custom = |form| form == Form::Metadata;
        for (accept, has, expected) in [
            (
                BOTH,
                &built_in as &dyn Fn(Form) -> bool,
                Some((Form::Whole, Encoding::Protobuf)),
            ),
            (BOTH, &custom, Some((Form::Whole, Encoding::Json))),
            ("application/vnd.kubernetes.protobuf", &custom, None),
            (
                METADATA,
                &custom,
                Some((Form::Metadata, Encoding::Protobuf)),
            ),
            (TABLE, &built_in, None),
            (
                "application/json,application/vnd.kubernetes.protobuf",
                &built_in,
                Some((Form::Whole, Encoding::Json)),
            ),
        ] {
            assert_eq!(
                answer(Some(accept), Subject::List, has),
                expected,
                "{accept}"
            );
        }
        assert!(prefers_protobuf(Some(BOTH)) && prefers_protobuf(Some(METADATA)));
        assert!(!prefers_protobuf(None) && !prefers_protobuf(Some("application/json")));
    }
}
