//! The plugin's part of a connection against the JSON Schema that the plugin gives for it. It refuses schemas that are none, that refer
//! to anything outside of themselves, or that would take for ever to check; what is wrong is told with the place of the key.

use std::collections::{BTreeMap, BTreeSet};

use boon::{
    CompileError, Compiler, ErrorKind, InstanceToken, SchemaIndex, Schemas, UrlLoader,
    ValidationError,
};
use serde_json::Value as Json;
use trawl_fleet::{Connection, Inventory, Origin, Problem};

use crate::error::Error;
use crate::limits;

/// The name of a schema among those that refer to each other: it has nobody to refer to.
const URL: &str = "trawl:/config-schema";

/// Keywords that lead to a schema in a way that depends on where one comes from, or that give another name to one.
const REFUSED: &[&str] = &[
    "$dynamicRef",
    "$recursiveRef",
    "$anchor",
    "$dynamicAnchor",
    "$recursiveAnchor",
];

/// A plugin's schema of its configuration.
pub struct ConfigSchema {
    schemas: Schemas,
    index: SchemaIndex,
    json: Json,
}

/// Loads nothing: a stranger's schema must not name a file of this machine.
struct Nothing;

impl UrlLoader for Nothing {
    fn load(&self, url: &str) -> Result<Json, Box<dyn std::error::Error>> {
        Err(format!("{url} is outside of the schema").into())
    }
}

impl ConfigSchema {
    /// Reads a schema.
    ///
    /// # Errors
    /// In words, when it is none, or cannot be checked within bounds.
    pub fn read(text: &str) -> Result<Self, String> {
        if text.len() > limits::CONFIG_SCHEMA_BYTES {
            return Err(format!(
                "it has {} bytes; at most {} are allowed",
                text.len(),
                limits::CONFIG_SCHEMA_BYTES
            ));
        }
        let json: Json = serde_json::from_str(text).map_err(|error| error.to_string())?;
        Walk::new(&json).size("", 0)?;
        let mut compiler = Compiler::new();
        compiler.use_loader(Box::new(Nothing));
        let mut schemas = Schemas::new();
        let wrong = |error: CompileError| unreadable(&error);
        compiler.add_resource(URL, json.clone()).map_err(wrong)?;
        let index = compiler.compile(URL, &mut schemas).map_err(wrong)?;
        Ok(Self {
            schemas,
            index,
            json,
        })
    }

    /// What is wrong with the plugin's part of a connection.
    pub fn problems(&self, connection: &Connection, cluster_key: Option<&str>) -> Vec<Problem> {
        let mut config = connection.config.clone();
        if let Some(key) = cluster_key {
            // An empty one says nothing; and `serves` may say it cluster by cluster instead.
            if config.get(key).is_some_and(Json::is_null) {
                config.remove(key);
            }
            if let Some(said) = connection.keys.values().next()
                && !config.contains_key(key)
            {
                config.insert(key.to_owned(), Json::String(said.clone()));
            }
        }
        let config = Json::Object(config);
        let Err(error) = self.schemas.validate(&config, self.index) else {
            return Vec::new();
        };
        let mut problems = Vec::new();
        self.collect(&error, connection, &mut problems);
        problems.sort_by_key(|problem| problem.at);
        problems.dedup();
        problems
    }

    fn collect(
        &self,
        error: &ValidationError<'_, '_>,
        connection: &Connection,
        problems: &mut Vec<Problem>,
    ) {
        let open = matches!(
            error.kind,
            ErrorKind::Schema { .. }
                | ErrorKind::Group
                | ErrorKind::AllOf
                | ErrorKind::Reference { .. }
        );
        if open && !error.causes.is_empty() {
            for cause in &error.causes {
                self.collect(cause, connection, problems);
            }
            return;
        }
        let path: Vec<String> = error
            .instance_location
            .tokens
            .iter()
            .map(|token| match token {
                InstanceToken::Prop(key) => key.to_string(),
                InstanceToken::Item(index) => index.to_string(),
            })
            .collect();
        let at = |path: &[String]| connection.places.of(&pointer(path));
        let what = match path.as_slice() {
            [] => format!("the connection {}", shown(&connection.name)),
            path => format!("`{}`", shown(&path.join("."))),
        };
        if let ErrorKind::AdditionalProperties { got } = &error.kind {
            let known = self.keys(error.schema_url);
            for key in got {
                let mut inner = path.clone();
                inner.push(key.to_string());
                problems.push(unknown(key, &what, &known, &connection.plugin, at(&inner)));
            }
            return;
        }
        problems.push(Problem {
            at: at(&path),
            message: format!("{what}: {}", words(&error.kind)),
            hint: None,
        });
    }

    /// The keys that the schema at a place of this one knows.
    fn keys(&self, url: &str) -> Vec<String> {
        let fragment = url.split_once('#').map_or("", |(_, fragment)| fragment);
        let fragment = percent_encoding::percent_decode_str(fragment).decode_utf8_lossy();
        let schema = self.json.pointer(&fragment).unwrap_or(&self.json);
        let properties = schema.get("properties").and_then(Json::as_object);
        properties.map_or_else(Vec::new, |it| it.keys().cloned().collect())
    }
}

fn unknown(
    key: &str,
    what: &str,
    known: &[String],
    plugin: &str,
    at: trawl_fleet::Position,
) -> Problem {
    let near = trawl_lang::nearest(key, known.iter().map(String::as_str));
    let known = match known {
        [] => "none".to_owned(),
        known => shown(&known.join(", ")),
    };
    Problem {
        at,
        message: format!(
            "unknown key `{}` in {what}: expected trawl's own keys or those of {plugin}: {known}",
            shown(key)
        ),
        hint: near.map(|near| format!("did you mean `{}`?", shown(near))),
    }
}

/// What was expected, and what came where it cannot be much.
fn words(kind: &ErrorKind<'_, '_>) -> String {
    match kind {
        ErrorKind::Type { got, want } => {
            let wanted: Vec<String> = want.iter().map(|it| it.to_string()).collect();
            format!("expected {}, found {got}", wanted.join(" or "))
        }
        ErrorKind::Required { want } => {
            let wanted: Vec<String> = want.iter().map(|it| format!("`{}`", shown(it))).collect();
            format!("expected the key {}", wanted.join(" and the key "))
        }
        ErrorKind::Enum { want } => {
            let wanted: Vec<String> = want.iter().map(ToString::to_string).collect();
            format!("expected one of {}", shown(&wanted.join(", ")))
        }
        ErrorKind::Const { want } => format!("expected {}", shown(&want.to_string())),
        ErrorKind::Pattern { want, .. } => {
            format!("expected a text that matches `{}`", shown(want))
        }
        ErrorKind::Format { want, .. } => format!("expected a text of the format {want}"),
        ErrorKind::FalseSchema => "expected nothing here".to_owned(),
        ErrorKind::AnyOf | ErrorKind::OneOf(_) => {
            "it fits none of the forms that the plugin takes, or more than one".to_owned()
        }
        ErrorKind::Not => "it is what the plugin does not take".to_owned(),
        other => shown(&other.to_string()),
    }
}

/// Whether a text is a schema that connections can be checked against, for whoever tests a plugin before it is installed.
///
/// # Errors
/// In words, why not.
pub fn check_config_schema(text: &str) -> Result<(), String> {
    ConfigSchema::read(text).map(|_| ())
}

/// Checks all connections of a plugin.
///
/// # Errors
/// [`Error::Config`] with a line for each problem, and its place in the file.
pub fn check(
    schema: &ConfigSchema,
    inventory: &Inventory,
    plugin: &str,
    cluster_key: Option<&str>,
) -> Result<(), Error> {
    let mut problems = Vec::new();
    for connection in &inventory.connections {
        if connection.plugin == plugin {
            problems.extend(schema.problems(connection, cluster_key));
        }
    }
    if problems.is_empty() {
        return Ok(());
    }
    let lines: Vec<String> = match &inventory.origin {
        Origin::File(path) => problems
            .iter()
            .map(|it| format!("{}:{}:{}: {it}", path.display(), it.at.line, it.at.column))
            .collect(),
        origin => problems
            .iter()
            .map(|it| format!("{origin}: {it}"))
            .collect(),
    };
    Err(Error::Config(lines.join("\n")))
}

/// The size of a schema with its references followed, so that none takes for ever to check.
struct Walk<'s> {
    json: &'s Json,
    /// What was found for places that are referred to.
    known: BTreeMap<String, usize>,
    /// Places that refer to the one that is looked at.
    open: BTreeSet<String>,
}

impl<'s> Walk<'s> {
    fn new(json: &'s Json) -> Self {
        Self {
            json,
            known: BTreeMap::new(),
            open: BTreeSet::new(),
        }
    }

    /// The number of nodes at a place, references followed.
    fn size(&mut self, at: &str, depth: usize) -> Result<usize, String> {
        if let Some(size) = self.known.get(at) {
            return Ok(*size);
        }
        if depth > limits::CONFIG_SCHEMA_REFERENCES || !self.open.insert(at.to_owned()) {
            return Err(format!("it refers to itself at `{}`", shown(at)));
        }
        let node = self
            .json
            .pointer(at)
            .ok_or_else(|| format!("it refers to `#{}`, which it has not", shown(at)))?;
        let size = self.below(node, true, depth)?;
        self.open.remove(at);
        self.known.insert(at.to_owned(), size);
        Ok(size)
    }

    fn below(&mut self, node: &'s Json, is_root: bool, depth: usize) -> Result<usize, String> {
        let mut size = 1_usize;
        match node {
            Json::Array(items) => {
                for item in items {
                    size = size.saturating_add(self.below(item, false, depth)?);
                }
            }
            Json::Object(keys) => {
                for (key, inner) in keys {
                    if REFUSED.contains(&key.as_str())
                        || (key == "$id" && !is_root && inner.is_string())
                    {
                        return Err(format!(
                            "`{key}` is not supported: expected it to be written out"
                        ));
                    }
                    let found = match (key.as_str(), inner) {
                        ("$ref", Json::String(target)) => self.referred(target, depth)?,
                        // What is there to be referred to counts where it is.
                        ("$defs" | "definitions", Json::Object(_)) => 0,
                        _ => self.below(inner, false, depth)?,
                    };
                    size = size.saturating_add(found);
                }
            }
            _ => {}
        }
        if size > limits::CONFIG_SCHEMA_NODES {
            return Err(format!(
                "with its references written out it has more than {} parts",
                limits::CONFIG_SCHEMA_NODES
            ));
        }
        Ok(size)
    }

    fn referred(&mut self, target: &str, depth: usize) -> Result<usize, String> {
        let Some(fragment) = target.strip_prefix('#') else {
            return Err(format!(
                "it refers to `{}`: expected a place of its own, `#/$defs/…`",
                shown(target)
            ));
        };
        let decoded = percent_encoding::percent_decode_str(fragment).decode_utf8_lossy();
        self.size(&decoded, depth.saturating_add(1))
    }
}

/// A JSON pointer.
fn pointer(path: &[String]) -> String {
    path.iter()
        .map(|key| format!("/{}", key.replace('~', "~0").replace('/', "~1")))
        .collect()
}

/// Text that is a stranger's: cut, and printable.
fn shown(text: &str) -> String {
    const CHARACTERS: usize = 200;
    let mut shown: String = text
        .chars()
        .take(CHARACTERS)
        .map(|c| if c.is_control() { '\u{fffd}' } else { c })
        .collect();
    if text.chars().nth(CHARACTERS).is_some() {
        shown.push('…');
    }
    shown
}

/// The first line of what a library says.
/// Why a text is no schema: the innermost reason, with its place in the schema.
fn unreadable(error: &CompileError) -> String {
    let CompileError::ValidationError { src, .. } = error else {
        return cut(&format!("{error:#}"));
    };
    let mut inner = src;
    while let Some(cause) = inner.causes.first() {
        inner = cause;
    }
    format!(
        "at `{}`: {}",
        shown(&inner.instance_location.to_string()),
        words(&inner.kind)
    )
}

fn cut(text: &str) -> String {
    shown(text.lines().next().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(schema: &str) -> String {
        match ConfigSchema::read(schema) {
            Ok(_) => "nothing".to_owned(),
            Err(why) => why,
        }
    }

    #[test]
    fn a_schema_stands_alone_and_can_be_checked_within_bounds() {
        for good in [
            "{}",
            r#"{"type": "object", "properties": {"$ref": {"type": "string"}}}"#,
            r##"{"properties": {"a": {"$ref": "#/$defs/a"}, "b": {"$ref": "#/$defs/a"}}, "$defs": {"a": {"$ref": "#/$defs/b"}, "b": {}}}"##,
            r#"{"$schema": "http://json-schema.org/draft-07/schema#", "$id": "https://x.example/y"}"#,
        ] {
            assert_eq!(refusal(good), "nothing", "{good}");
        }
        for (bad, part) in [
            ("", "EOF"),
            (
                r#"{"type": "objekt"}"#,
                "at `/type`: expected one of \"array\"",
            ),
            (
                r#"{"pattern": "("}"#,
                "at `/pattern`: expected a text of the format regex",
            ),
            (r##"{"$ref": "#"}"##, "it refers to itself at ``"),
            (
                r##"{"$defs": {"a": {"allOf": [{"$ref": "#/$defs/a"}]}}, "$ref": "#/$defs/a"}"##,
                "it refers to itself",
            ),
            (r##"{"$ref": "#/$defs/a"}"##, "which it has not"),
            (
                r#"{"$ref": "file:///etc/passwd"}"#,
                "expected a place of its own",
            ),
            (
                r#"{"$schema": "file:///etc/passwd"}"#,
                "outside of the schema",
            ),
            (r#"{"$dynamicRef": "a"}"#, "not supported"),
            (r#"{"properties": {"a": {"$id": "b"}}}"#, "not supported"),
        ] {
            let why = refusal(bad);
            assert!(why.contains(part), "{bad}: {why}");
        }
        let long = format!(
            "{{\"title\": \"{}\"}}",
            "x".repeat(limits::CONFIG_SCHEMA_BYTES)
        );
        assert!(refusal(&long).contains("at most 65536"));
    }

    #[test]
    fn a_schema_that_doubles_at_each_step_is_refused() {
        let steps: Vec<String> = (0..40)
            .map(|n| {
                let next = format!(r##"{{"$ref": "#/$defs/s{}"}}"##, n + 1);
                format!(r#""s{n}": {{"allOf": [{next}, {next}]}}"#)
            })
            .collect();
        let schema = format!(
            r##"{{"$defs": {{{}, "s40": {{}}}}, "$ref": "#/$defs/s0"}}"##,
            steps.join(", ")
        );
        let why = refusal(&schema);
        assert!(why.contains("it has more than 50000 parts"), "{why}");
    }
}
