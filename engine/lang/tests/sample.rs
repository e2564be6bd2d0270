//! The sample of the specification is drawn exactly as it stands there.

use trawl_lang::{Style, parse, render};

#[test]
fn the_sample_of_the_specification() {
    let text = "pods\n| mv-expand c = spec.containers\n| where name =~ \"prod-.*\"\n";
    let parsed = parse(text);
    assert_eq!(parsed.diagnostics.len(), 1);
    let expected = r#"error[Q0104]: `=~` is not an operator
 --> drift.trawl:3:14
3 | | where name =~ "prod-.*"
  |              ^^ regex in PromQL, case-insensitive equality in KQL
help: regex: `name matches regex "prod-.*"`
help: ignoring case: `iequals(name, "prod-.*")`
"#;
    assert_eq!(
        render(&parsed.diagnostics[0], "drift.trawl", text, Style::Plain),
        expected
    );
    // The wrong operator is read as the nearest right one, so that the tree is whole and later mistakes are found.
    assert_eq!(parsed.file.unwrap().query.unwrap().ops.len(), 2);
}
