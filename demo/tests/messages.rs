//! Owns `src/kubernetes/protobuf/messages.txt`: the API's messages, made from the crate k8s-pb with `UPDATE_EXPECT=1` and compared
//! with it otherwise. The kube plugin's tables come from Kubernetes' Go sources instead, so that the two can disagree.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a failed helper is a failed test"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use cargo_metadata::MetadataCommand;
use regex::Regex;

/// Groups with the versions whose kinds the demo may serve.
const GROUPS: &[&str] = &[
    "apps.v1",
    "autoscaling.v2",
    "batch.v1",
    "certificates.v1",
    "coordination.v1",
    "core.v1",
    "discovery.v1",
    "networking.v1",
    "policy.v1",
    "rbac.v1",
    "scheduling.v1",
    "storage.v1",
];
const META: &str = "apimachinery.pkg.apis.meta.v1";

/// Where the crate's source is.
fn source() -> PathBuf {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
    let metadata = MetadataCommand::new()
        .manifest_path(manifest)
        .other_options(["--offline".to_owned()])
        .exec()
        .unwrap();
    let found = metadata
        .packages
        .iter()
        .find(|package| package.name.as_str() == "k8s-pb");
    found
        .unwrap()
        .manifest_path
        .parent()
        .unwrap()
        .join("src")
        .into()
}

/// A message's fields: number, name and type.
type Fields = Vec<(u32, String, String)>;

/// The messages of one module of the crate, and of the modules below it, by their whole names.
fn read(folder: &Path, module: &str, into: &mut BTreeMap<String, Fields>) {
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let name = entry.file_name().into_string().unwrap();
        if entry.path().is_dir() {
            let dot = if module.is_empty() { "" } else { "." };
            read(&entry.path(), &format!("{module}{dot}{name}"), into);
        } else if !module.is_empty() {
            messages(&fs::read_to_string(entry.path()).unwrap(), module, into);
        }
    }
}

/// A message: its name and what is in it.
static MESSAGE: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?ms)^pub struct (\w+) \{\n(.*?)^\}").unwrap());

/// A field: its attribute, its number and its name. Its Rust type follows.
static FIELD: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"#\[prost\(([^)]*?), tag = "(\d+)"\)\]\s+pub (?:r#)?(\w+):"#).unwrap()
});

fn messages(text: &str, module: &str, into: &mut BTreeMap<String, Fields>) {
    for message in MESSAGE.captures_iter(text) {
        let fields = FIELD.captures_iter(&message[2]).map(|found| {
            let behind = &message[2][found.get(0).unwrap().end()..];
            // The type ends where the next field's comment or attribute begins.
            let rust = behind
                .split("///")
                .next()
                .unwrap()
                .split("#[")
                .next()
                .unwrap();
            let of = of(&found[1], rust, module);
            (found[2].parse().unwrap(), found[3].to_owned(), of)
        });
        let mut fields: Fields = fields.collect();
        let name = format!("{module}.{}", &message[1]);
        assert_eq!(
            fields.len(),
            message[2].matches("#[prost(").count(),
            "{name}"
        );
        fields.sort();
        into.insert(name, fields);
    }
}

/// The type of a field, from its attribute and its Rust type.
fn of(attribute: &str, rust: &str, module: &str) -> String {
    let mut parts = attribute.split(", ");
    let mut kind = parts.next().unwrap();
    let mut mark = if parts.any(|part| part == "repeated") {
        "*"
    } else {
        ""
    };
    if let Some(value) = kind.strip_prefix("btree_map = \"string").map(|_| attribute) {
        mark = "%";
        kind = value.rsplit(", ").next().unwrap().trim_end_matches('"');
    }
    let of = match kind {
        "string" | "bool" | "double" => kind.to_owned(),
        "int32" | "int64" => "int".to_owned(),
        "bytes" | "bytes = \"vec\"" => "bytes".to_owned(),
        "message" => {
            let mut paths = rust.split(|c: char| !c.is_alphanumeric() && !matches!(c, '_' | ':'));
            let last = paths.rfind(|path| !path.is_empty());
            whole_name(last.unwrap(), module)
        }
        other => panic!("{module}: {other} {rust}"),
    };
    format!("{mark}{of}")
}

/// `super::super::a::B` in a module as `x.a.B`.
fn whole_name(path: &str, module: &str) -> String {
    let mut names: Vec<&str> = module.split('.').collect();
    for part in path.split("::") {
        if part == "super" {
            names.pop();
        } else {
            names.push(part);
        }
    }
    names.join(".")
}

/// What the file must hold: all that is reachable from the lists of the groups.
fn expected() -> String {
    let mut all = BTreeMap::new();
    read(&source(), "", &mut all);
    let roots = all.keys().filter(|name| {
        let (package, name) = name.rsplit_once('.').unwrap();
        let group = package
            .strip_prefix("api.")
            .is_some_and(|group| GROUPS.contains(&group));
        (group && name.ends_with("List"))
            || (package == META && ["PartialObjectMetadataList", "Status"].contains(&name))
    });
    let mut open: Vec<String> = roots.cloned().collect();
    let mut reached = BTreeSet::new();
    while let Some(name) = open.pop() {
        let fields = all
            .get(&name)
            .unwrap_or_else(|| panic!("no message {name}"));
        let inner = fields
            .iter()
            .map(|(.., of)| of.trim_start_matches(['*', '%']));
        let inner = inner.filter(|of| of.contains('.') && !reached.contains(*of));
        open.extend(inner.map(str::to_owned));
        reached.insert(name);
    }
    let line = |name: &String| {
        let fields = all[name]
            .iter()
            .map(|(number, name, of)| format!(" {number}:{name}:{of}"));
        format!("{name}{}\n", fields.collect::<String>())
    };
    reached.iter().map(line).collect()
}

#[test]
fn messages_are_those_of_k8s_pb() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/kubernetes/protobuf/messages.txt");
    let expected = expected();
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        fs::write(path, expected).unwrap();
    } else {
        let kept = fs::read_to_string(path).unwrap();
        assert!(kept == expected, "run again with UPDATE_EXPECT=1");
    }
}
