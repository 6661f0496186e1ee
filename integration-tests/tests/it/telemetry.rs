//! What the house tells about itself: one trace from the photo to the score, and metrics by the names that alarms ask for.

use std::collections::{BTreeMap, BTreeSet};
use std::iter::successors;
use std::process::Stdio;

use integration_tests::collector::{Collector, attribute};
use integration_tests::fleet::Fleet;
use integration_tests::process::{Environment, Process};
use opentelemetry_proto::tonic::trace::v1::Span;
use servers::Postgres;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

/// What somebody may have to know in the night, whether an alert or a dashboard asks for it yet or not.
const PROMISED: &[&str] = &[
    // rate, errors and duration at the door and of every rpc
    "http_server_request_duration_seconds_count",
    "rpc_server_duration_seconds_bucket",
    "rpc_server_duration_seconds_count",
    "rpc_server_shed_total",
    "rpc_client_repeats_total",
    // breakers: whether one is open, and how often it came to that
    "rpc_client_breaker_open",
    "rpc_client_breaker_total",
    // queues: how much waits, how old it gets, what is dead
    "praan_queue_waiting",
    "praan_queue_age_seconds_bucket",
    "praan_queue_dead_letters",
    // outboxes
    "praan_outbox_due",
    "praan_outbox_overdue_seconds",
    // caches: hits by lookups
    "praan_cache_lookups_total",
    "praan_inference_duration_seconds_bucket",
    "praan_database_connections",
    "praan_database_connections_max",
    "praan_limits_refused_total",
    "praan_limits_alone",
    "praan_daily_logs_strays",
    // what operators do
    "praan_debug_asked_total",
    "praan_reload_refused",
];

#[tokio::test(flavor = "multi_thread")]
async fn one_trace_runs_from_the_photo_to_the_new_score() {
    let collector = Collector::start().await;
    let folder = tempfile::tempdir().expect("a folder");
    let house = Process::up_with(folder.path(), &collector.environment()).await;
    praan::demo::run(&house.url).await.expect("all steps green");
    // it sends what it has before it ends
    assert!(house.terminate().await);
    judge(&collector);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_trace_is_one_in_many_processes_too() {
    let collector = Collector::start().await;
    let mut fleet = Fleet::start_with(collector.environment(), 1).await;
    praan::demo::run(&fleet.url()).await.expect("all steps green");
    assert!(fleet.stop().await);
    judge(&collector);
}

/// The score that comes from the photo hangs, span by span, on the POST of the log.
fn judge(collector: &Collector) {
    let spans = collector.spans();
    let by_id: BTreeMap<_, _> = spans.iter().map(|span| (&span.span_id, span)).collect();
    let way = |score: &Span| {
        let mut way: Vec<_> =
            successors(Some(score), |span| by_id.get(&span.parent_span_id).copied()).collect();
        way.reverse();
        way.into_iter().map(|span| (name(span), span.trace_id.clone())).collect::<Vec<_>>()
    };
    let wanted = [
        "POST /api/v1/logs",
        "/praan.logging.",
        "delivery ai-inference.image-uploaded",
        "delivery logging.",
        "/praan.adherence.",
    ];
    let scores = spans.iter().filter(|span| span.name.starts_with("/praan.adherence."));
    let ways: Vec<_> = scores.map(way).collect();
    let whole = ways.iter().find(|way| {
        let mut steps = way.iter();
        wanted.iter().all(|step| steps.any(|(name, _)| name.starts_with(step)))
    });
    let whole = whole.unwrap_or_else(|| panic!("no way has {wanted:?}: {ways:?}"));
    assert!(whole.iter().all(|(_, trace)| *trace == whole[0].1), "{whole:?}");
    assert!(collector.metrics().contains("rpc.server.duration"));
    assert!(collector.log_lines() > 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_metric_of_the_alerts_and_dashboards_is_exported() {
    let (folder, postgres) = (tempfile::tempdir().expect("a folder"), Postgres::start().await);
    let mut environment = Environment::default();
    environment.set("PRAAN_ADMIN_LISTEN", "127.0.0.1:0");
    environment.set("PRAAN_DEBUG_SECRET", "the operators' own secret, and long enough");
    let reload = folder.path().join("reload.json");
    std::fs::write(&reload, "{}").expect("a file");
    environment.set("PRAAN_RELOAD_FILE", reload.display().to_string());
    let whole = Process::up_with(folder.path(), &environment).await;
    praan::demo::run(&whole.url).await.expect("all steps green");
    // and one that calls another, and has a server
    environment.set("PRAAN_DATABASE_URL", postgres.url("postgres", &postgres.database().await));
    let family = "family --identity-url http://127.0.0.1:1";
    let part = Process::serve_with(&folder.path().join("part"), family, &environment).await;

    let mut exported = BTreeSet::new();
    for process in [&whole, &part] {
        let metrics = process.metrics.as_ref().expect("a metrics port");
        let text = page(metrics).await.1;
        check(&text).await;
        exported.extend(names_of(&text));
        for (path, wanted) in [("healthz", (200, "alive\n")), ("readyz", (200, "ready\n"))] {
            let (status, said) = page(&metrics.replace("metrics", path)).await;
            assert_eq!((status, said.as_str()), wanted, "{path}");
        }
    }
    assert_eq!(page(&format!("{}/metrics", whole.url)).await.0, 404, "the public port tells no metrics");

    let chart = concat!(env!("CARGO_MANIFEST_DIR"), "/../helm/praan");
    let mut asked = BTreeSet::new();
    for file in ["alerts.yaml", "dashboards/praan.json"] {
        let text = std::fs::read_to_string(format!("{chart}/{file}")).expect(file);
        asked.extend(metrics_in(&text));
    }
    assert!(asked.len() > 15, "{asked:?}");
    let promised: BTreeSet<_> = PROMISED.iter().map(ToString::to_string).collect();
    assert!(promised.is_subset(&exported), "nobody exports {:?}", promised.difference(&exported));
    assert!(asked.is_subset(&exported), "nobody exports {:?}", asked.difference(&exported));
}

/// A span by its name, and a delivery by its queue too.
fn name(span: &Span) -> String {
    match attribute(span, "queue") {
        Some(queue) => format!("{} {queue}", span.name),
        None => span.name.clone(),
    }
}

async fn page(url: &str) -> (u16, String) {
    let answer = reqwest::get(url).await.expect("an answer");
    (answer.status().as_u16(), answer.text().await.expect("a text"))
}

/// Prometheus' own opinion of the text.
async fn check(text: &str) {
    let mut command = Command::new("promtool");
    command.args(["check", "metrics"]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut promtool = command.spawn().expect("promtool, which scripts/test installs");
    let mut into = promtool.stdin.take().expect("its input");
    into.write_all(text.as_bytes()).await.expect("it reads");
    drop(into);
    let ended = promtool.wait_with_output().await.expect("it ends");
    assert!(ended.status.success(), "{}{text}", String::from_utf8_lossy(&ended.stderr));
}

/// The names under which a text in Prometheus' format has samples.
fn names_of(text: &str) -> impl Iterator<Item = String> {
    let samples = text.lines().filter(|line| !line.starts_with('#'));
    samples.filter_map(|line| Some(line.split(['{', ' ']).next()?.to_owned()))
}

/// The metrics that expressions of PromQL ask for: words that begin as ours do, where no label can stand.
fn metrics_in(text: &str) -> BTreeSet<String> {
    let labels = regex::Regex::new(r"\{[^{}]*\}|\b(by|without)\s*\([^)]*\)").expect("sound");
    let bare = labels.replace_all(text, " ");
    let words = regex::Regex::new(r"[A-Za-z_:][A-Za-z0-9_:]*").expect("sound");
    let ours = |word: &&str| ["http_", "rpc_", "praan_"].iter().any(|begin| word.starts_with(begin));
    words.find_iter(&bare).map(|word| word.as_str()).filter(ours).map(str::to_owned).collect()
}
