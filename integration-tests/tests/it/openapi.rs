//! The mesh does what its OpenAPI document says, and no more: schemathesis reads the document, makes up requests that fit it and
//! requests that do not, and judges every answer by it. `SCHEMATHESIS_EXAMPLES=100` makes it a long run.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use integration_tests::api::{Api, id};
use integration_tests::{House, photo};
use regex::Regex;
use serde_json::json;
use tokio::process::Command;

/// How many requests are made up for every operation and way of making them up.
const EXAMPLES: u32 = 5;
/// What ends the session that asks for it, or all others.
const ENDS_SESSIONS: [&str; 4] =
    ["/api/v1/auth/logout", "/api/v1/sessions/{session_id}", "/api/v1/users/me", "/api/v1/users/me/password"];
/// What does not end by itself, so that no answer comes to be judged; sse.rs of the gateway does that.
const ENDLESS: &str = "/api/v1/programs/{program_id}/events";

#[tokio::test(flavor = "multi_thread")]
async fn every_operation_is_as_described() {
    let house = House::one_process().await;
    let asha = house.sign_up().await;
    let folder = tempfile::tempdir().expect("a folder");
    let config = configure(folder.path(), &asha).await;
    let excluded = ENDS_SESSIONS.iter().chain([&ENDLESS]).flat_map(|path| ["--exclude-path", path]);
    let tried = schemathesis(&asha, &config, &excluded.collect::<Vec<_>>()).await;
    assert!(tried > 2000, "only {tried} requests");
    // and still there for somebody else
    house.sign_up().await.add_member().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_ends_sessions_is_as_described() {
    let house = House::one_process().await;
    for path in ENDS_SESSIONS {
        let meera = house.sign_up().await;
        let folder = tempfile::tempdir().expect("a folder");
        let config = configure(folder.path(), &meera).await;
        let tried = schemathesis(&meera, &config, &["--include-path", path]).await;
        assert!(tried > 20, "{path}: only {tried} requests");
    }
}

/// Runs it as a user; shows all that it said when it found something. Returns how many requests it made.
async fn schemathesis(api: &Api, config: &Path, operations: &[&str]) -> u32 {
    let ran = Command::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../target/python/bin/python"))
        .args(["-m", "schemathesis.cli", "--config-file"])
        .arg(config)
        .args(["run", &format!("{}/openapi.json", api.url), "--no-color", "--checks", "all", "--seed", "1"])
        .args(["--max-examples", &examples().to_string()])
        .args(["--header", &format!("Authorization: Bearer {}", api.token.as_deref().expect("a token"))])
        .args(operations)
        .current_dir(config.parent().expect("a folder"))
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
        .expect("schemathesis runs; scripts/test installs it");
    let said = String::from_utf8_lossy(&ran.stdout);
    println!("{said}");
    assert!(
        ran.status.success(),
        "schemathesis found what is not as described\n{}",
        String::from_utf8_lossy(&ran.stderr)
    );
    let generated = Regex::new(r"(\d+) generated").expect("a pattern");
    let generated = generated.captures(&said).expect("how many requests");
    generated[1].parse().expect("a number")
}

#[allow(clippy::disallowed_methods, reason = "a test has no configuration of its own")]
fn examples() -> u32 {
    let wanted = std::env::var("SCHEMATHESIS_EXAMPLES").ok();
    wanted.map_or(EXAMPLES, |number| number.parse().expect("SCHEMATHESIS_EXAMPLES is a number"))
}

/// Writes the configuration, with the ids of what is there.
async fn configure(folder: &Path, api: &Api) -> PathBuf {
    let mut text = include_str!("../../clients/schemathesis.toml").to_owned();
    text += "\n[dictionaries]\n";
    for (name, ids) in furnish(api).await {
        text += &format!("{name} = {{ values = {} }}\n", json!(ids));
    }
    let file = folder.join("schemathesis.toml");
    std::fs::write(&file, text).expect("the configuration");
    file
}

/// Some of everything, and enough of it to outlast that some of it is deleted.
async fn furnish(api: &Api) -> Vec<(&'static str, Vec<i64>)> {
    let (mut members, mut programs, mut logs, mut grants, mut invitations) =
        (Vec::new(), Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for _ in 0..6 {
        let member = api.add_member().await;
        members.push(member);
        let guest = Api::sign_up(&api.url).await;
        let granted = json!({"email": guest.email, "role": "MEMBER"});
        let grant = api.post(&format!("/api/v1/members/{member}/grants"), granted).await;
        grants.push(id(&grant.expect(201)));
        let manager = json!({"email": guest.email});
        invitations.push(id(&api.post("/api/v1/family/managers", manager).await.expect(201)));
        let program = api.start_program(member).await;
        programs.push(program);
        let checkin = json!({"program_id": program, "log_type": "CHECKIN", "payload": {"systolic": 128, "diastolic": 79}});
        logs.push(id(&api.post("/api/v1/logs", checkin).await.expect(201)));
        logs.push(api.log_photo(program, photo::jpeg(1)).await);
    }
    let me = id(&api.get("/api/v1/users/me").await.expect(200));
    vec![
        ("members", members),
        ("programs", programs),
        ("logs", logs),
        ("grants", grants),
        ("invitations", invitations),
        ("users", vec![me]),
    ]
}
