//! Words that mean more to somebody else than to us: fields of the server's, and what SQL is made of.

use integration_tests::House;
use reqwest::Method;
use serde_json::{Value, json};

use crate::roles::scene::in_days;

crate::stories::stories!(fields_that_are_not_the_clients_to_set, sql_metacharacters);

async fn fields_that_are_not_the_clients_to_set(house: &House) {
    let (asha, doctor) = (house.sign_up().await, house.sign_up().await);
    let member = asha.add_member().await;
    let program = asha.start_program(member).await;
    let log = json!({"program_id": program, "log_type": "CHECKIN", "payload": {"heart_rate": 60}});
    let person = json!({"name": "A", "birth_date": "1950-01-01", "relation_type": "aunt"});
    let terms =
        json!({"email": doctor.email, "role": "DOCTOR", "log_types": ["CHECKIN"], "not_after": in_days(9)});
    let account =
        json!({"email": "mallory@example.org", "password": "correct horse battery", "full_name": "M"});
    let grants = format!("/api/v1/members/{member}/grants");
    let requests = [
        (
            Method::POST,
            "/api/v1/logs".to_owned(),
            log,
            &["user_id", "author_id", "status", "is_verified", "id", "family_id", "revision", "recorded_at"]
                [..],
        ),
        (
            Method::POST,
            "/api/v1/members".to_owned(),
            person,
            &["id", "family_id", "age", "user_id", "created_by", "deleted_at"],
        ),
        (
            Method::PATCH,
            format!("/api/v1/members/{member}"),
            json!({"name": "B"}),
            &["id", "family_id", "age", "created_at", "deleted_at"],
        ),
        (Method::POST, grants.clone(), terms, &["id", "user_id", "family_id", "withdrawn_at"]),
        (
            Method::POST,
            "/api/v1/family/managers".to_owned(),
            json!({"email": "x@example.org"}),
            &["user_id", "family_id", "status", "invited_by", "expires_at"],
        ),
        (
            Method::POST,
            "/api/v1/programs".to_owned(),
            json!({"member_id": member, "title": "T"}),
            &["id", "family_id", "status", "phase", "end_date", "plan_version"],
        ),
        (
            Method::PATCH,
            format!("/api/v1/programs/{program}"),
            json!({"title": "T"}),
            &["status", "member_id", "start_date"],
        ),
        (
            Method::POST,
            "/api/v1/auth/register".to_owned(),
            account,
            &["role", "roles", "id", "is_admin", "is_verified", "email_verified"],
        ),
    ];
    let seen = async || {
        let mut seen = Vec::new();
        for path in ["/api/v1/members", "/api/v1/programs", &grants, "/api/v1/family/invitations"] {
            seen.push(asha.get(path).await.expect(200));
        }
        seen.push(json!(asha.whole_history(program).await));
        seen
    };
    let before = seen().await;
    for (method, path, good, fields) in requests {
        for field in fields {
            let mut body = good.clone();
            body[*field] = Value::from(1);
            let answer = asha.send(method.clone(), &path, Some(body), None).await;
            assert_eq!(answer.status, 400, "{path} {field}: {}", String::from_utf8_lossy(&answer.bytes));
            assert_eq!(answer.json()["errors"][0]["field"], *field, "{path}");
        }
    }
    assert_eq!(seen().await, before);
}

async fn sql_metacharacters(house: &House) {
    let asha = house.sign_up().await;
    let program = asha.start_program(asha.add_member().await).await;
    for text in [
        "'; DROP TABLE members; --",
        "\" OR \"\"=\"",
        "' OR 1=1 --",
        "%' UNION SELECT 1 --",
        "$1 ? :a {0} \\'",
        "Robert'); DELETE FROM daily_logs;--",
    ] {
        // as words they are kept as they are
        let person = json!({"name": text, "birth_date": "1950-01-01", "relation_type": "aunt"});
        let member = asha.post("/api/v1/members", person).await.expect(201);
        let path = format!("/api/v1/members/{}", member["id"]);
        assert_eq!(asha.get(&path).await.expect(200)["name"], text);
        let meal = json!({"program_id": program, "log_type": "NUTRITION", "payload": {"calories": 10, "items": [{"name": text}]}});
        let log = asha.post("/api/v1/logs", meal).await.expect(201);
        let path = format!("/api/v1/logs/{}", log["id"]);
        assert_eq!(asha.get(&path).await.expect(200)["payload"]["items"][0]["name"], text);
        // and where they are none, refused
        let encoded: String = text.bytes().map(|byte| format!("%{byte:02X}")).collect();
        for path in [
            format!("/api/v1/members/{encoded}"),
            format!("/api/v1/programs?member_id={encoded}"),
            format!("/api/v1/programs/{program}/history?cursor={encoded}"),
            format!("/api/v1/programs/{program}/history?log_type={encoded}"),
            format!("/api/v1/programs/{program}/history?limit={encoded}"),
            format!("/api/v1/programs/{program}/adherence?from={encoded}"),
        ] {
            let answer = asha.get(&path).await;
            assert_eq!(answer.status, 400, "{path}: {}", String::from_utf8_lossy(&answer.bytes));
        }
        let login = json!({"email": text, "password": text});
        let answer = asha.post("/api/v1/auth/login", login).await;
        assert!([400, 401].contains(&answer.status), "{}", answer.status);
    }
    let members = asha.get("/api/v1/members?limit=100").await.expect(200);
    assert_eq!(members["data"].as_array().map(Vec::len), Some(7));
    assert_eq!(asha.whole_history(program).await.len(), 6);
}
