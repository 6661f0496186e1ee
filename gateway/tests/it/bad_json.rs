//! Bodies and parameters that do not fit are refused field by field, before any service hears of them.

use http::Method;

use crate::fake::Fake;
use crate::house::{House, Send};

/// Route, body, and the complaints.
const BODIES: &[(&str, &str, &[&str])] = &[
    ("members", "[]", &["body: must be a JSON object"]),
    ("members", "null", &["body: must be a JSON object"]),
    ("members", r#"{"nam":"A"}"#, &["nam: is not known"]),
    ("members", r#"{"createdAt":1,"name":"A"}"#, &["createdAt: is not known"]),
    ("members", r#"{"name":"A","name":"B"}"#, &["name: must be given once"]),
    ("members", r#"{"name":null,"name":"B"}"#, &["name: must be given once"]),
    ("members", r#"{"name":5}"#, &["name: must be a text"]),
    ("members", r#"{"name":["A"]}"#, &["name: must be a text"]),
    ("members", r#"{"leaderboard_opt_in":"true"}"#, &["leaderboard_opt_in: must be true or false"]),
    ("members", r#"{"leaderboard_opt_in":1}"#, &["leaderboard_opt_in: must be true or false"]),
    (
        "members",
        r#"{"name":1,"time_zone":{},"x":0}"#,
        &["name: must be a text", "time_zone: must be a text", "x: is not known"],
    ),
    ("members/4/grants", r#"{"member_id":5}"#, &["member_id: is given by the path"]),
    ("members/4/grants", r#"{"role":"doctor"}"#, &["role: must be one of FAMILY_MANAGER, MEMBER, DOCTOR"]),
    (
        "members/4/grants",
        r#"{"role":"ROLE_DOCTOR"}"#,
        &["role: must be one of FAMILY_MANAGER, MEMBER, DOCTOR"],
    ),
    ("members/4/grants", r#"{"role":3}"#, &["role: must be one of FAMILY_MANAGER, MEMBER, DOCTOR"]),
    (
        "members/4/grants",
        r#"{"role":"UNSPECIFIED"}"#,
        &["role: must be one of FAMILY_MANAGER, MEMBER, DOCTOR"],
    ),
    ("members/4/grants", r#"{"log_types":"NUTRITION"}"#, &["log_types: must be a list"]),
    (
        "members/4/grants",
        r#"{"log_types":["NUTRITION",null]}"#,
        &["log_types[1]: must be one of NUTRITION, WORKOUT, CHECKIN"],
    ),
    ("members/4/grants", r#"{"not_after":"2026-03-01"}"#, &[TIME]),
    ("members/4/grants", r#"{"not_after":"2026-02-30T00:00:00Z"}"#, &[TIME]),
    ("members/4/grants", r#"{"not_after":"2026-03-01 08:00:00Z"}"#, &[TIME]),
    ("members/4/grants", r#"{"not_after":"2026-03-01T08:00:00"}"#, &[TIME]),
    ("members/4/grants", r#"{"not_after":""}"#, &[TIME]),
    ("members/4/grants", r#"{"not_after":1772352000}"#, &["not_after: must be a text"]),
    ("logs", r#"{"program_id":"101"}"#, &["program_id: must be a whole number"]),
    ("logs", r#"{"program_id":1.5}"#, &["program_id: must be a whole number"]),
    ("logs", r#"{"program_id":1e30}"#, &["program_id: must be a whole number"]),
    ("logs", r#"{"program_id":-9007199254740992.0}"#, &["program_id: must be a whole number"]),
    ("logs", r#"{"program_id":true}"#, &["program_id: must be a whole number"]),
    (
        "logs",
        r#"{"program_id":9007199254740992}"#,
        &["program_id: must be between -9007199254740991 and 9007199254740991"],
    ),
    (
        "logs",
        r#"{"program_id":18446744073709551615}"#,
        &["program_id: must be between -9007199254740991 and 9007199254740991"],
    ),
    ("logs", r#"{"program_id":99999999999999999999}"#, &["program_id: must be a whole number"]),
    ("logs", r#"{"payload":{}}"#, &["log_type: must be one of NUTRITION, WORKOUT, CHECKIN"]),
    ("logs", r#"{"log_type":null,"payload":{}}"#, &["log_type: must be one of NUTRITION, WORKOUT, CHECKIN"]),
    ("logs", r#"{"log_type":"nutrition"}"#, &["log_type: must be one of NUTRITION, WORKOUT, CHECKIN"]),
    ("logs", r#"{"log_type":1}"#, &["log_type: must be one of NUTRITION, WORKOUT, CHECKIN"]),
    ("logs", r#"{"log_type":"WORKOUT","log_type":"CHECKIN"}"#, &["log_type: must be given once"]),
    ("logs", r#"{"nutrition":{}}"#, &["nutrition: is not known"]),
    ("logs", r#"{"log_type":"WORKOUT","payload":[]}"#, &["payload: must be an object"]),
    ("logs", r#"{"log_type":"WORKOUT","payload":{"calories":1}}"#, &["payload.calories: is not known"]),
    (
        "logs",
        r#"{"log_type":"NUTRITION","payload":{"calories":"1"}}"#,
        &["payload.calories: must be a number"],
    ),
    (
        "logs",
        r#"{"log_type":"NUTRITION","payload":{"calories":"NaN"}}"#,
        &["payload.calories: must be a number"],
    ),
    (
        "logs",
        r#"{"log_type":"WORKOUT","payload":{"exercises":[{"sets":[{"reps":1},{"reps":2147483648},{"reps":0.5}]},7]}}"#,
        &[
            "payload.exercises[0].sets[1].reps: must be between -2147483648 and 2147483647",
            "payload.exercises[0].sets[2].reps: must be a whole number",
            "payload.exercises[1]: must be an object",
        ],
    ),
];

const TIME: &str = "not_after: must be a time as RFC 3339 writes it, such as 2026-01-31T08:00:00Z";

#[tokio::test]
async fn bodies_that_do_not_fit_are_refused_by_field() {
    let house = House::open(Fake::default()).await;
    for (route, body, complaints) in BODIES {
        let answer = house.post(&format!("/api/v1/{route}"), body).await;
        assert_eq!(answer.errors(), *complaints, "{route} {body}");
        assert_eq!((answer.status.as_u16(), answer.json()["status"].as_u64()), (400, Some(400)));
        assert_eq!(answer.header("content-type"), "application/problem+json");
        assert_eq!(answer.json()["type"], "urn:praan:problem:invalid");
    }
}

#[tokio::test]
async fn what_is_no_json_is_refused() {
    let house = House::open(Fake::default()).await;
    let deep = format!("{}1{}", "[".repeat(300), "]".repeat(300));
    for body in [
        "{",
        "{}{}",
        "{'a':1}",
        "nul",
        "{\"a\":1e999}",
        "{\"a\":01}",
        "\u{feff}{}",
        "{\"a\":\"\u{1}\"}",
        &deep,
    ] {
        let answer = house.post("/api/v1/members", body).await;
        let errors = answer.errors();
        assert!(errors.len() == 1 && errors[0].starts_with("body: is not valid JSON"), "{body}: {errors:?}");
        assert_eq!(answer.status, 400);
    }
}

#[tokio::test]
async fn a_million_faults_make_a_short_answer() {
    let house = House::open(Fake::default()).await;
    let body = format!(r#"{{"log_types":[{}]}}"#, vec!["0"; 300_000].join(","));
    assert_eq!(house.post("/api/v1/members/4/grants", &body).await.errors().len(), 50);
    let body = format!(r#"{{"{}":1}}"#, "x".repeat(500_000));
    assert!(house.post("/api/v1/members", &body).await.body.len() < 1000);
}

#[tokio::test]
async fn paths_and_queries_that_do_not_fit_are_refused_by_field() {
    let house = House::open(Fake::default()).await;
    for (path, complaint) in [
        ("members/abc", "member_id: must be a whole number"),
        ("members/1.0", "member_id: must be a whole number"),
        ("members/+1", "member_id: must be a whole number"),
        ("members/0x1", "member_id: must be a whole number"),
        ("members/99999999999999999999", "member_id: must be between -9007199254740991 and 9007199254740991"),
        ("members/9007199254740992", "member_id: must be between -9007199254740991 and 9007199254740991"),
        ("members?page=2", "page: is not known"),
        ("members?limit=1&limit=2", "limit: must be given once"),
        ("members?limit=", "limit: must be a whole number"),
        ("members?limit=ten", "limit: must be a whole number"),
        ("members?limit=2147483648", "limit: must be between -2147483648 and 2147483647"),
        ("members/4?member_id=5", "member_id: is not known"),
        ("members?cursor=%zz", "query: is not well escaped"),
        ("members?cursor=%ff", "query: is not well escaped"),
        ("programs/1/history?log_type=nutrition", "log_type: must be one of NUTRITION, WORKOUT, CHECKIN"),
        ("programs/1/history?log_type=1", "log_type: must be one of NUTRITION, WORKOUT, CHECKIN"),
    ] {
        let answer = house.get(&format!("/api/v1/{path}")).await;
        assert_eq!((answer.errors(), answer.status.as_u16()), (vec![complaint.to_owned()], 400), "{path}");
    }
    let with_query = house.request(Method::POST, "/api/v1/members?name=A").json_text("{}").answer().await;
    assert_eq!(with_query.errors(), ["name: is not known"]);
    let with_body = house.request(Method::GET, "/api/v1/members").json_text("{}").answer().await;
    assert_eq!(with_body.errors(), ["body: must be empty"]);
}
