//! What an attacker tries first, a test for each, named after what is tried. Foreign against absent, on every rpc, is tried in
//! `strangers`; a wrong role and a time outside of the window, on every rpc, in `roles`.

pub mod forged_tokens;
mod internal_port;
pub mod keys;
pub mod operators;
mod without_redis;
pub mod words;

use integration_tests::House;
use integration_tests::api::{Api, id};
use integration_tests::process::Environment;
use praan::options::Switch;
use reqwest::Method;
use serde_json::{Value, json};

use crate::roles::scene::{grant, in_days};

crate::stories::stories!(
    without_a_token,
    own_parent_with_a_foreign_child,
    a_grant_ends_by_itself,
    a_cursor_of_another_query,
    a_spoofed_user,
    spoofed_forwarding_headers,
);

async fn without_a_token(house: &House) {
    let nobody = Api::nobody(&house.url);
    for row in crate::roles::table::rows() {
        let (path, body) = (fill(row.path), fill(&row.body.to_string()));
        let body = (!row.body.is_null()).then(|| serde_json::from_str(&body).expect("a body"));
        let answer = nobody.send(row.method.clone(), &path, body, None).await;
        assert_eq!(answer.status, 401, "{} {path}", row.rpc);
        assert!(!answer.header("www-authenticate").is_empty(), "{} {path}", row.rpc);
    }
}

/// The text with an id or an address in every place.
fn fill(text: &str) -> String {
    let text = text.replace("{email}", "x@example.org").replace("{fresh}", "x@example.org");
    let names = ["member", "program", "vitals", "workout", "meal", "user", "invitation", "grant"];
    names.iter().fold(text, |text, name| {
        text.replace(&format!("\"{{{name}}}\""), "1").replace(&format!("{{{name}}}"), "1")
    })
}

async fn own_parent_with_a_foreign_child(house: &House) {
    let (owner, mallory, doctor) = (house.sign_up().await, house.sign_up().await, house.sign_up().await);
    let (theirs, own) = (owner.add_member().await, mallory.add_member().await);
    let terms =
        json!({"email": doctor.email, "role": "DOCTOR", "log_types": ["CHECKIN"], "not_after": in_days(9)});
    let foreign = grant(&owner, theirs, terms).await;
    let withdraw = async |grant: i64| {
        let path = format!("/api/v1/members/{own}/grants/{grant}");
        mallory.send(Method::DELETE, &path, None, None).await
    };
    let (foreign, absent) = (withdraw(foreign).await, withdraw(4_000_000_000).await);
    assert_eq!((foreign.status, absent.status), (403, 403));
    let bare = |answer: &integration_tests::Answer| {
        let mut problem = answer.json();
        problem["request_id"] = Value::Null;
        problem
    };
    assert_eq!(bare(&foreign), bare(&absent));
    let grants = owner.get(&format!("/api/v1/members/{theirs}/grants")).await.expect(200);
    assert_eq!(grants["data"].as_array().map(Vec::len), Some(1), "it is still there");

    // a photo of theirs in a program of one's own
    let program = owner.start_program(theirs).await;
    let upload = json!({"program_id": program, "content_type": "image/jpeg", "content_length": 10});
    let key = owner.post("/api/v1/uploads", upload).await.expect(201)["image_key"].clone();
    let mine = mallory.start_program(own).await;
    let log = json!({"program_id": mine, "log_type": "NUTRITION", "image_key": key});
    let refused = mallory.post("/api/v1/logs", log).await.expect(400);
    assert_eq!(refused["errors"][0]["field"], "image_key");
}

async fn a_grant_ends_by_itself(house: &House) {
    let (owner, doctor) = (house.sign_up().await, house.sign_up().await);
    let member = owner.add_member().await;
    let soon = chassis::clock::Clock::system().now() + chrono::TimeDelta::seconds(5);
    let terms = json!({"email": doctor.email, "role": "DOCTOR", "log_types": ["CHECKIN"], "not_after": soon.to_rfc3339()});
    grant(&owner, member, terms).await;
    let look = async || doctor.get(&format!("/api/v1/members/{member}")).await.status;
    let ended = async {
        while look().await == 200 {
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(30), ended).await.expect("it ends");
    assert!(chassis::clock::Clock::system().now() >= soon, "and not before its time");
    assert_eq!(look().await, 403);
}

async fn a_cursor_of_another_query(house: &House) {
    let (asha, ravi) = (house.sign_up().await, house.sign_up().await);
    let member = asha.add_member().await;
    let (program, other) = (asha.start_program(member).await, asha.start_program(member).await);
    let ravis = ravi.start_program(ravi.add_member().await).await;
    for n in 0..3 {
        let log = json!({"program_id": program, "log_type": "CHECKIN", "payload": {"heart_rate": 60 + n}});
        asha.post("/api/v1/logs", log).await.expect(201);
    }
    let path = format!("/api/v1/programs/{program}/history?limit=1");
    let page = asha.get(&path).await.expect(200);
    let cursor = page["pagination"]["next_cursor"].as_str().expect("there is more").to_owned();
    asha.get(&format!("{path}&cursor={cursor}")).await.expect(200);
    for (who, path) in [
        (&asha, format!("/api/v1/programs/{other}/history?cursor={cursor}")),
        (&asha, format!("/api/v1/programs/{program}/history?log_type=CHECKIN&cursor={cursor}")),
        (&asha, format!("/api/v1/members?cursor={cursor}")),
        (&asha, format!("/api/v1/programs?cursor={cursor}")),
        (&asha, format!("/api/v1/family/managers?cursor={cursor}")),
        (&asha, format!("/api/v1/family/invitations?cursor={cursor}")),
        (&asha, format!("/api/v1/invitations?cursor={cursor}")),
        (&asha, format!("/api/v1/members/{member}/grants?cursor={cursor}")),
        (&ravi, format!("/api/v1/programs/{ravis}/history?cursor={cursor}")),
        (&asha, format!("/api/v1/programs/{program}/history?cursor=x{cursor}")),
    ] {
        let refused = who.get(&path).await.expect(400);
        assert_eq!(refused["errors"][0]["field"], "cursor", "{path}");
    }
    // nor does it open anything
    ravi.get(&format!("{path}&cursor={cursor}")).await.expect(403);
}

async fn a_spoofed_user(house: &House) {
    let (asha, mallory) = (house.sign_up().await, house.sign_up().await);
    let member = asha.add_member().await;
    let owner = id(&asha.get("/api/v1/users/me").await.expect(200)).to_string();
    let names = ["x-praan-user", "x-praan-user-id", "x-praan-caller", "x-user-id", "x-forwarded-user"];
    for name in names {
        for token in [None, mallory.token.as_deref()] {
            let request = reqwest::Client::new().get(format!("{}/api/v1/members/{member}", house.url));
            let request = request.header(name, &owner);
            let request = token.into_iter().fold(request, |request, token| request.bearer_auth(token));
            let status = request.send().await.expect("an answer").status();
            assert_eq!(status, if token.is_some() { 403 } else { 401 }, "{name}");
        }
    }
}

/// Whoever says to come from everywhere is still counted as one, at a door that counts.
async fn spoofed_forwarding_headers(house: &House) {
    match house.fleet() {
        Some(fleet) => {
            let mut counting = Environment::default();
            counting.set("PRAAN_RATE_LIMITS", "on");
            counted_as_one(&fleet.another_door_with(&counting).await.url).await;
        }
        None => counted_as_one(&House::with(|edge, _| edge.rate_limits = Switch::On).await.url).await,
    }
}

async fn counted_as_one(url: &str) {
    let http = reqwest::Client::new();
    let names = ["x-forwarded-for", "forwarded", "x-real-ip", "x-praan-client-address", "cf-connecting-ip"];
    // more than 100 a minute, however slowly this machine asks
    for n in 0..2000 {
        let request = http.get(format!("{url}/.well-known/jwks.json"));
        let address = format!("203.0.{}.{}", n / 250, n % 250);
        let request = names.iter().fold(request, |request, name| request.header(*name, &address));
        if request.send().await.expect("an answer").status() == 429 {
            return;
        }
    }
    panic!("2000 requests from one address are too many, whatever the headers say");
}
