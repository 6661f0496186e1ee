//! A record with all that can be said, and how two of them are compared.

use std::time::{Duration, Instant};

use chassis::clock::Clock;
use chrono::Days;
use integration_tests::api::{Api, goals, id};
use integration_tests::photo;
use reqwest::Method;
use serde_json::{Value, json};

use crate::examples::{photo_log, until_read};
use crate::exports::changed_goals;

/// How long scores may take to follow on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// A member with two programs, and all that can be said: every kind of log, some corrected, some read from photos, on several days
/// of the first program, which has begun forty days ago and got new goals today.
pub async fn record(asha: &Api) -> i64 {
    let member = asha.add_member().await;
    let now = Clock::system().now();
    let ago = |days: u64, hour: u32| {
        let day = now.date_naive() - Days::new(days);
        day.and_hms_micro_opt(hour, 15, 0, 250).expect("a time").and_utc().to_rfc3339()
    };
    let start = (now.date_naive() - Days::new(40)).to_string();
    let early = json!({"member_id": member, "title": "Ninety days", "start_date": start, "config": goals()});
    let early = id(&asha.post("/api/v1/programs", early).await.expect(201));
    let config = format!("/api/v1/programs/{early}/config");
    let log = async |program: i64, at: String, log_type: &str, payload: Value| {
        let log = json!({"program_id": program, "timestamp": at, "log_type": log_type, "payload": payload});
        id(&asha.post("/api/v1/logs", log).await.expect(201))
    };
    let squats = json!({"duration_min": 45, "exercises": [{"name": "Squat", "sets": vec![json!({"reps": 5, "weight_kg": 40, "rpe": 7}); 6]}]});
    for days in [39, 36, 30, 29, 8, 2] {
        log(
            early,
            ago(days, 4),
            "NUTRITION",
            json!({"calories": 512.5, "macros": {"protein_g": 20 + days}, "meal": "LUNCH"}),
        )
        .await;
        log(early, ago(days, 4), "CHECKIN", json!({"systolic": 120 + days, "diastolic": 82})).await;
        log(early, ago(days, 16), "WORKOUT", squats.clone()).await;
    }
    asha.send(Method::PUT, &config, Some(changed_goals()), None).await.expect(200);
    // newest first, so that the program of today is the first of the document
    let program = asha.start_program(member).await;
    let today = || now.to_rfc3339();
    let vitals =
        log(program, today(), "CHECKIN", json!({"systolic": 182, "diastolic": 82, "glucose_mg_dl": 810}))
            .await;
    for heart_rate in [71, 72] {
        let amended = json!({"log_type": "CHECKIN", "payload": {"systolic": 128, "diastolic": 82, "heart_rate": heart_rate}});
        asha.post(&format!("/api/v1/logs/{vitals}/amend"), amended).await.expect(200);
    }
    log(program, today(), "WORKOUT", squats).await;
    let meal =
        json!({"calories": 600, "items": [{"name": "Dal \"tadka\"", "quantity_g": 180}, {"name": "पापड़"}]});
    log(program, today(), "NUTRITION", meal).await;
    for (n, photo) in [photo::jpeg(21), photo::jpeg(22), b"no picture".to_vec()].into_iter().enumerate() {
        let photo = photo_log(asha, program, photo).await;
        until_read(asha, photo).await;
        if n == 0 {
            asha.post(&format!("/api/v1/logs/{photo}/verify"), json!({})).await.expect(200);
        }
    }
    for step in ["pause", "resume"] {
        asha.post(&format!("/api/v1/programs/{program}/{step}"), json!({})).await.expect(200);
    }
    asha.post(&format!("/api/v1/programs/{early}/complete"), json!({})).await.expect(200);
    member
}

/// The plain JSON of a member.
pub async fn export(api: &Api, member: i64) -> Value {
    api.get(&format!("/api/v1/members/{member}/export?format=JSON")).await.expect(200)
}

/// A document without what is of its place: the ids, who wrote, who may look and did, and when it was exported.
pub fn same(document: &Value) -> Value {
    let mut same = document.clone();
    for name in ["exported_at", "grants", "audit"] {
        same[name].take();
    }
    same["member"]["id"].take();
    for program in same["programs"].as_array_mut().expect("programs") {
        program["id"].take();
        for log in program["logs"].as_array_mut().expect("logs") {
            log["id"].take();
            for revision in log["revisions"].as_array_mut().expect("revisions") {
                let person = revision["author_id"] != 0;
                revision["author_id"] = json!(person);
            }
        }
    }
    same
}

/// The same with the logs in an order that no hand has made.
pub fn sorted(document: &Value) -> Value {
    let mut same = same(document);
    for program in same["programs"].as_array_mut().expect("programs") {
        program["logs"].as_array_mut().expect("logs").sort_by_key(Value::to_string);
    }
    same
}

/// Waits until two programs have the same scores on every day, and shows where they have not.
pub async fn until_scored_alike(one: &Api, program: i64, other: &Api, like: i64) {
    let scores = async |api: &Api, program: i64| {
        let mut scores = Vec::new();
        for of in ["adherence", "dashboard"] {
            let mut shown = api.get(&format!("/api/v1/programs/{program}/{of}")).await.expect(200);
            shown["program_id"].take();
            scores.push(shown);
        }
        scores
    };
    let begun = Instant::now();
    loop {
        // on a busy machine those of the original may follow late, too
        let (shown, wanted) = (scores(one, program).await, scores(other, like).await);
        if shown == wanted && shown[0]["average"].is_number() {
            return;
        }
        if begun.elapsed() > PATIENCE {
            assert_eq!(shown, wanted);
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// The ids of the programs in a document.
pub fn program_ids(document: &Value) -> impl Iterator<Item = i64> {
    document["programs"].as_array().expect("programs").iter().map(id)
}

/// The ids in a list.
pub fn programs(ids: &Value) -> impl Iterator<Item = i64> {
    ids.as_array().expect("ids").iter().map(|id| id.as_i64().expect("an id"))
}

/// How many logs a program has.
pub fn logs(program: &Value) -> usize {
    program["logs"].as_array().map_or(0, Vec::len)
}

/// Every revision of every log of a document.
pub fn revisions(document: &Value) -> impl Iterator<Item = &Value> {
    let programs = document["programs"].as_array().expect("programs").iter();
    let logs = programs.flat_map(|program| program["logs"].as_array().expect("logs"));
    logs.flat_map(|log| log["revisions"].as_array().expect("revisions"))
}

/// Compares two documents, and shows where they differ rather than both.
#[track_caller]
pub fn assert_alike(one: &Value, other: &Value, at: &str) {
    match (one, other) {
        (Value::Object(one), Value::Object(other)) => {
            assert!(one.keys().eq(other.keys()), "{at}: {:?} {:?}", one.keys(), other.keys());
            one.iter().for_each(|(name, value)| assert_alike(value, &other[name], &format!("{at}/{name}")));
        }
        (Value::Array(one), Value::Array(other)) => {
            assert_eq!(one.len(), other.len(), "{at}");
            let pairs = one.iter().zip(other).enumerate();
            pairs.for_each(|(n, (one, other))| assert_alike(one, other, &format!("{at}/{n}")));
        }
        _ => assert_eq!(one, other, "{at}"),
    }
}
