//! Owns what a pod uses, the sum over its containers as `kubectl top pods` shows it; refuses to convert units.

use serde::Deserialize;
use trawl_sdk::columns::parse_quantity;

use super::input;
use crate::kinds::Value;

#[derive(Deserialize)]
struct Container {
    #[serde(default)]
    usage: Usage,
}

#[derive(Deserialize, Default)]
struct Usage {
    cpu: Option<String>,
    memory: Option<String>,
}

/// CPU that the containers use together. Inputs: the containers.
pub(crate) fn cpu_of_containers(inputs: &[Option<&str>]) -> Value {
    sum(inputs, |usage| usage.cpu.as_deref())
}

/// Memory that the containers use together. Inputs: the containers.
pub(crate) fn memory_of_containers(inputs: &[Option<&str>]) -> Value {
    sum(inputs, |usage| usage.memory.as_deref())
}

/// The exact sum in billionths; null when one container does not say, because a part of a sum is no sum.
fn sum(inputs: &[Option<&str>], of: fn(&Usage) -> Option<&str>) -> Value {
    let containers: Vec<Container> = input(inputs, 0).unwrap_or_default();
    let mut used = containers
        .iter()
        .map(|container| parse_quantity(of(&container.usage)?));
    let total = used.try_fold(0_i128, |total, nanos| total.checked_add(nanos?));
    match total {
        Some(nanos) if !containers.is_empty() => Value::Text(format!("{nanos}n")),
        _ => Value::Null,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_exact() {
        let containers = r#"[{"name":"a","usage":{"cpu":"123n","memory":"1Ki"}},{"name":"b","usage":{"cpu":"5m","memory":"10"}},{"name":"c","usage":{"cpu":"2u","memory":"0"}}]"#;
        let text = |text: &str| Value::Text(text.into());
        assert_eq!(cpu_of_containers(&[Some(containers)]), text("5002123n"));
        assert_eq!(
            memory_of_containers(&[Some(containers)]),
            text("1034000000000n")
        );
        let partly = r#"[{"usage":{"cpu":"1"}},{"usage":{"memory":"1"}}]"#;
        for none in [
            None,
            Some("[]"),
            Some(partly),
            Some(r#"[{"usage":{"cpu":"much"}}]"#),
        ] {
            assert_eq!(cpu_of_containers(&[none]), Value::Null);
        }
    }
}
