//! The embedded object store as a process of its own, so that it can be killed: `object-store <folder> --listen <address>`.
#![allow(clippy::expect_used, reason = "a test that cannot go on has failed")]

use std::io::Write;
use std::time::Duration;

use backends::objects::embedded;
use chassis::Foundation;
use tokio::signal::unix::{SignalKind, signal};

#[tokio::main]
async fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let (folder, address) = (arguments.get(1).expect("a folder"), arguments.get(3).expect("an address"));
    let settings = embedded::Settings {
        address: address.parse().expect("an address"),
        public_endpoint: None,
        directory: folder.into(),
        bucket: "praan".to_owned(),
    };
    let foundation = Foundation::system();
    let mut terminate = signal(SignalKind::terminate()).expect("a signal");
    let store = embedded::start(&foundation, settings).await.expect("an object store");
    let mut out = std::io::stdout();
    writeln!(out, "objects {}", store.address).and_then(|()| out.flush()).expect("somebody listens");
    terminate.recv().await;
    foundation.tasks.stop(Duration::from_secs(10)).await;
}
