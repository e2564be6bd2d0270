//! The fleet and the plugins as one caller sees them, made before a query is bound: what follows (names, schemas, counts, suggestions,
//! errors) is computed over this part and cannot tell of the rest. Connections that ask in their caller's name are the caller's own
//! here, with all that they remember. Refuses connections without a cluster that the caller sees.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use trawl_fleet::{Connection, Inventory};
use trawl_host::types;
use trawl_host::{ScanContext, ScanStats};
use trawl_plan::Type;

use crate::engine::{Engine, State};
use crate::error::Error;
use crate::limits;
use crate::placement::own_columns;
use crate::schema::SourceColumn;
use crate::scope::Scope;
use crate::sources::{Link, Slot, Source, Sources};

/// The column by which rows are of a namespace.
pub const NAMESPACE: &str = "namespace";

/// What a part was made of.
pub(crate) struct Within {
    /// All there is.
    whole: Arc<State>,
    scope: Arc<Scope>,
}

/// The parts that callers asked for last: a caller asks again.
#[derive(Debug, Default)]
pub(crate) struct Parts(Mutex<Vec<Arc<State>>>);

impl Engine {
    /// What a query of a caller with this scope sees, to its end.
    pub(crate) fn state_within(&self, scope: &Arc<Scope>) -> Arc<State> {
        let whole = self.state();
        // Where nothing is asked in anybody's name, callers who see the same share what was made of it.
        let scope = match whole.inventory.impersonates() {
            true => Arc::clone(scope),
            false => scope.of_anybody(),
        };
        if scope.is_everything() && scope.caller.is_none() {
            return whole;
        }
        let mut parts = self.parts.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Parts of what was replaced meanwhile are nobody's.
        parts.retain(|part| part.sources.is_part_of(&whole));
        if let Some(at) = parts.iter().position(|part| part.scope == scope) {
            // Those that nobody asks for any more go first.
            let known = parts.remove(at);
            parts.push(Arc::clone(&known));
            return known;
        }
        if parts.len() >= limits::SCOPES {
            parts.remove(0);
        }
        let part = Arc::new(part(&whole, &scope));
        parts.push(Arc::clone(&part));
        part
    }

    /// The inventory as a caller with this scope sees it. A connection that it shares with clusters outside is told under the
    /// name of the first cluster within.
    pub fn inventory_within(&self, scope: &Arc<Scope>) -> Arc<Inventory> {
        Arc::clone(&self.state_within(scope).inventory)
    }
}

fn part(whole: &Arc<State>, scope: &Arc<Scope>) -> State {
    let inventory = Arc::new(inventory(&whole.inventory, scope));
    let installed = whole.sources.slots.iter();
    let seen = installed.filter(|slot| scope.sees_plugin(&slot.plugin.name));
    let slots = seen.map(|slot| Slot::new(slot.plugin.clone())).collect();
    State {
        sources: Sources {
            tools: whole.sources.tools.clone(),
            inventory: Arc::clone(&inventory),
            slots,
            within: Some(Within {
                whole: Arc::clone(whole),
                scope: Arc::clone(scope),
            }),
        },
        inventory,
        scope: Arc::clone(scope),
        generation: whole.generation,
    }
}

fn inventory(whole: &Inventory, scope: &Scope) -> Inventory {
    let clusters = whole.clusters.iter();
    let clusters: Vec<_> = clusters
        .filter(|cluster| scope.sees_cluster(cluster))
        .cloned()
        .collect();
    let is_seen = |name: &str| clusters.iter().any(|cluster| cluster.name == name);
    let own = whole.connections.iter();
    let own = own.filter(|connection| scope.sees_plugin(&connection.plugin));
    let cut = own.filter_map(|connection| {
        let mut seen = connection.clone();
        seen.serves.retain(|name| is_seen(name));
        seen.keys.retain(|name, _| is_seen(name));
        let beyond = seen.serves.len() < connection.serves.len();
        (!seen.serves.is_empty()).then_some((seen, beyond))
    });
    Inventory {
        connections: renamed(cut.collect(), |connection| connection),
        default: whole.default.clone().filter(|name| is_seen(name)),
        // What plugins may do elsewhere is in them.
        policies: Default::default(),
        policies_at: None,
        ages: whole.ages.clone(),
        origin: whole.origin.clone(),
        clusters,
    }
}

/// Gives each connection that also serves clusters outside (`true`) a name made of what is within: its own can be made of a cluster
/// outside, or somebody chose it for one.
fn renamed<T>(connections: Vec<(T, bool)>, spec: impl Fn(&mut T) -> &mut Connection) -> Vec<T> {
    let mut connections = connections;
    let mut taken = BTreeSet::new();
    for (connection, beyond) in &mut connections {
        if !*beyond {
            taken.insert(spec(connection).name.clone());
        }
    }
    let told = |(mut connection, beyond): (T, bool)| {
        let it = spec(&mut connection);
        if let Some(first) = it.serves.first().filter(|_| beyond) {
            let usual = format!("{first}/{}", it.plugin);
            let numbered = (2_u64..).map(|number| format!("{usual}-{number}"));
            let mut names = std::iter::once(usual.clone()).chain(numbered);
            it.name = names
                .find(|name| !taken.contains(name))
                .unwrap_or_else(|| usual.clone());
            taken.insert(it.name.clone());
        }
        connection
    };
    connections.into_iter().map(told).collect()
}

impl Within {
    /// Whether it is a part of just this.
    pub(crate) fn is_part_of(&self, whole: &Arc<State>) -> bool {
        Arc::ptr_eq(&self.whole, whole)
    }

    /// A plugin with the connections and tables that are within.
    ///
    /// # Errors
    /// When it cannot be loaded. What is wrong with its configuration is told to the log alone: it can be about clusters outside.
    pub(crate) async fn source(&self, name: &str) -> Result<Source, Error> {
        let unusable = |error: Error| match error {
            Error::Config(why) if !self.scope.is_everything() => {
                tracing::warn!(plugin = name, %why, "a plugin cannot be used");
                Error::Config(format!(
                    "the plugin {name} cannot be used: the log of the server says why"
                ))
            }
            other => other,
        };
        // A part asks the whole, which asks nobody further.
        let whole = Box::pin(self.whole.sources.get(name)).await;
        let whole = whole.map_err(unusable)?;
        let Some(whole) = whole else {
            return Err(Error::Internal(format!("the plugin {name} is gone")));
        };
        let links = whole.links.iter().filter_map(|link| self.link(link));
        let mut source = Source {
            name: whole.name.clone(),
            loaded: Arc::clone(&whole.loaded),
            links: renamed(links.collect(), |link| &mut link.spec),
            place: whole.place.clone(),
            // What a newer version waits for is told with the clusters where it does.
            held: None,
            scope: Arc::clone(&self.scope),
            tables: None,
        };
        source.tables = self.tables(&source).await?;
        Ok(source)
    }

    /// A connection with its clusters that are within, and whether it serves others too; none when it has none.
    fn link(&self, whole: &Link) -> Option<(Link, bool)> {
        let mut link = whole.clone();
        let is_seen = |name: &str| {
            let cluster = self.whole.inventory.cluster(name);
            cluster.is_some_and(|cluster| self.scope.sees_cluster(cluster))
        };
        link.spec.serves.retain(|name| is_seen(name));
        link.spec.keys.retain(|name, _| is_seen(name));
        let (seen, beyond) = link.clusters.into_iter().partition(|it| is_seen(&it.name));
        link.clusters = seen;
        link.beyond = beyond;
        if link.spec.impersonates()
            && let Some(caller) = &self.scope.caller
        {
            link.connection = link.connection.for_caller(caller);
        }
        let beyond = link.is_shared_beyond();
        (!link.spec.serves.is_empty()).then_some((link, beyond))
    }

    /// The plugin's own tables that are within; none when all are.
    async fn tables(&self, source: &Source) -> Result<Option<Vec<types::TableInfo>>, Error> {
        if self.scope.tables.is_none() && self.scope.namespaces.is_none() {
            return Ok(None);
        }
        let mut seen = Vec::new();
        for table in source.loaded.tables().await? {
            if source.sees(&table.path, &table.aliases)
                && (self.scope.namespaces.is_none()
                    || source.is_named(&table.path, &table.aliases)
                    || has_namespaces(source, &table.path).await)
            {
                seen.push(table.clone());
            }
        }
        Ok(Some(seen))
    }
}

/// Whether the rows of a plugin's own table name their namespaces. One that cannot say so without arguments does not.
async fn has_namespaces(source: &Source, path: &[String]) -> bool {
    let now = Instant::now();
    let within = ScanContext {
        deadline: now.checked_add(limits::NAMESPACES_TIMEOUT).unwrap_or(now),
        stats: Arc::new(ScanStats::default()),
        memory: None,
    };
    let catalog = source.catalog().within(within);
    let detail = catalog.table_schema(path, &[]).await;
    let columns = detail.ok().map(|detail| own_columns(&detail));
    columns.is_some_and(|columns| columns.is_ok_and(|it| namespace_column(&it).is_some()))
}

/// The column by which a table's rows are of namespaces.
pub fn namespace_column(columns: &[SourceColumn]) -> Option<&SourceColumn> {
    let is_it = |it: &&SourceColumn| it.column.name == NAMESPACE && it.column.ty == Type::String;
    columns.iter().find(is_it)
}
