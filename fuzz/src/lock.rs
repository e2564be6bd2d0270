//! The target `lock`: a lock file of plugins, as anything that can write into the folder may leave it.

use std::path::Path;

use trawl_install::{Lock, check_name};

use crate::plain_lines;

/// Reads the input as a lock file, and as the entries of one. What is read has names that may be installed, and is the same when it
/// is written and read again.
///
/// # Panics
/// When that does not hold.
pub fn lock(data: &[u8]) {
    check(data);
    let text = crate::text(data);
    check(format!("{{\"format\": 1, \"plugins\": [{text}]}}").as_bytes());
    let quoted = serde_json::Value::from(text.as_ref());
    let release = format!(
        "{{\"version\": {quoted}, \"digest\": \"sha256:{}\", \"contract\": {quoted}, \"source\": {quoted}, \"size\": 1, \"endpoints\": {{{quoted}: {{\"kind\": {quoted}, \"operations\": [{quoted}]}}}}}}",
        "0".repeat(64)
    );
    check(
        format!(
            "{{\"format\": 1, \"plugins\": [{{\"name\": {quoted}, \"installed\": {release}}}]}}"
        )
        .as_bytes(),
    );
}

fn check(text: &[u8]) {
    let path = Path::new("plugins.lock.json");
    let lock = match Lock::parse(text, path) {
        Ok(lock) => lock,
        Err(error) => return plain_lines(&error.to_string()),
    };
    for entry in lock.entries() {
        assert!(check_name(&entry.name).is_ok(), "{:?}", entry.name);
    }
    let written = lock.text();
    let again = written.map(|text| Lock::parse(text.as_bytes(), path));
    assert!(matches!(again, Ok(Ok(again)) if again == lock));
}
