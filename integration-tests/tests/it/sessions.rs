//! Who is signed in where, as its user sees it, and how one ends it.

use std::time::Duration;

use integration_tests::House;
use integration_tests::api::{Api, id};
use reqwest::Method;
use serde_json::{Value, json};

crate::stories::stories!(
    a_user_sees_every_session_and_ends_any,
    sessions_come_in_pages,
    a_refresh_token_that_is_used_twice_ends_its_session,
);

async fn a_user_sees_every_session_and_ends_any(house: &House) {
    let here = house.sign_up().await;
    let there = here.log_in().await.0;
    let listed = sessions(&here).await;
    assert_eq!(listed.len(), 2);
    assert_eq!([&listed[0]["current"], &listed[1]["current"]], [false, true], "the newest first");
    for session in &listed {
        assert!(session["address"].as_str().is_some_and(|address| address.starts_with("127.")), "{session}");
        assert!(session["created_at"].is_string() && session["last_used_at"].is_string(), "{session}");
    }
    let path = format!("/api/v1/sessions/{}", id(&listed[0]));
    here.send(Method::DELETE, &path, None, None).await.expect(204);
    here.send(Method::DELETE, &path, None, None).await.expect(403);
    assert_eq!(sessions(&here).await.len(), 1);
    tokio::time::sleep(Duration::from_secs(1)).await;
    there.get("/api/v1/users/me").await.expect(401);
    here.get("/api/v1/users/me").await.expect(200);
}

async fn sessions_come_in_pages(house: &House) {
    let asha = house.sign_up().await;
    for _ in 0..4 {
        asha.log_in().await;
    }
    let all: Vec<i64> = sessions(&asha).await.iter().map(id).collect();
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = asha.get(&format!("/api/v1/sessions?limit=2&cursor={cursor}")).await.expect(200);
        seen.extend(page["data"].as_array().expect("a list").iter().map(id));
        match page["pagination"]["next_cursor"].as_str() {
            Some(next) => cursor = next.to_owned(),
            None => break,
        }
    }
    assert_eq!((seen.len(), &seen), (5, &all));
    // a cursor is bound to its user
    let mallory = house.sign_up().await;
    let page = asha.get("/api/v1/sessions?limit=2").await.expect(200);
    let cursor = page["pagination"]["next_cursor"].as_str().expect("a cursor");
    mallory.get(&format!("/api/v1/sessions?cursor={cursor}")).await.expect(400);
}

async fn a_refresh_token_that_is_used_twice_ends_its_session(house: &House) {
    let asha = house.sign_up().await;
    let (stolen, refresh_token) = asha.log_in().await;
    let refresh = async |token: &str| {
        Api::nobody(&house.url).post("/api/v1/auth/refresh", json!({"refresh_token": token})).await
    };
    let next = refresh(&refresh_token).await.expect(200);
    let next = next["refresh_token"].as_str().expect("a token");
    assert_eq!(sessions(&asha).await.len(), 2);
    refresh(&refresh_token).await.expect(401);
    refresh(next).await.expect(401);
    assert_eq!(sessions(&asha).await.len(), 1, "and no other");
    tokio::time::sleep(Duration::from_secs(1)).await;
    stolen.get("/api/v1/users/me").await.expect(401);
}

async fn sessions(api: &Api) -> Vec<Value> {
    api.get("/api/v1/sessions").await.expect(200)["data"].as_array().expect("a list").clone()
}
