//! Tests of grants put into files that people wrote.

use super::*;

const CLUSTERS: &str = "clusters: [{name: a}]\n";

fn put(text: &str) -> Result<String, String> {
    let clusters = ["prod-*".to_owned(), "a".to_owned()];
    let wanted = Wanted {
        plugin: "loki",
        clusters: &clusters,
        endpoints: vec![("api", vec!["GET /q", "GET /l/{name}"])],
    };
    wanted.put_into(text)
}

const ITEM: &str = r#"- clusters: ["prod-*", "a"]
  endpoint: api
  operations:
    - "GET /q"
    - "GET /l/{name}"
"#;

/// The item as deep as this.
fn item(depth: usize) -> String {
    let lines = ITEM.lines();
    lines
        .map(|line| format!("{}{line}\n", " ".repeat(depth)))
        .collect()
}

#[test]
fn a_file_without_plugins_gets_the_block_at_its_end() {
    let block = format!("plugins:\n  loki:\n    grants:\n{}", item(6));
    assert_eq!(put(CLUSTERS).unwrap(), format!("{CLUSTERS}\n{block}"));
    let cut = CLUSTERS.trim_end();
    assert_eq!(put(cut).unwrap(), format!("{CLUSTERS}\n{block}"));
}

#[test]
fn what_is_there_is_kept_to_the_letter_and_added_to() {
    for (before, expected) in [
        // No plugin yet, with a remark and something behind it.
        (
            "plugins: # ours\n\n# the rest\ndefault: a\n".to_owned(),
            format!(
                "plugins: # ours\n  loki:\n    grants:\n{}\n# the rest\ndefault: a\n",
                item(6)
            ),
        ),
        // Another plugin, four spaces deep.
        (
            "plugins:\n    tempo:   # theirs\n        limits: {rows: 5}\n\ndefault: a\n".to_owned(),
            format!(
                "plugins:\n    tempo:   # theirs\n        limits: {{rows: 5}}\n    loki:\n      grants:\n{}\ndefault: a\n",
                item(8)
            ),
        ),
        // The plugin with limits alone.
        (
            "plugins:\n  \"loki\":\n    limits: {rows: 5}\n  tempo: {}\n".to_owned(),
            format!(
                "plugins:\n  \"loki\":\n    limits: {{rows: 5}}\n    grants:\n{}  tempo: {{}}\n",
                item(6)
            ),
        ),
        // The plugin with nothing.
        (
            "plugins:\n  loki:\n  tempo: {}\n".to_owned(),
            format!("plugins:\n  loki:\n    grants:\n{}  tempo: {{}}\n", item(6)),
        ),
        // Grants, as deep as their key, and something of the plugin behind them.
        (
            "plugins:\n  loki:\n    grants:\n    - clusters: [x]\n      operations: [GET /a]\n    limits: {rows: 5}\n"
                .to_owned(),
            format!(
                "plugins:\n  loki:\n    grants:\n    - clusters: [x]\n      operations: [GET /a]\n{}    limits: {{rows: 5}}\n",
                item(4)
            ),
        ),
        // Grants, deeper, with remarks, at the end of a file without its last newline.
        (
            "plugins:\n  loki:\n    grants:\n      # one\n      - {clusters: [x], operations: [GET /a]} # two".to_owned(),
            format!(
                "plugins:\n  loki:\n    grants:\n      # one\n      - {{clusters: [x], operations: [GET /a]}} # two\n{}",
                item(6)
            ),
        ),
        // The key alone.
        (
            "plugins:\n  loki:\n    grants:\n".to_owned(),
            format!("plugins:\n  loki:\n    grants:\n{}", item(6)),
        ),
    ] {
        let before = format!("{CLUSTERS}{before}");
        assert_eq!(put(&before).unwrap(), format!("{CLUSTERS}{expected}"));
    }
}

#[test]
fn what_is_not_understood_is_left_alone() {
    for (text, part) in [
        ("plugins: {}\n", "line 1: the value of `plugins`"),
        (
            "plugins:\n  loki: {limits: {rows: 5}}\n",
            "line 2: the value of `loki`",
        ),
        (
            "plugins:\n  loki:\n    grants: []\n",
            "line 3: the value of `grants`",
        ),
    ] {
        let why = put(text).unwrap_err();
        assert!(why.contains(part), "{why}");
    }
}
