//! The target `inventory`: a clusters.yaml as somebody wrote it, with what its plugins may do.

use std::path::{Path, PathBuf};

use trawl_fleet::{Inventory, LoadOptions, Operation};

use crate::plain_lines;

/// What stands before the plugins.
const HEAD: &str = "clusters:\n  - name: prod-ap\n    mine: {url: 'http://h'}\n";

/// Reads the input as a file, as the part of a file that says what plugins may do, and as an operation in there. What is granted can
/// be written down again, and what is wrong is told in words.
///
/// # Panics
/// When that does not hold.
pub fn inventory(data: &[u8]) {
    let text = crate::text(data);
    check(&text);
    check(&format!("{HEAD}plugins:\n{text}"));
    check(&format!("{HEAD}plugins:\n  mine:\n    {text}\n"));
    let quoted = serde_json::Value::from(text.as_ref());
    check(&format!(
        "{HEAD}plugins: {{mine: {{grants: [{{clusters: [{quoted}], endpoint: {quoted}, operations: [{quoted}]}}], limits: {{memory: {quoted}, deadline: {quoted}}}}}}}"
    ));
}

fn check(text: &str) {
    let options = LoadOptions {
        config: None,
        plugins: &["mine"],
        variable: &|_| None,
        folder: PathBuf::new(),
    };
    let inventory = match Inventory::read(text, Path::new("clusters.yaml"), &options) {
        Ok(inventory) => inventory,
        Err(error) => return plain_lines(&error.to_string()),
    };
    for (name, policy) in &inventory.policies {
        let grants = policy.grants.iter().flatten();
        for operation in grants.flat_map(|grant| &grant.operations) {
            let written = operation.to_string();
            assert_eq!(written.parse::<Operation>().as_ref(), Ok(operation));
            let place = inventory.grant_place(name);
            plain_lines(&place.to_string());
            plain_lines(&place.line(&["prod-ap".to_owned()], "api", &[operation]));
        }
    }
}
