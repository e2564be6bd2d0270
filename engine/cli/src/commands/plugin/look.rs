//! Looking at a component before anybody trusts it: at its file, and then at what it says of itself when it is loaded alone, with
//! no cluster and no address.

use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use trawl_exec::{
    DescribedColumn, Engine, EngineOptions, Examined, Inspection, InstalledPlugin, inspect,
};
use trawl_fleet::{Inventory, Origin};

use super::refusals;
use crate::exit::{Failure, QueryText};
use crate::setup;

/// A component and what is known of it.
#[derive(Debug)]
pub struct Look {
    /// What its file says.
    pub file: Inspection,
    /// What it says of itself, or why it would be refused.
    pub itself: Result<Examined, Vec<String>>,
    /// The columns of its tables, where they were wanted: of each table, or why it cannot say without arguments.
    pub columns: Vec<(String, Result<Vec<DescribedColumn>, String>)>,
}

/// What a component is called until it has said its own name.
const UNNAMED: &str = "plugin";

/// Looks at a component, under its own name unless another one is given. Nothing is contacted.
///
/// # Errors
/// It is no component at all.
pub async fn look(wasm: &[u8], name: Option<&str>, with_columns: bool) -> Result<Look, Failure> {
    let file = inspect(wasm).map_err(|error| {
        let hint = error.hint.map(|hint| format!("; {hint}"));
        Failure::Refused(format!("{}{}", error.message, hint.unwrap_or_default()))
    })?;
    let refused = refusals(&file);
    if !refused.is_empty() {
        return Ok(Look {
            file,
            itself: Err(refused),
            columns: Vec::new(),
        });
    }
    let folder = std::env::temp_dir();
    let mut copy = tempfile::NamedTempFile::new().map_err(Failure::file(&folder))?;
    copy.write_all(wasm).map_err(Failure::file(&folder))?;
    let mut named = examined(name.unwrap_or(UNNAMED), copy.path()).await;
    if let Ok((_, it)) = &named
        && name.is_none()
    {
        // Its tables are told as they are written in a query.
        let own = it.name.clone();
        named = examined(&own, copy.path()).await;
    }
    let (engine, examined) = match named {
        Ok(examined) => examined,
        Err(failure @ Failure::Internal(_)) => return Err(failure),
        Err(Failure::Query(error, _)) => {
            return Ok(Look {
                file,
                itself: Err(vec![error.to_string()]),
                columns: Vec::new(),
            });
        }
        Err(other) => return Err(other),
    };
    let mut columns = Vec::new();
    if with_columns {
        for table in &examined.tables {
            let described = engine
                .describe(&table.name, None, &[], TIMEOUT, &Arc::default())
                .await;
            let described = described.map(|it| it.columns);
            columns.push((
                table.name.clone(),
                described.map_err(|error| error.to_string()),
            ));
        }
    }
    Ok(Look {
        file,
        itself: Ok(examined),
        columns,
    })
}

/// Time for the columns of one table: nothing is asked of anybody.
const TIMEOUT: std::time::Duration = std::time::Duration::from_secs(10);

/// An engine with the component alone and no cluster, and what the component says there.
async fn examined(name: &str, path: &Path) -> Result<(Engine, Examined), Failure> {
    let engine = setup::made(EngineOptions {
        inventory: Inventory::of(Vec::new(), Vec::new(), Origin::Kubeconfig(Vec::new())),
        plugins: vec![InstalledPlugin::development(name, path)],
        declared: Vec::new(),
        cache_dir: setup::cache_dir(),
    })?;
    let examined = engine.examine(name).await;
    let examined = examined.map_err(|error| Failure::Query(error, QueryText::default()))?;
    Ok((engine, examined))
}
