//! Owns content negotiation: which form of an answer an `Accept` header asks for. JSON is the only encoding; a
//! client that takes nothing but protobuf gets 406, as it does for CRDs on a real server.

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

/// The first acceptable form of the header, or `None` for 406. A missing header accepts JSON.
pub(crate) fn form(accept: Option<&str>, subject: Subject) -> Option<Form> {
    let accept = accept
        .map(str::trim)
        .filter(|accept| !accept.is_empty())
        .unwrap_or("*/*");
    accept
        .split(',')
        .find_map(|clause| clause_form(clause, subject))
}

fn clause_form(clause: &str, subject: Subject) -> Option<Form> {
    let mut parts = clause.split(';').map(str::trim);
    if !matches!(parts.next()?, "application/json" | "application/*" | "*/*") {
        return None;
    }
    let (mut transformation, mut group, mut version) = ("", "", "");
    for (name, value) in parts.filter_map(|part| part.split_once('=')) {
        match name.trim() {
            "as" => transformation = value.trim(),
            "g" => group = value.trim(),
            "v" => version = value.trim(),
            _ => {}
        }
    }
    match (transformation, group, version, subject) {
        ("", ..) => Some(Form::Whole),
        ("Table", "meta.k8s.io", "v1", Subject::List | Subject::Object) => Some(Form::Table),
        ("PartialObjectMetadataList", "meta.k8s.io", "v1", Subject::List) => Some(Form::Metadata),
        ("PartialObjectMetadata", "meta.k8s.io", "v1", Subject::Object) => Some(Form::Metadata),
        ("APIGroupDiscoveryList", "apidiscovery.k8s.io", "v2", Subject::Discovery) => {
            Some(Form::AggregatedDiscovery)
        }
        _ => None,
    }
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
}
