use std::sync::Arc;
use std::time::Duration;

use backends::cache::Cache;
use backends::cache::redis::RedisCache;
use chassis::Foundation;
use chassis::clock::Clock;
use chassis::shutdown::Tasks;
use proto::family::v1::GetFamilyRequest;
use proto::family::v1::family_service_client::FamilyServiceClient;
use servers::Redis;
use tonic::Code;

use super::fake;
use crate::house::House;

/// A cache on the server, patient enough for a busy machine: no request shall be counted elsewhere.
async fn cache(server: &Redis, clock: &Clock) -> Arc<RedisCache> {
    let foundation = Foundation { clock: clock.clone(), tasks: Tasks::new() };
    let cache = RedisCache::connect_with(&foundation, &server.url(), Duration::from_secs(20)).await.unwrap();
    while cache.get("anything").await.is_err() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    cache
}

/// How many requests a gateway lets pass until it refuses one.
async fn passed(house: &House) -> usize {
    for sent in 0..=100 {
        let answer = house.get("/api/v1/family").await;
        if answer.status != 200 {
            assert_eq!(answer.status, 429);
            return sent;
        }
    }
    panic!("nothing is refused")
}

#[tokio::test(flavor = "multi_thread")]
async fn two_gateways_share_the_limits_and_stay_shut_without_redis() {
    let server = Redis::start().await;
    let clock = Clock::fixed("2026-03-01T08:00:00Z".parse().unwrap());
    let one = House::build(fake(), clock.clone(), cache(&server, &clock).await, |_| {}).await;
    let two = House::build(fake(), clock.clone(), cache(&server, &clock).await, |_| {}).await;
    let mut grpc = FamilyServiceClient::new(two.channel().await);
    for round in 1..=50 {
        assert_eq!(one.get("/api/v1/family").await.status, 200, "{round}");
        let answer = grpc.get_family(two.grpc(GetFamilyRequest {})).await.unwrap();
        // each may have taken some of the other's in advance, a sixteenth of what was left at the most
        let told = answer.metadata().get("ratelimit").unwrap().to_str().unwrap();
        let left = told.strip_prefix("\"default\";r=").and_then(|told| told.split(';').next()).unwrap();
        let left: i32 = left.parse().unwrap();
        assert!((left - (100 - 2 * round)).abs() <= 6, "{told} after {round} rounds");
    }
    assert_eq!(one.get("/api/v1/family").await.status, 429);
    assert_eq!(two.post("/api/v1/logs", "{}").await.status, 429);
    let refused = grpc.get_family(two.grpc(GetFamilyRequest {})).await.unwrap_err();
    assert_eq!(refused.code(), Code::ResourceExhausted);

    // each alone knows nothing of what the other lets pass, yet lets no more pass than one may
    server.kill9().await;
    assert_eq!((passed(&one).await, passed(&two).await), (100, 100));
    let refused = grpc.get_family(two.grpc(GetFamilyRequest {})).await.unwrap_err();
    assert_eq!(refused.code(), Code::ResourceExhausted);
}
