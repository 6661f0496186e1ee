//! What a family says when all goes well: every field that takes a free text or an amount holds one that is planted.

use integration_tests::api::{Api, id};
use reqwest::Method;
use serde_json::{Value, json};

use super::birds::Birds;

/// A family that was told of, and what the house keeps of it.
pub struct Family {
    pub api: Api,
    pub member: i64,
    pub program: i64,
    pub log: i64,
}

impl Family {
    /// Signs up, and says all there is to say.
    pub async fn tell(url: &str, birds: &Birds) -> Self {
        let api = account(url, birds).await;
        let member = id(&api.post("/api/v1/members", member(birds)).await.expect(201));
        let change = json!({"name": birds.text(), "relation_type": birds.text()});
        api.send(Method::PATCH, &format!("/api/v1/members/{member}"), Some(change), None).await.expect(200);
        let program = json!({"member_id": member, "title": birds.text(), "config": config(birds)});
        let program = id(&api.post("/api/v1/programs", program).await.expect(201));
        let at = |rest: &str| format!("/api/v1/programs/{program}{rest}");
        api.send(Method::PUT, &at("/config"), Some(config(birds)), None).await.expect(200);
        api.send(Method::PATCH, &at(""), Some(json!({"title": birds.text()})), None).await.expect(200);
        let mut log = 0;
        for (log_type, payload) in payloads(birds) {
            let said = json!({"program_id": program, "log_type": log_type, "payload": payload});
            log = id(&api.post("/api/v1/logs", said).await.expect(201));
        }
        for (log_type, payload) in payloads(birds) {
            let said = json!({"log_type": log_type, "payload": payload});
            // the last log takes back no other kind than its own
            let answer = api.post(&format!("/api/v1/logs/{log}/amend"), said).await;
            assert!([200, 400, 409, 422].contains(&answer.status), "{}", answer.status);
        }
        let family = Self { api, member, program, log };
        family.invite(url, birds).await;
        family.send_photo(birds).await;
        family.look_back().await;
        family.move_in_again().await;
        family
    }

    async fn invite(&self, url: &str, birds: &Birds) {
        let (doctor, sister) = (account(url, birds).await, account(url, birds).await);
        let soon = (chassis::clock::Clock::system().now() + chrono::TimeDelta::days(30)).to_rfc3339();
        let grant =
            json!({"email": doctor.email, "role": "DOCTOR", "log_types": ["CHECKIN"], "not_after": soon});
        let grants = format!("/api/v1/members/{}/grants", self.member);
        self.api.post(&grants, grant).await.expect(201);
        let answer = self.api.post("/api/v1/family/managers", json!({"email": sister.email})).await;
        assert!(answer.status < 500, "{}", answer.status);
        doctor.get(&format!("/api/v1/programs/{}/history", self.program)).await.expect(200);
    }

    /// A photo that says something beside the picture.
    async fn send_photo(&self, birds: &Birds) {
        let comment = birds.text();
        let mut photo = integration_tests::photo::jpeg(73);
        let length = u16::try_from(comment.len() + 2).expect("a short comment").to_be_bytes();
        let segment = [&[0xFF, 0xFE], &length[..], comment.as_bytes()].concat();
        photo.splice(2..2, segment);
        let wish =
            json!({"program_id": self.program, "content_type": "image/jpeg", "content_length": photo.len()});
        let upload = self.api.post("/api/v1/uploads", wish).await.expect(201);
        assert!(self.api.upload(&upload, photo).await.expect("an answer").is_success());
        let said =
            json!({"program_id": self.program, "log_type": "NUTRITION", "image_key": upload["image_key"]});
        let log = format!("/api/v1/logs/{}", id(&self.api.post("/api/v1/logs", said).await.expect(202)));
        loop {
            let read = self.api.get(&log).await.expect(200);
            match read["status"].as_str() {
                Some("PROCESSING") => tokio::time::sleep(std::time::Duration::from_millis(50)).await,
                status => break assert_eq!(status, Some("COMPLETED"), "{read}"),
            }
        }
        self.api.post(&format!("{log}/verify"), json!({})).await.expect(200);
        self.api.get(&format!("{log}/image")).await.expect(200);
    }

    /// Takes the whole record along, and brings it back.
    async fn move_in_again(&self) {
        let record = format!("/api/v1/members/{}/export?format=JSON", self.member);
        let record = self.api.get(&record).await.expect(200);
        self.api.post("/api/v1/members/import", record).await.expect(201);
    }

    async fn look_back(&self) {
        let Self { member, program, log, .. } = self;
        for path in [
            "/api/v1/users/me".to_owned(),
            "/api/v1/family".to_owned(),
            "/api/v1/family/managers".to_owned(),
            "/api/v1/members".to_owned(),
            "/api/v1/programs".to_owned(),
            "/api/v1/leaderboard".to_owned(),
            format!("/api/v1/members/{member}"),
            format!("/api/v1/members/{member}/grants"),
            format!("/api/v1/programs/{program}"),
            format!("/api/v1/programs/{program}/config"),
            format!("/api/v1/programs/{program}/history?limit=2"),
            format!("/api/v1/programs/{program}/adherence"),
            format!("/api/v1/programs/{program}/dashboard"),
            format!("/api/v1/logs/{log}"),
        ] {
            self.api.get(&path).await.expect(200);
        }
    }
}

/// A new account that was in and out before. All its tokens are secrets.
pub async fn account(url: &str, birds: &Birds) -> Api {
    let mut api = Api::nobody(url);
    api.email = birds.email();
    let password = birds.text();
    let account = json!({"email": api.email, "password": password, "full_name": birds.text()});
    api.post("/api/v1/auth/register", account).await.expect(201);
    let first = api.post("/api/v1/auth/login", json!({"email": api.email, "password": password})).await;
    let first = first.expect(200);
    let refresh = json!({"refresh_token": first["refresh_token"]});
    let second = api.post("/api/v1/auth/refresh", refresh).await.expect(200);
    for token in [&first, &second].iter().flat_map(|t| [&t["access_token"], &t["refresh_token"]]) {
        birds.secret(token.as_str().expect("a token"));
    }
    api.token = second["access_token"].as_str().map(str::to_owned);
    let change = json!({"full_name": birds.text()});
    api.send(Method::PATCH, "/api/v1/users/me", Some(change), None).await.expect(200);
    api
}

/// A member as a family would describe one.
pub fn member(birds: &Birds) -> Value {
    json!({"name": birds.text(), "birth_date": "1931-07-28", "relation_type": birds.text(),
        "time_zone": "Asia/Kolkata", "leaderboard_opt_in": true})
}

/// Goals with an amount wherever there may be one.
pub fn config(birds: &Birds) -> Value {
    let domains = || {
        json!({
            "nutrition_goals": {"weight": birds.amount(1), "targets": [
                {"nutrient": "protein_g", "kind": "MIN", "value": birds.amount(60), "weight": birds.amount(2)},
                {"nutrient": "calories", "kind": "RANGE", "low": birds.amount(1200), "high": birds.amount(1900)}]},
            "strength_goals": {"weight": birds.amount(3), "sessions_per_week": 3, "sets_per_session": 6},
            "clinical_goals": {"weight": birds.amount(4), "checks": [{"metric": "blood_pressure",
                "times_per_day": 2, "target": {"low": birds.amount(100), "high": birds.amount(135)}}]}
        })
    };
    let (mut config, mut phase) = (domains(), domains());
    phase["phase"] = json!(2);
    config["phases"] = json!([phase]);
    config
}

/// A log of each kind. The numbers of repetitions are small and whole: no value there is one of a kind.
pub fn payloads(birds: &Birds) -> [(&'static str, Value); 3] {
    let amount = |base| birds.amount(base);
    let nutrition = json!({"calories": amount(420), "meal": "LUNCH",
        "macros": {"protein_g": amount(22), "carbs_g": amount(52), "fat_g": amount(14), "fiber_g": amount(7),
            "sugar_g": amount(5)},
        "items": [{"name": birds.text(), "quantity_g": amount(180), "calories": amount(240), "confidence": amount(0)}]});
    let workout = json!({"duration_min": amount(35), "exercises": [{"name": birds.text(), "sets": [
        {"reps": 8, "weight_kg": amount(11), "rpe": amount(7), "duration_s": amount(33)}]}]});
    let checkin = json!({"systolic": amount(121), "diastolic": amount(79), "heart_rate": amount(66),
        "spo2": amount(97), "temperature_c": amount(36), "respiratory_rate": amount(15),
        "glucose_mg_dl": amount(101), "weight_kg": amount(61), "height_cm": amount(158), "pain": amount(2)});
    [("NUTRITION", nutrition), ("WORKOUT", workout), ("CHECKIN", checkin)]
}
