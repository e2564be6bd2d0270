//! The shapes of what the language's crates say, for documents that describe this crate's answers (OpenAPI). Those crates know no
//! such documents; a test holds the shapes to what is really written.

use utoipa::ToSchema;

/// A range of bytes of the query text, the end excluded.
#[derive(ToSchema)]
pub struct Span {
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

/// How bad it is: a query with an error does not run.
#[derive(ToSchema)]
#[schema(rename_all = "lowercase")]
pub enum Severity {
    /// It does not run.
    Error,
    /// It runs, and probably does not mean what it says.
    Warning,
}

/// A marked place of the query text.
#[derive(ToSchema)]
pub struct Label {
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
    /// What is to be said about it; may be empty.
    pub text: String,
    /// Whether it is the place of the problem or one that explains it.
    pub primary: bool,
}

/// A replacement that a tool may apply by itself: the bytes of `span` become `text`.
#[derive(ToSchema)]
pub struct Fix {
    /// The replaced bytes; empty for an insertion.
    pub span: Span,
    /// What stands there afterwards.
    pub text: String,
}

/// One message about a query text.
#[derive(ToSchema)]
pub struct Diagnostic {
    /// Stable code: `Q0107`.
    pub code: String,
    /// How bad it is.
    pub severity: Severity,
    /// What was expected and what came.
    pub message: String,
    /// Marked places.
    pub spans: Vec<Label>,
    /// What to do, a line each.
    pub help: Vec<String>,
    /// Replacements that belong together.
    pub fixes: Vec<Fix>,
}

/// How a result wishes to be shown.
#[derive(ToSchema)]
pub struct Render {
    /// As what.
    pub kind: RenderKind,
    /// A column of lists of numbers, each to be drawn as a line within its row.
    pub sparkline: Option<String>,
}

/// As what: `table`.
#[derive(ToSchema)]
#[schema(rename_all = "lowercase")]
pub enum RenderKind {
    /// Rows and columns.
    Table,
    /// Lines over time.
    Timechart,
    /// Bars.
    Barchart,
    /// Parts of a whole.
    Piechart,
    /// One large number.
    Stat,
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use utoipa::PartialSchema;

    use super::*;

    /// Whether an object has the properties of a schema, all that are required and no others.
    fn fits<T: PartialSchema>(object: &Value) {
        let schema = serde_json::to_value(T::schema()).unwrap();
        let properties = schema["properties"].as_object().unwrap();
        let object = object.as_object().unwrap();
        for key in object.keys() {
            assert!(properties.contains_key(key), "{key} is in no schema");
        }
        for key in schema["required"].as_array().unwrap() {
            assert!(
                object.contains_key(key.as_str().unwrap()),
                "{key} is not there"
            );
        }
    }

    #[test]
    fn shapes_are_those_of_what_is_written() {
        let parsed = trawl_lang::parse("pods | wher x == 1 | take 'a'");
        let said = serde_json::to_value(&parsed.diagnostics).unwrap();
        let all = said.as_array().unwrap();
        all.iter().for_each(fits::<Diagnostic>);
        let of = |key: &str| all.iter().flat_map(|it| it[key].as_array().unwrap()).next();
        fits::<Label>(of("spans").unwrap());
        let fix = of("fixes").unwrap();
        fits::<Fix>(fix);
        fits::<Span>(&fix["span"]);
        let severity = serde_json::to_value(Severity::schema()).unwrap();
        assert_eq!(severity["enum"], json!(["error", "warning"]));
        let render = trawl_plan::Render {
            kind: trawl_plan::RenderKind::Table,
            sparkline: Some("n".to_owned()),
        };
        fits::<Render>(&serde_json::to_value(&render).unwrap());
        let kinds = serde_json::to_value(RenderKind::schema()).unwrap();
        assert!(kinds["enum"].as_array().unwrap().contains(&json!("table")));
    }
}
