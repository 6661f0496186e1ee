use std::process::Stdio;

use servers::Redis;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;

use crate::{lives, until};

const TEST: &str = "orphans::a_server_dies_with_its_test";
const IN_CHILD: &str = "PRAAN_TEST_ORPHANS_CHILD";

/// The test runs itself in a process of its own, which starts a server and is killed.
#[tokio::test]
async fn a_server_dies_with_its_test() {
    if std::env::var_os(IN_CHILD).is_some() {
        let redis = Redis::start().await;
        println!("pid {}", redis.pid().unwrap());
        std::future::pending::<()>().await;
    }
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", TEST, "--nocapture"])
        .env(IN_CHILD, "yes")
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let pid = loop {
        let line = lines.next_line().await.unwrap().expect("the child says where its server is");
        // the harness may have begun the line
        if let Some((_, pid)) = line.split_once("pid ") {
            break pid.parse().unwrap();
        }
    };
    assert!(lives(pid));
    child.kill().await.unwrap();
    until("the end of the server", async || !lives(pid)).await;
}
