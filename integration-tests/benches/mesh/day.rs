//! A day of a hundred thousand programs in compressed time, as fast as the machine lets it pass; and on paper what that takes of
//! machines and disk for more of them. The day before has left their summaries at hand: each was looked at once.

use std::time::Duration;

use bytes::Bytes;
use futures_util::future::join_all;
use http_body_util::Full;
use hyper::client::conn::http1::SendRequest;
use integration_tests::process::Environment;
use rand::Rng;
use tokio::time::Instant;

use crate::crowd::Crowd;
use crate::load::{self, Ask, Took};
use crate::pairs::Goal;
use crate::resources::{cpu_seconds, family};
use crate::stage::{Mesh, Stage};

/// A hundred thousand programs of the thousand that there are.
const COPIES: usize = 99;
const CLIENTS: usize = 32;
const LASTS: Duration = Duration::from_secs(60);
/// What of a family's day the paper goes by: three visits of five requests each, one of them a log.
const VISITS_A_DAY: f64 = 3.0;
const REQUESTS_A_VISIT: f64 = 5.0;
/// How much more the busiest hour asks for than the mean.
const PEAK: f64 = 4.0;
/// How much of a core is planned for.
const BUSY: f64 = 0.6;
/// A photo a day, as the client sends it, in bytes.
const PHOTO: f64 = 300_000.0;

/// Somebody looks, logs, and looks again: four reads and a write.
async fn visit(
    address: &str,
    crowd: &Crowd,
    place: usize,
    connection: &mut SendRequest<Full<Bytes>>,
) -> Vec<Duration> {
    let asks: [Ask; 5] = [
        crowd.look(place, "dashboard"),
        crowd.look(place, "history?limit=20"),
        crowd.log(place),
        crowd.look(place, "dashboard"),
        crowd.look(place, "adherence"),
    ];
    let mut times = Vec::new();
    for ask in asks {
        let asked = Instant::now();
        let answer = load::send(connection, address, ask).await;
        times.push(asked.elapsed());
        assert!(answer.status().is_success(), "{} {:?}", answer.status(), answer.body());
    }
    times
}

/// Measures it on a mesh of its own.
pub async fn measure(stage: &Stage) {
    let mut environment = Environment::default();
    environment.set("PRAAN_ADMIN_LISTEN", "127.0.0.1:0");
    let mesh = stage.one_process_with(&environment).await;
    let mut crowd = Crowd::of(&mesh).await;
    crowd.spread(stage, &mesh, COPIES).await;
    println!(
        "\nA day of {} programs of twenty families in compressed time: each visit a dashboard, a history, a log, a dashboard, the adherence; {CLIENTS} clients",
        crowd.len()
    );
    let own = || cpu_seconds(mesh.processes.iter().map(|process| process.id()));
    let postgres = || cpu_seconds(family(stage.postgres.pid().expect("it runs")));
    let disk = async || stage.number(&mesh.database, "SELECT pg_database_size(current_database())").await;
    let logs = async || stage.number(&mesh.database, "SELECT count(*) FROM logging.daily_logs").await;
    look_at_all(&mesh, &crowd).await;
    println!("  each was looked at once: {} MiB", mesh.processes[0].memory() / 1024);
    let before = (own(), postgres(), disk().await, logs().await);
    let lookups = lookups(&mesh).await;

    let begun = Instant::now();
    let clients = (0..CLIENTS).map(async |client| {
        let mut connection = load::connect(mesh.address(), client).await;
        let mut times = Vec::new();
        while begun.elapsed() < LASTS {
            let place = rand::rng().random_range(0..crowd.len());
            times.extend(visit(mesh.address(), &crowd, place, &mut connection).await);
        }
        times
    });
    let took = Took::of(join_all(clients).await.concat(), begun.elapsed());

    let at = |share| took.percentile(share);
    println!(
        "  {:.0} requests a second, p50 {:.1} ms, p95 {:.1} ms, p99 {:.1} ms, p99.9 {:.1} ms",
        took.rate(),
        at(0.5),
        at(0.95),
        at(0.99),
        at(0.999)
    );
    let (hits, misses) = self::lookups(&mesh).await;
    let (hits, misses) = (hits - lookups.0, misses - lookups.1);
    let hits = hits / (hits + misses);
    println!("  of the summaries asked for, at hand: {hits:.3}; {}", Goal::AtLeast(0.95, 0.99).judge(hits));
    let cores = |seconds: f64| seconds / took.times.len() as f64 * 10_000.0;
    let (own, postgres) = (cores(own() - before.0), cores(postgres() - before.1));
    println!("  cores for 10 000 requests a second: own {own:.1}, PostgreSQL {postgres:.1}");
    let bytes = (disk().await - before.2) / (logs().await - before.3);
    println!("  {bytes:.0} bytes of database a log, with all that is written beside it");
    paper(own, postgres, bytes);
}

/// What that comes to, for so many users with a family each.
fn paper(own: f64, postgres: f64, bytes: f64) {
    println!(
        "  on paper: {VISITS_A_DAY} visits a day, {PEAK} times the mean in the busiest hour, cores {BUSY} busy, a photo of {PHOTO} bytes a day"
    );
    for users in [10_000.0, 100_000.0, 1_000_000.0, 10_000_000.0] {
        let rate: f64 = users * VISITS_A_DAY * REQUESTS_A_VISIT / 86_400.0 * PEAK;
        let cores = |of_ten_thousand: f64| (rate / 10_000.0 * of_ten_thousand / BUSY).ceil();
        let database = users * VISITS_A_DAY * 365.0 * bytes / 1e9;
        println!(
            "    {users:>10} users: {rate:.0} requests a second; cores: own {:.0}, PostgreSQL {:.0}; a year: database {database:.0} GB, photos {:.1} TB",
            cores(own),
            cores(postgres),
            users * 365.0 * PHOTO / 1e12
        );
    }
}

/// Has every dashboard looked at once.
async fn look_at_all(mesh: &Mesh, crowd: &Crowd) {
    let clients = (0..CLIENTS).map(async |client| {
        let mut connection = load::connect(mesh.address(), client).await;
        for place in (client..crowd.len()).step_by(CLIENTS) {
            let answer = load::send(&mut connection, mesh.address(), crowd.look(place, "dashboard")).await;
            assert!(answer.status().is_success(), "{}", answer.status());
        }
    });
    join_all(clients).await;
}

/// How many of the summaries asked for were at hand, and how many were not, by what the mesh says itself.
async fn lookups(mesh: &Mesh) -> (f64, f64) {
    let metrics = mesh.processes[0].metrics.as_ref().expect("a metrics port");
    let text = reqwest::get(metrics).await.expect("metrics").text().await.expect("text");
    let count = |outcome: &str| -> f64 {
        let of_it = |line: &&str| {
            line.starts_with("praan_cache_lookups")
                && line.contains("\"summaries\"")
                && line.contains(outcome)
        };
        text.lines().filter(of_it).filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok()).sum()
    };
    (count("\"hit\""), count("\"miss\""))
}
