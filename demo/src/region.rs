//! Owns CloudWatch of one region while it is served: one port for the account and its clusters there.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use serde_json::Value;
use tokio::sync::watch;

use crate::cloudwatch::{Account, CloudWatchApi, Credentials, log_group_of};
use crate::error::Error;
use crate::fault::{Fault, FaultCell};
use crate::kubeconfig::CloudWatchAccess;
use crate::objects::World;
use crate::options::ClusterProfile;
use crate::request_log::RequestLog;
use crate::serve::{Endpoint, Port};

/// A region's CloudWatch.
#[derive(Debug)]
pub(crate) struct Region {
    pub(crate) name: String,
    pub(crate) port: Port,
    pub(crate) log: Arc<RequestLog>,
    api: Arc<CloudWatchApi>,
}

impl Region {
    /// Serves the regions of these clusters, in the order in which they first come. Of the faults those of CloudWatch hold.
    pub(crate) fn start_all(
        worlds: &[Arc<World>],
        faults: &[(String, Fault)],
        credentials: &Credentials,
        stop: &watch::Receiver<bool>,
    ) -> Result<Vec<Region>, Error> {
        let mut regions: Vec<(String, Vec<Arc<World>>)> = Vec::new();
        for world in worlds {
            let name = &world.profile.region;
            match regions.iter_mut().find(|(known, _)| known == name) {
                Some((_, own)) => own.push(world.clone()),
                None => regions.push((name.clone(), vec![world.clone()])),
            }
        }
        regions
            .into_iter()
            .map(|(name, worlds)| {
                let fault = faults.iter().rev().find_map(|(cluster, fault)| {
                    let own = worlds.iter().any(|world| world.profile.name == *cluster);
                    match fault {
                        Fault::CloudWatch(inner) if own => Some((**inner).clone()),
                        _ => None,
                    }
                });
                Region::start(name, worlds, fault, credentials, stop)
            })
            .collect()
    }

    fn start(
        name: String,
        worlds: Vec<Arc<World>>,
        fault: Option<Fault>,
        credentials: &Credentials,
        stop: &watch::Receiver<bool>,
    ) -> Result<Region, Error> {
        let account = Arc::new(Account::new(name.clone(), worlds));
        let log = Arc::new(RequestLog::default());
        let api = Arc::new(CloudWatchApi::new(account, credentials.clone()));
        let endpoint = Endpoint {
            api: api.clone(),
            fault: Arc::new(FaultCell::new(fault)),
            log: log.clone(),
            tls: None,
        };
        let port = Port::serve(endpoint, &format!("CloudWatch of {name}"), stop.clone())?;
        Ok(Region {
            name,
            port,
            log,
            api,
        })
    }

    /// How it is reached about a cluster of the region; `secret` is the file that holds the secret access key.
    pub(crate) fn access(
        &self,
        profile: &ClusterProfile,
        credentials: &Credentials,
        secret: &Path,
    ) -> CloudWatchAccess {
        CloudWatchAccess {
            address: self.address(),
            log_group: log_group_of(profile),
            access_key_id: credentials.access_key_id.clone(),
            secret: secret.to_owned(),
        }
    }

    /// What it answers to an action without a network; none where it refuses.
    pub(crate) fn answer(&self, target: &str, body: &Value) -> Option<Value> {
        self.api.value(target, body)
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.port.address()
    }
}
