//! Reads: the dashboard against a bare hop that moves the same bytes, and a page of history against pgbench running the same SELECT.

use std::time::Duration;

use hyper::StatusCode;

use crate::crowd::Crowd;
use crate::hop::Hop;
use crate::load;
use crate::pairs::{Goal, Ratios};
use crate::resources::cpu_seconds;
use crate::stage::{Mesh, Stage};

const CLIENTS: usize = 16;
const TURN: Duration = Duration::from_secs(3);
/// A page of history as the mesh asks for it.
const PAGE: &str = "
\\set program random(1, 1000)
SELECT family_id, program_id, at, id, payload FROM logs WHERE program_id = :program AND at <= now() ORDER BY at DESC, id DESC LIMIT 20;
";
const LOGS: &str = "
    CREATE TABLE logs (family_id bigint NOT NULL, program_id bigint NOT NULL, at timestamptz NOT NULL, id bigint NOT NULL,
        payload jsonb NOT NULL, PRIMARY KEY (program_id, at, id));
    INSERT INTO logs SELECT n / 500, n % 1000 + 1, now() - n * interval '1 second', n, '{\"systolic\": 128, \"diastolic\": 79}'
    FROM generate_series(1, 20000) AS n;
    ANALYZE logs";

/// Measures the cached reads.
pub async fn cached(mesh: &Mesh, crowd: &Crowd) {
    println!("\nCached reads against a bare axum → tonic hop with the same bytes, c = {CLIENTS}");
    for at in ["dashboard", "adherence"] {
        let bytes = size(mesh, crowd, at).await;
        let hop = Hop::start(bytes).await;
        let own = || cpu_seconds(mesh.processes.iter().map(|process| process.id()));
        let (mut asked, mut used, mut hops, mut hop_used) = (0, 0.0, 0, 0.0);
        let ratios = Ratios::of(
            async || {
                let before = own();
                let took = look(mesh, crowd, at).await;
                used += own() - before;
                asked += took.times.len();
                took.rate()
            },
            async || {
                let before = hop.cpu_seconds();
                let took = load::run(&hop.address, CLIENTS, TURN, StatusCode::OK, |_, _| Hop::ask()).await;
                hop_used += hop.cpu_seconds() - before;
                hops += took.times.len();
                took.rate()
            },
        );
        let ratios = ratios.await;
        let (ours, theirs) = (used * 1000.0 / asked as f64, hop_used * 1000.0 / hops as f64);
        println!("  {at}, {bytes} bytes: CPU a read: own {ours:.3} ms, bare hop {theirs:.3} ms");
        ratios.tell(&format!("{at}, rate ÷ the hop's"), Goal::AtLeast(0.5, 1.0));
    }
}

/// Measures the history.
pub async fn history(stage: &Stage, mesh: &Mesh, crowd: &Crowd) {
    println!("\nA page of 20 of the history, against pgbench running the same SELECT, c = {CLIENTS}");
    let database = stage.postgres.database().await;
    stage.postgres.sql(&database, LOGS).await;
    let ratios = Ratios::of(
        async || look(mesh, crowd, "history?limit=20").await.rate(),
        async || stage.postgres.pgbench(&database, PAGE, CLIENTS, TURN.as_secs()).await,
    );
    ratios.await.tell("rate ÷ pgbench's", Goal::AtLeast(0.3, 0.45));
    let took = look(mesh, crowd, "history?limit=20").await;
    println!(
        "  {:.0}/s, p50 {:.1} ms, p95 {:.1} ms, p99 {:.1} ms",
        took.rate(),
        took.percentile(0.5),
        took.percentile(0.95),
        took.percentile(0.99)
    );
}

async fn look(mesh: &Mesh, crowd: &Crowd, at: &str) -> load::Took {
    let ask = |client: usize, turn: usize| crowd.look(client + turn * CLIENTS, at);
    load::run(mesh.address(), CLIENTS, TURN, StatusCode::OK, ask).await
}

async fn size(mesh: &Mesh, crowd: &Crowd, at: &str) -> usize {
    let ask = crowd.look(0, at);
    let request = reqwest::Client::new().get(format!("{}{}", mesh.url, ask.line.1)).bearer_auth(ask.token);
    request.send().await.expect("an answer").bytes().await.expect("its body").len()
}
