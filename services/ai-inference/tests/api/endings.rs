//! Whatever is away or wrong: every photo comes to an end.

use backends::Queue;
use backends::queue::Message;
use image::ImageFormat;

use crate::house::House;
use crate::photos::encoded;

#[tokio::test]
async fn a_photo_that_was_never_uploaded_says_so() {
    let mut house = House::open().await;
    house.announce(1).await;
    assert_eq!(house.failure(1).await, "The photo was never uploaded.");
    assert_eq!(house.announced().await, [1]);
    // what is uploaded afterwards is too late
    house.upload(1, &encoded(1, ImageFormat::Jpeg)).await;
    house.announce(1).await;
    assert_eq!(house.failure(1).await, "The photo was never uploaded.");
    assert_eq!(house.announced().await, [0_i64; 0]);
}

#[tokio::test]
async fn a_photo_that_is_uploaded_while_it_is_looked_for_is_read() {
    let config =
        ai_inference::Config { backoff: std::time::Duration::from_millis(200), ..Default::default() };
    let house = House::with(config, std::sync::Arc::new(ai_inference::provider::StubProvider)).await;
    let photo = encoded(1, ImageFormat::Jpeg);
    tokio::join!(house.announce(1), house.upload(1, &photo));
    house.meal(1).await;
}

#[tokio::test]
async fn a_store_that_is_away_at_every_try_is_a_failure_with_a_reason() {
    let mut house = House::without_objects().await;
    house.announce(1).await;
    assert_eq!(house.failure(1).await, "The photo could not be fetched. Please log it again.");
    assert_eq!(house.announced().await, [1]);
    assert_eq!(
        house.queue.dead_letter_count("ai-inference.image-uploaded").await.unwrap(),
        1,
        "the upload is still there to be removed, which an operator can have tried again"
    );
}

#[tokio::test]
async fn what_is_no_word_of_an_upload_is_a_dead_letter() {
    let house = House::open().await;
    house.queue.publish(Message::new("image.uploaded", &"nonsense").unwrap()).await.unwrap();
    let dead = house.queue.dead_letters("ai-inference.image-uploaded", 10).await.unwrap();
    assert_eq!((dead.len(), dead[0].message.attempt), (1, 1));
    assert_eq!(house.count("inferences").await, 0);
}
