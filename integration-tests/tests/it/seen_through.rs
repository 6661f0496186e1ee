//! An operator sees one request through: every process that it passes logs at DEBUG about it, and about nobody else's; and its trace is
//! sent, however few are.

use std::path::Path;
use std::time::Duration;

use integration_tests::Api;
use integration_tests::collector::{Collector, attribute};
use integration_tests::fleet::Fleet;
use integration_tests::process::{Environment, Process, operate};
use serde_json::{Value, json};
use tempfile::TempDir;
use uuid::Uuid;

/// A weight that stands nowhere else.
const WEIGHT: f64 = 71.839_27;
const PATIENCE: Duration = Duration::from_secs(10);

/// A process that says little, and whose operators have a secret; the folder of its logs.
fn quiet() -> (Environment, TempDir) {
    let logs = tempfile::tempdir().expect("a folder");
    let mut environment = Environment::default();
    environment.set("PRAAN_LOG", "warn");
    environment.set("PRAAN_DEBUG_SECRET", "the operators' own secret, and long enough");
    environment.keep_logs(logs.path());
    (environment, logs)
}

/// Logs a check-in with a token of an operator's, or something that is none; returns the request's id.
async fn check_in(api: &Api, program: i64, token: &str) -> String {
    let id = Uuid::new_v4().to_string();
    let log: Value = json!({"program_id": program, "log_type": "CHECKIN", "payload": {"weight_kg": WEIGHT}});
    let request = reqwest::Client::new().post(format!("{}/api/v1/logs", api.url)).json(&log);
    let request = request.bearer_auth(api.token.as_ref().expect("a token"));
    let sent = request.header("x-request-id", &id).header("x-praan-debug", token).send().await;
    assert_eq!(sent.expect("an answer").status(), 201);
    id
}

/// Three requests, of which one is seen through; returns the ids of that one and of the others.
async fn three(url: &str, folder: &Path, environment: &Environment) -> (String, [String; 2]) {
    let made = operate(folder, "debug-token --minutes 5", environment).await;
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let token = String::from_utf8(made.stdout).expect("a token").trim().to_owned();
    let api = Api::sign_up(url).await;
    let program = api.start_program(api.add_member().await).await;
    let wrong = format!("{token}x");
    let (before, seen, after) = tokio::join!(
        check_in(&api, program, &wrong),
        check_in(&api, program, &token),
        check_in(&api, program, "1"),
    );
    (seen, [before, after])
}

/// Reads what a process logged until it tells of the request, and judges all of it.
async fn judge(log: &Path, seen: &str, others: &[String]) {
    let read = || std::fs::read_to_string(log).expect("a log");
    let told = async {
        while !read().lines().any(|line| line.contains("DEBUG") && line.contains(seen)) {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let told = tokio::time::timeout(PATIENCE, told).await;
    let text = read();
    assert!(told.is_ok(), "{} does not tell of {seen}: {text}", log.display());
    for line in text.lines() {
        let debug = line.contains("DEBUG") || line.contains("TRACE");
        assert!(!debug || line.contains(seen), "{}: this is about nobody: {line}", log.display());
        assert!(!others.iter().any(|other| debug && line.contains(other)), "{}: {line}", log.display());
    }
    assert!(!text.contains(&WEIGHT.to_string()), "{}: {text}", log.display());
}

#[tokio::test(flavor = "multi_thread")]
async fn in_one_process() {
    let (folder, (mut environment, logs)) = (tempfile::tempdir().expect("a folder"), quiet());
    environment.set("PRAAN_ADMIN_LISTEN", "127.0.0.1:0");
    let house = Process::up_with(folder.path(), &environment).await;
    let mut operator = Environment::default();
    operator.set("PRAAN_DEBUG_SECRET", environment.get("PRAAN_DEBUG_SECRET"));
    let (seen, others) = three(&house.url, folder.path(), &operator).await;
    let log = logs.path().join("up.log");
    judge(&log, &seen, &others).await;
    let text = std::fs::read_to_string(&log).expect("a log");
    for told in
        ["/praan.logging.v1.LoggingService/CreateLog", "a request was answered", "it was done together"]
    {
        assert!(text.contains(told), "{told}: {text}");
    }
    let metrics = reqwest::get(house.metrics.as_ref().expect("a port")).await.expect("an answer");
    let metrics = metrics.text().await.expect("a text");
    for count in [
        "praan_debug_asked_total{praan_debug_token=\"good\"} 1",
        "praan_debug_asked_total{praan_debug_token=\"bad\"} 2",
    ] {
        assert!(metrics.contains(count), "{metrics}");
    }
    assert!(house.terminate().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn in_every_process_it_passes() {
    let (quiet, logs) = quiet();
    let collector = Collector::start().await;
    let mut environment = collector.environment();
    environment.extend(&quiet);
    environment.set("PRAAN_TRACE_RATIO", "0");
    let mut fleet = Fleet::start_with(environment, 1).await;
    let (seen, others) = three(&fleet.url(), fleet.folder(), &fleet.environment).await;
    for service in ["gateway", "logging", "adherence"] {
        judge(&logs.path().join(format!("serve-{service}.log")), &seen, &others).await;
    }
    // it did not pass here
    let identity = std::fs::read_to_string(logs.path().join("serve-identity.log")).expect("a log");
    assert!(!identity.contains("DEBUG"), "{identity}");
    assert!(fleet.stop().await);
    let spans = collector.spans();
    let of_the_request = |name: &str| {
        let span = spans.iter().find(|span| span.name == name);
        span.unwrap_or_else(|| panic!("{name} is not among {spans:?}"))
    };
    let door = of_the_request("POST /api/v1/logs");
    assert_eq!(attribute(door, "request_id").as_deref(), Some(seen.as_str()));
    of_the_request("/praan.logging.v1.LoggingService/CreateLog");
    assert!(spans.iter().all(|span| span.trace_id == door.trace_id), "there are others: {spans:?}");
}
