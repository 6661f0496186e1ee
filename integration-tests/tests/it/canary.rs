//! What people tell the house it tells nobody: values that stand nowhere else are put into every field of every public rpc, well
//! said and badly, and must then be in no log line (at the finest level, of all crates), no span, no metric, no message, nothing
//! in Redis, and no answer that refuses. Tokens, passwords and the house's own secrets are looked for as well.
//!
//! Left out, since it is where it belongs: the databases, the object store (a photo's key and its signed link go to the owner alone)
//! and the answers to those who may know. Whole numbers of a few digits, such as repetitions, cannot be told from others.

mod birds;
mod collector;
mod fields;
mod life;
mod mistakes;
mod spy;

use std::path::Path;

use integration_tests::fleet::Fleet;
use integration_tests::process::{Environment, Process};

use birds::Birds;
use collector::Collector;
use life::Family;

/// Tells all of it to the mesh at `url`; what it refuses says nothing of it, but for the name of a field.
async fn tell(url: &str, birds: &Birds) {
    let family = Family::tell(url, birds).await;
    let mut refusals = mistakes::make(&family, birds).await;
    refusals.extend(fields::plant(&family, birds).await);
    let told: Vec<String> = refusals.iter().flat_map(|refusal| birds.values(refusal)).collect();
    assert!(told.is_empty(), "{} refusals tell: {:#?}", told.len(), &told[..told.len().min(20)]);
}

/// What every process is to say of itself: everything.
fn talkative(collector: &Collector, logs: &Path) -> Environment {
    let mut environment = Environment::default();
    environment.set("PRAAN_LOG", "trace");
    environment.set("PRAAN_OTLP_ENDPOINT", &collector.url);
    environment.keep_logs(logs);
    environment
}

/// Looks through the logs of `processes` processes and what the collector heard.
fn search(birds: &Birds, logs: &Path, processes: usize, collector: &Collector) {
    let mut places = vec![("the collector".to_owned(), collector.heard())];
    for entry in std::fs::read_dir(logs).expect("the logs") {
        let path = entry.expect("a log").path();
        let text = String::from_utf8_lossy(&std::fs::read(&path).expect("a log")).into_owned();
        assert!(text.contains("TRACE"), "{} holds no traces", path.display());
        places.push((path.display().to_string(), text));
    }
    assert_eq!(places.len(), processes + 1, "a log for each process");
    let heard = &places[0].1;
    for wanted in
        ["rpc.server.duration", "http.server.request.duration", "/praan.logging.v1.LoggingService/CreateLog"]
    {
        assert!(heard.contains(wanted), "the collector never heard of {wanted}");
    }
    assert_silent(birds, &places);
}

fn assert_silent(birds: &Birds, places: &[(String, String)]) {
    let mut told = Vec::new();
    for (place, text) in places {
        let found = birds.sightings(text);
        println!("{place}: {} lines, {} bytes, {} tell", text.lines().count(), text.len(), found.len());
        told.extend(found.into_iter().take(10).map(|line| format!("{place}: {line}")));
    }
    println!("{} values were planted", birds.count());
    assert!(told.is_empty(), "{told:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_process_keeps_what_it_is_told_to_itself() {
    let (birds, collector) = (Birds::default(), Collector::start().await);
    let (data, logs) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
    let process = Process::up_with(data.path(), &talkative(&collector, logs.path())).await;
    for file in ["key-encryption-key", "objects/credentials"] {
        let secrets = std::fs::read_to_string(data.path().join(file)).expect(file);
        // the first of the credentials is a name
        birds.secret(secrets.lines().last().expect(file));
    }
    tell(&process.url, &birds).await;
    assert!(process.terminate().await);
    search(&birds, logs.path(), 1, &collector);
    // it did arrive, and the search finds it where it belongs
    for database in ["identity.db", "family.db", "program.db", "logging.db"] {
        let mut rows = std::fs::read(data.path().join(database)).expect(database);
        // the newest rows may not have left the write-ahead log
        rows.extend(std::fs::read(data.path().join(format!("{database}-wal"))).unwrap_or_default());
        assert!(!birds.values(&String::from_utf8_lossy(&rows)).is_empty(), "{database} holds nothing");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn many_processes_keep_what_they_are_told_to_themselves() {
    let (birds, collector) = (Birds::default(), Collector::start().await);
    let logs = tempfile::tempdir().expect("a folder");
    let mut fleet = Fleet::servers(Environment::default()).await;
    fleet.environment.extend(&talkative(&collector, logs.path()));
    let (secrets, broker) =
        (tempfile::tempdir().expect("a folder"), fleet.environment.get("PRAAN_AMQP_URL").to_owned());
    spy::lock(&mut fleet, &birds, secrets.path()).await;
    fleet.light_all(1).await;
    let spy = spy::Spy::listen(&broker).await;
    tell(&fleet.url(), &birds).await;
    // the limits are all that Redis serves, and a second door has them
    fleet.environment.set("PRAAN_RATE_LIMITS", "on");
    let limited = fleet.another_door().await;
    life::account(&limited.url, &birds).await;
    let places = [
        ("the queues".to_owned(), spy.heard().await),
        ("Redis".to_owned(), spy::redis(&fleet.redis().url()).await),
    ];
    assert!(limited.terminate().await && fleet.stop().await, "every process ended well");
    assert_silent(&birds, &places);
    search(&birds, logs.path(), 7, &collector);
}
