//! Losing the cache makes nothing that was revoked good again.

use integration_tests::Api;
use integration_tests::fleet::{Fault, Fleet};
use reqwest::Method;
use serde_json::json;

use crate::roles::scene::{grant, in_days};

#[tokio::test(flavor = "multi_thread")]
async fn what_is_revoked_while_redis_is_dead_is_so_after_a_second() {
    let fleet = Fleet::start().await;
    let (owner, doctor) = (Api::sign_up(&fleet.url()).await, Api::sign_up(&fleet.url()).await);
    let member = owner.add_member().await;
    let program = owner.start_program(member).await;
    let terms =
        json!({"email": doctor.email, "role": "DOCTOR", "log_types": ["CHECKIN"], "not_after": in_days(9)});
    let given = grant(&owner, member, terms).await;
    let paths = [
        format!("/api/v1/members/{member}"),
        format!("/api/v1/programs/{program}"),
        format!("/api/v1/programs/{program}/history"),
        format!("/api/v1/programs/{program}/adherence"),
        format!("/api/v1/programs/{program}/dashboard"),
    ];
    let all = async |who: &Api, status: u16| {
        for path in &paths {
            let answer = who.get(path).await;
            assert_eq!(answer.status, status, "{path}: {}", String::from_utf8_lossy(&answer.bytes));
        }
    };
    all(&doctor, 200).await;
    fleet.part("redis").harm(Fault::Kill).await;
    all(&doctor, 200).await;
    let withdraw = format!("/api/v1/members/{member}/grants/{given}");
    owner.send(Method::DELETE, &withdraw, None, None).await.expect(204);
    tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
    all(&doctor, 403).await;
    all(&owner, 200).await;
    owner.post("/api/v1/auth/logout", json!({})).await.expect(204);
    tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
    all(&owner, 401).await;
}
