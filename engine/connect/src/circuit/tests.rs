//! When a remote is tried, and what whoever is not let through is told; in paused time.

use super::*;
use crate::cause;

const API: &str = "https://prod.example/base";

fn refused() -> Cause {
    cause::of(&std::io::Error::from(std::io::ErrorKind::ConnectionRefused))
}

fn fail(circuits: &Circuits) {
    let mut attempt = circuits.attempt(API, false).unwrap();
    attempt.failed(&refused());
}

fn told(circuits: &Circuits) -> Option<String> {
    let error = circuits.attempt(API, false).err()?;
    assert_eq!(error.kind, ErrorKind::Unavailable);
    assert_eq!(error.hint.as_deref(), refused().hint);
    Some(error.message)
}

/// A remote that could not be reached three times, the first of them two seconds ago.
async fn opened() -> Circuits {
    let circuits = Circuits::default();
    fail(&circuits);
    tokio::time::advance(Duration::from_secs(2)).await;
    fail(&circuits);
    assert_eq!(told(&circuits), None);
    fail(&circuits);
    circuits
}

#[tokio::test(start_paused = true)]
async fn three_in_a_row_are_enough_and_the_error_says_since_when_and_until() {
    let circuits = opened().await;
    assert_eq!(
        told(&circuits).unwrap(),
        "connection refused; it was not asked, since 3 requests in a row could not reach it, the first 2 s ago: it is tried again in 1 s"
    );
    // Neither another host or port, nor what came over HTTP and may lead to less.
    for (address, is_guarded) in [
        ("https://prod.example:8443/base", false),
        ("https://other.example", false),
        (API, true),
    ] {
        assert!(circuits.attempt(address, is_guarded).is_ok());
    }
    // Another path of the same is the same.
    assert!(
        circuits
            .attempt("https://prod.example:443/", false)
            .is_err()
    );
}

#[tokio::test(start_paused = true)]
async fn one_request_tries_again_and_the_pauses_grow_up_to_a_bound() {
    let circuits = opened().await;
    let mut pauses = Vec::new();
    for _ in 0..6 {
        let begun = Instant::now();
        let mut probe = loop {
            match circuits.attempt(API, false) {
                Ok(probe) => break probe,
                Err(_) => tokio::time::advance(Duration::from_millis(100)).await,
            }
        };
        pauses.push(begun.elapsed().as_secs());
        let others = told(&circuits).unwrap();
        assert!(others.ends_with("another request tries it now"), "{others}");
        probe.failed(&refused());
    }
    assert_eq!(pauses, [1, 2, 4, 5, 5, 5]);
}

#[tokio::test(start_paused = true)]
async fn the_first_answer_is_the_end_of_it() {
    let circuits = opened().await;
    tokio::time::advance(CIRCUIT_PAUSE).await;
    circuits.attempt(API, false).unwrap().reached();
    for _ in 0..10 {
        assert_eq!(told(&circuits), None);
    }
    assert!(circuits.lock().is_empty());
    // Failures that are not in a row are none.
    for _ in 0..10 {
        fail(&circuits);
        fail(&circuits);
        circuits.attempt(API, false).unwrap().reached();
    }
    assert_eq!(told(&circuits), None);
}

#[tokio::test(start_paused = true)]
async fn a_probe_that_is_broken_off_leaves_the_next_one_to_others() {
    let circuits = opened().await;
    tokio::time::advance(CIRCUIT_PAUSE).await;
    let probe = circuits.attempt(API, false).unwrap();
    assert!(told(&circuits).is_some());
    drop(probe);
    assert_eq!(told(&circuits), None);
}

#[tokio::test(start_paused = true)]
async fn those_that_fail_together_count_once_for_the_pause() {
    let circuits = Circuits::default();
    let mut attempts: Vec<_> = (0..16)
        .map(|_| circuits.attempt(API, false).unwrap())
        .collect();
    for attempt in &mut attempts {
        attempt.failed(&refused());
    }
    let told = told(&circuits).unwrap();
    assert!(told.contains("since 16 requests"), "{told}");
    assert!(told.ends_with("tried again in 1 s"), "{told}");
}

#[tokio::test(start_paused = true)]
async fn what_is_remembered_has_a_bound() {
    let circuits = Circuits::default();
    let fail = |at: usize| {
        let address = format!("https://c{at}.example");
        let mut attempt = circuits.attempt(&address, false).unwrap();
        attempt.failed(&refused());
    };
    (0..CIRCUITS + 10).for_each(fail);
    assert_eq!(circuits.lock().len(), CIRCUITS);
    tokio::time::advance(CIRCUITS_FORGOTTEN_AFTER).await;
    fail(CIRCUITS + 10);
    assert_eq!(circuits.lock().len(), 1);
}
