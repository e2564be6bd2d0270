//! Owns reading an action's parameters: which are there, of which type, within which bounds. Members that an action does
//! not know are ignored, as AWS ignores them.

use std::fmt::Display;
use std::ops::RangeInclusive;

use serde_json::{Map, Value};

use super::refusal::{Refusal, Service};

/// The parameters of one request, or one structure within them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Parameters<'a> {
    pub(crate) service: Service,
    members: &'a Map<String, Value>,
}

impl<'a> Parameters<'a> {
    /// The parameters in a body.
    pub(crate) fn new(service: Service, body: &'a Value) -> Result<Parameters<'a>, Refusal> {
        body.as_object()
            .map(|members| Parameters { service, members })
            .ok_or_else(|| wrong_type("a structure"))
    }

    fn get(&self, name: &str) -> Option<&'a Value> {
        self.members.get(name).filter(|value| !value.is_null())
    }

    /// A text that may be absent.
    pub(crate) fn text(&self, name: &str) -> Result<Option<&'a str>, Refusal> {
        self.get(name)
            .map(|value| value.as_str().ok_or_else(|| wrong_type("a string")))
            .transpose()
    }

    /// A text that must be there and not be empty.
    pub(crate) fn required_text(&self, name: &str) -> Result<&'a str, Refusal> {
        self.text(name)?
            .filter(|text| !text.is_empty())
            .ok_or_else(|| self.service.missing(name))
    }

    /// One of several texts.
    pub(crate) fn choice(&self, name: &str, allowed: &[&str]) -> Result<Option<&'a str>, Refusal> {
        let text = self.text(name)?;
        match text {
            Some(text) if !allowed.contains(&text) => {
                let set = allowed.join(", ");
                Err(self.constraint(
                    name,
                    text,
                    &format!("Member must satisfy enum value set: [{set}]"),
                ))
            }
            text => Ok(text),
        }
    }

    /// A whole number within bounds that may be absent.
    pub(crate) fn integer(
        &self,
        name: &str,
        bounds: RangeInclusive<i64>,
    ) -> Result<Option<i64>, Refusal> {
        let Some(value) = self.get(name) else {
            return Ok(None);
        };
        let number = value.as_i64().ok_or_else(|| wrong_type("a number"))?;
        if number < *bounds.start() {
            let rule = format!(
                "Member must have value greater than or equal to {}",
                bounds.start()
            );
            return Err(self.constraint(name, number, &rule));
        }
        if number > *bounds.end() {
            let rule = format!(
                "Member must have value less than or equal to {}",
                bounds.end()
            );
            return Err(self.constraint(name, number, &rule));
        }
        Ok(Some(number))
    }

    /// How many items a page may have: at most `most`, and so many where nothing is said.
    pub(crate) fn page_size(&self, name: &str, most: i64, default: i64) -> Result<usize, Refusal> {
        let size = self.integer(name, 1..=most)?.unwrap_or(default);
        Ok(usize::try_from(size).unwrap_or(1))
    }

    /// A flag, and what it is where nothing is said.
    pub(crate) fn flag(&self, name: &str, default: bool) -> Result<bool, Refusal> {
        self.get(name).map_or(Ok(default), |value| {
            value.as_bool().ok_or_else(|| wrong_type("a boolean"))
        })
    }

    /// An instant in seconds since 1970, which may have a fraction.
    pub(crate) fn seconds(&self, name: &str) -> Result<Option<f64>, Refusal> {
        self.get(name)
            .map(|value| value.as_f64().ok_or_else(|| wrong_type("a timestamp")))
            .transpose()
    }

    /// An instant that must be there.
    pub(crate) fn required_seconds(&self, name: &str) -> Result<f64, Refusal> {
        self.seconds(name)?
            .ok_or_else(|| self.service.missing(name))
    }

    /// At most so many texts; none where the list is absent.
    pub(crate) fn texts(&self, name: &str, most: usize) -> Result<Vec<&'a str>, Refusal> {
        self.list(name, most)?
            .iter()
            .map(|value| value.as_str().ok_or_else(|| wrong_type("a string")))
            .collect()
    }

    /// At most so many structures; none where the list is absent.
    pub(crate) fn structures(
        &self,
        name: &str,
        most: usize,
    ) -> Result<Vec<Parameters<'a>>, Refusal> {
        self.list(name, most)?
            .iter()
            .map(|value| Parameters::new(self.service, value))
            .collect()
    }

    /// A structure that may be absent.
    pub(crate) fn structure(&self, name: &str) -> Result<Option<Parameters<'a>>, Refusal> {
        self.get(name)
            .map(|value| Parameters::new(self.service, value))
            .transpose()
    }

    fn list(&self, name: &str, most: usize) -> Result<&'a [Value], Refusal> {
        let Some(value) = self.get(name) else {
            return Ok(&[]);
        };
        let items = value.as_array().ok_or_else(|| wrong_type("a list"))?;
        if items.len() > most {
            let rule = format!("Member must have length less than or equal to {most}");
            return Err(self.constraint(name, format!("{} items", items.len()), &rule));
        }
        Ok(items)
    }

    /// Checks the length of a text in characters.
    pub(crate) fn check_length(&self, name: &str, text: &str, most: usize) -> Result<(), Refusal> {
        if text.chars().count() <= most {
            return Ok(());
        }
        let rule = format!("Member must have length less than or equal to {most}");
        Err(self.constraint(name, format!("{} characters", text.chars().count()), &rule))
    }

    /// A value that breaks a rule of its parameter, in AWS's words.
    pub(crate) fn constraint(&self, name: &str, value: impl Display, rule: &str) -> Refusal {
        let message = format!(
            "1 validation error detected: Value '{value}' at '{name}' failed to satisfy constraint: {rule}"
        );
        match self.service {
            Service::Monitoring => Refusal::new("ValidationError", message),
            Service::Logs => self.service.invalid(message),
        }
    }
}

/// A member whose JSON type is another one than the action's.
fn wrong_type(expected: &str) -> Refusal {
    Refusal::new(
        "SerializationException",
        format!("Expected {expected}, found a value of another type"),
    )
}
