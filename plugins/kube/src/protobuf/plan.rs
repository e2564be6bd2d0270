//! Owns the translation of wanted paths into field numbers, once a scan; refuses bytes.

use trawl_sdk::json::{Capture, Node};

use super::table::{Field, Form, Message, Of};

/// What is read of a message: everything else in it is skipped by its length.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    /// By their numbers.
    pub(crate) wanted: Vec<Wanted>,
    /// The numbers below 64, as bits: most fields of a message are not wanted.
    pub(crate) numbers: u64,
}

/// What is read of one field.
#[derive(Debug)]
pub(crate) struct Wanted {
    pub(crate) field: Field,
    /// What is done with its value.
    pub(crate) captures: Vec<Capture>,
    pub(crate) inside: Inside,
}

/// What is read inside of a value.
#[derive(Debug)]
pub(crate) enum Inside {
    /// Nothing.
    Nothing,
    /// Fields of a message.
    Fields(Plan),
    /// Values of a map by their keys; their fields are the map's own, as if it were a single value.
    Values(Vec<(String, Wanted)>),
}

impl Plan {
    /// What `wanted` wants of a message. Paths that lead nowhere want nothing, as in JSON.
    pub(crate) fn new(message: Message, wanted: &Node) -> Self {
        let children: Vec<_> = wanted.children().collect();
        Self::of(message, &children)
    }

    fn of(message: Message, children: &[(&str, &Node)]) -> Self {
        let fields = message.fields.into_iter();
        let wanted: Vec<Wanted> = fields
            .filter_map(|field| {
                if field.name.is_empty() {
                    let plan = inner(&field, children)?;
                    return Some(Wanted {
                        field,
                        captures: Vec::new(),
                        inside: Inside::Fields(plan),
                    });
                }
                let (_, node) = children.iter().find(|(name, _)| *name == field.name)?;
                let inside = match field.form {
                    Form::Map => values(&field, node),
                    Form::One => {
                        let children: Vec<_> = node.children().collect();
                        inner(&field, &children).map_or(Inside::Nothing, Inside::Fields)
                    }
                    // A name leads to nothing in a list.
                    Form::List => Inside::Nothing,
                };
                Wanted::new(field, node, inside)
            })
            .collect();
        let numbers = wanted
            .iter()
            .filter_map(|one| 1_u64.checked_shl(one.field.number));
        Self {
            numbers: numbers.fold(0, |all, bit| all | bit),
            wanted,
        }
    }

    /// The wanted field of a number, and its place among them.
    pub(crate) fn find(&self, number: u32) -> Option<(usize, &Wanted)> {
        match 1_u64.checked_shl(number) {
            Some(bit) if self.numbers & bit == 0 => None,
            _ => {
                let found = |one: &(usize, &Wanted)| one.1.field.number == number;
                self.wanted.iter().enumerate().find(found)
            }
        }
    }
}

impl Wanted {
    fn new(field: Field, node: &Node, inside: Inside) -> Option<Self> {
        let captures = node.captures().to_vec();
        let some = !captures.is_empty() || !matches!(inside, Inside::Nothing);
        some.then_some(Self {
            field,
            captures,
            inside,
        })
    }
}

/// The plan of the message in a field; none when nothing is wanted of it, or it is no message.
fn inner(field: &Field, children: &[(&str, &Node)]) -> Option<Plan> {
    match &field.of {
        Of::Message(later) if !children.is_empty() => {
            let plan = Plan::of(later.find()?, children);
            (!plan.wanted.is_empty()).then_some(plan)
        }
        _ => None,
    }
}

fn values(field: &Field, node: &Node) -> Inside {
    let values: Vec<_> = node
        .children()
        .filter_map(|(name, node)| {
            let value = field.value();
            let children: Vec<_> = node.children().collect();
            let inside = inner(&value, &children).map_or(Inside::Nothing, Inside::Fields);
            Some((name.to_owned(), Wanted::new(value, node, inside)?))
        })
        .collect();
    if values.is_empty() {
        Inside::Nothing
    } else {
        Inside::Values(values)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use trawl_sdk::json::Extractor;

    fn planned(kind: &str, paths: &[&[&str]]) -> Plan {
        let mut extractor = Extractor::default();
        for (index, path) in paths.iter().enumerate() {
            extractor.column(index, path, &[]);
        }
        Plan::new(Message::of_kind("v1", kind).unwrap(), extractor.root())
    }

    fn numbers(plan: &Plan) -> Vec<u32> {
        plan.wanted.iter().map(|one| one.field.number).collect()
    }

    #[test]
    fn paths_become_numbers() {
        let plan = planned(
            "Pod",
            &[
                &["spec", "nodeName"],
                &["metadata", "name"],
                &["metadata", "nothing"],
            ],
        );
        assert_eq!(numbers(&plan), [1, 2]);
        assert_eq!(plan.numbers, 0b110);
        let Inside::Fields(metadata) = &plan.wanted[0].inside else {
            panic!("expected fields")
        };
        assert_eq!(numbers(metadata), [1]);
        assert!(plan.find(3).is_none() && plan.find(70).is_none());
        assert_eq!(plan.find(2).map(|(at, _)| at), Some(1));
    }

    #[test]
    fn what_leads_nowhere_is_not_read() {
        for path in [
            &["none"][..],
            &["metadata", "none"],
            &["metadata", "name", "x"],
            &["spec", "containers", "image"],
            &["metadata", "labels", "app", "x"],
        ] {
            assert!(planned("Pod", &[path]).wanted.is_empty(), "{path:?}");
        }
    }

    #[test]
    fn fields_without_a_name_are_the_objects_own() {
        let plan = planned(
            "PersistentVolume",
            &[&["spec", "csi", "driver"], &["spec", "capacity"]],
        );
        let Inside::Fields(spec) = &plan.wanted[0].inside else {
            panic!("expected fields")
        };
        assert_eq!(numbers(spec), [1, 2]);
        assert!(spec.wanted[1].field.name.is_empty());
    }

    #[test]
    fn keys_of_maps_are_values() {
        let plan = planned(
            "Pod",
            &[&["metadata", "labels", "app"], &["metadata", "labels"]],
        );
        let Inside::Fields(metadata) = &plan.wanted[0].inside else {
            panic!("expected fields")
        };
        let Inside::Values(values) = &metadata.wanted[0].inside else {
            panic!("expected values")
        };
        assert_eq!(values[0].0, "app");
        assert_eq!(metadata.wanted[0].captures.len(), 1);
    }
}
