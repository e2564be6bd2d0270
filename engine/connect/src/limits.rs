//! Every limit of this crate, each with its reason. Those that a user may want to raise are also keys
//! of `limits:` in the inventory.

use std::time::Duration;

use trawl_fleet::Limits;

/// Until TCP and TLS are up. A machine that is there answers within a round trip; one that is not
/// must not hold a query up.
pub(crate) const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// Until the head of a response is there, where neither the request nor `limits.timeout` says so.
pub(crate) const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);
/// Between two pieces of a body. It counts only while somebody waits for one, so that a slow reader
/// does not fail its own request.
pub(crate) const IDLE_TIMEOUT: Duration = Duration::from_secs(10);
/// Of one decoded body. A page of 500 pods has 5 MB; a body of 1 GiB is a fault, or compressed to
/// be one. Raised by `limits.max_body_bytes`.
pub(crate) const MAX_BODY_BYTES: u64 = 256 * 1024 * 1024;
/// Requests of one endpoint that wait for the head of a response: an API server queues what is above
/// its share, and then all wait longer. Raised by `limits.requests_in_flight`.
pub(crate) const REQUESTS_IN_FLIGHT: u32 = 16;

/// Tries after a connection that was refused or reset before an answer.
pub(crate) const MAX_RECONNECTS: u32 = 2;
/// Requests in a row that could not reach a remote, each with its tries, after which it is not tried for a moment. One alone can be a
/// process that is replaced.
pub(crate) const CIRCUIT_FAILURES: u32 = 3;
/// How long the first time: each try of a machine that is gone costs its query [`CONNECT_TIMEOUT`].
pub(crate) const CIRCUIT_PAUSE: Duration = Duration::from_secs(1);
/// How long at most, doubled each time: a cluster that came back is seen this soon.
pub(crate) const MAX_CIRCUIT_PAUSE: Duration = Duration::from_secs(5);
/// Remotes that are remembered as out of reach: more than an inventory has.
pub(crate) const CIRCUITS: usize = 10_000;
/// After how long without a request one is forgotten, where there are as many.
pub(crate) const CIRCUITS_FORGOTTEN_AFTER: Duration = Duration::from_secs(60);

/// Tries after 429 or 503 with a Retry-After.
pub(crate) const MAX_BUSY_RETRIES: u32 = 3;
/// Tries after a throttle of AWS, which names no time: with their pauses some 20 seconds.
pub(crate) const MAX_THROTTLE_RETRIES: u32 = 8;
/// The first wait after a throttle of AWS; doubled each time, with jitter.
pub(crate) const THROTTLE_PAUSE: Duration = Duration::from_millis(200);
/// The longest of these waits: AWS counts in seconds.
pub(crate) const MAX_THROTTLE_PAUSE: Duration = Duration::from_secs(5);
/// Longer than this the remote has to be asked by the caller again: the query would rather go on
/// without it.
pub(crate) const MAX_RETRY_AFTER: Duration = Duration::from_secs(30);
/// The first wait before another connection; doubled each time, with jitter.
pub(crate) const RECONNECT_PAUSE: Duration = Duration::from_millis(50);

/// Deeper paths are no API's.
pub(crate) const MAX_SEGMENTS: usize = 64;
/// Kubernetes' longest names have 253 bytes, a label value in a Prometheus path may be longer.
pub(crate) const MAX_SEGMENT_BYTES: usize = 2_048;
/// Of path and query, encoded. Servers refuse more than 8 to 64 KiB; longer queries go by POST.
pub(crate) const MAX_TARGET_BYTES: usize = 64 * 1024;
/// Query pairs of one request.
pub(crate) const MAX_QUERY_PAIRS: usize = 1_024;
/// Headers of one request, those that are dropped included.
pub(crate) const MAX_REQUEST_HEADERS: usize = 64;
/// Of one header value: most servers refuse more than 8 KiB.
pub(crate) const MAX_HEADER_BYTES: usize = 8 * 1024;
/// Of a request's body: texts of queries, never data.
pub(crate) const MAX_REQUEST_BODY_BYTES: usize = 4 * 1024 * 1024;

/// A secret in a file: a service account's token has 1 to 2 KB.
pub(crate) const MAX_SECRET_BYTES: u64 = 64 * 1024;
/// What a credential plugin may print, or an endpoint for credentials answer.
pub(crate) const MAX_EXEC_OUTPUT_BYTES: u64 = 1024 * 1024;
/// A credential is renewed this long before it ends, so that it does not end on the way.
pub(crate) const RENEW_BEFORE: Duration = Duration::from_secs(30);
/// Where a clock is off every new credential looks expired; it is used this long all the same.
pub(crate) const MIN_CREDENTIAL_AGE: Duration = Duration::from_secs(10);
/// How long those who ask for an AWS credential are told what the last look for it came to: a look at an instance that
/// is none takes seconds, and many requests wait for it at once.
pub(crate) const FAILED_CREDENTIAL_AGE: Duration = Duration::from_secs(3);
/// How long a secret that was read from a file is taken for current.
pub(crate) const SECRET_FILE_AGE: Duration = Duration::from_secs(60);

/// Of one immutable answer that is kept on disk: the OpenAPI document of the largest group, core/v1, has 2 to
/// 3 MB as JSON. A larger answer is passed on and not kept.
pub(crate) const MAX_KEPT_ANSWER_BYTES: usize = 8 * 1024 * 1024;
/// Of all of them: some 30 documents of 50 clusters, at 100 to 200 KB each.
pub(crate) const MAX_KEPT_BYTES: u64 = 256 * 1024 * 1024;
/// Their number: finding the oldest reads the folder, which thousands of files make slow.
pub(crate) const MAX_KEPT_ANSWERS: usize = 4_096;

/// The limits of one endpoint.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    request_timeout: Duration,
    /// Whether the inventory says it: then no plugin may wait for longer.
    is_said: bool,
    pub(crate) connect_timeout: Duration,
    pub(crate) idle_timeout: Duration,
    pub(crate) max_body_bytes: u64,
    pub(crate) requests_in_flight: u32,
}

impl Bounds {
    /// Time for a request whose plugin wants this much.
    pub(crate) fn timeout(&self, wanted: Option<Duration>) -> Duration {
        match wanted {
            Some(wanted) if self.is_said => wanted.min(self.request_timeout),
            Some(wanted) => wanted,
            None => self.request_timeout,
        }
    }

    pub(crate) fn of(limits: &Limits) -> Bounds {
        Bounds {
            request_timeout: limits.timeout.unwrap_or(REQUEST_TIMEOUT),
            is_said: limits.timeout.is_some(),
            connect_timeout: CONNECT_TIMEOUT,
            idle_timeout: IDLE_TIMEOUT,
            max_body_bytes: limits.max_body_bytes.unwrap_or(MAX_BODY_BYTES),
            requests_in_flight: limits
                .requests_in_flight
                .unwrap_or(REQUESTS_IN_FLIGHT)
                .max(1),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_plugin_waits_for_longer_than_the_inventory_says() {
        let second = Duration::from_secs(1);
        let said = Bounds::of(&Limits {
            timeout: Some(second),
            ..Limits::default()
        });
        assert_eq!(said.timeout(None), second);
        assert_eq!(said.timeout(Some(second * 60)), second);
        assert_eq!(said.timeout(Some(second / 2)), second / 2);
        let unsaid = Bounds::of(&Limits::default());
        assert_eq!(unsaid.timeout(Some(second * 60)), second * 60);
        assert_eq!(unsaid.timeout(None), REQUEST_TIMEOUT);
    }
}
