//! The examples of the API's description, to the letter.

use integration_tests::api::{Api, id};
use integration_tests::{House, photo};
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

crate::stories::stories!(
    a_log_answers_201_with_its_impact,
    history_comes_in_pages,
    a_photo_goes_straight_to_the_store_and_is_read,
    what_is_no_photo_fails_with_a_reason,
    the_demo_runs_green_twice,
    what_the_edge_itself_refuses_is_a_problem_too,
    what_was_made_is_where_its_location_says
);

async fn a_log_answers_201_with_its_impact(house: &House) {
    let asha = house.sign_up().await;
    let program = asha.start_program(asha.add_member().await).await;
    let request_id = Uuid::new_v4();
    let log = json!({"program_id": program, "log_type": "NUTRITION", "payload": {"calories": 500, "macros": {"protein_g": 30}}});
    let answer = asha.post_as(request_id, "/api/v1/logs", log.clone()).await;
    assert_eq!(answer.header("x-request-id"), request_id.to_string());
    let first = answer.expect(201);
    // half of the protein (weight 1) beside no blood pressure (weight 1): 25 of 100
    assert_eq!(first, json!({"id": id(&first), "status": "VERIFIED", "adherence_impact": "+25 points"}));
    // the same request again is the same answer and no second effect
    assert_eq!(asha.post_as(request_id, "/api/v1/logs", log.clone()).await.expect(201), first);
    let mut other = log;
    other["payload"]["calories"] = json!(501);
    let reused = asha.post_as(request_id, "/api/v1/logs", other).await;
    assert_eq!(reused.expect(422)["request_id"], request_id.to_string());
    let history = asha.get(&format!("/api/v1/programs/{program}/history")).await.expect(200);
    assert_eq!(history["data"].as_array().map(Vec::len), Some(1));
}

async fn history_comes_in_pages(house: &House) {
    let asha = house.sign_up().await;
    let program = asha.start_program(asha.add_member().await).await;
    let mut logged = Vec::new();
    for n in 0..7 {
        let log = json!({"program_id": program, "log_type": "CHECKIN", "payload": {"heart_rate": 60 + n}});
        logged.push(id(&asha.post("/api/v1/logs", log).await.expect(201)));
    }
    logged.reverse();
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = asha
            .get(&format!("/api/v1/programs/{program}/history?limit=3&cursor={cursor}"))
            .await
            .expect(200);
        seen.extend(page["data"].as_array().expect("a list").iter().map(id));
        let pagination = &page["pagination"];
        assert_eq!(pagination["has_more"], json!(pagination["next_cursor"].is_string()));
        match pagination["next_cursor"].as_str() {
            Some(next) => cursor = next.to_owned(),
            None => break,
        }
    }
    assert_eq!(seen, logged, "newest first, each once");
}

#[tokio::test(flavor = "multi_thread")]
async fn errors_are_of_the_described_classes() {
    let house = House::with(|edge, _| edge.rate_limits = praan::options::Switch::On).await;
    let asha = house.sign_up().await;
    let program = asha.start_program(asha.add_member().await).await;

    let negative = json!({"program_id": program, "log_type": "NUTRITION", "payload": {"calories": -1}});
    let invalid = asha.post("/api/v1/logs", negative.clone()).await;
    assert!(invalid.header("content-type").starts_with("application/problem+json"));
    assert_eq!(invalid.expect(400)["errors"][0]["field"], "payload.calories");

    let missing = Api::nobody(&house.url).post("/api/v1/logs", negative).await;
    assert!(!missing.header("www-authenticate").is_empty());
    missing.expect(401);

    let stranger = house.sign_up().await;
    stranger.get(&format!("/api/v1/programs/{program}")).await.expect(403);

    let log = json!({"program_id": program, "log_type": "CHECKIN", "payload": {"heart_rate": 70}});
    let mut refused = None;
    for _ in 0..61 {
        let answer = asha.post("/api/v1/logs", log.clone()).await;
        if answer.status == 429 {
            refused = Some(answer);
            break;
        }
        answer.expect(201);
    }
    let refused = refused.expect("the 61st log of a minute at the latest is one too many");
    assert!(refused.header("retry-after").parse::<u64>().is_ok_and(|seconds| seconds >= 1));
    assert_eq!(refused.expect(429)["status"], 429);
}

async fn a_photo_goes_straight_to_the_store_and_is_read(house: &House) {
    let asha = house.sign_up().await;
    let program = asha.start_program(asha.add_member().await).await;
    let log = photo_log(&asha, program, photo::jpeg_of(600, 450, 1)).await;
    let read = until_read(&asha, log).await;
    assert_eq!((read["status"].as_str(), read["is_verified"].as_bool()), (Some("COMPLETED"), Some(false)));
    assert!(read["payload"]["calories"].as_f64().is_some_and(|kcal| kcal > 0.0), "{read}");
    let image = asha.get(&format!("/api/v1/logs/{log}/image")).await.expect(200);
    for (link, size) in [("url", (600, 450)), ("thumbnail_url", (320, 240))] {
        let seen = reqwest::get(image[link].as_str().expect("a link")).await.expect("the store answers");
        assert!(seen.status().is_success(), "{link}");
        assert_eq!(photo::size_of_jpeg(&seen.bytes().await.expect("the photo")), size, "{link}");
    }
}

async fn what_is_no_photo_fails_with_a_reason(house: &House) {
    let asha = house.sign_up().await;
    let program = asha.start_program(asha.add_member().await).await;
    let log = photo_log(&asha, program, b"this is no picture, whatever it says".to_vec()).await;
    let read = until_read(&asha, log).await;
    assert_eq!(read["status"], "FAILED");
    assert!(read["image"]["failure_reason"].as_str().is_some_and(|why| !why.is_empty()), "{read}");
}

async fn the_demo_runs_green_twice(house: &House) {
    praan::demo::run(&house.url).await.expect("all steps green");
    praan::demo::run(&house.url).await.expect("all steps green again");
}

async fn what_the_edge_itself_refuses_is_a_problem_too(house: &House) {
    let asha = house.sign_up().await;
    for (method, path, status) in [
        (Method::GET, "/api/v1/nowhere", 404),
        (Method::DELETE, "/api/v1/logs", 405),
        (Method::GET, "/api/v1/members/abc", 400),
        (Method::GET, "/api/v1/members?colour=red", 400),
    ] {
        let answer = asha.send(method, path, None, None).await;
        assert!(answer.header("content-type").starts_with("application/problem+json"), "{path}");
        assert!(!answer.header("x-request-id").is_empty(), "{path}");
        answer.expect(status);
    }
}

pub(crate) async fn photo_log(asha: &Api, program: i64, photo: Vec<u8>) -> i64 {
    let wish = json!({"program_id": program, "content_type": "image/jpeg", "content_length": photo.len()});
    let upload = asha.post("/api/v1/uploads", wish).await.expect(201);
    assert!(asha.upload(&upload, photo).await.expect("the store answers").is_success());
    let log = json!({"program_id": program, "log_type": "NUTRITION", "image_key": upload["image_key"]});
    let answer = asha.post("/api/v1/logs", log).await.expect(202);
    assert_eq!((&answer["status"], answer.get("adherence_impact")), (&json!("PROCESSING"), None));
    id(&answer)
}

pub(crate) async fn until_read(asha: &Api, log: i64) -> Value {
    let read = async {
        loop {
            let now = asha.get(&format!("/api/v1/logs/{log}")).await.expect(200);
            if now["status"] != "PROCESSING" {
                return now;
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(30), read).await.expect("every photo job ends")
}

async fn what_was_made_is_where_its_location_says(house: &House) {
    let asha = house.sign_up().await;
    let member = asha.add_member().await;
    let program = asha.start_program(member).await;
    for (path, body, status) in [
        ("/api/v1/members", json!({"name": "A", "birth_date": "1950-01-01", "relation_type": "aunt"}), 201),
        ("/api/v1/programs", json!({"member_id": member, "title": "T"}), 201),
        (
            "/api/v1/logs",
            json!({"program_id": program, "log_type": "CHECKIN", "payload": {"heart_rate": 60}}),
            201,
        ),
    ] {
        let made = asha.post(path, body).await;
        let id = made.expect(status)["id"].clone();
        let found = asha.get(made.header("location")).await.expect(200);
        assert_eq!(found["id"], id, "{path}");
    }
    // nothing shows a grant by itself
    let grant = json!({"email": house.sign_up().await.email, "role": "MEMBER"});
    let granted = asha.post(&format!("/api/v1/members/{member}/grants"), grant).await;
    granted.expect(201);
    assert_eq!(granted.header("location"), "");
}
