//! Who may do what: every public rpc about a family's data, by every role; and what a doctor who is granted check-ins sees of
//! the rest, which is nothing.

pub mod scene;
pub mod table;

use std::collections::BTreeSet;
use std::time::Duration;

use integration_tests::House;
use proto::adherence::v1::ProgramEvent;
use serde_json::{Value, json};
use tonic::{Code, Status, Streaming};

use scene::{ROLES, Scene};

crate::stories::stories!(
    everybody_does_what_the_table_says,
    a_doctor_sees_check_ins_and_no_trace_of_the_rest,
    a_stream_ends_with_the_grant_and_with_the_session,
);

const MANAGER: usize = 0;
const DOCTOR: usize = 3;

async fn everybody_does_what_the_table_says(house: &House) {
    let scene = Scene::of(house).await;
    for row in table::rows() {
        // those who may not come first: were they let in, the managers behind them would notice it
        for (role, expected) in row.cells.iter().enumerate().rev() {
            let (status, body) = if row.rpc.ends_with("/WatchProgram") {
                (scene.watched(role).await, String::new())
            } else {
                let answer = scene.send(role, &row.method, row.path, &row.body).await;
                (answer.status, String::from_utf8_lossy(&answer.bytes).into_owned())
            };
            assert_eq!(status, *expected, "{} {} by {}: {body}", row.rpc, row.path, ROLES[role]);
        }
    }
}

async fn a_doctor_sees_check_ins_and_no_trace_of_the_rest(house: &House) {
    let scene = Scene::of(house).await;
    let (set, doctor) = (scene.set_of(DOCTOR), &scene.people[DOCTOR]);
    let (program, member) = (set.id("program"), set.id("member"));
    let see = async |path: String| doctor.get(&path).await.expect(200);

    let history = see(format!("/api/v1/programs/{program}/history")).await;
    let logs = history["data"].as_array().expect("a list");
    assert_eq!(logs.iter().map(|log| &log["id"]).collect::<Vec<_>>(), [&json!(set.id("vitals"))]);
    assert_eq!(history["pagination"], json!({"next_cursor": null, "has_more": false}));

    let config = see(format!("/api/v1/programs/{program}/config")).await;
    assert!(config["clinical_goals"]["checks"].is_array(), "{config}");
    assert_eq!((&config["nutrition_goals"], &config["strength_goals"]), (&Value::Null, &Value::Null));

    let adherence = see(format!("/api/v1/programs/{program}/adherence")).await;
    let dashboard = see(format!("/api/v1/programs/{program}/dashboard")).await;
    let whole = scene.people[MANAGER].get(&format!("/api/v1/programs/{program}/dashboard")).await.expect(200);
    for day in [&adherence["days"][0], &dashboard["today"]] {
        assert!(day["clinical_score"].is_number(), "{day}");
        for hidden in ["nutrition_score", "strength_score", "total_score", "coverage", "band"] {
            assert_eq!(day[hidden], Value::Null, "{hidden} of {day}");
            assert_ne!(whole["today"][hidden], Value::Null, "{hidden} is there for the manager: {whole}");
        }
    }
    assert_eq!((&adherence["average"], &adherence["trend"]), (&Value::Null, &Value::Null));
    for hidden in ["week_average", "average", "trend", "streak_days"] {
        assert_eq!(dashboard[hidden], Value::Null, "{hidden}");
    }
    assert_eq!(see("/api/v1/leaderboard".to_owned()).await["entries"], json!([]));
    let members = see("/api/v1/members".to_owned()).await;
    let members = members["data"].as_array().expect("a list").iter().map(|member| &member["id"]);
    assert_eq!(members.collect::<Vec<_>>(), [&json!(member), &json!(scene.sets[1].id("member"))]);
}

async fn a_stream_ends_with_the_grant_and_with_the_session(house: &House) {
    let scene = Scene::of(house).await;
    let (set, manager) = (scene.set_of(DOCTOR), &scene.people[MANAGER]);
    let mut doctors = scene.watch(DOCTOR).await.expect("a stream");
    let mut managers = scene.watch(MANAGER).await.expect("a stream");
    let log = async |log_type: &str, payload: Value| {
        let log = json!({"program_id": set.id("program"), "log_type": log_type, "payload": payload});
        manager.post("/api/v1/logs", log).await.expect(201)["id"].as_i64().expect("an id")
    };
    let meal = log("NUTRITION", json!({"calories": 500, "macros": {"protein_g": 30}})).await;
    let vitals = log("CHECKIN", json!({"systolic": 118, "diastolic": 79})).await;
    assert_eq!(next(&mut managers).await.expect("an event").log_id, meal);
    let heard = next(&mut doctors).await.expect("an event");
    assert_eq!((heard.log_id, heard.total_score), (vitals, None), "and nothing of the meal");

    let grant = format!("/api/v1/members/{}/grants/{}", set.id("member"), set.id("grant"));
    manager.send(reqwest::Method::DELETE, &grant, None, None).await.expect(204);
    assert_eq!(last_word(&mut doctors).await, Code::PermissionDenied);
    manager.post("/api/v1/auth/logout", json!({})).await.expect(204);
    assert_eq!(last_word(&mut managers).await, Code::Unauthenticated);
}

#[test]
fn every_rpc_of_a_user_about_a_family_stands_in_the_table() {
    let table = table::rows();
    let named: BTreeSet<&str> = table.iter().map(|row| row.rpc).collect();
    let services = proto::descriptors().services();
    let methods = services.flat_map(|service| service.methods().collect::<Vec<_>>());
    // what identity offers a user is about the user alone
    let paths = methods.map(|m| {
        (m.parent_service().name().to_owned(), m.parent_service().full_name().to_owned(), m.name().to_owned())
    });
    let all: BTreeSet<String> = paths
        .filter(|(service, _, _)| service != "IdentityService")
        .filter(|(_, full, method)| proto::access(&format!("/{full}/{method}")) == Some(proto::Access::User))
        .map(|(service, _, method)| format!("{service}/{method}"))
        .collect();
    assert_eq!(named, all.iter().map(String::as_str).collect());
}

async fn next(stream: &mut Streaming<ProgramEvent>) -> Result<ProgramEvent, Status> {
    let message = tokio::time::timeout(Duration::from_secs(30), stream.message());
    message.await.expect("the stream says something").map(|event| event.expect("an event"))
}

async fn last_word(stream: &mut Streaming<ProgramEvent>) -> Code {
    loop {
        if let Err(status) = next(stream).await {
            return status.code();
        }
    }
}
