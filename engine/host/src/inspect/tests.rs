//! What components and other files are told to be.

use super::*;

fn component(text: &str) -> Vec<u8> {
    wat::parse_str(text).unwrap()
}

fn importing(name: &str) -> Verdict {
    let wasm = component(&format!("(component (import \"{name}\" (instance)))"));
    let inspection = inspect(&wasm).unwrap();
    assert_eq!(inspection.imports[0].name, name);
    let refusal = surface(&wasm).unwrap();
    let refusal = check_surface(&refusal, &["0.1"]);
    assert!(refusal.is_err() && !inspection.fits(), "it is no plugin");
    inspection.imports[0].verdict.clone()
}

#[test]
fn foreign_imports_are_named_with_the_reason() {
    for (name, expected) in [
        ("wasi:sockets/tcp@0.2.6", "network connections"),
        ("wasi:http/outgoing-handler@0.2.0", "no grant covers"),
        ("wasi:filesystem/watch@0.2.0", "reach files"),
        ("wasi:cli/command@0.2.0", "a program with an environment"),
        ("wasi:keyvalue/store@0.2.0", "trawl:source/state"),
        (
            "wasi:clocks/wall-clock@0.3.0",
            "versions 0.2.x of WASI only",
        ),
        ("wasi:io/poll", "versions 0.2.x of WASI only"),
        ("evil:corp/backdoor", "neither the contract's nor"),
        ("trawl:other/http@0.1.0", "neither the contract's nor"),
        ("trawl:source/secrets@0.1.0", "has no such import"),
        (
            "trawl:source/http@0.2.0",
            "version 0.2.0 of the contract; this trawl speaks 0.1",
        ),
        ("trawl:source/http@0.10.0", "version 0.10.0 of the contract"),
        ("a-function", "neither the contract's nor"),
    ] {
        match importing(name) {
            Verdict::Refused(why) => assert!(why.contains(expected), "{name}: {why}"),
            verdict => panic!("{name}: {verdict:?}"),
        }
    }
}

#[test]
fn what_plugins_get_is_told_apart() {
    assert_eq!(importing("trawl:source/http@0.1.0"), Verdict::Contract);
    assert_eq!(importing("trawl:source/http@0.1.7"), Verdict::Contract);
    for (name, behind) in WASI {
        assert_eq!(
            importing(&format!("{name}@0.2.6")),
            Verdict::Runtime(behind)
        );
    }
}

#[test]
fn a_plugin_exports_a_source_of_this_version() {
    let exporting = |name: &str| {
        component(&format!(
            "(component (instance $i) (export \"{name}\" (instance $i)))"
        ))
    };
    let good = inspect(&exporting("trawl:source/source@0.1.0")).unwrap();
    assert!(good.fits(), "{good:?}");
    assert_eq!(good.contract.as_deref(), Some("0.1.0"));
    assert_eq!(good.exports, ["trawl:source/source@0.1.0"]);
    assert_eq!((good.digest.len(), good.bytes > 8), (64, true));

    let newer = inspect(&exporting("trawl:source/source@0.3.1")).unwrap();
    assert_eq!(newer.contract.as_deref(), Some("0.3.1"));
    assert!(newer.problems[0].contains("version 0.3.1"), "{newer:?}");
    let nothing = inspect(&component("(component)")).unwrap();
    assert!(
        nothing.problems[0].contains("it exports nothing"),
        "{nothing:?}"
    );
    let other = inspect(&exporting("a:b/c")).unwrap();
    assert!(
        other.problems[0].contains("it exports `a:b/c`"),
        "{other:?}"
    );
    assert_eq!(other.contract, None);
}

#[test]
fn what_is_no_component_is_told_what_it_is() {
    for (bytes, expected) in [
        (&b""[..], "an empty file"),
        (b"\0asm\x01\0\0\0", "a core wasm module"),
        (b"\0asm\x0a\0\x01\0", "WebAssembly of another version"),
        (b"\x7fELF\x02", "a native program"),
        (b"(component)", "a component as text"),
        (b"<!doctype html>", "a page of HTML"),
        (b"hello", "something else"),
    ] {
        let error = inspect(bytes).unwrap_err();
        assert!(error.message.contains(expected), "{error}");
    }
    let large = vec![0; limits::COMPONENT_BYTES + 1];
    assert!(
        inspect(&large)
            .unwrap_err()
            .message
            .contains("a plugin may have 67108864")
    );
}

#[test]
fn what_breaks_off_or_lies_about_its_lengths_is_an_error() {
    let whole = component(
        "(component (import \"trawl:source/http@0.1.0\" (instance)) (core module (func)) (component))",
    );
    for length in 8..whole.len() {
        // Between two sections a component may end.
        if let Ok(inspection) = inspect(&whole[..length]) {
            assert!(!inspection.fits());
        }
    }
    let mut lying = whole.clone();
    // The length of the first section.
    lying[9] = 0x7f;
    assert!(inspect(&lying).is_err());
}

#[test]
fn features_that_are_off_are_a_problem() {
    for (text, expected) in [
        ("(component (core module (memory i64 1)))", "memory64"),
        ("(component (core module (memory 1 1 shared)))", "threads"),
        (
            "(component (core module (memory 1) (memory 1)))",
            "multiple memories",
        ),
        (
            "(component (core module (func (return_call 0))))",
            "tail calls",
        ),
        ("(component (core module (tag)))", "exceptions"),
    ] {
        let inspection = inspect(&component(text)).unwrap();
        let problem = &inspection.problems[0];
        assert!(problem.contains(expected), "{text}: {problem}");
        let compiled = wasmtime::component::Component::new(
            &wasmtime::Engine::new(&engine::config()).unwrap(),
            component(text),
        );
        assert!(
            compiled.is_err(),
            "{text}: the compiler has the same features"
        );
    }
}

#[test]
fn more_names_than_a_plugin_needs_are_refused() {
    let imports: String = (0..=limits::NAMES)
        .map(|number| format!("(import \"a:b/c{number}\" (instance))"))
        .collect();
    let error = inspect(&component(&format!("(component {imports})"))).unwrap_err();
    assert!(error.message.contains("more than 1000 things"), "{error}");
}
