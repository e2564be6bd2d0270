//! `parse_image`: references to container images, after Docker's reference grammar.

use super::Call;
use crate::convert::regexes::compiled;
use crate::error::Result;
use crate::eval::Node;
use crate::ty::Ty;
use crate::value::Value;

pub fn parse_image(call: Call) -> Result<Node> {
    let text = call.arg(0, &Ty::String)?;
    let fields = ["registry", "repository", "tag", "digest"].map(|n| (n.to_owned(), Ty::String));
    let ty = Ty::Struct(fields.into_iter().collect());
    Ok(Node::strict(ty, vec![text], |values| match values {
        [Value::Text(text)] => parse(text).unwrap_or(Value::Null),
        _ => Value::Null,
    }))
}

/// Longest path of a repository in Docker's grammar.
const MAX_PATH_BYTES: usize = 255;

fn parse(text: &str) -> Option<Value> {
    let (rest, digest) = match text.split_once('@') {
        Some((rest, digest)) => (rest, Some(digest)),
        None => (text, None),
    };
    let digest_form =
        compiled(r"^[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}$")?;
    if digest.is_some_and(|digest| !digest_form.is_match(digest)) {
        return None;
    }
    // A colon after the last slash begins a tag, any other is a port.
    let slash = rest.rfind('/').map_or(0, |at| at + 1);
    let (name, tag) = match rest.get(slash..)?.find(':') {
        Some(colon) => {
            let (name, tag) = rest.split_at_checked(slash + colon)?;
            (name, Some(tag.strip_prefix(':')?))
        }
        None => (rest, None),
    };
    let tag_form = compiled(r"^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$")?;
    if tag.is_some_and(|tag| !tag_form.is_match(tag)) {
        return None;
    }
    let (registry, path) = match name.split_once('/') {
        Some((first, path)) if first.contains(['.', ':']) || first == "localhost" => {
            (Some(first), path)
        }
        _ => (None, name),
    };
    let registry_form = compiled(
        r"^(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*(?::[0-9]+)?$",
    )?;
    let part_form = compiled(r"^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$")?;
    if registry.is_some_and(|registry| !registry_form.is_match(registry))
        || !path.split('/').all(|part| part_form.is_match(part))
    {
        return None;
    }
    if path.len() > MAX_PATH_BYTES {
        return None;
    }
    let registry = registry.unwrap_or("docker.io");
    let repository = if registry == "docker.io" && !path.contains('/') {
        format!("library/{path}")
    } else {
        path.to_owned()
    };
    let tag = match (tag, digest) {
        (None, None) => Some("latest"),
        (tag, _) => tag,
    };
    let text = |text: Option<&str>| text.map_or(Value::Null, |text| Value::Text(text.to_owned()));
    let fields = [
        ("registry", text(Some(registry))),
        ("repository", Value::Text(repository)),
        ("tag", text(tag)),
        ("digest", text(digest)),
    ];
    let fields = fields.map(|(name, value)| (name.to_owned(), value));
    Some(Value::Struct(fields.into_iter().collect()))
}
