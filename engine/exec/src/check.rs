//! `check`: everything that is wrong with a text, without running it and without values for its parameters.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;
use trawl_lang::Diagnostic;
use trawl_lang::ast::File;
use trawl_plan::{Assumption, Value};

use crate::answer::AnswerColumn;
use crate::context::{Purpose, Pushdown};
use crate::engine::{Bound, Engine, Read, now_ns};
use crate::error::Error;
use crate::request::QueryRequest;
use crate::scope::Scope;

/// What a check found.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Check {
    /// Whether the query can run: no diagnostic is an error.
    pub ok: bool,
    /// Errors and warnings.
    #[schema(value_type = Vec<crate::shapes::Diagnostic>)]
    pub diagnostics: Vec<Diagnostic>,
    /// The parameters that the text declares.
    pub parameters: Vec<Parameter>,
    /// The columns of the result, when the query can run.
    pub columns: Vec<AnswerColumn>,
}

/// A parameter of a query.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Parameter {
    /// Its name.
    pub name: String,
    /// Its type, as declared.
    #[serde(rename = "type")]
    pub ty: String,
    /// Whether it has no default.
    pub required: bool,
}

impl Engine {
    /// Checks a text: parses and plans it. Parameters without a default are of their types and otherwise unknown. Tables need a
    /// schema and no connection, and exist as far as `scope` goes.
    ///
    /// # Errors
    /// When a plugin cannot be loaded; what is wrong with the text is in the result.
    pub async fn check(&self, text: &str, scope: &Arc<Scope>) -> Result<Check, Error> {
        let parsed = trawl_lang::parse(text);
        let Some(file) = parsed.file else {
            return Ok(Check::wrong(parsed.diagnostics, None));
        };
        if parsed.diagnostics.iter().any(Diagnostic::is_error) {
            return Ok(Check::wrong(parsed.diagnostics, Some(&file)));
        }
        let request = QueryRequest {
            scope: Arc::clone(scope),
            ..QueryRequest::new(text)
        };
        let mut wrong: Option<Vec<Diagnostic>> = None;
        // What is wrong whatever is assumed of the parameters is wrong; what is right for one assumption is right.
        for assumption in [Assumption::UnknownText, Assumption::Sample] {
            let assumed = match trawl_plan::assume(&file, assumption) {
                Ok(assumed) => {
                    self.bound(&file, assumed, &parsed.diagnostics, &request)
                        .await
                }
                Err(diagnostics) => Err(Error::Query(diagnostics)),
            };
            match assumed {
                Ok(bound) => {
                    return Ok(Check {
                        ok: true,
                        diagnostics: bound.warnings,
                        parameters: parameters(&file),
                        columns: AnswerColumn::all(bound.planned.columns),
                    });
                }
                Err(Error::Query(diagnostics)) => {
                    wrong.get_or_insert(diagnostics);
                }
                Err(error) => return Err(error),
            }
        }
        let mut diagnostics = parsed.diagnostics;
        diagnostics.extend(wrong.unwrap_or_default());
        Ok(Check::wrong(diagnostics, Some(&file)))
    }

    async fn bound(
        &self,
        file: &File,
        params: BTreeMap<String, Value>,
        warnings: &[Diagnostic],
        request: &QueryRequest,
    ) -> Result<Bound, Error> {
        let read = Read {
            file: file.clone(),
            params,
            warnings: warnings.to_vec(),
        };
        self.bind(
            &self.state_within(&request.scope),
            read,
            request,
            now_ns(),
            Purpose::Read,
            Pushdown::Everything,
        )
        .await
    }
}

impl Check {
    fn wrong(diagnostics: Vec<Diagnostic>, file: Option<&File>) -> Self {
        Self {
            ok: false,
            diagnostics,
            parameters: file.map(parameters).unwrap_or_default(),
            columns: Vec::new(),
        }
    }
}

fn parameters(file: &File) -> Vec<Parameter> {
    file.params
        .iter()
        .map(|param| Parameter {
            name: param.name.name.clone(),
            ty: param.ty.to_string(),
            required: param.default.is_none(),
        })
        .collect()
}
