//! Owns a running fleet: its clusters, ports, files and faults. It ends with the value: ports are closed and the
//! private folder is removed when a [`Fleet`] is dropped.

use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::Value;
use tempfile::TempDir;
use tokio::sync::watch;

use crate::clock::{self, Clock};
use crate::cloudwatch::{self, Credentials};
use crate::error::Error;
use crate::fault::{Fault, FaultCell};
use crate::kubeconfig::{self, Access, Credential};
use crate::kubernetes::KubernetesApi;
use crate::objects::World;
use crate::options::{ClusterProfile, FleetOptions};
use crate::prometheus::PrometheusApi;
use crate::region::Region;
use crate::request_log::RequestLog;
use crate::seed::Rng;
use crate::serve::{Api, Call, Endpoint, Port};
use crate::tls::Authority;

/// The cluster that is reached with a client certificate; all others take tokens.
const CERTIFICATE_CLUSTER: usize = 2;

/// A fleet of clusters that runs in this process.
#[derive(Debug)]
pub struct Fleet {
    seed: u64,
    kubeconfig: PathBuf,
    clusters_yaml: PathBuf,
    members: Vec<Member>,
    regions: Vec<Region>,
    credentials: Credentials,
    stop: watch::Sender<bool>,
    /// Removed with the fleet.
    _folder: TempDir,
}

/// One cluster of a fleet.
#[derive(Debug)]
struct Member {
    world: Arc<World>,
    api: Arc<KubernetesApi>,
    access: Access,
    kubernetes: Port,
    prometheus: Port,
    log: Arc<RequestLog>,
}

impl Fleet {
    /// Generates and starts a fleet. It must be called within a tokio runtime with IO and time enabled.
    ///
    /// # Errors
    /// When an option is out of range, a port or a file cannot be had, or a certificate cannot be made.
    pub async fn start(options: FleetOptions) -> Result<Fleet, Error> {
        let profiles = options.profiles()?;
        let clock = Clock::at(options.now_s.unwrap_or_else(clock::system_now_s));
        let worlds = generate(&options, profiles, clock).await?;
        let folder = private_folder()?;
        let authority = Authority::new()?;
        let (stop, stopped) = watch::channel(false);
        let credentials = Credentials::of(options.seed);
        let regions = Region::start_all(&worlds, &options.faults, &credentials, &stopped)?;
        let secret = folder.path().join("aws-secret-access-key");
        kubeconfig::write_private(&secret, &credentials.secret_access_key)?;
        let mut members = Vec::new();
        for world in worlds {
            let mut member = Member::start(world, &options.faults, &authority, &stopped)?;
            let profile = &member.access.profile;
            let region = regions.iter().find(|region| region.name == profile.region);
            let access = region.map(|region| region.access(profile, &credentials, &secret));
            member.access.cloudwatch = access;
            members.push(member);
        }
        let accesses: Vec<Access> = members.iter().map(|member| member.access.clone()).collect();
        let (kubeconfig, clusters_yaml) = write_files(folder.path(), &accesses, &authority)?;
        Ok(Fleet {
            seed: options.seed,
            kubeconfig,
            clusters_yaml,
            members,
            regions,
            credentials,
            stop,
            _folder: folder,
        })
    }

    /// The kubeconfig: a context for each cluster, named like it.
    pub fn kubeconfig(&self) -> &Path {
        &self.kubeconfig
    }

    /// The inventory of the fleet, for `trawl --config`.
    pub fn clusters_yaml(&self) -> &Path {
        &self.clusters_yaml
    }

    /// The seed the content was made from; with the same instant it gives the same bytes again.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// The clusters, in the order of the inventory.
    pub fn clusters(&self) -> impl Iterator<Item = &ClusterProfile> {
        self.members.iter().map(|member| &member.access.profile)
    }

    /// Sets the fault of a cluster, or lifts it; it holds when this returns. `Fault::Prometheus` concerns the
    /// cluster's Prometheus API alone, `Fault::CloudWatch` CloudWatch in its region (and so the other clusters there),
    /// any other its Kubernetes API alone; `None` lifts all three. Connections are closed when the change shows in how they are made (refused, reset, untrusted, expired-certificate). A cluster
    /// that does not exist has no faults: nothing happens.
    pub fn set_fault(&self, cluster: &str, fault: Option<Fault>) {
        let Some(member) = self.member(cluster) else {
            return;
        };
        match fault {
            Some(Fault::Prometheus(inner)) => member.prometheus.set_fault(Some(*inner)),
            Some(Fault::CloudWatch(inner)) => {
                if let Some(region) = self.region(cluster) {
                    region.port.set_fault(Some(*inner));
                }
            }
            Some(fault) => member.kubernetes.set_fault(Some(fault)),
            None => {
                member.kubernetes.set_fault(None);
                member.prometheus.set_fault(None);
                if let Some(region) = self.region(cluster) {
                    region.port.set_fault(None);
                }
            }
        }
    }

    /// How many requests a cluster's own two APIs (Kubernetes and Prometheus) have received; 0 for a cluster that does not
    /// exist.
    pub fn requests(&self, cluster: &str) -> u64 {
        self.member(cluster).map_or(0, |member| member.log.count())
    }

    /// How many requests to a cluster's own two APIs have no answer yet, now and whenever that changes: one that a client gives up
    /// is none any more. None for a cluster that does not exist.
    pub fn open_requests(&self, cluster: &str) -> Option<watch::Receiver<u64>> {
        self.member(cluster).map(|member| member.log.watch_open())
    }

    /// The latest 10,000 requests of a cluster, oldest first, as `METHOD /path?query ACCEPT BODY`; most have no body. Paths
    /// of the two APIs differ, so both are in one list.
    pub fn request_log(&self, cluster: &str) -> Vec<String> {
        self.member(cluster)
            .map_or_else(Vec::new, |member| member.log.lines())
    }

    /// How many requests CloudWatch received in a cluster's region, whichever cluster they were about.
    pub fn cloudwatch_requests(&self, cluster: &str) -> u64 {
        self.region(cluster).map_or(0, |region| region.log.count())
    }

    /// The latest 10,000 requests to CloudWatch in a cluster's region, oldest first, as `POST ACTION ACCEPT BODY`:
    /// `POST Logs_20140328.FilterLogEvents */* {"logGroupName":…}`.
    pub fn cloudwatch_log(&self, cluster: &str) -> Vec<String> {
        self.region(cluster)
            .map_or_else(Vec::new, |region| region.log.lines())
    }

    /// The address of CloudWatch in a cluster's region, for both services.
    pub fn cloudwatch_url(&self, cluster: &str) -> Option<String> {
        self.region(cluster)
            .map(|region| format!("http://{}", region.address()))
    }

    /// What CloudWatch in a cluster's region answers to an action (`Logs_20140328.FilterLogEvents`), without a network: what a correct
    /// answer must agree with. None for a cluster that does not exist, and where it refuses.
    pub fn cloudwatch_answer(&self, cluster: &str, target: &str, body: &Value) -> Option<Value> {
        self.region(cluster)?.answer(target, body)
    }

    /// The access key and the secret that CloudWatch accepts; they end with the fleet.
    pub fn aws_credentials(&self) -> (&str, &str) {
        (
            &self.credentials.access_key_id,
            &self.credentials.secret_access_key,
        )
    }

    /// The log group of a cluster's programs.
    pub fn log_group(&self, cluster: &str) -> Option<String> {
        self.member(cluster)
            .map(|member| cloudwatch::log_group_of(&member.access.profile))
    }

    /// Where a cluster's Kubernetes API listens.
    pub fn kubernetes_address(&self, cluster: &str) -> Option<SocketAddr> {
        self.member(cluster).map(|member| member.access.kubernetes)
    }

    /// The URL of a cluster's Prometheus API, without a path.
    pub fn prometheus_url(&self, cluster: &str) -> Option<String> {
        self.member(cluster)?
            .access
            .prometheus
            .map(|address| format!("http://{address}"))
    }

    /// All objects of a resource in a cluster, decoded: what a correct answer must agree with. A resource is named by its
    /// plural (`pods`) or, where several groups have it, by plural and group (`gateways.submariner.io`). Custom
    /// resources carry `apiVersion` and `kind` in the preferred version, as lists of them do.
    pub fn objects(&self, cluster: &str, resource: &str) -> Vec<Value> {
        self.member(cluster).map_or_else(Vec::new, |member| {
            crate::kubernetes::objects(&member.world, resource)
        })
    }

    /// What the API of a cluster answers to a GET, without a network: the content type and the body. None for a cluster that
    /// does not exist, and where the API refuses.
    pub fn answer(&self, cluster: &str, target: &str, accept: &str) -> Option<(String, Vec<u8>)> {
        let member = self.member(cluster)?;
        member.api.body(&Call::get(target, accept))
    }

    /// Closes all ports and connections, waits until that is done, and removes the files.
    pub async fn shutdown(mut self) {
        self.stop.send_replace(true);
        for member in &mut self.members {
            member.kubernetes.closed().await;
            member.prometheus.closed().await;
        }
        for region in &mut self.regions {
            region.port.closed().await;
        }
    }

    fn region(&self, cluster: &str) -> Option<&Region> {
        let region = &self.member(cluster)?.access.profile.region;
        self.regions.iter().find(|known| known.name == *region)
    }

    fn member(&self, cluster: &str) -> Option<&Member> {
        self.members
            .iter()
            .find(|member| member.access.profile.name == cluster)
    }
}

impl Member {
    fn start(
        world: Arc<World>,
        faults: &[(String, Fault)],
        authority: &Authority,
        stop: &watch::Receiver<bool>,
    ) -> Result<Member, Error> {
        let profile = world.profile.clone();
        let (mut kubernetes, mut prometheus) = (None, None);
        for (_, fault) in faults
            .iter()
            .filter(|(cluster, _)| *cluster == profile.name)
        {
            match fault {
                Fault::Prometheus(inner) => prometheus = Some((**inner).clone()),
                Fault::CloudWatch(_) => {}
                fault => kubernetes = Some(fault.clone()),
            }
        }
        let log = Arc::new(RequestLog::default());
        let serve = |api: Arc<dyn Api>, fault, tls, what| {
            let endpoint = Endpoint {
                api,
                fault: Arc::new(FaultCell::new(fault)),
                log: log.clone(),
                tls,
            };
            Port::serve(
                endpoint,
                &format!("the {what} API of {}", profile.name),
                stop.clone(),
            )
        };
        let token = format!(
            "demo-{}",
            Rng::keyed(world.seed, &["token", &profile.name]).hex(32)
        );
        let api = Arc::new(KubernetesApi::new(world.clone(), token.clone()));
        let kubernetes = serve(
            api.clone(),
            kubernetes,
            Some(authority.acceptors.clone()),
            "Kubernetes",
        )?;
        let prometheus = serve(
            Arc::new(PrometheusApi::new(world.clone())),
            prometheus,
            None,
            "Prometheus",
        )?;
        let credential = match profile.index {
            CERTIFICATE_CLUSTER => Credential::Certificate,
            _ => Credential::Token(token),
        };
        let access = Access {
            profile,
            kubernetes: kubernetes.address(),
            prometheus: Some(prometheus.address()),
            // The region is added by the fleet, which knows all of them.
            cloudwatch: None,
            credential,
        };
        Ok(Member {
            world,
            api,
            access,
            kubernetes,
            prometheus,
            log,
        })
    }
}

/// Generates the clusters beside each other, off the runtime's threads: large ones take seconds.
async fn generate(
    options: &FleetOptions,
    profiles: Vec<ClusterProfile>,
    clock: Clock,
) -> Result<Vec<Arc<World>>, Error> {
    let (seed, pods) = (options.seed, options.pods);
    let tasks: Vec<_> = profiles
        .into_iter()
        .map(|profile| {
            let name = profile.name.clone();
            (
                name,
                tokio::task::spawn_blocking(move || World::generate(seed, &profile, pods, clock)),
            )
        })
        .collect();
    let mut worlds = Vec::new();
    for (cluster, task) in tasks {
        let world = task.await.map_err(|error| Error::Interrupted {
            cluster,
            message: error.to_string(),
        })?;
        worlds.push(Arc::new(world));
    }
    Ok(worlds)
}

/// A folder that only the user can enter.
pub(crate) fn private_folder() -> Result<TempDir, Error> {
    tempfile::Builder::new()
        .prefix("trawl-demo-")
        .permissions(std::fs::Permissions::from_mode(0o700))
        .tempdir()
        .map_err(|source| Error::Write {
            path: std::env::temp_dir(),
            source,
        })
}

/// Writes kubeconfig and inventory; the answer is their paths.
pub(crate) fn write_files(
    folder: &Path,
    accesses: &[Access],
    authority: &Authority,
) -> Result<(PathBuf, PathBuf), Error> {
    let (config, inventory) = (folder.join("kubeconfig"), folder.join("clusters.yaml"));
    kubeconfig::write_private(&config, &kubeconfig::kubeconfig(accesses, authority))?;
    kubeconfig::write_private(&inventory, &kubeconfig::clusters_yaml(accesses, &config))?;
    Ok((config, inventory))
}
