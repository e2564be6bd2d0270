//! Finding the inventory and reading it: the order of the places, the variables, the limits.

use std::ffi::OsString;
use std::io::Read;
use std::path::{Path, PathBuf};

use crate::check::{Check, nearest};
use crate::document;
use crate::entry::Scope;
use crate::error::{Error, Position};
use crate::in_cluster::{self, ServiceAccount};
use crate::kubeconfig;
use crate::merge;
use crate::model::{Cluster, Connection, Inventory, KubernetesSpec, Origin};

/// A fleet of 2,000 clusters with ten lines each is below 1 MiB; a file of more is not an inventory.
pub(crate) const MAX_FILE_BYTES: usize = 4 * 1024 * 1024;
/// Known even where it is not installed yet: `cloudwatch_group` is part of the format.
const ALWAYS_KNOWN: &str = "cloudwatch";

/// What loading an inventory depends on. Tests give their own variables and folder.
pub struct LoadOptions<'a> {
    /// `--config`: only this file is looked at.
    pub config: Option<PathBuf>,
    /// The installed plugins: any key of a cluster that is one of these is a connection.
    pub plugins: &'a [&'a str],
    /// Looks up an environment variable. An empty one counts as unset.
    pub variable: &'a dyn Fn(&str) -> Option<OsString>,
    /// `config/clusters.yaml` and relative paths of the command line count from here.
    pub folder: PathBuf,
}

impl<'a> LoadOptions<'a> {
    /// Loading with the process's variables and working directory.
    pub fn of_process(config: Option<PathBuf>, plugins: &'a [&'a str]) -> LoadOptions<'a> {
        LoadOptions {
            config,
            plugins,
            variable: &|name| std::env::var_os(name),
            folder: PathBuf::new(),
        }
    }

    fn set(&self, name: &str) -> Option<OsString> {
        (self.variable)(name).filter(|value| !value.is_empty())
    }

    fn home(&self) -> Option<PathBuf> {
        self.set("HOME")
            .or_else(|| self.set("USERPROFILE"))
            .map(PathBuf::from)
    }

    fn kubeconfig(&self) -> Vec<PathBuf> {
        match self.set("KUBECONFIG") {
            Some(paths) => std::env::split_paths(&paths)
                .filter(|path| !path.as_os_str().is_empty())
                .map(|path| self.folder.join(path))
                .collect(),
            None => self
                .home()
                .map(|home| home.join(".kube").join("config"))
                .into_iter()
                .collect(),
        }
    }
}

impl Inventory {
    /// Finds and reads the inventory: `--config`, `$CLUSTER_CONFIG_PATH`, `config/clusters.yaml`, the
    /// user's config folder (`trawl/clusters.yaml`), with none of them the kubeconfig's contexts, and in a
    /// pod that has none either the cluster of the pod.
    ///
    /// # Errors
    /// There is none, it cannot be read, or something in it is wrong; see [`Error`].
    pub fn load(options: LoadOptions<'_>) -> Result<Inventory, Error> {
        load(&options, Path::new(in_cluster::FOLDER))
    }

    /// Reads the text of a clusters.yaml that is to stand at `path`, which need not exist. Of the options, `config` means nothing.
    ///
    /// # Errors
    /// Something in it is wrong: [`Error::Invalid`].
    pub fn read(text: &str, path: &Path, options: &LoadOptions<'_>) -> Result<Inventory, Error> {
        from_text(text, path, options, None)
    }

    /// Reads again what an inventory came from. Unlike [`Inventory::load`] it looks nowhere else: a process that runs must not
    /// change to other clusters because a file is away for a moment, or because another one came.
    ///
    /// # Errors
    /// What it came from is no longer there, cannot be read, or something in it is wrong; see [`Error`].
    pub fn again(origin: &Origin, options: LoadOptions<'_>) -> Result<Inventory, Error> {
        again(origin, &options, Path::new(in_cluster::FOLDER))
    }
}

/// Loads from the same place, with the service account, if there is one, in this folder.
pub(crate) fn again(
    origin: &Origin,
    options: &LoadOptions<'_>,
    account: &Path,
) -> Result<Inventory, Error> {
    let account = ServiceAccount::find(&|name| options.set(name), account);
    let inventory = match origin {
        Origin::File(path) => from_file(path, None, options, account.as_ref())?,
        Origin::Kubeconfig(_) => from_kubeconfig(options, None)?,
        Origin::InCluster(folder) => {
            let inventory = account.as_ref().and_then(ServiceAccount::inventory);
            inventory.ok_or_else(|| Error::NotFound {
                searched: format!("`token` and `ca.crt` in {}", folder.display()),
            })?
        }
    };
    with_default(inventory, options)
}

/// Loads with the service account, if there is one, in this folder.
pub(crate) fn load(options: &LoadOptions<'_>, account: &Path) -> Result<Inventory, Error> {
    let account = ServiceAccount::find(&|name| options.set(name), account);
    let inventory = match find(options) {
        Some((path, named_by)) => from_file(&path, named_by, options, account.as_ref())?,
        None => from_kubeconfig(options, account.as_ref())?,
    };
    with_default(inventory, options)
}

/// With the default cluster that a variable names.
fn with_default(mut inventory: Inventory, options: &LoadOptions<'_>) -> Result<Inventory, Error> {
    if let Some(name) = options.set("DEFAULT_CLUSTER") {
        let name = name.to_string_lossy().into_owned();
        if inventory.cluster(&name).is_none() {
            let names = inventory
                .clusters
                .iter()
                .map(|cluster| cluster.name.as_str());
            return Err(Error::Variable {
                variable: "DEFAULT_CLUSTER",
                hint: nearest(&name, names).map(|near| format!("did you mean `{near}`?")),
                value: crate::check::printable(&name),
                origin: inventory.origin.to_string(),
            });
        }
        inventory.default = Some(name);
    }
    Ok(inventory)
}

/// The file to read, and what names it: a file that was named has to exist.
fn find(options: &LoadOptions<'_>) -> Option<(PathBuf, Option<&'static str>)> {
    if let Some(path) = &options.config {
        return Some((options.folder.join(path), Some("--config")));
    }
    if let Some(path) = options.set("CLUSTER_CONFIG_PATH") {
        return Some((options.folder.join(path), Some("CLUSTER_CONFIG_PATH")));
    }
    let here = options.folder.join("config").join("clusters.yaml");
    let users = user_folder(options).map(|folder| folder.join("trawl").join("clusters.yaml"));
    [Some(here), users]
        .into_iter()
        .flatten()
        .find(|path| path.exists())
        .map(|path| (path, None))
}

fn user_folder(options: &LoadOptions<'_>) -> Option<PathBuf> {
    options
        .set("XDG_CONFIG_HOME")
        .or_else(|| options.set("APPDATA"))
        .map(PathBuf::from)
        .or_else(|| options.home().map(|home| home.join(".config")))
}

fn from_file(
    path: &Path,
    named_by: Option<&'static str>,
    options: &LoadOptions<'_>,
    account: Option<&ServiceAccount>,
) -> Result<Inventory, Error> {
    let text = read_file(path, named_by)?;
    from_text(&text, path, options, account)
}

fn from_text(
    text: &str,
    path: &Path,
    options: &LoadOptions<'_>,
    account: Option<&ServiceAccount>,
) -> Result<Inventory, Error> {
    let invalid = |problems| Error::Invalid {
        path: path.to_owned(),
        problems,
    };
    let tree = crate::yaml::parse(text).map_err(|problem| invalid(vec![problem]))?;
    let mut plugins = options.plugins.to_vec();
    if !plugins.contains(&ALWAYS_KNOWN) {
        plugins.push(ALWAYS_KNOWN);
    }
    let home = options.home();
    let kubeconfig = options.kubeconfig();
    let scope = Scope {
        plugins: &plugins,
        folder: path.parent().unwrap_or(Path::new("")),
        home: home.as_deref(),
        kubeconfig: &kubeconfig,
        account,
    };
    let mut check = Check::default();
    let document = document::read(&tree, &scope, &mut check);
    let connections = merge::merge(document.entries, &document.clusters, &mut check);
    let problems = check.finish();
    if !problems.is_empty() {
        return Err(invalid(problems));
    }
    let default = document.default.or_else(|| only(&document.clusters));
    Ok(Inventory {
        default,
        policies: document.policies,
        policies_at: document.policies_at,
        ages: document.ages,
        ..Inventory::of(
            document.clusters,
            connections,
            Origin::File(path.to_owned()),
        )
    })
}

fn from_kubeconfig(
    options: &LoadOptions<'_>,
    account: Option<&ServiceAccount>,
) -> Result<Inventory, Error> {
    let paths = options.kubeconfig();
    let contexts = kubeconfig::contexts(&paths)?;
    if contexts.names.is_empty() {
        // An empty kubeconfig counts as none, as kubectl has it.
        if let Some(inventory) = account.and_then(ServiceAccount::inventory) {
            return Ok(inventory);
        }
        let kubeconfig: Vec<String> = paths
            .iter()
            .map(|path| path.display().to_string())
            .collect();
        let users = user_folder(options)
            .map(|folder| format!(", {}", folder.join("trawl").join("clusters.yaml").display()))
            .unwrap_or_default();
        let pods = account
            .map(|account| format!(", and `token` and `ca.crt` in {}", account.folder.display()))
            .unwrap_or_default();
        return Err(Error::NotFound {
            searched: format!(
                "--config, $CLUSTER_CONFIG_PATH, config/clusters.yaml{users}, contexts in the kubeconfig ({}){pods}",
                if kubeconfig.is_empty() {
                    "none".to_owned()
                } else {
                    kubeconfig.join(", ")
                }
            ),
        });
    }
    let mut check = Check::default();
    let start = Position { line: 1, column: 1 };
    for name in &contexts.names {
        document::valid_name(name, start, &mut check);
    }
    if contexts.names.len() > document::MAX_CLUSTERS {
        let found = contexts.names.len();
        check.problem(
            start,
            format!(
                "expected at most {} contexts, found {found}",
                document::MAX_CLUSTERS
            ),
        );
    }
    let problems = check.finish();
    if !problems.is_empty() {
        let path = contexts.files.first().cloned().unwrap_or_default();
        return Err(Error::Invalid { path, problems });
    }
    let clusters: Vec<Cluster> = contexts.names.iter().map(|n| Cluster::bare(n)).collect();
    let connection = |name: &String| {
        let spec = KubernetesSpec {
            kubeconfig: contexts.files.clone(),
            context: Some(name.clone()),
            ..KubernetesSpec::default()
        };
        Connection::kube(name, spec)
    };
    let connections = contexts.names.iter().map(connection).collect();
    let current = contexts
        .current
        .filter(|name| contexts.names.contains(name));
    Ok(Inventory {
        default: current.or_else(|| only(&clusters)),
        ..Inventory::of(clusters, connections, Origin::Kubeconfig(contexts.files))
    })
}

/// Where there is one cluster it is the default without a word.
fn only(clusters: &[Cluster]) -> Option<String> {
    match clusters {
        [cluster] => Some(cluster.name.clone()),
        _ => None,
    }
}

/// Reads a text file below [`MAX_FILE_BYTES`].
pub(crate) fn read_file(path: &Path, named_by: Option<&str>) -> Result<String, Error> {
    let unreadable = |reason: String| Error::Unreadable {
        path: path.to_owned(),
        reason,
        named_by: named_by.map(str::to_owned),
    };
    let file = std::fs::File::open(path).map_err(|error| unreadable(error.to_string()))?;
    let mut bytes = Vec::new();
    // One byte more than allowed tells a file at the limit from one above it, also for a pipe.
    let allowed = u64::try_from(MAX_FILE_BYTES)
        .unwrap_or(u64::MAX)
        .saturating_add(1);
    file.take(allowed)
        .read_to_end(&mut bytes)
        .map_err(|error| unreadable(error.to_string()))?;
    if bytes.len() > MAX_FILE_BYTES {
        return Err(Error::TooLarge {
            path: path.to_owned(),
            what: format!("more than {MAX_FILE_BYTES} bytes"),
            limit: MAX_FILE_BYTES,
        });
    }
    String::from_utf8(bytes).map_err(|_| unreadable("expected UTF-8 text".to_owned()))
}
