//! Alerts: saved queries that are evaluated on a schedule, as one named identity, by one of the servers that share a database. Owns
//! the schedule and what is known of each; `turn.rs` says which server it is, `evaluate.rs` runs one, `state.rs` says what that changes.

mod evaluate;
mod identity;
mod series;
mod state;
mod turn;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use futures::StreamExt;
use sha2::{Digest, Sha256};
use trawl_exec::Engine;
use trawl_saved::{Alert, Library, SavedQuery};
use trawl_state::Store;

pub(crate) use self::state::{AlertState, Firing};

use self::identity::Identity;
use self::state::Evaluation;
use self::turn::Turn;
use crate::caller::Callers;
use crate::limits;
use crate::queue::Queue;

/// How alerts are evaluated.
#[derive(Debug, Clone)]
pub struct AlertOptions {
    /// As whom: a caller of the file of tokens, by its name. None: as the server itself, to which nothing is outside, and which is
    /// nobody to clusters that are asked in their caller's name.
    pub identity: Option<String>,
    /// How often an alert is evaluated that does not say it.
    pub every: Duration,
}

/// What is known of all alerts. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub(crate) struct Alerts(Arc<Mutex<BTreeMap<String, AlertState>>>);

impl Alerts {
    /// What an alert came to; none: it was never evaluated.
    pub(crate) fn state(&self, query: &str) -> Option<AlertState> {
        self.lock().get(query).cloned()
    }

    /// Series of Prometheus that say it.
    pub(crate) fn series(&self) -> String {
        series::text(&self.lock())
    }

    fn set(&self, query: &str, state: AlertState) {
        self.lock().insert(query.to_owned(), state);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, AlertState>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What evaluates alerts.
pub(crate) struct Evaluator {
    engine: Arc<Engine>,
    store: Option<Store>,
    alerts: Alerts,
    /// How often an alert is evaluated that does not say it.
    every: Duration,
    identity: Identity,
    queue: Arc<Queue>,
    turn: Turn,
    /// When each alert is evaluated next.
    due: BTreeMap<String, Instant>,
}

impl Evaluator {
    pub(crate) fn new(
        engine: Arc<Engine>,
        store: Option<Store>,
        alerts: Alerts,
        options: AlertOptions,
        (callers, queue): (Callers, Arc<Queue>),
    ) -> Self {
        Self {
            turn: Turn::new(store.clone()),
            engine,
            store,
            alerts,
            every: options.every,
            identity: Identity::new(options.identity, callers),
            queue,
            due: BTreeMap::new(),
        }
    }

    /// Evaluates until it is dropped. `library` gives the saved queries as they are at that moment.
    pub(crate) async fn follow(&mut self, library: impl Fn() -> Arc<Library>) {
        self.load().await;
        loop {
            if self.turn.is_ours().await {
                self.round(&library()).await;
                tokio::time::sleep(limits::ALERT_TICK).await;
            } else {
                // Another server evaluates; what it found is shown here too.
                self.due.clear();
                tokio::time::sleep(limits::ALERT_LOOK).await;
                self.load().await;
            }
        }
    }

    /// Another server may go on.
    pub(crate) async fn leave(&self) {
        self.turn.leave().await;
    }

    /// Evaluates what is due, a few at a time.
    async fn round(&mut self, library: &Library) {
        let alerts: Vec<(&SavedQuery, Alert)> = library
            .queries()
            .filter_map(|query| query.alert.map(|alert| (query, alert)))
            .collect();
        self.forget(&alerts).await;
        let now = Instant::now();
        let mut due = Vec::new();
        for (query, alert) in alerts {
            let next = self.due.entry(query.name.clone()).or_insert(now);
            if *next <= now {
                *next = now + alert.every.unwrap_or(self.every);
                due.push((query.clone(), alert));
            }
        }
        let this = &*self;
        // A caller with a smaller share is refused what is beyond it.
        let share = self.identity.caller().ok().and_then(|it| it.share());
        let at_once = share.map_or(limits::ALERTS_AT_ONCE, |share| {
            share.clamp(1, limits::ALERTS_AT_ONCE)
        });
        futures::stream::iter(due)
            .for_each_concurrent(at_once, |(query, alert)| async move {
                // A round that takes long must not lose the lease in the middle.
                if this.turn.is_ours().await {
                    this.one(&query, alert).await;
                }
            })
            .await;
    }

    async fn one(&self, query: &SavedQuery, alert: Alert) {
        let definition = format!("{:x}", Sha256::digest(&query.text));
        let before = self.alerts.state(&query.name);
        // What another definition fired says nothing of this one.
        let before = before.filter(|it| it.definition == definition);
        let before = before.unwrap_or_default();
        let (mut evaluation, known) = match self.identity.caller() {
            Ok(caller) => {
                let evaluation =
                    evaluate::evaluate(&self.engine, &self.queue, query, alert, &caller);
                let evaluation = evaluation.await;
                let inventory = self.engine.inventory();
                let clusters = inventory.clusters.iter();
                let seen = clusters.filter(|it| caller.scope.sees_cluster(it));
                (evaluation, seen.map(|it| it.name.clone()).collect())
            }
            // Nobody looked: what fires goes on to.
            Err(gone) => {
                let clusters = before.clusters.iter();
                let known = clusters.filter_map(|it| it.cluster.clone()).collect();
                (Evaluation::failed(gone), known)
            }
        };
        evaluation.identity = self.identity.given().map(str::to_owned);
        if let Some(problem) = &evaluation.problem {
            let identity = self.identity.name();
            tracing::warn!(
                alert = query.name,
                identity,
                problem,
                "an alert has no whole answer"
            );
        }
        let mut state = before.after(evaluation, &known, now_s());
        state.definition = definition;
        if let Some(store) = &self.store
            && let Ok(text) = serde_json::to_string(&state)
            && let Err(error) = store.set_alert(&query.name, &text).await
        {
            tracing::warn!(%error, alert = query.name, "what an alert came to is not kept");
        }
        self.alerts.set(&query.name, state);
    }

    /// Takes over what the database knows.
    async fn load(&self) {
        let Some(store) = &self.store else {
            return;
        };
        match store.alerts().await {
            Err(error) => tracing::warn!(%error, "what alerts came to cannot be read"),
            Ok(kept) => {
                let kept = kept.into_iter();
                // What an older trawl wrote otherwise is found out again.
                let read = kept.filter_map(|(name, text)| {
                    let state = serde_json::from_str(&text).ok()?;
                    Some((name, state))
                });
                // What is not there is no alert any more.
                *self.alerts.lock() = read.collect();
            }
        }
    }

    /// Drops what is no alert any more.
    async fn forget(&mut self, alerts: &[(&SavedQuery, Alert)]) {
        let is_one = |name: &str| alerts.iter().any(|(query, _)| query.name == name);
        let known: Vec<String> = self.alerts.lock().keys().cloned().collect();
        for name in known.into_iter().filter(|name| !is_one(name)) {
            self.alerts.lock().remove(&name);
            self.due.remove(&name);
            if let Some(store) = &self.store
                && let Err(error) = store.forget_alert(&name).await
            {
                tracing::warn!(%error, alert = name, "an alert that is no more is not forgotten");
            }
        }
    }
}

/// Seconds since the Unix epoch; zero for a clock before it.
fn now_s() -> u64 {
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH);
    elapsed.unwrap_or_default().as_secs()
}
