//! The forms of an answer: whole, metadata alone, as a table; and the envelopes of lists, which are those of the recordings.

use super::*;

/// The path of a resource's list, across all namespaces.
fn list_path(resource: &Resource) -> String {
    let prefix = if resource.group.is_empty() {
        "/api"
    } else {
        "/apis"
    };
    format!("{prefix}/{}/{}", resource.api_version(), resource.plural)
}

#[test]
fn the_envelope_is_that_of_the_recordings() {
    let api = api();
    let list = get(&api, "/api/v1/pods?limit=1");
    let theirs = recorded("pods-limit-1-remaining.json");
    let keys = |value: &Value| {
        value
            .as_object()
            .unwrap()
            .keys()
            .cloned()
            .collect::<Vec<_>>()
    };
    assert_eq!(keys(&list), keys(&theirs));
    assert_eq!(keys(&list["metadata"]), keys(&theirs["metadata"]));
    assert_eq!(list["metadata"]["remainingItemCount"], PODS - 1);
    assert_eq!(
        (&list["kind"], &list["apiVersion"]),
        (&theirs["kind"], &theirs["apiVersion"])
    );
    // Items of built-in kinds carry no kind of their own.
    assert!(list["items"][0].get("kind").is_none());
    // With a selector there is no count; at the end there is neither count nor token.
    let selected = get(&api, "/api/v1/pods?limit=1&labelSelector=team");
    assert_eq!(
        keys(&selected["metadata"]),
        keys(&recorded("pods-label-selector.json")["metadata"])
    );
    let whole = get(&api, "/api/v1/namespaces");
    assert_eq!(
        keys(&whole["metadata"]),
        keys(&recorded("namespaces.json")["metadata"])
    );
}

#[test]
fn lists_of_custom_resources_are_written_as_recorded() {
    fn keys(value: &Value) -> Vec<&String> {
        value.as_object().unwrap().keys().collect()
    }
    let list = get(&api(), "/apis/argoproj.io/v1alpha1/applications?limit=2");
    let theirs = recorded("argo-applications.json");
    assert_eq!(keys(&list), keys(&theirs));
    assert_eq!(keys(&list["metadata"]), keys(&theirs["metadata"]));
    let (ours, theirs) = (&list["items"][0], &theirs["items"][0]);
    assert_eq!(keys(ours), keys(theirs));
    for part in ["metadata", "spec", "status"] {
        let (ours, theirs) = (keys(&ours[part]), keys(&theirs[part]));
        assert!(ours.is_sorted(), "{part}: {ours:?}");
        let missing: Vec<_> = theirs.iter().filter(|key| !ours.contains(key)).collect();
        assert!(missing.is_empty(), "{part}: {missing:?}");
    }
}

#[test]
fn tables_have_a_cell_for_each_column_of_every_resource() {
    let api = api();
    for resource in Served::by(&ClusterProfile::nth(0)).all() {
        let target = format!("{}?limit=5", list_path(resource));
        let table = api.answer(&Call::get(&target, TABLE), None).value();
        assert_eq!(table["kind"], "Table", "{target}");
        let columns = table["columnDefinitions"].as_array().unwrap();
        let rows = table["rows"].as_array().unwrap();
        assert!(!rows.is_empty(), "{target}");
        for row in rows {
            assert_eq!(
                row["cells"].as_array().unwrap().len(),
                columns.len(),
                "{target}"
            );
            assert_eq!(row["object"]["kind"], "PartialObjectMetadata");
        }
    }
    let keys = |value: &Value| {
        value
            .as_object()
            .unwrap()
            .keys()
            .cloned()
            .collect::<Vec<_>>()
    };
    let table = api
        .answer(&Call::get("/api/v1/pods?limit=50", TABLE), None)
        .value();
    assert_eq!(keys(&table), keys(&recorded("pods-table.json")));
    let row = |include: &str| {
        api.answer(
            &Call::get(
                &format!("/api/v1/pods?limit=1&includeObject={include}"),
                TABLE,
            ),
            None,
        )
        .value()
    };
    assert_eq!(row("None")["rows"][0]["object"], Value::Null);
    assert_eq!(row("Object")["rows"][0]["object"]["kind"], "Pod");
    assert_eq!(row("Everything")["code"], 400);
}

#[test]
fn every_resource_is_given_in_every_form() {
    for index in 0..3 {
        let profile = ClusterProfile::nth(index);
        let world = World::generate(7, &profile, PODS, Clock::at(1_795_249_000));
        let api = KubernetesApi::new(Arc::new(world), "secret".to_owned());
        for resource in Served::by(&profile).all() {
            let path = list_path(resource);
            let whole = get(&api, &path);
            assert_eq!(whole["kind"], format!("{}List", resource.kind));
            assert_eq!(whole["apiVersion"], resource.api_version());
            let partial = api.answer(&Call::get(&path, METADATA), None).value();
            assert_eq!(partial["kind"], "PartialObjectMetadataList");
            assert_eq!(partial["metadata"], whole["metadata"]);
            let (items, partials) = (&whole["items"], &partial["items"]);
            assert_eq!(
                items.as_array().unwrap().len(),
                partials.as_array().unwrap().len()
            );
            let (first, metadata) = (&items[0], &items[0]["metadata"]);
            assert_eq!(&partials[0]["metadata"], metadata, "{path}");
            // Only items of custom resources say what they are.
            let custom = resource.definition().is_some();
            assert_eq!(first.get("kind").is_some(), custom, "{path}");
            let name = metadata["name"].as_str().unwrap();
            let one = match metadata["namespace"].as_str() {
                Some(namespace) => path.replace(
                    &format!("/{}", resource.plural),
                    &format!("/namespaces/{namespace}/{}/{name}", resource.plural),
                ),
                None => format!("{path}/{name}"),
            };
            let object = get(&api, &one);
            assert_eq!(
                (&object["kind"], &object["metadata"]),
                (&json!(resource.kind), metadata)
            );
            assert_eq!(object["apiVersion"], resource.api_version());
            let form = |accept: &str| api.answer(&Call::get(&one, accept), None).value();
            let partial = form("application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1");
            assert_eq!(partial, partials[0], "{one}");
            assert_eq!(
                form(TABLE)["rows"][0]["cells"][0]
                    .as_str()
                    .map(|cell| cell.starts_with(name)),
                match resource.plural {
                    // The first column of an event is when it was seen last.
                    "events" => Some(false),
                    _ => Some(true),
                },
                "{one}"
            );
        }
    }
}

#[test]
fn one_object_is_given_whole_in_part_or_as_a_row() {
    let api = api();
    let item = get(&api, "/api/v1/nodes?limit=1")["items"][0].clone();
    let path = format!(
        "/api/v1/nodes/{}",
        item["metadata"]["name"].as_str().unwrap()
    );
    let node = get(&api, &path);
    assert_eq!(
        (&node["kind"], &node["apiVersion"]),
        (&json!("Node"), &json!("v1"))
    );
    assert_eq!(
        (&node["metadata"], &node["status"]),
        (&item["metadata"], &item["status"])
    );
    let partial = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1";
    assert_eq!(
        api.answer(&Call::get(&path, partial), None).value()["kind"],
        "PartialObjectMetadata"
    );
    let table = api.answer(&Call::get(&path, TABLE), None).value();
    assert_eq!(table["rows"].as_array().unwrap().len(), 1);
}
