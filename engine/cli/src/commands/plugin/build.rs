//! `trawl plugin build`: a project becomes a component, which is looked at before anybody loads it.

use trawl_exec::inspect;

use super::{bytes, refusals};
use crate::args::{self, Global};
use crate::exit::{Failure, Outcome};
use crate::output;
use crate::project::Project;

/// A component that was built and fits.
pub struct Built {
    /// Where it is, how large, and its digest.
    pub line: String,
}

/// Builds a project.
///
/// # Errors
/// It does not build, or what it gives would be refused.
pub async fn run(global: &Global, build: &args::Build) -> Result<Outcome, Failure> {
    let project = Project::find(&build.folder)?;
    let built = built(&project, global.verbose > 0).await?;
    output::data(format!("{}\n", built.line).as_bytes())?;
    Ok(Outcome::Complete)
}

/// Builds a project and looks at its component.
///
/// # Errors
/// It does not build, or what it gives would be refused.
pub async fn built(project: &Project, as_it_comes: bool) -> Result<Built, Failure> {
    let path = project.build(as_it_comes).await?;
    let shown = path.display();
    let wasm = std::fs::read(&path)
        .map_err(|error| Failure::Usage(format!("{shown} cannot be read: {error}")))?;
    let found = inspect(&wasm).map_err(|error| {
        let hint = error.hint.map(|hint| format!("; {hint}"));
        Failure::Refused(format!(
            "{shown}: {}{}",
            error.message,
            hint.unwrap_or_default()
        ))
    })?;
    if !found.fits() {
        return Err(Failure::Refused(format!(
            "{shown} was built, and would be refused:\n  {}",
            refusals(&found).join("\n  ")
        )));
    }
    Ok(Built {
        line: format!("{shown}: {}, sha256:{}", bytes(found.bytes), found.digest),
    })
}
