//! One call of a guest from beginning to end: a place in the pool, a fresh store, a deadline, and
//! the end of the store whatever happened.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::task::JoinHandle;
use tracing::Instrument;

use crate::bindings::types::{Description, ErrorCode};
use crate::clockwork::{Allowance, Meter, Metered};
use crate::connection::Site;
use crate::contract::Prepared;
use crate::error::{Error, Failure, failure, failure_with};
use crate::host::Inner;
use crate::instance::{Instance, LastWords, Surroundings};
use crate::limits;
use crate::memory::QueryMemory;
use crate::stats::ScanStats;

/// What a guest is asked to do, once it is instantiated.
pub(crate) type Task<T> = Box<
    dyn for<'a> FnOnce(
            &'a mut Instance,
        ) -> Pin<Box<dyn Future<Output = Result<T, Failure>> + Send + 'a>>
        + Send,
>;

/// A call about to be made.
pub(crate) struct Call {
    /// Its name in messages.
    pub(crate) what: &'static str,
    pub(crate) deadline: Instant,
    pub(crate) stats: Arc<ScanStats>,
    /// What the guests of its query have together; none: it belongs to no query.
    pub(crate) memory: Option<QueryMemory>,
}

/// Runs `task` in an instance of its own. When the answer is dropped, so is the instance.
pub(crate) async fn run<T: Send + 'static>(
    host: &Inner,
    plugin: &Arc<dyn Prepared>,
    site: &Arc<Site>,
    call: Call,
    task: Task<T>,
) -> Result<T, Error> {
    let allowed = after(site.limits.deadline);
    let setting = (allowed < call.deadline).then(|| site.identity.setting("deadline"));
    let deadline = allowed.min(call.deadline);
    let allowance = Arc::new(Allowance::new(call.what, deadline, setting));
    let last_words = Arc::new(LastWords::default());
    let result = tokio::select! {
        // An answer that is there counts, even if it came with the last tick.
        biased;
        result = attempt(host, plugin, site, call, task, &allowance, &last_words) => result,
        () = allowance.over() => Err(allowance.failure()),
    };
    result.map_err(|mut failure| {
        if failure.code == ErrorCode::Timeout {
            failure.message.push_str(&last_words.waited());
            failure.message.push_str(&last_words.quote());
        }
        site.identity.error(failure)
    })
}

async fn attempt<T: Send + 'static>(
    host: &Inner,
    plugin: &Arc<dyn Prepared>,
    site: &Arc<Site>,
    call: Call,
    task: Task<T>,
    allowance: &Arc<Allowance>,
    last_words: &Arc<LastWords>,
) -> Result<T, Failure> {
    let shut_down = || failure(ErrorCode::Cancelled, "the plugin host is shutting down");
    let permit = Arc::clone(&host.instances)
        .acquire_owned()
        .await
        .map_err(|_| shut_down())?;
    let meter = Arc::new(Meter::new());
    let (share, ended) = call.memory.as_ref().map(QueryMemory::join).unzip();
    let around = Surroundings {
        site: Arc::clone(site),
        stats: Arc::clone(&call.stats),
        last_words: Arc::clone(last_words),
        allowance: Arc::clone(allowance),
        meter: Arc::clone(&meter),
        io: host.io.clone(),
        share,
    };
    let running = host.ticker.running();
    let (engine, plugin) = (host.engine.clone(), Arc::clone(plugin));
    let guest = async move {
        let result = match Instance::new(&engine, plugin.as_ref(), around).await {
            Ok(mut instance) => task(&mut instance).await,
            Err(failure) => Err(failure),
        };
        // Held until the store is gone: the pool's slot is free only then.
        drop((running, permit));
        result
    };
    let guest = Metered::new(guest, meter, call.stats);
    let handle = host
        .guests()
        .ok_or_else(shut_down)?
        .spawn(guest.in_current_span());
    let ended = async {
        if let Some(ended) = ended
            && let Ok(failure) = ended.await
        {
            return failure;
        }
        // The other end goes with the guest.
        std::future::pending().await
    };
    let joined = tokio::select! {
        biased;
        joined = AbortOnDrop(handle).join() => joined,
        failure = ended => return Err(failure),
    };
    match joined {
        Ok(result) => result,
        Err(error) if error.is_cancelled() => Err(shut_down()),
        Err(error) => Err(failure_with(
            ErrorCode::Internal,
            format!("trawl failed while it ran the plugin: {error}"),
            "this is a defect of trawl: please report it",
        )),
    }
}

/// The moment that is so far away; one that no clock can say is never.
pub(crate) fn after(time: Duration) -> Instant {
    /// A year, which no call lasts.
    const NEVER: Duration = Duration::from_secs(365 * 24 * 3_600);
    let now = Instant::now();
    now.checked_add(time.min(NEVER)).unwrap_or(now)
}

/// A task that does not outlive its owner. A guest that computes is met at its next tick.
pub(crate) struct AbortOnDrop<T>(pub(crate) JoinHandle<T>);

impl<T> AbortOnDrop<T> {
    async fn join(mut self) -> Result<T, tokio::task::JoinError> {
        (&mut self.0).await
    }
}

impl<T> Drop for AbortOnDrop<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Asks a plugin what it is, without configuration or endpoints.
pub(crate) async fn describe(
    host: &Inner,
    plugin: &Arc<dyn Prepared>,
    site: &Arc<Site>,
) -> Result<Description, Error> {
    let call = Call {
        what: "describe call",
        deadline: after(limits::CALL),
        stats: Arc::default(),
        memory: None,
    };
    let task: Task<Description> = Box::new(|instance| {
        Box::pin(async move {
            let described = instance.exports.describe(&mut instance.store).await;
            instance.answer(described.map(Ok))
        })
    });
    run(host, plugin, site, call, task).await
}
