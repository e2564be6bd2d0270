//! The actions over a whole region: paging, parameters, units, and the story that they tell.

mod logs;
mod metrics;

use std::sync::Arc;

use serde_json::{Value, json};

use super::refusal::{Refusal, Service};
use super::{Account, CloudWatchApi, Credentials};
use crate::clock::Clock;
use crate::fault::Fault;
use crate::objects::World;
use crate::options::ClusterProfile;

const NOW_S: i64 = 1_795_249_000;

/// The cluster at this place of the fleet.
fn world(index: usize, pods: usize) -> Arc<World> {
    Arc::new(World::generate(
        7,
        &ClusterProfile::nth(index),
        pods,
        Clock::at(NOW_S),
    ))
}

/// CloudWatch of us-east-1, where `prod-us` is.
struct Region {
    world: Arc<World>,
    api: CloudWatchApi,
}

impl Region {
    fn new() -> Region {
        Region::with(60)
    }

    fn with(pods: usize) -> Region {
        let world = world(1, pods);
        let account = Account::new(world.profile.region.clone(), vec![world.clone()]);
        let api = CloudWatchApi::new(Arc::new(account), Credentials::of(7));
        Region { world, api }
    }

    fn monitoring(&self, action: &str, body: &Value) -> Value {
        self.act(Service::Monitoring, action, body, None).unwrap()
    }

    fn logs(&self, action: &str, body: &Value) -> Value {
        self.act(Service::Logs, action, body, None).unwrap()
    }

    fn act(
        &self,
        service: Service,
        action: &str,
        body: &Value,
        fault: Option<&Fault>,
    ) -> Result<Value, Refusal> {
        self.api
            .act(service, action, body.to_string().as_bytes(), fault)
    }

    /// The items of all pages, and how many pages there were.
    fn pages(
        &self,
        service: Service,
        action: &str,
        body: &Value,
        list: &str,
    ) -> (Vec<Value>, usize) {
        let name = if service == Service::Logs {
            "nextToken"
        } else {
            "NextToken"
        };
        let (mut items, mut pages, mut body) = (Vec::new(), 0, body.clone());
        loop {
            let answer = self.act(service, action, &body, None).unwrap();
            items.extend(answer[list].as_array().unwrap().clone());
            pages += 1;
            match answer[name].as_str() {
                Some(token) => body[name] = json!(token),
                None => return (items, pages),
            }
        }
    }

    /// The refusal as the client sees it.
    fn refused(&self, service: Service, action: &str, body: &Value) -> String {
        let refusal = self.act(service, action, body, None).unwrap_err();
        let reply = refusal.reply(service);
        assert_eq!(reply.status, 400);
        assert!(reply.headers.contains_key("x-amzn-errortype"));
        reply.value().to_string()
    }
}
