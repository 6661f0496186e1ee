//! The idempotency key: what was answered under it is for the same request of the same user, who still may.

use futures_util::future::join_all;
use integration_tests::House;
use integration_tests::api::{Api, id};
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::roles::scene::{in_days, join};

crate::stories::stories!(
    the_same_key_with_another_body,
    the_same_key_in_flight,
    the_same_key_after_revocation,
);

fn log(program: i64, heart_rate: i64) -> Value {
    json!({"program_id": program, "log_type": "CHECKIN", "payload": {"heart_rate": heart_rate}})
}

async fn logged(owner: &Api, program: i64) -> usize {
    owner.whole_history(program).await.len()
}

async fn the_same_key_with_another_body(house: &House) {
    let (asha, mallory) = (house.sign_up().await, house.sign_up().await);
    let member = asha.add_member().await;
    let (program, other) = (asha.start_program(member).await, asha.start_program(member).await);
    let key = Uuid::new_v4();
    let first = asha.post_as(key, "/api/v1/logs", log(program, 60)).await.expect(201);
    for (path, body) in [
        ("/api/v1/logs", log(program, 61)),
        ("/api/v1/logs", log(other, 60)),
        (
            "/api/v1/uploads",
            json!({"program_id": program, "content_type": "image/jpeg", "content_length": 9}),
        ),
    ] {
        asha.post_as(key, path, body).await.expect(422);
    }
    assert_eq!(asha.post_as(key, "/api/v1/logs", log(program, 60)).await.expect(201), first);
    assert_eq!((logged(&asha, program).await, logged(&asha, other).await), (1, 0));
    // the key is the user's: to another it says nothing
    mallory.post_as(key, "/api/v1/logs", log(program, 60)).await.expect(403);
    let mine = mallory.start_program(mallory.add_member().await).await;
    mallory.post_as(key, "/api/v1/logs", log(mine, 60)).await.expect(201);
}

async fn the_same_key_in_flight(house: &House) {
    let asha = house.sign_up().await;
    let program = asha.start_program(asha.add_member().await).await;
    let key = Uuid::new_v4();
    let all = join_all((0..16).map(|_| asha.post_as(key, "/api/v1/logs", log(program, 60)))).await;
    let mut ids = Vec::new();
    for answer in all {
        match answer.status {
            201 => ids.push(id(&answer.json())),
            409 => assert!(!answer.header("retry-after").is_empty(), "it may be tried again"),
            status => panic!("{status}: {}", String::from_utf8_lossy(&answer.bytes)),
        }
    }
    assert!(!ids.is_empty() && ids.iter().all(|id| *id == ids[0]), "{ids:?}");
    assert_eq!(logged(&asha, program).await, 1);
}

async fn the_same_key_after_revocation(house: &House) {
    let (asha, ravi, doctor) = (house.sign_up().await, house.sign_up().await, house.sign_up().await);
    let member = asha.add_member().await;
    let program = asha.start_program(member).await;
    let user = join(&asha, &ravi).await;
    let terms =
        json!({"email": doctor.email, "role": "DOCTOR", "log_types": ["CHECKIN"], "not_after": in_days(9)});
    let person = json!({"name": "A", "birth_date": "1950-01-01", "relation_type": "aunt"});
    let requests = [
        (Uuid::new_v4(), "/api/v1/logs".to_owned(), log(program, 60)),
        (Uuid::new_v4(), format!("/api/v1/members/{member}/grants"), terms),
        (Uuid::new_v4(), "/api/v1/members".to_owned(), person),
        (Uuid::new_v4(), "/api/v1/programs".to_owned(), json!({"member_id": member, "title": "More"})),
    ];
    for (key, path, body) in &requests {
        ravi.post_as(*key, path, body.clone()).await.expect(201);
    }
    let before = logged(&asha, program).await;
    let out = format!("/api/v1/family/managers/{user}");
    asha.send(Method::DELETE, &out, None, None).await.expect(204);
    // what is decided is kept for one second at most
    tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
    for (key, path, body) in &requests {
        let answer = ravi.post_as(*key, path, body.clone()).await;
        assert_eq!(answer.status, 403, "{path}: {}", String::from_utf8_lossy(&answer.bytes));
    }
    assert_eq!(logged(&asha, program).await, before);
}
