use gateway::Quotas;
use http::Method;
use tokio::sync::watch;

use super::fake;
use crate::house::{House, Send};

#[tokio::test]
async fn the_limits_are_what_they_are_now() {
    let (change, quotas) = watch::channel(Quotas::default());
    let house = House::with(fake(), |config| config.quotas = quotas).await;
    let policies = async || {
        let keys = house.anonymous(Method::GET, "/.well-known/jwks.json").answer().await;
        let [family, log] = [house.get("/api/v1/family").await, house.post("/api/v1/logs", "{}").await];
        [keys, family, log].map(|answer| answer.header("ratelimit-policy").to_owned())
    };
    let before = policies().await;
    assert_eq!(before[..2], ["\"default\";q=100;w=60"; 2]);
    assert_eq!(before[2], "\"default\";q=100;w=60, \"method\";q=60;w=60");

    let routes = [("POST /api/v1/logs".to_owned(), 2), ("GET /api/v1/family".to_owned(), 9)].into();
    change.send_replace(Quotas { per_user: 300, per_address: 5, routes });
    let after = policies().await;
    assert_eq!(after[0], "\"default\";q=5;w=60");
    assert_eq!(after[1], "\"default\";q=300;w=60, \"method\";q=9;w=60");
    assert_eq!(after[2], "\"default\";q=300;w=60, \"method\";q=2;w=60");
    // and they hold
    let mut let_in = 0;
    while house.get("/api/v1/family").await.status == 200 {
        let_in += 1;
    }
    assert_eq!(let_in, 8, "one of the nine is spent");
}
