//! Owns what an account has in one region: the metrics, alarms and log groups of the clusters that run there. Everything
//! is made when it is first asked for.

use std::sync::{Arc, OnceLock};

use super::alarm::{self, Alarm};
use super::log_group::{self, LogGroup};
use super::metric::{self, Metric};
use crate::clock::Clock;
use crate::objects::World;
use crate::options::ClusterProfile;

/// The account that all clusters belong to: one of those that AWS's documentation uses.
pub(crate) const ACCOUNT_ID: &str = "111122223333";

/// An account in one region.
#[derive(Debug)]
pub(crate) struct Account {
    pub(crate) region: String,
    /// The clusters of the region; there is at least one.
    worlds: Vec<Arc<World>>,
    metrics: OnceLock<Vec<Metric>>,
    alarms: OnceLock<Vec<Alarm>>,
    groups: OnceLock<Vec<LogGroup>>,
}

impl Account {
    /// The account in a region with these clusters.
    pub(crate) fn new(region: String, worlds: Vec<Arc<World>>) -> Account {
        Account {
            region,
            worlds,
            metrics: OnceLock::new(),
            alarms: OnceLock::new(),
            groups: OnceLock::new(),
        }
    }

    /// The clock of the fleet.
    pub(crate) fn clock(&self) -> Clock {
        self.worlds
            .first()
            .map_or(Clock::at(0), |world| world.plan.clock)
    }

    /// All metrics, by namespace, name and dimensions.
    pub(crate) fn metrics(&self) -> &[Metric] {
        self.metrics.get_or_init(|| metric::of(&self.worlds))
    }

    /// All alarms by name, those of metrics before composite ones.
    pub(crate) fn alarms(&self) -> &[Alarm] {
        self.alarms.get_or_init(|| alarm::of(&self.worlds))
    }

    /// All log groups by name.
    pub(crate) fn groups(&self) -> &[LogGroup] {
        self.groups.get_or_init(|| log_group::of(&self.worlds))
    }

    /// The log group of a name.
    pub(crate) fn group(&self, name: &str) -> Option<&LogGroup> {
        self.groups().iter().find(|group| group.name == name)
    }

    /// A resource's name in all of AWS.
    pub(crate) fn arn(&self, service: &str, resource: &str) -> String {
        let region = &self.region;
        format!("arn:aws:{service}:{region}:{ACCOUNT_ID}:{resource}")
    }
}

/// What a cluster is called in AWS. A name there is unique in its region only: the two production clusters of the tour are
/// both `prod`, each in its region.
pub(crate) fn aws_name(profile: &ClusterProfile) -> &str {
    match profile.name.as_str() {
        "prod-ap" | "prod-us" => "prod",
        name => name,
    }
}

/// The log group that Container Insights gave a cluster's programs.
pub(crate) fn log_group_of(profile: &ClusterProfile) -> String {
    format!("/aws/containerinsights/{}/application", aws_name(profile))
}
