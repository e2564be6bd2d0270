//! Compiling a stranger's component in a process of its own, whose time and memory are bounded: a component can be made so that a
//! compiler works on it for hours or in all of the machine's memory. Owns both sides, the parent that watches and the child that
//! compiles. The child is our own program and gives machine code that is run here, so that nothing else may be named as one.

use std::ffi::OsString;
use std::io::{Read, Write};
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use rustix::process::{Resource, Rlimit, Signal};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, Command};
use wasmtime::Engine;

use crate::bindings::types::ErrorCode;
use crate::error::{Failure, Identity, failure, failure_with, plain};
use crate::limits::{self, Limits};
use crate::{engine, inspect};

/// The program that compiles apart: it has to call [`compile_apart`] with the two numbers that it finds behind its arguments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compiler {
    /// The program, by its path: the running one, with a command of its own for this.
    pub program: PathBuf,
    /// What stands before the two numbers.
    pub arguments: Vec<OsString>,
}

/// The child's side: bounds this process to so many bytes of memory and seconds of computing, compiles the component that comes
/// on standard input and writes the code to standard output. For a process that does nothing else.
///
/// # Errors
/// The component does not compile, or this process cannot be bounded. The text belongs on standard error.
pub fn compile_apart(memory: u64, seconds: u64) -> Result<(), String> {
    bound(memory, seconds).map_err(|error| format!("cannot bound this process: {error}"))?;
    let told = |error: std::io::Error| error.to_string();
    let mut wasm = Vec::new();
    let most = u64::try_from(limits::COMPONENT_BYTES).unwrap_or(u64::MAX);
    let input = std::io::stdin().lock();
    input.take(most).read_to_end(&mut wasm).map_err(told)?;
    let code = Engine::new(&engine::config())
        .and_then(|engine| engine.precompile_component(&wasm))
        .map_err(|error| format!("{error:#}"))?;
    let mut output = std::io::stdout().lock();
    output.write_all(&code).map_err(told)?;
    output.flush().map_err(told)
}

/// Takes from this process what it does not need, for good.
fn bound(memory: u64, seconds: u64) -> std::io::Result<()> {
    /// Between the signal that can be caught and the one that cannot.
    const LAST_SECONDS: u64 = 2;
    let set = |resource, soft, hard| {
        let limit = Rlimit {
            current: Some(soft),
            maximum: Some(hard),
        };
        rustix::process::setrlimit(resource, limit)
    };
    // The program itself, its threads' stacks and its allocator's reserves are there already.
    let memory = memory.saturating_add(address_space());
    set(Resource::As, memory, memory)?;
    set(Resource::Cpu, seconds, seconds.saturating_add(LAST_SECONDS))?;
    // No file is written, not even what is left of a crash.
    set(Resource::Fsize, 0, 0)?;
    set(Resource::Core, 0, 0)?;
    Ok(())
}

/// Bytes of addresses that this process has taken so far.
fn address_space() -> u64 {
    /// Where the system does not say it: a program of our size with a few threads.
    const USUAL: u64 = 1 << 30;
    let page = u64::try_from(rustix::param::page_size()).unwrap_or(u64::MAX);
    std::fs::read_to_string("/proc/self/statm")
        .ok()
        .and_then(|text| text.split(' ').next()?.parse::<u64>().ok())
        .map_or(USUAL, |pages| pages.saturating_mul(page))
}

/// The parent's side: compiles `wasm` in a child within the limits, and gives the code.
///
/// # Errors
/// It does not compile, took too long or too much memory, or the child could not be run.
pub(crate) async fn compile(
    compiler: &Compiler,
    limits: &Limits,
    identity: &Identity,
    wasm: &[u8],
) -> Result<Vec<u8>, Failure> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let threads = threads.min(limits::COMPILER_THREADS);
    let computing = limits
        .compile_time
        .saturating_mul(u32::try_from(threads).unwrap_or(1));
    let mut child = Command::new(&compiler.program)
        .args(&compiler.arguments)
        .arg(limits.compile_memory.to_string())
        .arg(computing.as_secs().saturating_add(1).to_string())
        // Of what this process was told, credentials perhaps, it needs nothing.
        .env_clear()
        .env("RAYON_NUM_THREADS", threads.to_string())
        // Each arena of the allocator takes 64 MiB of addresses.
        .env("MALLOC_ARENA_MAX", "2")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| cannot_run(compiler, &error))?;
    let ended = tokio::time::timeout(limits.compile_time, exchange(&mut child, wasm)).await;
    let Ok(ended) = ended else {
        // It is reaped by the runtime when it is dropped.
        let _ = child.start_kill();
        return Err(too_slow(limits.compile_time, identity));
    };
    let ended = ended.map_err(|error| cannot_run(compiler, &error))?;
    if ended.code.len() > limits::COMPILED_BYTES {
        return Err(failure(
            ErrorCode::Unsupported,
            format!(
                "the component compiles to more than {} MiB of code",
                limits::COMPILED_BYTES >> 20
            ),
        ));
    }
    if ended.status.success() {
        return Ok(ended.code);
    }
    Err(explain(&ended, limits, identity))
}

/// How a child ended.
struct Ended {
    status: std::process::ExitStatus,
    code: Vec<u8>,
    words: String,
}

async fn exchange(child: &mut Child, wasm: &[u8]) -> std::io::Result<Ended> {
    let missing = || std::io::Error::other("it has no pipes");
    let mut input = child.stdin.take().ok_or_else(missing)?;
    let output = child.stdout.take().ok_or_else(missing)?;
    let errors = child.stderr.take().ok_or_else(missing)?;
    let (mut code, mut words) = (Vec::new(), Vec::new());
    // One more than there may be, which tells that there was more; then the child's pipe breaks.
    let most =
        |bytes: usize| u64::try_from(bytes).map_or(u64::MAX, |bytes| bytes.saturating_add(1));
    let mut output = output.take(most(limits::COMPILED_BYTES));
    let mut errors = errors.take(most(limits::MESSAGE_BYTES));
    let write = async move {
        // A child that failed before it read all of it says why itself.
        let _ = input.write_all(wasm).await;
    };
    let read_code = async {
        let read = output.read_to_end(&mut code).await;
        drop(output);
        read
    };
    let read_words = async {
        let read = errors.read_to_end(&mut words).await;
        drop(errors);
        read
    };
    let ((), read_code, read_words) = tokio::join!(write, read_code, read_words);
    read_code?;
    read_words?;
    Ok(Ended {
        status: child.wait().await?,
        code,
        words: plain(String::from_utf8_lossy(&words).into_owned()),
    })
}

fn cannot_run(compiler: &Compiler, error: &std::io::Error) -> Failure {
    failure(
        ErrorCode::Internal,
        format!(
            "the compiler of plugins, {}, cannot be run: {error}",
            compiler.program.display()
        ),
    )
}

fn too_slow(time: Duration, identity: &Identity) -> Failure {
    failure_with(
        ErrorCode::Unsupported,
        format!("compiling took more than {:.1} s", time.as_secs_f64()),
        format!(
            "an honest component compiles in seconds: ask its author; where you trust it, raise {}",
            identity.setting("compile_time")
        ),
    )
}

/// What a child died of.
fn explain(ended: &Ended, limits: &Limits, identity: &Identity) -> Failure {
    use std::os::unix::process::ExitStatusExt;

    /// What Rust's runtime says before it ends a process that got no memory, and what the system calls it.
    const NO_MEMORY: [&str; 2] = ["memory allocation of", "os error 12"];
    let words = ended.words.trim();
    if NO_MEMORY.iter().any(|text| words.contains(text)) {
        return failure_with(
            ErrorCode::Unsupported,
            format!(
                "compiling needed more than {} MiB memory",
                limits.compile_memory >> 20
            ),
            format!(
                "an honest component needs less: ask its author; where you trust it, raise {}",
                identity.setting("compile_memory")
            ),
        );
    }
    match ended.status.signal() {
        Some(signal) if signal == Signal::XCPU.as_raw() => too_slow(limits.compile_time, identity),
        Some(signal) => failure(
            ErrorCode::Unsupported,
            format!("the compiler did not survive the component (signal {signal}): {words}"),
        ),
        None => inspect::does_not_compile(words),
    }
}
