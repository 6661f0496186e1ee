//! Log lines and limits change under a running process, as a ConfigMap changes that is mounted; what is of no use changes nothing.

use std::path::{Path, PathBuf};
use std::time::Duration;

use integration_tests::Api;
use integration_tests::process::{Environment, Process, operate};
use serde_json::Value;

const PATIENCE: Duration = Duration::from_secs(30);

/// Puts a file where it is mounted, as kubelet does: into a folder of its own, to which a link is then turned at once.
fn mount(folder: &Path, number: u32, text: &str) -> PathBuf {
    let version = folder.join(format!("..{number}"));
    std::fs::create_dir_all(&version).expect("a folder");
    std::fs::write(version.join("reload.json"), text).expect("a file");
    let (link, next) = (folder.join("..data"), folder.join("..next"));
    std::os::unix::fs::symlink(&version, &next).expect("a link");
    std::fs::rename(&next, &link).expect("it is turned");
    let file = folder.join("reload.json");
    if !file.exists() {
        std::os::unix::fs::symlink(link.join("reload.json"), &file).expect("a link");
    }
    file
}

/// Waits until something holds.
async fn until(what: &str, holds: impl AsyncFn() -> bool) {
    let waiting = async {
        while !holds().await {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    assert!(tokio::time::timeout(PATIENCE, waiting).await.is_ok(), "{what}");
}

#[tokio::test(flavor = "multi_thread")]
async fn log_lines_and_limits_change_without_a_restart() {
    let [data, mounted, logs] = [(); 3].map(|()| tempfile::tempdir().expect("a folder"));
    let file = mount(mounted.path(), 1, r#"{"limits": {"per_address": 50}}"#);
    let mut environment = Environment::default();
    environment.set("PRAAN_RELOAD_FILE", file.display().to_string());
    environment.set("PRAAN_ADMIN_LISTEN", "127.0.0.1:0");
    environment.set("PRAAN_RATE_LIMITS", "on");
    environment.keep_logs(logs.path());
    let house = Process::up_with(data.path(), &environment).await;
    let nobody = Api::nobody(&house.url);
    let policy = async || nobody.get("/.well-known/jwks.json").await.header("ratelimit-policy").to_owned();
    let log = || std::fs::read_to_string(logs.path().join("up.log")).expect("a log");
    let refused = async || {
        let metrics = reqwest::get(house.metrics.as_ref().expect("a port")).await.expect("an answer");
        metrics.text().await.expect("a text").contains("\npraan_reload_refused 1\n")
    };
    assert_eq!(policy().await, "\"default\";q=50;w=60");
    assert!(!log().contains("DEBUG"), "{}", log());

    // it is looked at without being told
    mount(mounted.path(), 2, r#"{"log": "debug,h2=info", "limits": {"per_address": 900}}"#);
    until("the limit has changed", async || policy().await == "\"default\";q=900;w=60").await;
    until("so have the lines", async || log().contains("DEBUG")).await;
    assert!(log().contains("the reload file was taken over") && !refused().await);

    for (number, bad, why) in [
        (3, "{\"limits\": {\"per_address\": 7}", "EOF"),
        (4, r#"{"log": "praan=loudly", "limits": {"per_address": 7}}"#, "must be a filter"),
        (5, r#"{"log": "off", "limits": {"per_adress": 7}}"#, "per_adress"),
        (6, r#"{"log": "off", "limits": {"routes": {"POST /api/v1/log": 7}}}"#, "POST /api/v1/log"),
    ] {
        mount(mounted.path(), number, bad);
        house.signal("HUP").await;
        until(why, async || log().lines().any(|line| line.contains("is of no use") && line.contains(why)))
            .await;
        assert!(refused().await, "{bad}");
        assert_eq!(policy().await, "\"default\";q=900;w=60", "{bad}");
        let before = log().matches("DEBUG").count();
        until("the lines are as they were", async || {
            policy().await.is_empty() || log().matches("DEBUG").count() > before
        })
        .await;
    }
    // what is left out is as it was at the start
    mount(mounted.path(), 7, "{}");
    house.signal("HUP").await;
    until("the limit is the usual one", async || policy().await == "\"default\";q=100;w=60").await;
    assert!(!refused().await);
    assert!(house.terminate().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_does_not_start_on_a_file_that_is_of_no_use() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = mount(folder.path(), 1, r#"{"limits": {"per_user": 0}}"#);
    let mut environment = Environment::default();
    environment.set("PRAAN_RELOAD_FILE", file.display().to_string());
    let refused = operate(folder.path(), "up --listen 127.0.0.1:0 --log-format json", &environment).await;
    let said = String::from_utf8_lossy(&refused.stderr);
    assert!(!refused.status.success() && said.contains("per_user") && said.contains("reload.json"), "{said}");
    // whoever only collects lines of JSON sees it as well
    let lines = said.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let errors: Vec<Value> = lines.filter(|line| line["level"] == "ERROR").collect();
    assert_eq!(errors.len(), 1, "{said}");
    assert!(errors[0]["fields"]["cause"].as_str().is_some_and(|cause| cause.contains("per_user")), "{said}");
}
