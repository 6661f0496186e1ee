//! A record that left as plain JSON comes in again, in whatever family takes it in, and says the same there: every word of it, and
//! every score that follows from it.

mod killed;
mod long_ago;
mod record;

use std::time::{Duration, Instant};

use chrono::{Days, NaiveDate};
use integration_tests::House;
use integration_tests::api::{Api, id};
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::exports::resources;
use record::{
    PATIENCE, assert_alike, export, logs, program_ids, programs, record, revisions, same, sorted,
    until_scored_alike,
};

crate::stories::stories!(
    a_record_comes_in_as_it_left,
    what_time_has_done_to_a_record_comes_in_too,
    an_import_that_is_sent_again_is_one_member,
    a_record_that_cannot_be_true_is_refused_where_it_is_not,
    a_large_record_passes_the_door_and_a_larger_one_does_not,
);

const IMPORT: &str = "/api/v1/members/import";

async fn a_record_comes_in_as_it_left(house: &House) {
    let asha = house.sign_up().await;
    let member = record(&asha).await;
    let left = export(&asha, member).await;
    let ravi = house.sign_up().await;
    let answer = ravi.post(IMPORT, left.clone()).await.expect(201);
    let came = export(&ravi, id(&answer)).await;
    assert_alike(&same(&came), &same(&left), "");
    assert_ne!(came["member"]["id"], left["member"]["id"]);
    assert_eq!(
        answer["logs"],
        json!(left["programs"].as_array().expect("programs").iter().map(logs).sum::<usize>())
    );
    for (n, (new, old)) in programs(&answer["program_ids"]).zip(program_ids(&left)).enumerate() {
        assert_eq!(came["programs"][n]["id"], new);
        until_scored_alike(&ravi, new, &asha, old).await;
    }
    // who said it elsewhere is not known here, and who may look and did there means nothing here
    let me = ravi.get("/api/v1/users/me").await.expect(200)["id"].clone();
    let mut authors: Vec<Value> = revisions(&came).map(|revision| revision["author_id"].clone()).collect();
    authors.sort_by_key(Value::to_string);
    authors.dedup();
    assert_eq!(authors, [json!(0), me.clone()]);
    assert_eq!(came["grants"], json!([]));
    let trail = came["audit"].as_array().expect("a trail");
    for kind in ["Member", "Program", "DailyLog"] {
        let imported = |entry: &&Value| entry["action"] == "IMPORT" && entry["resource_type"] == kind;
        let found: Vec<_> = trail.iter().filter(imported).collect();
        assert!(found.iter().all(|entry| entry["actor_id"] == me) && !found.is_empty(), "{kind}: {trail:#?}");
    }
    assert!(trail.iter().all(|entry| entry["action"] != "AMEND"), "{trail:#?}");
    // the photo stayed where it was, and what was read from it came
    let photo =
        came["programs"][0]["logs"].as_array().expect("logs").iter().find(|log| log["image"].is_object());
    let photo = format!("/api/v1/logs/{}", id(photo.expect("a photo")));
    assert_eq!(ravi.get(&photo).await.expect(200)["image"]["processing_status"], "FAILED");
    ravi.get(&format!("{photo}/image")).await.expect(409);
    // as FHIR it says the same of both
    let observed = async |api: &Api, document: &Value| {
        let bundle =
            api.get(&format!("/api/v1/members/{}/export", document["member"]["id"])).await.expect(200);
        let kinds = ["CarePlan", "Goal", "Observation", "Provenance"];
        kinds.map(|kind| resources(&bundle, kind).len())
    };
    let [plans, goals, observations, provenances] = observed(&asha, &left).await;
    assert_eq!(observed(&ravi, &came).await, [plans, goals, observations, provenances]);
    assert!(plans == 2 && goals > 6 && observations > 20 && provenances == 2);
    // and it lives on
    let log = json!({"log_type": "NUTRITION", "payload": {"calories": 300}});
    ravi.post(&format!("{photo}/amend"), log).await.expect(200);
    asha.get(&photo).await.expect(403);
}

/// What the API does only with the days that pass: pauses that were, a member who has moved, a photo that is still to be read.
async fn what_time_has_done_to_a_record_comes_in_too(house: &House) {
    let asha = house.sign_up().await;
    let mut left = export(&asha, record(&asha).await).await;
    let program = &mut left["programs"][1];
    let start: NaiveDate = program["start_date"].as_str().expect("a day").parse().expect("a day");
    let day = |n: u64| (start + Days::new(n)).to_string();
    program["pauses"] = json!([
        {"from_date": day(6), "resume_date": day(9)}, {"from_date": day(20), "resume_date": null},
    ]);
    (program["status"], program["end_date"]) = (json!("PAUSED"), json!(day(89)));
    program["configs"][1]["effective_date"] = json!(day(5));
    let moved = &mut program["logs"][0];
    let revision = |n: u64, status: &str, author: i64, payload: Value| {
        json!({"revision": n, "status": status, "log_type": "NUTRITION", "payload": payload, "flags": [], "author_id": author,
            "recorded_at": format!("{}T03:00:00.250Z", day(10 + n)), "time_zone": "America/New_York"})
    };
    moved["timestamp"] = json!(format!("{}T03:30:00Z", day(10)));
    moved["local_date"] = json!(day(9));
    moved["utc_offset_minutes"] = json!(-240);
    moved["image"] =
        json!({"processing_status": "COMPLETED", "failure_reason": null, "model": "elsewhere/7"});
    moved["revisions"] = json!([
        revision(1, "PROCESSING", 5, json!({})),
        revision(
            2,
            "COMPLETED",
            0,
            json!({"calories": 410.0, "macros": {"protein_g": 31.5}, "items": [{"name": "दाल", "confidence": 0.75}]})
        ),
        revision(
            3,
            "VERIFIED",
            5,
            json!({"calories": 410.0, "macros": {"protein_g": 31.5}, "items": [{"name": "दाल", "confidence": 0.75}]})
        ),
        revision(
            4,
            "VERIFIED",
            6,
            json!({"calories": 9000.0, "macros": {"protein_g": 40.0, "carbs_g": 1.0, "fat_g": 1.0}})
        ),
    ]);
    moved["revisions"][3]["flags"] = json!([
        {"field": "calories", "message": "does not fit the macros, which make up about 173 kcal"},
    ]);
    let first = id(&asha.post(IMPORT, left.clone()).await.expect(201));
    let once = export(&asha, first).await;
    // the day decides the order, and the last log was moved
    assert_alike(&sorted(&once), &sorted(&left), "");
    let ravi = house.sign_up().await;
    let second = id(&ravi.post(IMPORT, once.clone()).await.expect(201));
    let twice = export(&ravi, second).await;
    assert_alike(&same(&twice), &same(&once), "");
    for (new, old) in program_ids(&twice).zip(program_ids(&once)) {
        until_scored_alike(&ravi, new, &asha, old).await;
    }
    let mut unread = left.clone();
    let log = &mut unread["programs"][1]["logs"][0];
    log["image"] = json!({"processing_status": "PENDING", "failure_reason": null, "model": null});
    log["revisions"].as_array_mut().expect("revisions").truncate(1);
    let third = id(&asha.post(IMPORT, unread).await.expect(201));
    let program = program_ids(&export(&asha, third).await).nth(1).expect("a program");
    let begun = Instant::now();
    loop {
        let history = asha.whole_history(program).await;
        let failed = history.iter().find(|log| log["status"] == "FAILED").map(|log| log["image"].clone());
        if let Some(image) = failed {
            break assert!(image["failure_reason"].is_string(), "{image}");
        }
        assert!(begun.elapsed() < PATIENCE, "a photo that nobody can read is waited for: {history:#?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

async fn an_import_that_is_sent_again_is_one_member(house: &House) {
    let asha = house.sign_up().await;
    let mut left = export(&asha, record(&asha).await).await;
    let ravi = house.sign_up().await;
    let request = Uuid::new_v4();
    let first = ravi.post_as(request, IMPORT, left.clone()).await.expect(201);
    assert_eq!(ravi.post_as(request, IMPORT, left.clone()).await.expect(201), first);
    let members = || async { ravi.get("/api/v1/members").await.expect(200)["data"].as_array().map(Vec::len) };
    assert_eq!(members().await, Some(1));
    assert_eq!(
        ravi.whole_history(programs(&first["program_ids"]).next().expect("one")).await.len(),
        logs(&left["programs"][0])
    );
    left["member"]["name"] = json!("Somebody else");
    ravi.post_as(request, IMPORT, left.clone()).await.expect(422);
    // another request is another member, and a member needs no program
    left["programs"] = json!([]);
    let bare = ravi.post(IMPORT, left).await.expect(201);
    assert_eq!((&bare["program_ids"], &bare["logs"], members().await), (&json!([]), &json!(0), Some(2)));
    let erased = format!("/api/v1/members/{}?erase=true", id(&first));
    ravi.send(Method::DELETE, &erased, None, None).await.expect(204);
    assert_eq!(members().await, Some(1));
}

async fn a_record_that_cannot_be_true_is_refused_where_it_is_not(house: &House) {
    let asha = house.sign_up().await;
    let left = export(&asha, record(&asha).await).await;
    let ravi = house.sign_up().await;
    let at = |kind: &str| {
        let logs = left["programs"][0]["logs"].as_array().expect("logs");
        logs.iter()
            .position(|log| log["revisions"][0]["log_type"] == kind && log["image"].is_null())
            .expect("a log")
    };
    let (vitals, meal, workout) = (at("CHECKIN"), at("NUTRITION"), at("WORKOUT"));
    let log = |n: usize, rest: &str| format!("/programs/0/logs/{n}{rest}");
    let cases = [
        ("/format".to_owned(), json!("praan.member/2"), "format"),
        ("/member/name".to_owned(), json!(" "), "member.name"),
        ("/member/birth_date".to_owned(), json!("1783-01-01"), "member.birth_date"),
        ("/member/time_zone".to_owned(), json!("Mars/Olympus"), "member.time_zone"),
        ("/programs/0/start_date".to_owned(), json!("2019-01-01"), "programs[0].start_date"),
        ("/programs/0/status".to_owned(), json!("PAUSED"), "programs[0].status"),
        ("/programs/0/configs/0/version".to_owned(), json!(7), "programs[0].configs[0].version"),
        (
            "/programs/0/configs/0/nutrition_goals/targets/0/value".to_owned(),
            json!(77777),
            "programs[0].configs[0].nutrition_goals.targets[0].value",
        ),
        (log(vitals, "/revisions/0/payload/systolic"), json!(7777), "revisions[0].payload.systolic"),
        (log(vitals, "/revisions/0/payload/systolic"), json!(41), "revisions[0].payload.systolic"),
        (log(vitals, "/revisions/0/payload/colour"), json!("red"), "revisions[0].payload.colour"),
        (log(vitals, "/revisions/0/log_type"), json!("WORKOUT"), "revisions[0].payload.diastolic"),
        (log(meal, "/revisions/0/status"), json!("COMPLETED"), "revisions[0].author_id"),
        (log(meal, "/revisions/0/recorded_at"), json!("2077-07-07T00:00:00Z"), "revisions[0].recorded_at"),
        (log(workout, "/timestamp"), json!("2019-01-01T00:00:00Z"), "timestamp"),
        (log(workout, "/local_date"), json!("2019-01-01"), "local_date"),
        (log(workout, "/revisions/0/revision"), json!(2), "revisions[0].revision"),
        (log(workout, "/image"), json!({"processing_status": "PENDING"}), "image"),
    ];
    for (pointer, value, field) in cases {
        let mut bad = left.clone();
        put(&mut bad, &pointer, value.clone());
        let answer = ravi.post(IMPORT, bad).await;
        let problem = answer.expect(400);
        let said = problem["errors"][0]["field"].as_str().expect("a field");
        let prefix = pointer.strip_prefix("/programs/0/logs/").and_then(|rest| rest.split('/').next());
        let field = prefix.map_or(field.to_owned(), |n| format!("programs[0].logs[{n}].{field}"));
        assert_eq!(said, field, "{pointer}: {problem}");
        let text = String::from_utf8_lossy(&answer.bytes);
        assert!(!text.contains("7777") && !text.contains("Mars") && !text.contains("red\""), "{text}");
    }
    for bad in ["", "{", "[]", "{\"format\": \"praan.member/1\"}", "{\"format\": 1, \"member\": null}"] {
        let request = reqwest::Client::new().post(format!("{}{IMPORT}", ravi.url)).body(bad);
        let request = request.bearer_auth(ravi.token.as_deref().expect("a token"));
        let answer = request.header("content-type", "application/json").send().await.expect("an answer");
        assert_eq!(answer.status(), 400, "{bad}");
    }
    assert_eq!(ravi.get("/api/v1/members").await.expect(200)["data"], json!([]));
}

async fn a_large_record_passes_the_door_and_a_larger_one_does_not(house: &House) {
    let asha = house.sign_up().await;
    let mut left = export(&asha, record(&asha).await).await;
    let entries = left["audit"].as_array().expect("a trail").clone();
    let size = entries.iter().map(|entry| entry.to_string().len() + 1).sum::<usize>();
    let trail = |mebibytes: usize| {
        json!(entries.iter().cycle().take(mebibytes * (1 << 20) * entries.len() / size).collect::<Vec<_>>())
    };
    left["audit"] = trail(3);
    let member = id(&asha.post(IMPORT, left.clone()).await.expect(201));
    assert_alike(&same(&export(&asha, member).await)["programs"], &same(&left)["programs"], "");
    left["audit"] = trail(17);
    let problem = asha.post(IMPORT, left).await.expect(413);
    assert!(problem["detail"].as_str().is_some_and(|detail| detail.contains("16 MiB")), "{problem}");
}

/// Puts a value where a JSON pointer leads, be it there or not.
fn put(document: &mut Value, pointer: &str, value: Value) {
    let (parent, name) = pointer.rsplit_once('/').expect("a pointer");
    let parent = document.pointer_mut(parent).unwrap_or_else(|| panic!("nothing at {pointer}"));
    match parent {
        Value::Array(items) => items[name.parse::<usize>().expect("a number")] = value,
        parent => parent[name] = value,
    }
}
