//! The tables that a query names, resolved before it is bound, and handed to the planner.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use datafusion::datasource::provider_as_source;
use datafusion::logical_expr::TableSource;
use futures::FutureExt;
use trawl_host::types;
use trawl_lang::Diagnostic;
use trawl_lang::span::Span;
use trawl_plan::{Catalog, ClusterSet, Fleet, Reference, ScanColumn, Table, Type, virtuals};

use crate::arguments;
use crate::context::{Purpose, Pushdown, QueryContext};
use crate::declared::DeclaredTable;
use crate::discover::{self, Discovered};
use crate::error::Error;
use crate::namespaces::{self, Namespaces};
use crate::placement::{self, Placements};
use crate::schema::SourceColumn;
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
    /// Where its rows belong, connection by connection.
    pub placements: Placements,
    /// The namespaces whose rows the caller sees, where it does not see all.
    pub namespaces: Option<Namespaces>,
    /// Columns of each inner list of which a query must filter on one.
    pub required: Vec<Vec<String>>,
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
    /// Resolves every reference. `reach` are the clusters that each can want.
    ///
    /// # Errors
    /// [`Error::Query`] with a diagnostic for each reference that names no table or has wrong arguments.
    pub async fn resolve(
        references: &[Reference],
        sources: &Sources,
        declared: &[DeclaredTable],
        reach: &BTreeMap<Span, ClusterSet>,
        context: Arc<QueryContext>,
    ) -> Result<Self, Error> {
        let nowhere = ClusterSet::new();
        let mut questions = Vec::with_capacity(references.len());
        for reference in references {
            let world = World {
                sources,
                declared,
                reach: reach.get(&reference.span).unwrap_or(&nowhere),
                context: &context,
            };
            questions.push(async move { resolve(reference, &world).await }.boxed());
        }
        let answers = futures::future::join_all(questions).await;
        let mut tables = HashMap::new();
        let mut errors = Vec::new();
        for (reference, answer) in references.iter().zip(answers) {
            match answer {
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

/// What a reference is resolved against.
struct World<'a> {
    sources: &'a Sources,
    declared: &'a [DeclaredTable],
    /// Clusters that the reference can want.
    reach: &'a ClusterSet,
    context: &'a QueryContext,
}

impl World<'_> {
    /// The declared table of a reference.
    fn declared(&self, reference: &Reference) -> Option<&DeclaredTable> {
        let written = reference.path.join(".");
        let scope = &self.context.scope;
        let mut declared = self.declared.iter();
        declared.find(|table| table.name == written && scope.sees_table([written.as_str()]))
    }
}

async fn resolve(reference: &Reference, world: &World<'_>) -> Result<Resolved, Error> {
    let Some((source, path)) = world.sources.find(&reference.path).await? else {
        return only_declared(reference, world);
    };
    if let Some(info) = source.table(&path).await?.cloned() {
        return known(reference, source, &info, world.context).await;
    }
    // Nothing is asked of anybody for a plan of what is declared.
    if world.context.purpose == Purpose::Read && world.declared(reference).is_some() {
        return only_declared(reference, world);
    }
    let mut found = discover::discover(&source, &path, world.reach, world.context).await;
    let is_hidden = found.is_hidden(&source, &path);
    if is_hidden {
        found = found.hidden();
    }
    if found.is_somewhere() {
        return discovered(reference, source, path, found, world.context);
    }
    // None that the query wants has it: the others say whether there is such a table, and its columns.
    let others: ClusterSet = &world.context.view.clusters() - world.reach;
    let elsewhere = discover::discover(&source, &path, &others, world.context).await;
    if elsewhere.is_somewhere() && !elsewhere.is_hidden(&source, &path) {
        return discovered(reference, source, path, elsewhere, world.context);
    }
    if world.declared(reference).is_some() {
        return only_declared(reference, world);
    }
    Err(unknown(reference, world, &found).await?.into())
}

/// A table that the plugin has whatever the connection.
async fn known(
    reference: &Reference,
    source: Arc<Source>,
    info: &types::TableInfo,
    context: &QueryContext,
) -> Result<Resolved, Error> {
    let name = source.written(&info.path);
    let path = info.path.clone();
    let arguments = arguments::check(reference, info, &name)?;
    if source.links.is_empty() && context.purpose == Purpose::Run {
        // Where the inventory is, is for those who see all of it.
        let help = context.scope.is_everything().then(|| {
            format!(
                "add it to a cluster of {}: `{}: {{url: …}}`",
                context.view.inventory.origin, source.name
            )
        });
        return Err(Box::new(
            Diagnostic::error(
                "Q0234",
                format!("no cluster has a connection to `{}`", source.name),
            )
            .label(reference.span, "its rows come from there")
            .maybe_help(help),
        )
        .into());
    }
    let detail = source
        .catalog()
        .within(context.describing())
        .table_schema(&path, &arguments)
        .await
        .map_err(|error| {
            let message = format!("`{name}` has no schema: {}", error.message);
            if error.code == types::ErrorCode::Timeout {
                // The query may be right; nobody had the time to say so.
                return Error::Overdue(message);
            }
            let said = format!("{} {} said so", error.plugin, error.version);
            let diagnostic = Diagnostic::error("Q0235", message).label(reference.span, said);
            Error::Query(vec![diagnostic.maybe_help(error.hint)])
        });
    let detail = detail?;
    for note in &detail.notes {
        context.warn(format!("{name}: {note}"));
    }
    let columns = placement::own_columns(&detail)?;
    // Whether its columns name namespaces can depend on its arguments.
    let is_named = source.is_named(&info.path, &info.aliases);
    let namespaces =
        namespaces::of_rows(&columns, is_named, context).map_err(|()| hidden(reference))?;
    if context.scope.namespaces.is_some() && !context.scope.raw && arguments::has_text(&arguments) {
        return Err(Box::new(
            Diagnostic::error("Q0239", format!("`{name}` cannot be given a text by this caller"))
                .label(reference.span, "a text in the source's own language can read every namespace")
                .help("the scope of the caller lists namespaces; it would have to allow `raw: true` as well"),
        )
        .into());
    }
    let table = planned(name, &columns, &source)?;
    let placements = placement::ask(&source, &path, &arguments, detail.placement, context).await;
    Ok(Resolved {
        provider: Provider::Plugin(source),
        path,
        arguments,
        placements,
        namespaces,
        required: detail.required_filters,
        columns,
        table,
    })
}

/// A table that connections have.
fn discovered(
    reference: &Reference,
    source: Arc<Source>,
    path: Vec<String>,
    found: Discovered,
    context: &QueryContext,
) -> Result<Resolved, Error> {
    let name = source.written(&path);
    if found.meanings.len() > 1 {
        let meanings = found
            .meanings
            .iter()
            .map(|(identity, by)| format!("`{identity}` on {}", by.join(", ")));
        let meanings: Vec<String> = meanings.collect();
        let diagnostic = Diagnostic::error("Q0237", format!("`{name}` means different things"))
            .label(reference.span, meanings.join(", "))
            .help("name the one that is meant, in backquotes");
        return Err(Box::new(diagnostic).into());
    }
    let info = types::TableInfo {
        path: path.clone(),
        aliases: Vec::new(),
        params: Vec::new(),
        description: None,
    };
    let arguments = arguments::check(reference, &info, &name)?;
    for note in &found.notes {
        context.warn(format!("{name}: {note}"));
    }
    for (connection, error) in &found.silent {
        context.warn(format!(
            "{name}: {connection} did not say what it looks like, columns that only it has are not known: {}",
            error.message
        ));
    }
    let namespaces = namespaces::of_rows(&found.columns, source.is_named(&path, &[]), context)
        .map_err(|()| hidden(reference))?;
    let table = planned(name, &found.columns, &source)?;
    // What the name was found to mean is what is read, also from a connection that could not say what it means.
    let path = match found.meanings.into_keys().next() {
        Some(meaning) if matches!(path.as_slice(), [word] if !word.contains('.')) => vec![meaning],
        _ => path,
    };
    Ok(Resolved {
        provider: Provider::Plugin(source),
        path,
        arguments,
        placements: found.placements,
        namespaces,
        required: found.required,
        columns: found.columns,
        table,
    })
}

/// The table as the planner sees it.
fn planned(name: String, columns: &[SourceColumn], source: &Source) -> Result<Arc<Table>, Error> {
    if let Some(taken) = columns
        .iter()
        .find(|column| virtuals::is_virtual(&column.column.name))
    {
        return Err(Error::Internal(format!(
            "the plugin {} gives {name} a column `{}`, a name that trawl gives itself: report it to the plugin's author",
            source.name, taken.column.name
        )));
    }
    Ok(Arc::new(Table {
        name,
        columns: columns.iter().map(|column| column.column.clone()).collect(),
    }))
}

/// What is said of a table that nobody has.
fn hidden(reference: &Reference) -> Error {
    let written = reference.path.join(".");
    let diagnostic = Diagnostic::error("Q0200", format!("no table `{written}`"));
    Box::new(diagnostic.label(reference.span, "no source has it")).into()
}

/// A table of which only the schema is known.
fn only_declared(reference: &Reference, world: &World<'_>) -> Result<Resolved, Error> {
    let Some(declared) = world.declared(reference) else {
        return Err(hidden(reference));
    };
    let name = &declared.name;
    if world.context.purpose == Purpose::Run {
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
        placements: Placements::all(types::Placement::Cluster),
        namespaces: None,
        required: Vec::new(),
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

/// No source has the table: the nearest names, those included that the clusters have which were asked for it.
async fn unknown(
    reference: &Reference,
    world: &World<'_>,
    found: &Discovered,
) -> Result<Box<Diagnostic>, Error> {
    let mut names: Vec<String> = world
        .declared
        .iter()
        .map(|table| table.name.clone())
        .filter(|name| world.context.scope.sees_table([name.as_str()]))
        .collect();
    for plugin in world.sources.names().collect::<Vec<_>>() {
        // What is wrong with a plugin is told to the queries that use it.
        let Ok(Some(source)) = world.sources.get(plugin).await else {
            continue;
        };
        if let Ok(tables) = source.tables().await {
            names.extend(tables.iter().map(|table| source.written(&table.path)));
        }
    }
    if let Some((source, _)) = world.sources.find(&reference.path).await? {
        names.extend(discover::names(&source, world.reach, world.context).await);
    }
    let written = reference.path.join(".");
    let mut diagnostic = Diagnostic::error("Q0200", format!("no table `{written}`"))
        .label(reference.span, "no source has it");
    if let Some(near) = trawl_lang::nearest(&written, names.iter().map(String::as_str)) {
        diagnostic = diagnostic
            .help(format!("did you mean `{near}`?"))
            .fix(reference.span, near);
    }
    if let Some((first, error)) = found.silent.first() {
        diagnostic = diagnostic.help(format!(
            "{} of {} clusters that may have it did not answer, {first} among them: {}",
            found.silent.len(),
            found.silent.len() + found.absent.len(),
            error.message
        ));
    }
    Ok(Box::new(diagnostic.help(
        "`trawl tables` lists those that there are, with `--discover` those of the clusters too",
    )))
}
