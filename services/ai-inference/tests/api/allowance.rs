//! What a family may have read in a day.

use std::sync::Arc;

use ai_inference::Config;
use ai_inference::provider::StubProvider;
use backends::Queue;
use futures_util::future::join_all;
use image::ImageFormat;
use proto::ai_inference::v1::inference::Outcome;

use crate::house::{House, quick, uploaded};
use crate::photos::encoded;

/// Reads as many photos at once, each announced twice, and tells why some were not.
async fn reasons(house: &House, logs: std::ops::RangeInclusive<i64>) -> Vec<String> {
    for log_id in logs.clone() {
        house.upload(log_id, &encoded(1, ImageFormat::Jpeg)).await;
    }
    let messages: Vec<_> = logs.clone().map(uploaded).collect();
    join_all(messages.iter().chain(&messages).map(|message| house.queue.publish(message.clone()))).await;
    let mut reasons = Vec::new();
    for log_id in logs {
        if let Some(Outcome::Failure(failure)) = house.inference(log_id).await.unwrap().outcome {
            reasons.push(failure.reason);
        }
    }
    reasons
}

#[tokio::test]
async fn a_family_has_so_many_photos_read_in_a_day_and_no_more() {
    let config = Config { daily_photos: 5, concurrency: 8, ..quick() };
    let house = House::with(config, Arc::new(StubProvider)).await;
    let refused = reasons(&house, 1..=8).await;
    assert_eq!(refused.len(), 3, "exactly, though all came at once and twice");
    assert!(refused.iter().all(|reason| reason.contains("tomorrow")), "{refused:?}");
    assert_eq!(house.count("inferences").await, 8);

    house.clock.advance(chrono::TimeDelta::days(1));
    assert_eq!(reasons(&house, 9..=13).await, [""; 0], "tomorrow is another day");
    assert_eq!(reasons(&house, 14..=14).await.len(), 1);
}

#[tokio::test]
async fn what_is_no_photo_costs_nothing() {
    let config = Config { daily_photos: 1, ..quick() };
    let house = House::with(config, Arc::new(StubProvider)).await;
    house.upload(1, b"no photo").await;
    house.announce(1).await;
    assert!(house.failure(1).await.contains("not a JPEG"));
    assert_eq!(reasons(&house, 2..=2).await, [""; 0]);
}
