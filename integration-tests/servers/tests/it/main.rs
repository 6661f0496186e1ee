//! Every server starts, answers, and is gone when nobody needs it any more.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]
#![allow(clippy::disallowed_methods, reason = "tasks of a test end with it")]

mod orphans;
mod pgbouncer;
mod postgres;
mod proxy;
mod rabbitmq;
mod redis;

use std::time::Duration;

/// Whether a process is there, and not only waits for somebody to take note of its end.
fn lives(pid: u32) -> bool {
    std::fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| !stat.contains(") Z "))
}

/// Asks again until the answer is yes; a no for half a minute is a failure.
async fn until<F: Future<Output = bool>>(what: &str, mut ask: impl FnMut() -> F) {
    let asking = async {
        while !ask().await {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    assert!(
        tokio::time::timeout(Duration::from_secs(30), asking).await.is_ok(),
        "waited in vain for: {what}"
    );
}
