//! How much memory, time and disk it takes.

use std::time::Instant;

use integration_tests::process::{Process, binary};

use crate::pairs::Goal;
use crate::stage::{Mesh, Stage};

/// Measures a fresh mesh on embedded backends, and the start of one on the servers.
pub async fn idle(stage: &Stage) {
    println!("\nIdle, and ready");
    let bytes = std::fs::metadata(binary()).expect("the binary").len();
    println!("  the binary: {:.1} MiB", bytes as f64 / 1024.0 / 1024.0);
    let folder = tempfile::tempdir().expect("a folder");
    // the first start makes the tables
    assert!(Process::up(folder.path()).await.terminate().await);
    let begun = Instant::now();
    let process = Process::up(folder.path()).await;
    let seconds = begun.elapsed().as_secs_f64();
    println!(
        "  one process on embedded backends is ready after {seconds:.2} s; {}",
        Goal::AtMost(1.0, 0.3).judge(seconds)
    );
    let mib = process.memory() as f64 / 1024.0;
    println!("  and takes {mib:.0} MiB; {}", Goal::AtMost(64.0, 64.0).judge(mib));
    drop(process);
    let mesh = stage.many_processes().await;
    for process in &mesh.processes {
        let (name, own) = (process.name(), process.own_memory() as f64 / 1024.0);
        let mib = process.memory() as f64 / 1024.0;
        println!(
            "  {name} takes {mib:.0} MiB, {own:.0} of them no pages of the binary; {}",
            Goal::AtMost(24.0, 15.0).judge(mib)
        );
    }
}

/// Tells the memory of a mesh that has worked.
pub fn loaded(name: &str, mesh: &Mesh) {
    let all: f64 = residents(mesh).iter().map(|(_, mib)| mib).sum();
    println!("\nLoaded, {name}: {all:.0} MiB");
    for (room, mib) in residents(mesh) {
        println!("  {room}: {mib:.0} MiB");
    }
}

/// Tells how much disk a log takes, with its indexes and all that is written beside it.
pub async fn disk(stage: &Stage, mesh: &Mesh) {
    let logs: f64 = stage.number(&mesh.database, "SELECT count(*) FROM logging.daily_logs").await;
    let bytes = "SELECT sum(pg_total_relation_size(c.oid)) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace";
    let of = async |condition: &str| {
        stage.number(&mesh.database, &format!("{bytes} WHERE c.relkind = 'r' AND {condition}")).await / logs
    };
    let own = async || of("n.nspname = 'logging' AND c.relname LIKE 'daily_logs%'").await;
    println!("\nDisk, over {logs} logs");
    println!("  a log and its indexes: {:.0} bytes while its month goes on", own().await);
    pack(stage, &mesh.database).await;
    let packed = own().await;
    println!("  {packed:.0} when it is over; {}", Goal::AtMost(250.0, 195.0).judge(packed));
    for (what, condition) in [
        ("audit trail", "c.relname LIKE 'audit%'"),
        ("answers kept under request ids", "c.relname = 'idempotency'"),
        ("scores and events", "n.nspname = 'adherence' AND c.relname NOT LIKE 'audit%'"),
    ] {
        println!("  {what}: {:.0} bytes a log", of(condition).await);
    }
}

/// Packs the keys of all months, as `praan job partitions` does when one is over.
async fn pack(stage: &Stage, database: &str) {
    let keys = "SELECT relid FROM pg_partition_tree('logging.daily_logs_pkey') WHERE isleaf";
    for key in stage.postgres.sql(database, keys).await.lines() {
        stage.postgres.sql(database, &format!("ALTER INDEX {key} SET (fillfactor = 100)")).await;
        stage.postgres.sql(database, &format!("REINDEX INDEX CONCURRENTLY {key}")).await;
    }
}

fn residents(mesh: &Mesh) -> Vec<(String, f64)> {
    mesh.processes.iter().map(|process| (process.name(), process.memory() as f64 / 1024.0)).collect()
}
