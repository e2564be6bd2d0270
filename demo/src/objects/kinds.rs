//! Owns which kinds are generated when they are first asked for, and how their generators write. What was generated
//! at start (pods and what is about them) is not among them and never depends on them.

use serde_json::Value;

use super::builtin;
use super::collection::{Collection, Draft};
use super::custom;
use super::meta::{Context, Managers, Meta, draft};
use super::plan::Plan;

/// A kind's key: its group, empty for core, and its plural.
pub(crate) type Key = (&'static str, &'static str);
/// Writes all objects of a kind.
pub(super) type Generator = fn(&mut Writer<'_>);

/// Each kind has so many resource versions to itself, far more than it has objects: what is generated later must
/// not change what others carry.
const VERSIONS_PER_KIND: u64 = 1 << 22;

fn all() -> impl Iterator<Item = (&'static str, &'static str, Generator)> {
    builtin::GENERATORS.into_iter().chain(custom::GENERATORS)
}

fn is_custom(group: &str, plural: &str) -> bool {
    custom::GENERATORS
        .iter()
        .any(|(of, name, _)| *of == group && *name == plural)
}

/// The kinds a cluster has besides those generated at start: custom ones only where they are defined.
pub(super) fn keys(plan: &Plan) -> Vec<Key> {
    let is_there = |group: &str, plural: &str| {
        !is_custom(group, plural) || custom::find(&plan.profile, group, plural).is_some()
    };
    all()
        .map(|(group, plural, _)| (group, plural))
        .filter(|(group, plural)| is_there(group, plural))
        .collect()
}

/// The resource version of a cluster that has everything; `eager` is the last one given at start.
pub(super) fn last_version(eager: u64) -> u64 {
    let kinds = u64::try_from(all().count()).unwrap_or_default();
    eager.saturating_add(kinds.saturating_mul(VERSIONS_PER_KIND))
}

/// Generates a kind, besides what of it was written at start; nothing for one that is not known.
pub(super) fn generate(plan: &Plan, eager: u64, key: Key, written: &[Draft]) -> Collection {
    let Some((number, (.., generator))) = (0u64..)
        .zip(all())
        .find(|(_, (group, plural, _))| (*group, *plural) == key)
    else {
        return Collection::default();
    };
    let first = eager.saturating_add(number.saturating_mul(VERSIONS_PER_KIND));
    let mut writer = Writer {
        plan,
        key,
        context: Context::after(plan, first, is_custom(key.0, key.1)),
        drafts: written.to_vec(),
    };
    generator(&mut writer);
    Collection::build(writer.drafts)
}

/// What a generator writes to.
pub(super) struct Writer<'a> {
    pub(super) plan: &'a Plan,
    key: Key,
    pub(super) context: Context<'a>,
    drafts: Vec<Draft>,
}

impl Writer<'_> {
    /// The identity of an object of this kind: its name, its uid, and an age in seconds.
    pub(super) fn meta(&self, namespace: &str, name: impl Into<String>, age_s: u64) -> Meta {
        let name = name.into();
        Meta {
            uid: self.plan.uid(&kind_key(self.key), namespace, &name),
            namespace: namespace.to_owned(),
            created: self.plan.clock.ago(age_s),
            name,
            ..Meta::default()
        }
    }

    /// Writes an object. `fields` are what field selectors can ask for; `rest` is everything but the metadata.
    pub(super) fn put(
        &mut self,
        meta: Meta,
        managers: &Managers,
        fields: Vec<(&'static str, String)>,
        rest: Value,
    ) {
        let draft = draft(&mut self.context, meta, managers, fields, rest);
        self.drafts.push(draft);
    }

    /// Takes objects that were written elsewhere.
    pub(super) fn extend(&mut self, drafts: Vec<Draft>) {
        self.drafts.extend(drafts);
    }
}

/// `deployments.apps`, `services`: what [`Plan::uid`] is asked with.
fn kind_key((group, plural): Key) -> String {
    if group.is_empty() {
        plural.to_owned()
    } else {
        format!("{plural}.{group}")
    }
}

/// The labels of an object from a fixed list.
pub(super) fn labels(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}
