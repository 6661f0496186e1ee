//! Bad input of every kind, into every field of every rpc: always a 400 that names the field, never a 500, nothing stored.

use integration_tests::House;
use integration_tests::api::{Api, goals};
use reqwest::Method;
use serde_json::{Value, json};

crate::stories::stories!(
    every_field_of_every_body_refuses_what_it_cannot_be,
    what_is_no_json_is_refused_whole,
);

/// A request that its sender would see accepted; the test spoils it one value at a time.
struct Good {
    method: Method,
    path: String,
    body: Value,
}

async fn every_field_of_every_body_refuses_what_it_cannot_be(house: &House) {
    let asha = house.sign_up().await;
    let member = asha.add_member().await;
    let program = asha.start_program(member).await;
    let before = view(&asha, member, program).await;
    let mut tried = 0;
    for good in good_requests(member, program) {
        let mut spoiled = Vec::new();
        spoil(&good.body, &mut String::new(), &mut spoiled);
        for (field, body) in spoiled {
            let shown = shorten(&body);
            let answer = asha.send(good.method.clone(), &good.path, Some(body), None).await;
            assert_eq!(
                answer.status,
                400,
                "{} {field}: {shown} answered {}",
                good.path,
                String::from_utf8_lossy(&answer.bytes)
            );
            let errors = answer.json()["errors"].clone();
            let named = errors
                .as_array()
                .is_some_and(|errors| errors.iter().any(|e| related(&field, e["field"].as_str())));
            assert!(named, "{} {field}: {shown} is blamed on {errors}", good.path);
            tried += 1;
        }
    }
    println!("{tried} spoiled requests");
    assert!(tried > 500, "only {tried} tried");
    assert_eq!(view(&asha, member, program).await, before, "something was stored");
}

async fn what_is_no_json_is_refused_whole(house: &House) {
    let asha = house.sign_up().await;
    let program = asha.start_program(asha.add_member().await).await;
    let http = reqwest::Client::new();
    let log = |number: &str| {
        format!(r#"{{"program_id":{program},"log_type":"NUTRITION","payload":{{"calories":{number}}}}}"#)
    };
    for body in [
        log("NaN"),
        log("Infinity"),
        log("1e400"),
        log("0x10"),
        log("1").replace('}', ""),
        format!("{} trailing", log("1")),
        log("1").replace("\"log_type\"", "\"program_id\":1,\"log_type\""),
        "[".repeat(10_000),
        "\u{feff}{}".to_owned(),
        "null".to_owned(),
        "[]".to_owned(),
        "\"text\"".to_owned(),
        String::new(),
    ] {
        let shown: String = body.chars().take(60).collect();
        let request =
            http.post(format!("{}/api/v1/logs", house.url)).header("content-type", "application/json");
        let answer = request
            .bearer_auth(asha.token.as_deref().expect("a token"))
            .body(body)
            .send()
            .await
            .expect("an answer");
        assert_eq!(answer.status(), 400, "{shown}");
    }
    let huge = http.post(format!("{}/api/v1/logs", house.url)).header("content-type", "application/json");
    let huge =
        huge.bearer_auth(asha.token.as_deref().expect("a token")).body("x".repeat(2 << 20)).send().await;
    assert_eq!(huge.expect("an answer").status(), 413);
    let history = asha.get(&format!("/api/v1/programs/{program}/history")).await.expect(200);
    assert_eq!(history["data"], json!([]), "something was stored");
}

fn good_requests(member: i64, program: i64) -> Vec<Good> {
    let post = |path: &str, body: Value| Good { method: Method::POST, path: path.to_owned(), body };
    let log = |log_type: &str, payload: Value| {
        post("/api/v1/logs", json!({"program_id": program, "log_type": log_type, "payload": payload}))
    };
    let nutrition = json!({"calories": 500, "meal": "LUNCH",
        "macros": {"protein_g": 20, "carbs_g": 50, "fat_g": 10, "fiber_g": 5, "sugar_g": 5},
        "items": [{"name": "dal", "quantity_g": 100, "calories": 120, "confidence": 0.5}]});
    let workout = json!({"duration_min": 30, "exercises": [{"name": "squat", "sets": [
        {"reps": 8, "weight_kg": 10, "rpe": 7, "duration_s": 30}]}]});
    let checkin = json!({"systolic": 120, "diastolic": 80, "heart_rate": 70, "spo2": 97, "temperature_c": 36.6,
        "respiratory_rate": 14, "glucose_mg_dl": 100, "weight_kg": 60, "height_cm": 160, "pain": 2});
    let mut config = goals();
    config["nutrition_goals"]["targets"][0]["weight"] = json!(2);
    config["clinical_goals"]["checks"][0]["target"] = json!({"low": 100, "high": 135});
    config["phases"] = json!([{"phase": 2, "strength_goals": {"weight": 1, "sessions_per_week": 4, "minutes_per_session": 30}}]);
    vec![
        log("NUTRITION", nutrition),
        log("WORKOUT", workout),
        log("CHECKIN", checkin),
        post(
            "/api/v1/uploads",
            json!({"program_id": program, "content_type": "image/jpeg", "content_length": 1000}),
        ),
        post(
            "/api/v1/members",
            json!({"name": "M", "birth_date": "1950-01-01", "relation_type": "aunt", "time_zone": "UTC",
            "leaderboard_opt_in": false}),
        ),
        Good {
            method: Method::PATCH,
            path: format!("/api/v1/members/{member}"),
            body: json!({"name": "N", "time_zone": "UTC"}),
        },
        post("/api/v1/programs", json!({"member_id": member, "title": "T", "config": config.clone()})),
        Good { method: Method::PUT, path: format!("/api/v1/programs/{program}/config"), body: config },
        post(
            "/api/v1/auth/register",
            json!({"email": "x@example.org", "password": "a long password", "full_name": "X"}),
        ),
        post("/api/v1/auth/login", json!({"email": "x@example.org", "password": "a long password"})),
        post("/api/v1/auth/oidc", json!({"provider": "google", "id_token": "a.b.c", "nonce": "n"})),
        post(
            "/api/v1/auth/oidc/start",
            json!({"provider": "google", "redirect_uri": "https://app.example.org/signed-in"}),
        ),
        post("/api/v1/auth/oidc/finish", json!({"flow": "f", "state": "s", "code": "c", "iss": "https://i"})),
        post("/api/v1/auth/refresh", json!({"refresh_token": "x"})),
        post("/api/v1/family/managers", json!({"email": "x@example.org"})),
        post(
            &format!("/api/v1/members/{member}/grants"),
            json!({"email": "x@example.org", "role": "DOCTOR",
            "log_types": ["CHECKIN"], "not_after": "2199-01-01T00:00:00Z"}),
        ),
    ]
}

/// Every way to spoil `body` in one place, with the path of that place.
fn spoil(body: &Value, path: &mut String, out: &mut Vec<(String, Value)>) {
    let mut unknown = body.clone();
    unknown["no_such_field"] = json!(1);
    out.push(("no_such_field".into(), unknown));
    walk(body, body, path, out);
}

fn walk(whole: &Value, here: &Value, path: &mut String, out: &mut Vec<(String, Value)>) {
    for bad in bad_for(here) {
        let mut body = whole.clone();
        if let Some(place) = body.pointer_mut(path) {
            *place = bad;
        }
        if !path.is_empty() {
            out.push((path.clone(), body));
        }
    }
    let children: Vec<(String, &Value)> = match here {
        Value::Object(fields) => fields.iter().map(|(name, value)| (name.clone(), value)).collect(),
        Value::Array(items) => items.iter().enumerate().map(|(n, value)| (n.to_string(), value)).collect(),
        _ => Vec::new(),
    };
    for (name, value) in children {
        let length = path.len();
        path.push('/');
        path.push_str(&name);
        walk(whole, value, path, out);
        path.truncate(length);
    }
}

/// Values that cannot stand where `good` stands: other types, out of range, too long.
fn bad_for(good: &Value) -> Vec<Value> {
    let two_to_53 = json!(9_007_199_254_740_992_i64);
    match good {
        Value::Number(_) => {
            vec![
                json!("1"),
                json!(true),
                json!([1]),
                json!({}),
                json!(-1e30),
                json!(1e300),
                json!(-1),
                two_to_53,
            ]
        }
        Value::String(_) => {
            let long = "x".repeat(1_000_000);
            vec![json!(5), json!(true), json!(["x"]), json!({}), json!(""), json!("a\u{0}b"), json!(long)]
        }
        Value::Bool(_) => vec![json!("true"), json!(1), json!([]), json!({})],
        Value::Array(_) => vec![json!("x"), json!(1), json!({}), json!([null]), json!([[]]), json!([1e300])],
        Value::Object(_) => {
            let mut unknown = good.clone();
            unknown["no_such_field"] = json!(1);
            vec![json!("x"), json!(1), json!([]), unknown]
        }
        Value::Null => Vec::new(),
    }
}

/// Whether an error's field speaks of the place that was spoiled: the place, something in it, or what contains it.
fn related(pointer: &str, field: Option<&str>) -> bool {
    let Some(field) = field else { return false };
    let field: Vec<&str> = field.split(['.', '[', ']']).filter(|part| !part.is_empty()).collect();
    let place: Vec<&str> = pointer.split('/').filter(|part| !part.is_empty()).collect();
    let shared = field.iter().zip(&place).take_while(|(a, b)| a == b).count();
    shared == field.len().min(place.len())
}

async fn view(asha: &Api, member: i64, program: i64) -> Vec<Value> {
    let mut seen = Vec::new();
    for path in [
        "/api/v1/members".to_owned(),
        "/api/v1/programs".to_owned(),
        "/api/v1/family/managers".to_owned(),
        format!("/api/v1/members/{member}/grants"),
        format!("/api/v1/programs/{program}/config"),
        format!("/api/v1/programs/{program}/history"),
    ] {
        seen.push(asha.get(&path).await.expect(200));
    }
    seen
}

fn shorten(body: &Value) -> String {
    body.to_string().chars().take(300).collect()
}
