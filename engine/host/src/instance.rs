//! One instance of a plugin: what its store holds, what it may use, and how its end is explained.
//! An instance serves one call of the host and is thrown away.

use std::collections::VecDeque;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use tokio::runtime::Handle;
use tokio::sync::Semaphore;
use wasmtime::component::{Resource, ResourceAny, ResourceTable};
use wasmtime::{Engine, Store, Trap, UpdateDeadline};
use wasmtime_wasi::{I32Exit, WasiCtx, WasiCtxView, WasiView};

use crate::bindings::types::ErrorCode;
use crate::clockwork::{Allowance, Meter};
use crate::connection::Site;
use crate::contract::{Exports, Prepared};
use crate::error::{Failure, Stopped, defect, failure_with};
use crate::imports::{Intake, Noted, Sink, stdio};
use crate::limits;
use crate::memory::{MemoryLimit, Share};
use crate::stats::{ScanStats, locked};

/// What is remembered of an instance for the message about its end; it outlives the instance.
#[derive(Debug, Default)]
pub(crate) struct LastWords {
    /// The last line it logged as an error: a panic's message, where the SDK's hook is set.
    error_line: Mutex<Option<String>>,
    /// The last lines it wrote to its standard output or error: where a runtime without hook writes it.
    written: Mutex<VecDeque<String>>,
    /// What the host makes it wait for.
    waits_for: Mutex<Option<String>>,
}

impl LastWords {
    /// A panic's place, its message and two lines of notes.
    const WRITTEN: usize = 4;

    /// Takes a line of the log.
    pub(crate) fn logged(&self, line: &str) {
        *locked(&self.error_line) = Some(line.to_owned());
    }

    /// Takes a line of standard output or error.
    pub(crate) fn wrote(&self, line: &str) {
        let mut written = locked(&self.written);
        if written.len() >= Self::WRITTEN {
            written.pop_front();
        }
        written.push_back(line.to_owned());
    }

    /// Notes what the host makes it wait for, as a sentence; none: nothing any more.
    pub(crate) fn waits_for(&self, what: Option<String>) {
        *locked(&self.waits_for) = what;
    }

    /// What it waited for when its time was over, to be put behind a message.
    pub(crate) fn waited(&self) -> String {
        let waits_for = locked(&self.waits_for);
        let what = waits_for.as_deref();
        what.map_or_else(String::new, |what| format!("; {what}"))
    }

    /// The last words, to be put behind a message.
    pub(crate) fn quote(&self) -> String {
        let words = locked(&self.error_line).clone().unwrap_or_else(|| {
            let written = locked(&self.written);
            // Rust tells the author how to get a backtrace, which does not help the reader here.
            let told = written
                .iter()
                .filter(|line| !line.starts_with("note: run with"));
            told.map(String::as_str).collect::<Vec<_>>().join(" ")
        });
        if words.is_empty() {
            words
        } else {
            format!("; its last words: {words}")
        }
    }
}

/// The data of a store.
pub(crate) struct Guest {
    pub(crate) table: ResourceTable,
    wasi: WasiCtx,
    memory: MemoryLimit,
    pub(crate) site: Arc<Site>,
    pub(crate) stats: Arc<ScanStats>,
    pub(crate) last_words: Arc<LastWords>,
    pub(crate) allowance: Arc<Allowance>,
    /// Where requests run: apart from guests, whose computing would hold them up.
    pub(crate) io: Handle,
    /// Requests that may still be opened.
    pub(crate) slots: Arc<Semaphore>,
    /// Requests that may still be under way.
    pub(crate) turns: Arc<Semaphore>,
    /// Endpoints of which it was noted that headers were dropped.
    pub(crate) noted: Arc<Noted>,
    /// Bytes of answers that may still be read.
    pub(crate) intake: Arc<Intake>,
}

impl WasiView for Guest {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView {
            ctx: &mut self.wasi,
            table: &mut self.table,
        }
    }
}

/// What an instance is made with.
pub(crate) struct Surroundings {
    pub(crate) site: Arc<Site>,
    pub(crate) stats: Arc<ScanStats>,
    pub(crate) last_words: Arc<LastWords>,
    pub(crate) allowance: Arc<Allowance>,
    pub(crate) meter: Arc<Meter>,
    pub(crate) io: Handle,
    /// Its part of the query's memory.
    pub(crate) share: Option<Share>,
}

/// An instance and, once opened, its session.
pub(crate) struct Instance {
    pub(crate) store: Store<Guest>,
    pub(crate) exports: Box<dyn Exports>,
}

impl Instance {
    /// Instantiates in a store of its own.
    pub(crate) async fn new(
        engine: &Engine,
        plugin: &dyn Prepared,
        around: Surroundings,
    ) -> Result<Self, Failure> {
        let mut store = store(engine, around);
        match plugin.instantiate(&mut store).await {
            Ok(exports) => Ok(Self { store, exports }),
            Err(error) => Err(explain(&error, store.data())),
        }
    }

    /// Opens the session of a connection.
    pub(crate) async fn open(&mut self, config: &str) -> Result<ResourceAny, Failure> {
        let opened = self.exports.open(&mut self.store, config).await;
        self.answer(opened)
    }

    /// A guest's answer, with a trap turned into an explanation.
    pub(crate) fn answer<T>(
        &self,
        answer: wasmtime::Result<Result<T, Failure>>,
    ) -> Result<T, Failure> {
        match answer {
            Ok(answer) => answer,
            Err(error) => Err(explain(&error, self.store.data())),
        }
    }

    /// Hands a sink to the guest, which will own it.
    pub(crate) fn lend(&mut self, sink: Sink) -> Result<Resource<Sink>, Failure> {
        self.store
            .data_mut()
            .table
            .push(sink)
            .map_err(|error| defect(format!("no handle is left for the sink: {error}")))
    }
}

fn store(engine: &Engine, around: Surroundings) -> Store<Guest> {
    let speech = stdio::Stdio::new(&around);
    let wasi = WasiCtx::builder()
        .stdout(speech.clone())
        .stderr(speech)
        .max_random_size(limits::RANDOM_BYTES)
        .allow_tcp(false)
        .allow_udp(false)
        .build();
    let mut table = ResourceTable::new();
    table.set_max_capacity(limits::HANDLES);
    let meter = Arc::clone(&around.meter);
    let allowance = Arc::clone(&around.allowance);
    let budget = around.site.limits.cpu;
    let setting = around.site.identity.setting("cpu");
    let guest = Guest {
        table,
        wasi,
        memory: MemoryLimit::new(
            around.site.limits.memory,
            around.share,
            Arc::clone(&around.last_words),
        ),
        turns: Arc::new(Semaphore::new(around.site.limits.requests_in_flight)),
        intake: Arc::new(Intake::new(around.site.limits.bytes)),
        noted: Arc::default(),
        site: around.site,
        stats: around.stats,
        last_words: around.last_words,
        allowance: around.allowance,
        io: around.io,
        slots: Arc::new(Semaphore::new(limits::REQUESTS_OPEN)),
    };
    let mut store = Store::new(engine, guest);
    store.limiter_async(|guest| &mut guest.memory);
    store.set_hostcall_fuel(limits::HOSTCALL_BYTES);
    store.set_max_component_handles(limits::HANDLES);
    store.set_epoch_deadline(1);
    store.epoch_deadline_callback(move |_| {
        let now = Instant::now();
        if allowance.is_over(now) {
            return crate::error::stop(allowance.failure());
        }
        if meter.spent(now) > budget {
            return crate::error::stop(failure_with(
                ErrorCode::Timeout,
                format!(
                    "stopped after {:.1} s of computing, the most one call may take",
                    budget.as_secs_f64()
                ),
                format!("ask for less (a filter, fewer columns), or raise {setting}"),
            ));
        }
        // Others on the same thread get their turn at every tick.
        Ok(UpdateDeadline::Yield(1))
    });
    store
}

/// Turns the end of a guest into the error its user reads.
pub(crate) fn explain(error: &wasmtime::Error, guest: &Guest) -> Failure {
    ScanStats::peak(&guest.stats.memory_peak, guest.memory.peak);
    if let Some(Stopped(failure)) = error.downcast_ref::<Stopped>() {
        return failure.clone();
    }
    let words = guest.last_words.quote();
    if let Some(wanted) = guest.memory.refused {
        return failure_with(
            ErrorCode::Internal,
            format!(
                "the plugin needed more memory than it may have: it asked for {} MiB, the limit is {} MiB{words}",
                wanted >> 20,
                guest.memory.limit >> 20
            ),
            format!(
                "ask for less (a filter, fewer columns), or raise {}",
                guest.site.identity.setting("memory")
            ),
        );
    }
    if let Some(wanted) = guest.memory.refused_elements {
        return defect(format!(
            "the plugin needed more table elements than it may have: it asked for {wanted}, the limit is {}{words}",
            limits::TABLE_ELEMENTS
        ));
    }
    if let Some(exit) = error.downcast_ref::<I32Exit>() {
        return defect(format!(
            "the plugin exited with code {} in the middle of a call{words}",
            exit.0
        ));
    }
    match error.downcast_ref::<Trap>() {
        Some(Trap::StackOverflow) => defect(format!(
            "the plugin used up its stack of {} KiB, probably by endless recursion{words}",
            limits::WASM_STACK_BYTES >> 10
        )),
        // A Rust guest keeps its own stack below its data: endless recursion runs off its end.
        Some(Trap::MemoryOutOfBounds) => defect(format!(
            "the plugin reached outside of its memory, most often by endless recursion{words}"
        )),
        Some(Trap::UnreachableCodeReached) => defect(format!("the plugin panicked{words}")),
        Some(trap) => defect(format!("the plugin trapped ({trap}){words}")),
        // wasmtime has no type for this one; should its words change, the general message stands in.
        None if error.root_cause().to_string().contains("hostcalls") => defect(format!(
            "the plugin handed over more than {} MiB in one call{words}",
            limits::HOSTCALL_BYTES >> 20
        )),
        None if error.root_cause().to_string().contains("no free keys") => defect(format!(
            "the plugin holds more than {} handles of requests, streams and timers, and drops none{words}",
            limits::HANDLES
        )),
        None => defect(format!(
            "the plugin broke the contract: {}{words}",
            error.root_cause()
        )),
    }
}

impl ScanStats {
    fn peak(counter: &std::sync::atomic::AtomicU64, bytes: usize) {
        counter.fetch_max(u64::try_from(bytes).unwrap_or(u64::MAX), Ordering::Relaxed);
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        // Its requests end one after the other: none that waits may go out in the place of one that just ended.
        self.turns.close();
        ScanStats::peak(&self.stats.memory_peak, self.memory.peak);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn last_words_are_the_logged_ones_or_else_the_written_ones() {
        let words = LastWords::default();
        assert_eq!(words.quote(), "");
        for line in [
            "old",
            "older",
            "panicked at src/lib.rs:1:",
            "out of luck",
            "note: run with `X=1`",
        ] {
            words.wrote(line);
        }
        assert_eq!(
            words.quote(),
            "; its last words: older panicked at src/lib.rs:1: out of luck"
        );
        words.logged("panicked: out of luck");
        assert_eq!(words.quote(), "; its last words: panicked: out of luck");
    }
}
