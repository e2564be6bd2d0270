//! Tests of the plugins folder: what a change leaves, and that a process may end in the middle of one.

use std::os::unix::fs::MetadataExt;
use std::process::{Command, Stdio};

use super::*;
use crate::release::Endpoint;

fn candidate<'a>(name: &'a str, wasm: &'a [u8], operations: &[&str]) -> Candidate<'a> {
    let operations = operations.iter().map(|it| (*it).to_owned()).collect();
    Candidate {
        name,
        version: "1.0.0".to_owned(),
        contract: "0.1".to_owned(),
        source: "file:///a.wasm".to_owned(),
        endpoints: Endpoints::from([(
            "api".to_owned(),
            Endpoint {
                kind: "http".to_owned(),
                operations,
                ..Endpoint::default()
            },
        )]),
        accepted: false,
        wasm,
        serving: None,
    }
}

/// The names in a folder, without the guard; components as their first bytes.
fn files(folder: &Folder) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.file_name() != GUARD_FILE)
        .map(|entry| match entry.file_name().into_string().unwrap() {
            name if name.ends_with(".wasm") => fs::read_to_string(entry.path()).unwrap(),
            name => name,
        })
        .collect();
    names.sort();
    names
}

fn folder() -> (tempfile::TempDir, Folder) {
    let parent = tempfile::tempdir().unwrap();
    let folder = Folder::at(parent.path().join("share/plugins"));
    (parent, folder)
}

#[test]
fn a_plugin_is_installed_replaced_and_removed() {
    let (_parent, folder) = folder();
    assert_eq!(folder.read().unwrap(), Lock::default());
    let add = |wasm: &str| {
        let candidate = candidate("loki", wasm.as_bytes(), &["GET /a"]);
        folder.add(&candidate).unwrap()
    };
    assert_eq!(add("one"), Added::New);
    assert_eq!(add("one"), Added::Same);
    assert_eq!(files(&folder), ["one", LOCK_FILE]);
    let mode = |path: &Path| fs::metadata(path).unwrap().mode() & 0o777;
    assert_eq!(mode(folder.path()), 0o700);
    assert_eq!(mode(&folder.lock_file()), 0o644);

    let Added::Replaced(before) = add("two") else {
        panic!("expected it to take the other's place");
    };
    assert_eq!(before.digest, Digest::of(b"one"));
    assert_eq!(folder.load(&Digest::of(b"two")).unwrap(), b"two");
    // A server may be about to load the one before; it goes with the next change.
    assert_eq!(files(&folder), ["one", LOCK_FILE, "two"]);
    add("three");
    assert_eq!(files(&folder), [LOCK_FILE, "three", "two"]);

    assert_eq!(folder.remove("loki").unwrap().name, "loki");
    assert_eq!(files(&folder), [LOCK_FILE]);
    let error = folder.remove("loki").unwrap_err().to_string();
    assert!(error.contains("nothing is installed there"), "{error}");
}

#[test]
fn a_version_that_asks_for_more_waits_beside_the_one_that_serves() {
    let (_parent, folder) = folder();
    let add = |wasm: &str, operations: &[&str]| {
        let candidate = candidate("loki", wasm.as_bytes(), operations);
        folder.add(&candidate).unwrap()
    };
    let state = || {
        let lock = folder.read().unwrap();
        let entry = lock.get("loki").unwrap();
        let content = |it: &Release| String::from_utf8(folder.load(&it.digest).unwrap()).unwrap();
        (content(&entry.installed), entry.next.as_ref().map(content))
    };
    add("one", &["GET /a"]);
    let Added::Waits { wider, .. } = add("two", &["GET /a", "GET /b"]) else {
        panic!("expected it to wait");
    };
    assert_eq!(wider.operations, ["api: GET /b"]);
    assert_eq!(state(), ("one".into(), Some("two".into())));
    // Another one that waits takes its place, and what asks for no more than the one that serves ends the waiting.
    add("three", &["GET /b"]);
    assert_eq!(state(), ("one".into(), Some("three".into())));
    assert!(matches!(add("four", &["GET /a"]), Added::Replaced(_)));
    assert_eq!(state(), ("four".into(), None));
    add("five", &["GET /b"]);
    assert_eq!(add("four", &["GET /a"]), Added::Same);
    assert_eq!(state(), ("four".into(), None));
}

#[test]
fn a_version_that_came_to_serve_is_what_later_ones_are_compared_with() {
    let (_parent, folder) = folder();
    let state = || {
        let lock = folder.read().unwrap();
        let entry = lock.get("loki").unwrap();
        let content = |it: &Release| String::from_utf8(folder.load(&it.digest).unwrap()).unwrap();
        (content(&entry.installed), entry.next.as_ref().map(content))
    };
    let add = |wasm: &str, operations: &[&str], serving: &str| {
        let candidate = Candidate {
            serving: Some(Digest::of(serving.as_bytes())),
            ..candidate("loki", wasm.as_bytes(), operations)
        };
        folder.add(&candidate).unwrap()
    };
    add("one", &["GET /a"], "");
    add("two", &["GET /a", "GET /b"], "one");
    // Two was granted what it wants. A third one that wants more waits behind two, and not behind one.
    let Added::Waits { behind, wider } = add("three", &["GET /b", "GET /c"], "two") else {
        panic!("expected it to wait");
    };
    assert_eq!(behind.digest, Digest::of(b"two"));
    assert_eq!(wider.operations, ["api: GET /c"]);
    assert_eq!(state(), ("two".into(), Some("three".into())));
    // What wants no more than two takes its place.
    let Added::Replaced(before) = add("four", &["GET /b"], "two") else {
        panic!("expected it to take the other's place");
    };
    assert_eq!(before.digest, Digest::of(b"two"));
    assert_eq!(state(), ("four".into(), None));

    add("five", &["GET /b", "GET /d"], "four");
    let five = Digest::of(b"five");
    assert!(!folder.promote("loki", &Digest::of(b"four")).unwrap());
    assert!(folder.promote("loki", &five).unwrap());
    assert!(!folder.promote("loki", &five).unwrap());
    assert!(!folder.promote("other", &five).unwrap());
    assert_eq!(state(), ("five".into(), None));
    // A server may be about to load the one before.
    assert_eq!(files(&folder), ["five", "four", LOCK_FILE]);
    assert_eq!(add("five", &["GET /b", "GET /d"], "five"), Added::Same);
}

#[test]
fn what_no_grant_names_waits_until_it_is_accepted() {
    let (_parent, folder) = folder();
    let add = |wasm: &str, operations: &[&str], header: &str, accepted: bool| {
        let mut candidate = candidate("loki", wasm.as_bytes(), operations);
        let api = candidate.endpoints.get_mut("api").unwrap();
        api.request_headers = vec![header.to_owned()];
        candidate.accepted = accepted;
        folder.add(&candidate).unwrap()
    };
    let entry = || folder.read().unwrap().get("loki").unwrap().clone();
    add("one", &["GET /a"], "X-A", false);
    // It asks nothing new, but sends something new.
    let Added::Waits { wider, .. } = add("two", &["GET /a"], "X-B", false) else {
        panic!("expected it to wait");
    };
    assert_eq!(wider.others, ["api: sends the header X-B"]);
    assert_eq!(entry().unaccepted(), ["api: sends the header X-B"]);
    assert!(matches!(
        add("two", &["GET /a"], "X-B", true),
        Added::Replaced(_)
    ));
    assert_eq!(entry().unaccepted(), [""; 0]);
    // What is accepted of operations is their grant, which is another thing.
    let three = Digest::of(b"three");
    for accepted in [true, false] {
        let added = add("three", &["GET /b"], "X-C", accepted);
        assert!(matches!(added, Added::Waits { .. }), "{added:?}");
        assert_eq!(entry().accepted, accepted);
    }
    assert!(!folder.accept("loki", &Digest::of(b"two")).unwrap());
    assert_eq!(entry().unaccepted(), ["api: sends the header X-C"]);
    assert!(folder.accept("loki", &three).unwrap());
    assert_eq!(entry().unaccepted(), [""; 0]);
    assert!(folder.promote("loki", &three).unwrap());
    assert!(!entry().accepted);
}

#[test]
fn a_component_that_was_changed_is_not_given_out_and_is_put_right() {
    let (_parent, folder) = folder();
    folder.add(&candidate("loki", b"good", &[])).unwrap();
    let digest = Digest::of(b"good");
    fs::write(folder.component(&digest), "evil").unwrap();
    let error = folder.load(&digest).unwrap_err().to_string();
    for part in [
        "sha256-",
        &digest.to_string(),
        &Digest::of(b"evil").to_string(),
    ] {
        assert!(error.contains(part), "{error}");
    }
    folder.add(&candidate("loki", b"good", &[])).unwrap();
    assert_eq!(folder.load(&digest).unwrap(), b"good");
}

#[test]
fn what_is_not_understood_is_never_overwritten() {
    let (_parent, folder) = folder();
    folder.add(&candidate("loki", b"one", &[])).unwrap();
    for text in [
        r#"{"format": 9}"#,
        "{",
        r#"{"format": 1, "plugins": [{"name": "x"}]}"#,
    ] {
        fs::write(folder.lock_file(), text).unwrap();
        let error = folder.add(&candidate("other", b"two", &[])).unwrap_err();
        assert!(error.to_string().contains(LOCK_FILE), "{error}");
        assert!(folder.remove("loki").is_err());
        assert_eq!(fs::read_to_string(folder.lock_file()).unwrap(), text);
        assert_eq!(files(&folder), ["one", LOCK_FILE]);
    }
}

#[test]
fn what_could_not_be_read_again_is_never_written() {
    let (_parent, folder) = folder();
    let operations: Vec<String> = (0..600)
        .map(|number| format!("GET /{number}/{}", "a".repeat(1_000)))
        .collect();
    let operations: Vec<&str> = operations.iter().map(String::as_str).collect();
    folder
        .add(&candidate("large", b"one", &operations))
        .unwrap();
    let before = folder.read().unwrap();
    let error = folder.add(&candidate("larger", b"two", &operations));
    let error = error.unwrap_err();
    assert!(
        matches!(
            error,
            Error::Full {
                limit: 1_048_576,
                ..
            }
        ),
        "{error}"
    );
    assert!(error.to_string().contains("`GET /api/{x...}`"), "{error}");
    let odd = Candidate {
        version: "1.0 \u{1b}[2J".to_owned(),
        ..candidate("odd", b"three", &[])
    };
    let error = folder.add(&odd).unwrap_err().to_string();
    assert!(
        error.contains("odd: expected a `version` like 0.1.0"),
        "{error}"
    );
    assert_eq!(folder.read().unwrap(), before);
    assert_eq!(files(&folder), ["one", LOCK_FILE]);
    assert_eq!(folder.remove("large").unwrap().name, "large");
}

#[test]
fn names_that_cannot_be_are_refused_before_anything_is_made() {
    let (_parent, folder) = folder();
    let error = folder.add(&candidate("../x", b"one", &[])).unwrap_err();
    assert!(matches!(error, Error::Name(_)), "{error}");
    assert!(!folder.path().exists());
}

#[test]
fn two_processes_change_the_folder_one_after_the_other() {
    let (_parent, folder) = folder();
    std::thread::scope(|scope| {
        for number in 0..8 {
            let folder = &folder;
            scope.spawn(move || {
                let (name, wasm) = (format!("p{number}"), format!("wasm {number}"));
                folder.add(&candidate(&name, wasm.as_bytes(), &[])).unwrap();
            });
        }
    });
    assert_eq!(folder.read().unwrap().entries().count(), 8);
}

/// What the process does that ends in the middle; see below. By itself this test does nothing.
#[test]
fn changes_of_a_process_that_ends() {
    let Some(path) = std::env::var_os("TRAWL_INSTALL_FOLDER") else {
        return;
    };
    let folder = Folder::at(path);
    folder.add(&candidate("loki", b"one", &["GET /a"])).unwrap();
    folder.add(&candidate("loki", b"two", &["GET /a"])).unwrap();
    folder
        .add(&candidate("loki", b"three", &["GET /b"]))
        .unwrap();
    folder.remove("loki").unwrap();
}

#[test]
fn a_process_may_end_at_any_moment() {
    let mut seen = BTreeSet::new();
    let mut ended = 0;
    for at in 0.. {
        let (_parent, folder) = folder();
        let status = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "folder::tests::changes_of_a_process_that_ends"])
            .env("TRAWL_INSTALL_FOLDER", folder.path())
            .env(crate::atomic::crash::VARIABLE, at.to_string())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .unwrap();
        // Whatever the lock file says is there and whole, and the next change works and cleans up.
        let lock = folder.read().unwrap();
        let state = lock.get("loki").map(|entry| {
            let content =
                |it: &Release| String::from_utf8(folder.load(&it.digest).unwrap()).unwrap();
            (content(&entry.installed), entry.next.as_ref().map(content))
        });
        folder.add(&candidate("other", b"other", &[])).unwrap();
        folder.add(&candidate("other", b"other", &[])).unwrap();
        let mut expected: Vec<String> = vec![LOCK_FILE.to_owned(), "other".to_owned()];
        if let Some((installed, next)) = &state {
            expected.push(installed.clone());
            expected.extend(next.clone());
        }
        expected.sort();
        assert_eq!(files(&folder), expected, "step {at}");
        seen.insert(state);
        if status.success() {
            break;
        }
        ended += 1;
    }
    let state =
        |installed: &str, next: Option<&str>| Some((installed.to_owned(), next.map(str::to_owned)));
    let all = [
        None,
        state("one", None),
        state("two", None),
        state("two", Some("three")),
    ];
    assert_eq!(seen, BTreeSet::from(all));
    // Three components and four lock files of four steps each, and the components that go.
    assert!(ended >= 28, "{ended} steps");
}
