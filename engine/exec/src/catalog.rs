//! The tables that a query names, resolved before it is bound, and handed to the planner.

use std::collections::HashMap;
use std::sync::Arc;

use datafusion::datasource::provider_as_source;
use datafusion::logical_expr::TableSource;
use trawl_host::{ScanContext, types};
use trawl_lang::Diagnostic;
use trawl_lang::span::Span;
use trawl_plan::{Catalog, Reference, ScanColumn, Table, Type, virtuals};

use crate::arguments;
use crate::context::{Purpose, Pushdown, QueryContext};
use crate::declared::DeclaredTable;
use crate::error::Error;
use crate::schema::{self, SourceColumn};
use crate::sources::{DEFAULT_PLUGIN, Source, Sources};
use crate::table::ScanTable;

/// Who gives a table.
#[derive(Debug)]
pub enum Provider {
    /// A plugin, by its connections.
    Plugin(Arc<Source>),
    /// Nobody: only its schema is known.
    Declared,
}

/// A table at one place of a query.
#[derive(Debug)]
pub struct Resolved {
    /// Who gives it.
    pub provider: Provider,
    /// Its path in the plugin.
    pub path: Vec<String>,
    /// Its arguments, checked.
    pub arguments: Vec<types::Argument>,
    /// Where its rows belong.
    pub placement: types::Placement,
    /// Its columns with the contract's description of each.
    pub columns: Vec<SourceColumn>,
    /// As the planner sees it.
    pub table: Arc<Table>,
}

/// The resolved tables of one query.
#[derive(Debug)]
pub struct QueryCatalog {
    tables: HashMap<Span, Arc<Resolved>>,
    context: Arc<QueryContext>,
}

impl QueryCatalog {
    /// Resolves every reference.
    ///
    /// # Errors
    /// [`Error::Query`] with a diagnostic for each reference that names no table or has wrong arguments.
    pub async fn resolve(
        references: &[Reference],
        sources: &Sources,
        declared: &[DeclaredTable],
        context: Arc<QueryContext>,
    ) -> Result<Self, Error> {
        let mut tables = HashMap::new();
        let mut errors = Vec::new();
        for reference in references {
            match resolve(reference, sources, declared, &context).await {
                Ok(resolved) => {
                    tables.insert(reference.span, Arc::new(resolved));
                }
                Err(Error::Query(diagnostics)) => errors.extend(diagnostics),
                Err(other) => return Err(other),
            }
        }
        if errors.is_empty() {
            Ok(Self { tables, context })
        } else {
            Err(Error::Query(errors))
        }
    }
}

impl Catalog for QueryCatalog {
    fn table(&self, reference: &Reference) -> Result<Arc<Table>, Box<Diagnostic>> {
        match self.tables.get(&reference.span) {
            Some(resolved) => Ok(Arc::clone(&resolved.table)),
            None => Err(Diagnostic::error(
                "Q0200",
                format!("no table `{}`", reference.path.join(".")),
            )
            .label(reference.span, "not resolved")
            .into()),
        }
    }

    fn source(
        &self,
        reference: &Reference,
        columns: &[(ScanColumn, Type)],
    ) -> Arc<dyn TableSource> {
        let resolved = self.tables.get(&reference.span).cloned();
        provider_as_source(Arc::new(ScanTable::new(
            reference.span,
            resolved,
            columns.to_vec(),
            Arc::clone(&self.context),
        )))
    }

    fn offers_paths(&self) -> bool {
        self.context.pushdown == Pushdown::Everything
    }
}

async fn resolve(
    reference: &Reference,
    sources: &Sources,
    declared: &[DeclaredTable],
    context: &QueryContext,
) -> Result<Resolved, Error> {
    let found = match find(reference, sources).await? {
        Some((source, path)) => source
            .table(&path)
            .await?
            .cloned()
            .map(|info| (source, info)),
        None => None,
    };
    let Some((source, info)) = found else {
        let written = reference.path.join(".");
        return match declared.iter().find(|table| table.name == written) {
            Some(table) => only_declared(reference, table, context),
            None => Err(unknown(reference, sources, declared).await?.into()),
        };
    };
    let info = &info;
    let name = source.written(&info.path);
    let path = info.path.clone();
    let arguments = arguments::check(reference, info, &name)?;
    if source.links.is_empty() && context.purpose == Purpose::Run {
        return Err(Box::new(
            Diagnostic::error(
                "Q0234",
                format!("no cluster has a connection to `{}`", source.name),
            )
            .label(reference.span, "its rows come from there")
            .help(format!(
                "add it to a cluster of {}: `{}: {{url: …}}`",
                context.view.inventory.origin, source.name
            )),
        )
        .into());
    }
    let within = ScanContext {
        deadline: context.plan_deadline(),
        stats: Arc::default(),
    };
    let detail = source
        .catalog
        .within(within)
        .table_schema(&path, &arguments)
        .await
        .map_err(|error| {
            Diagnostic::error(
                "Q0235",
                format!("`{name}` has no schema: {}", error.message),
            )
            .label(
                reference.span,
                format!("{} {} said so", error.plugin, error.version),
            )
            .maybe_help(error.hint)
        });
    let detail = detail.map_err(|diagnostic| Error::Query(vec![diagnostic]))?;
    let columns = schema::columns(&detail.schema)?;
    if let Some(taken) = columns
        .iter()
        .find(|column| virtuals::is_virtual(&column.column.name))
    {
        return Err(Error::Internal(format!(
            "the plugin {} gives {name} a column `{}`, a name that trawl gives itself: report it to the plugin's author",
            source.name, taken.column.name
        )));
    }
    let table = Arc::new(Table {
        name,
        columns: columns.iter().map(|column| column.column.clone()).collect(),
    });
    Ok(Resolved {
        provider: Provider::Plugin(source),
        path,
        arguments,
        placement: detail.placement,
        columns,
        table,
    })
}

/// A table of which only the schema is known.
fn only_declared(
    reference: &Reference,
    declared: &DeclaredTable,
    context: &QueryContext,
) -> Result<Resolved, Error> {
    let name = &declared.name;
    if context.purpose == Purpose::Run {
        let diagnostic = Diagnostic::error(
            "Q0236",
            format!("`{name}` is only declared: no connection gives its rows"),
        )
        .label(reference.span, "there is nobody to ask")
        .help("connect a source that has it, or only `trawl explain` and `trawl check` the query");
        return Err(Box::new(diagnostic).into());
    }
    let arguments = arguments::check(reference, &declared.info(), name)?;
    let table = Arc::new(Table {
        name: name.clone(),
        columns: declared.planned(),
    });
    Ok(Resolved {
        provider: Provider::Declared,
        path: reference.path.clone(),
        arguments,
        placement: types::Placement::Cluster,
        columns: Vec::new(),
        table,
    })
}

/// Loads the plugins that references name, so that the query's clock starts when they are ready.
///
/// # Errors
/// When a plugin cannot be loaded.
pub async fn load(references: &[Reference], sources: &Sources) -> Result<(), Error> {
    for reference in references {
        let named = reference
            .path
            .first()
            .filter(|first| sources.names().any(|name| name == *first));
        sources
            .get(named.map_or(DEFAULT_PLUGIN, String::as_str))
            .await?;
    }
    Ok(())
}

/// The plugin and the path in it: the search path first, then a plugin's own name.
async fn find(
    reference: &Reference,
    sources: &Sources,
) -> Result<Option<(Arc<Source>, Vec<String>)>, Error> {
    let Some((first, rest)) = reference.path.split_first() else {
        return Ok(None);
    };
    if sources.names().any(|name| name == first) {
        return Ok(sources
            .get(first)
            .await?
            .map(|source| (source, rest.to_vec())));
    }
    let Some(source) = sources.get(DEFAULT_PLUGIN).await? else {
        return Ok(None);
    };
    let known = source.table(&reference.path).await?.is_some();
    Ok(known.then(|| (source, reference.path.clone())))
}

async fn unknown(
    reference: &Reference,
    sources: &Sources,
    declared: &[DeclaredTable],
) -> Result<Box<Diagnostic>, Error> {
    let mut names: Vec<String> = declared.iter().map(|table| table.name.clone()).collect();
    for plugin in sources.names().collect::<Vec<_>>() {
        if let Some(source) = sources.get(plugin).await? {
            names.extend(
                source
                    .tables()
                    .await?
                    .iter()
                    .map(|table| source.written(&table.path)),
            );
        }
    }
    let written = reference.path.join(".");
    let mut diagnostic = Diagnostic::error("Q0200", format!("no table `{written}`"))
        .label(reference.span, "no source has it");
    if let Some(near) = trawl_lang::nearest(&written, names.iter().map(String::as_str)) {
        diagnostic = diagnostic
            .help(format!("did you mean `{near}`?"))
            .fix(reference.span, near);
    }
    Ok(Box::new(
        diagnostic.help(format!("tables: {}", names.join(", "))),
    ))
}
