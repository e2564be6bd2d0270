//! What a process tells of itself: logs on stderr as text or JSON lines, and spans to an OpenTelemetry collector where one is named.
//!
//! Everything else speaks to `tracing` alone. This crate decides where that goes, once a process.

use std::time::Duration;

use opentelemetry::trace::TracerProvider as _;
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, Registry};
use url::Url;

/// Where a collector takes traces, below its address: <https://opentelemetry.io/docs/specs/otlp/#otlphttp-request>.
const TRACES: &str = "v1/traces";
/// What trawl is called in traces.
const SERVICE: &str = "trawl";
/// The variable that overrides what is logged, in tracing's filter syntax.
const VARIABLE: &str = "TRAWL_LOG";
/// For one export: a collector that is gone must not hold up the end of a process.
const EXPORT_TIME: Duration = Duration::from_secs(5);

/// The form of logs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// Lines for people, perhaps with colours.
    Text {
        /// Whether with colours.
        colored: bool,
    },
    /// An object a line, with the spans that it stands in.
    Json,
}

/// What goes where.
#[derive(Debug, Clone)]
pub struct Options {
    /// What is logged, in tracing's filter syntax, where the environment does not say it.
    pub filter: String,
    /// In which form.
    pub format: LogFormat,
    /// The collector's address, `http://127.0.0.1:4318`; none: no traces.
    pub collector: Option<String>,
}

/// Why it cannot be set up.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The collector's address is none.
    #[error(
        "the collector of traces: expected an address such as http://127.0.0.1:4318, got `{0}`"
    )]
    Address(String),
    /// The exporter refuses its configuration.
    #[error("the collector of traces: {0}")]
    Exporter(String),
    /// Somebody else took the process's logs.
    #[error("logs are set up already")]
    Twice,
}

/// What has to be ended, so that the last spans leave.
#[derive(Debug)]
#[must_use = "spans are lost unless it is ended"]
pub struct Telemetry(Option<SdkTracerProvider>);

impl Telemetry {
    /// Sends what is left, for at most a few seconds. Blocks.
    pub fn end(self) {
        if let Some(provider) = self.0 {
            // Nobody is left to be told.
            let _ = provider.shutdown_with_timeout(EXPORT_TIME);
        }
    }
}

/// Sets it up for this process. Must not be called within an async runtime.
///
/// # Errors
/// See [`Error`].
pub fn start(options: Options) -> Result<Telemetry, Error> {
    let filter =
        || EnvFilter::try_from_env(VARIABLE).unwrap_or_else(|_| EnvFilter::new(&options.filter));
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let lines: Box<dyn Layer<Registry> + Send + Sync> = match options.format {
        LogFormat::Text { colored } => lines.with_ansi(colored).with_filter(filter()).boxed(),
        LogFormat::Json => lines
            .json()
            .flatten_event(true)
            .with_filter(filter())
            .boxed(),
    };
    let provider = options.collector.as_deref().map(provider).transpose()?;
    let spans = provider.as_ref().map(|provider| {
        let tracer = provider.tracer(SERVICE);
        // Spans for those who operate trawl, not for those who debug it.
        tracing_opentelemetry::layer()
            .with_tracer(tracer)
            .with_filter(LevelFilter::INFO)
    });
    let subscriber = tracing_subscriber::registry().with(lines).with(spans);
    subscriber.try_init().map_err(|_| Error::Twice)?;
    Ok(Telemetry(provider))
}

fn provider(collector: &str) -> Result<SdkTracerProvider, Error> {
    // It may hold a password: what is told of it is told without.
    let shown = collector
        .rsplit_once('@')
        .map_or(collector, |(_, host)| host);
    let wrong = || Error::Address(shown.to_owned());
    let mut address = Url::parse(collector).map_err(|_| wrong())?;
    if !matches!(address.scheme(), "http" | "https") || address.host().is_none() {
        return Err(wrong());
    }
    let path = format!("{}/{TRACES}", address.path().trim_end_matches('/'));
    address.set_path(&path);
    // The exporter's client takes the process's default; another crate may have set it.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let exporter = SpanExporter::builder()
        .with_http()
        .with_endpoint(address)
        .with_protocol(Protocol::HttpBinary)
        .with_timeout(EXPORT_TIME)
        .build()
        .map_err(|error| Error::Exporter(error.to_string()))?;
    let resource = Resource::builder().with_service_name(SERVICE).build();
    Ok(SdkTracerProvider::builder()
        .with_batch_exporter(exporter)
        .with_resource(resource)
        .build())
}
