//! Who is put out is out everywhere within a second: in every process, and without Redis too.

use std::time::Duration;

use integration_tests::api::{Api, id};
use integration_tests::fleet::{Fault, Fleet};
use reqwest::Method;
use serde_json::json;

/// The bound that design and contract promise.
const BOUND: Duration = Duration::from_secs(1);

#[tokio::test(flavor = "multi_thread")]
async fn every_end_of_a_session_is_heard_by_every_process_within_a_second() {
    let fleet = Fleet::start().await;
    for redis_is_dead in [false, true] {
        if redis_is_dead {
            fleet.part("redis").harm(Fault::Kill).await;
        }
        for (name, method, path) in [
            ("logout", Method::POST, "/api/v1/auth/logout".to_owned()),
            ("deleted account", Method::DELETE, "/api/v1/users/me".to_owned()),
            ("revoked from elsewhere", Method::DELETE, "/api/v1/sessions/{session}".to_owned()),
        ] {
            let asha = Api::sign_up(&fleet.url()).await;
            let program = asha.start_program(asha.add_member().await).await;
            // one question to each service, each of which now trusts the session
            let paths = [
                "/api/v1/users/me".to_owned(),
                "/api/v1/members".to_owned(),
                format!("/api/v1/programs/{program}"),
                format!("/api/v1/programs/{program}/adherence"),
                format!("/api/v1/programs/{program}/history"),
            ];
            for path in &paths {
                asha.get(path).await.expect(200);
            }
            let session = id(&asha.get("/api/v1/sessions").await.expect(200)["data"][0]);
            let path = path.replace("{session}", &session.to_string());
            let elsewhere = asha.log_in().await.0;
            let by = if path.contains("/sessions/") { &elsewhere } else { &asha };
            let body = (method == Method::POST).then(|| json!({}));
            by.send(method, &path, body, None).await.expect(204);
            tokio::time::sleep(BOUND).await;
            for path in &paths {
                let answer = asha.get(path).await;
                assert_eq!(answer.status, 401, "{name}, Redis dead: {redis_is_dead}, {path}");
            }
        }
    }
}
