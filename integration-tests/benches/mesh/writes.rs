//! POST /logs against what PostgreSQL itself can do: pgbench running the whole unit of work of a log, in one statement, over the same
//! tables in small.

use std::time::Duration;

use hyper::StatusCode;

use crate::crowd::Crowd;
use crate::hop::Hop;
use crate::load::{self, Took};
use crate::pairs::{Goal, Ratios};
use crate::resources::{cpu_seconds, family};
use crate::stage::{Mesh, Stage};

/// How many bytes a log is answered with.
const ANSWER: usize = 100;
/// How long each half of a pair goes on.
const TURN: Duration = Duration::from_secs(4);

/// A thousand programs of one owner.
const TABLES: &str = "
    CREATE TABLE programs (id bigint PRIMARY KEY, family_id bigint NOT NULL, owner_id bigint NOT NULL);
    INSERT INTO programs SELECT n, n / 50, 1 FROM generate_series(1, 1000) AS n;
    CREATE TABLE logs (family_id bigint NOT NULL, program_id bigint NOT NULL, at timestamptz NOT NULL, id bigint NOT NULL,
        payload jsonb NOT NULL, PRIMARY KEY (program_id, at, id));
    CREATE TABLE scores (program_id bigint NOT NULL, day date NOT NULL, logs int NOT NULL, PRIMARY KEY (program_id, day));
    CREATE TABLE audit (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, family_id bigint NOT NULL, actor_id bigint NOT NULL,
        action text NOT NULL, at timestamptz NOT NULL);
    CREATE SEQUENCE ids CACHE 100";

/// The owner's check, the log, its score and its line in the audit trail.
const UNIT: &str = "
WITH owner AS (SELECT id, family_id FROM programs WHERE id = :program AND owner_id = 1),
    log AS (INSERT INTO logs SELECT family_id, id, now(), nextval('ids'), '{\"systolic\": 128, \"diastolic\": 79}' FROM owner),
    score AS (INSERT INTO scores SELECT id, current_date, 1 FROM owner
        ON CONFLICT (program_id, day) DO UPDATE SET logs = scores.logs + 1)
INSERT INTO audit (family_id, actor_id, action, at) SELECT family_id, 1, 'CREATE', now() FROM owner;
";

/// How long a commit takes to be kept where the disk is at the other end of a network, in microseconds.
const FAR_DISK: u32 = 3000;

/// Measures it on this machine's disk, and as it would be on one that is slower.
pub async fn measure(stage: &Stage, mesh: &Mesh, crowd: &Crowd) {
    println!("\nPOST /logs over {} programs, against pgbench running the same unit of work", crowd.len());
    let database = stage.postgres.database().await;
    stage.postgres.sql(&database, TABLES).await;
    compare(stage, mesh, crowd, &database).await;
    println!("\nThe same where a commit waits {} ms for the disk, by commit_delay", FAR_DISK / 1000);
    stage.delay_commits(FAR_DISK).await;
    compare(stage, mesh, crowd, &database).await;
    stage.delay_commits(0).await;
}

/// At several numbers of clients, and on one program that all log to.
async fn compare(stage: &Stage, mesh: &Mesh, crowd: &Crowd, database: &str) {
    let bench = async |clients: usize, program: &str| {
        let script = format!("\\set program {program}\n{UNIT}");
        stage.postgres.pgbench(database, &script, clients, TURN.as_secs()).await
    };
    let mut of_postgres = Vec::new();
    for clients in [1, 16, 64] {
        let mut last = None;
        let ratios = Ratios::of(
            async || {
                let seen = log(stage, mesh, crowd, clients, usize::MAX).await;
                let rate = seen.took.rate();
                last = Some(seen);
                rate
            },
            async || bench(clients, "random(1, 1000)").await,
        );
        let ratios = ratios.await;
        let seen = last.expect("a run");
        seen.tell(clients);
        let hops = seen.own_ms / hop_ms(clients).await;
        println!(
            "  c = {clients}, own CPU ÷ the bare hop's: {hops:.2}; {}",
            Goal::AtMost(4.0, 2.5).judge(hops)
        );
        of_postgres.push(seen.postgres_ms);
        match clients {
            // of one client, latency is what counts
            1 => println!(
                "  c = 1, latency ÷ pgbench's: {:.2}; {}",
                1.0 / ratios.median(),
                Goal::AtMost(3.0, 2.0).judge(1.0 / ratios.median())
            ),
            _ => ratios.tell(&format!("c = {clients}, rate ÷ pgbench's"), Goal::AtLeast(0.5, 1.0)),
        }
    }
    let share = of_postgres[2] / of_postgres[0];
    println!(
        "  PostgreSQL's CPU for a log, c = 64 ÷ c = 1: {share:.2}; {}",
        Goal::AtMost(0.3, 0.3).judge(share)
    );
    let hot =
        Ratios::of(async || log(stage, mesh, crowd, 64, 1).await.took.rate(), async || bench(64, "1").await);
    hot.await.tell("one hot program, c = 64, rate ÷ pgbench's", Goal::AtLeast(3.0, 8.0));
}

/// What a run took.
struct Seen {
    took: Took,
    own_ms: f64,
    postgres_ms: f64,
}

impl Seen {
    fn tell(&self, clients: usize) {
        let at = |share| self.took.percentile(share);
        println!(
            "  c = {clients}: {:.0}/s, p50 {:.1} ms, p95 {:.1} ms, p99 {:.1} ms; CPU a log: own {:.2} ms, PostgreSQL {:.2} ms",
            self.took.rate(),
            at(0.5),
            at(0.95),
            at(0.99),
            self.own_ms,
            self.postgres_ms
        );
    }
}

/// Has clients log to the first of the programs, each to another.
async fn log(stage: &Stage, mesh: &Mesh, crowd: &Crowd, clients: usize, programs: usize) -> Seen {
    let own = || cpu_seconds(mesh.processes.iter().map(|process| process.id()));
    let postgres = || cpu_seconds(family(stage.postgres.pid().expect("it runs")));
    let before = (own(), postgres());
    let ask = |client: usize, turn: usize| crowd.log((client + turn * clients) % programs.min(crowd.len()));
    let took = load::run(mesh.address(), clients, TURN, StatusCode::CREATED, ask).await;
    let each = |seconds: f64| seconds * 1000.0 / took.times.len() as f64;
    let (own_ms, postgres_ms) = (each(own() - before.0), each(postgres() - before.1));
    Seen { took, own_ms, postgres_ms }
}

/// The CPU that a bare axum → tonic hop takes for a request, in milliseconds.
async fn hop_ms(clients: usize) -> f64 {
    let hop = Hop::start(ANSWER).await;
    let before = hop.cpu_seconds();
    let took = load::run(&hop.address, clients, TURN, StatusCode::OK, |_, _| Hop::ask()).await;
    (hop.cpu_seconds() - before) * 1000.0 / took.times.len() as f64
}
