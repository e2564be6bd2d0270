//! One saved query: its text, and what its documentation says.

use serde::Serialize;
use trawl_lang::Diagnostic;
use trawl_lang::ast::File;
use utoipa::ToSchema;

use crate::alert::Alert;

/// A query with a name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct SavedQuery {
    /// Its path with dots: `nodes.not-ready`.
    pub name: String,
    /// The first line of its documentation.
    pub title: String,
    /// The other lines.
    pub documentation: String,
    /// Whether and how it is evaluated as an alert.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alert: Option<Alert>,
    /// What may be given to it.
    pub parameters: Vec<SavedParameter>,
    /// The whole file.
    pub text: String,
}

/// What may be given to a saved query.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct SavedParameter {
    /// Its name.
    pub name: String,
    /// Its type, as declared: `timespan`.
    #[serde(rename = "type")]
    pub ty: String,
    /// What it is when it is not given, as it is written; without one it must be given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default: Option<String>,
    /// What it means.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

impl SavedQuery {
    /// Reads the text of a file.
    ///
    /// # Errors
    /// What is wrong with it, a line each.
    pub fn read(name: &str, text: &str) -> Result<Self, Vec<String>> {
        let parsed = trawl_lang::parse(text);
        let wrong = parsed.diagnostics.iter().filter(|it| it.is_error());
        let wrong: Vec<String> = wrong.map(line).collect();
        let file = match parsed.file {
            Some(file) if wrong.is_empty() => file,
            _ => return Err(wrong),
        };
        let mut problems = Vec::new();
        if file.query.is_none() {
            problems.push("expected a query behind the declarations, got none".to_owned());
        }
        let mut query = Self {
            name: name.to_owned(),
            title: String::new(),
            documentation: String::new(),
            alert: None,
            parameters: parameters(&file, text),
            text: text.to_owned(),
        };
        let mut lines = Vec::new();
        for line in &file.docs {
            match line.trim_start().strip_prefix('@') {
                Some(mark) => problems.extend(query.mark(mark).err()),
                None => lines.push(line.as_str()),
            }
        }
        let mut lines = lines.into_iter();
        query.title = lines.next().unwrap_or_default().trim().to_owned();
        if query.title.is_empty() {
            problems.push("expected its first line to be `/// ` and a title".to_owned());
        }
        query.documentation = lines.collect::<Vec<_>>().join("\n").trim().to_owned();
        if query.alert.is_some() {
            let required = query.parameters.iter().filter(|it| it.default.is_none());
            problems.extend(required.map(|it| {
                format!(
                    "nobody gives an alert its parameters: expected a default of `{}`",
                    it.name
                )
            }));
        }
        if problems.is_empty() {
            Ok(query)
        } else {
            Err(problems)
        }
    }

    /// Takes a line of the documentation that begins with `@`.
    fn mark(&mut self, mark: &str) -> Result<(), String> {
        let (word, rest) = mark.split_once(char::is_whitespace).unwrap_or((mark, ""));
        match word {
            "alert" => self.alert = Some(Alert::read(rest)?),
            "param" => {
                let (name, text) = rest
                    .trim()
                    .split_once(char::is_whitespace)
                    .unwrap_or((rest.trim(), ""));
                let known = self.parameters.iter_mut().find(|it| it.name == name);
                let parameter = known.ok_or_else(|| {
                    format!("expected `@param NAME TEXT` of a declared parameter, got `{name}`")
                })?;
                parameter.description = Some(text.trim().to_owned());
            }
            other => {
                return Err(format!(
                    "expected `@alert` or `@param` in the documentation, got `@{other}`"
                ));
            }
        }
        Ok(())
    }
}

fn parameters(file: &File, text: &str) -> Vec<SavedParameter> {
    let written = |from: u32, to: u32| {
        let (from, to) = (usize::try_from(from).ok()?, usize::try_from(to).ok()?);
        Some(text.get(from..to)?.trim().to_owned())
    };
    let parameter = |param: &trawl_lang::ast::Param| SavedParameter {
        name: param.name.name.clone(),
        ty: param.ty.to_string(),
        default: param
            .default
            .as_ref()
            .and_then(|it| written(it.span.start, it.span.end)),
        description: None,
    };
    file.params.iter().map(parameter).collect()
}

fn line(diagnostic: &Diagnostic) -> String {
    format!("{}: {}", diagnostic.code, diagnostic.message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alert::Fires;

    #[test]
    fn documentation_becomes_title_text_and_marks() {
        let text = "/// Pods that wait.\n///\n/// More of it,\n/// on two lines.\n/// @alert every 5m\n/// @param since How long.\nsyntax 1;\nparam since: timespan = 5m + 1m;\nparam names: list<string> = [\"a\"];\npods | take 1\n";
        let query = SavedQuery::read("pods.waiting", text).unwrap();
        assert_eq!(query.title, "Pods that wait.");
        assert_eq!(query.documentation, "More of it,\non two lines.");
        assert_eq!(query.alert.map(|it| it.fires), Some(Fires::Rows));
        let [since, names] = query.parameters.as_slice() else {
            unreachable!("two parameters");
        };
        assert_eq!(since.default.as_deref(), Some("5m + 1m"));
        assert_eq!(since.description.as_deref(), Some("How long."));
        assert_eq!(
            (names.ty.as_str(), &names.description),
            ("list<string>", &None)
        );
    }

    #[test]
    fn what_is_wrong_is_told_all_at_once() {
        for (text, expected) in [
            ("pods | take 1", "expected its first line"),
            ("/// A.\npods | wher x == 1", "Q0107: expected an operator"),
            ("/// A.\nsyntax 1;", "expected a query"),
            (
                "/// A.\n/// @alarm\npods",
                "expected `@alert` or `@param` in the documentation, got `@alarm`",
            ),
            (
                "/// A.\n/// @param x Y\npods",
                "expected `@param NAME TEXT` of a declared parameter, got `x`",
            ),
            (
                "/// A.\n/// @alert\nparam x: long; pods | take @x",
                "expected a default of `x`",
            ),
        ] {
            let problems = SavedQuery::read("a", text).unwrap_err();
            assert!(
                problems.iter().any(|it| it.contains(expected)),
                "{text}: {problems:?}"
            );
        }
        let both = SavedQuery::read("a", "/// @alarm\nsyntax 1;").unwrap_err();
        assert_eq!(both.len(), 3, "{both:?}");
    }
}
