//! One suite per port, written against the port alone and stamped for each of its adapters.
//!
//! A new adapter implements the suite's `Adapter` (how to get a fresh one) and is stamped by one line.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test that cannot go on has failed"
)]
#![allow(clippy::disallowed_methods, reason = "tasks of a test end with it")]

mod audit;
mod cache;
mod database;
mod objects;
mod outbox;
mod queue;
mod together;
mod wait;

/// Makes each case of a suite a test of one adapter.
macro_rules! stamp {
    ($adapter:ty: $($case:path as $name:ident),* $(,)?) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
            async fn $name() {
                $case(<$adapter>::default()).await;
            }
        )*
    };
}
pub(crate) use stamp;

/// Makes a whole suite one test of an adapter that takes long to start; the adapter's clones share what was started.
macro_rules! stamp_together {
    ($adapter:ty: $($case:path as $name:ident),* $(,)?) => {
        #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
        async fn all_in_one() {
            let adapter = <$adapter>::default();
            $(
                println!("{}", stringify!($name));
                Box::pin($case(adapter.clone())).await;
            )*
        }
    };
}
pub(crate) use stamp_together;
