//! From an upload to a log: a photo ends as read or as failed, once.

use std::time::Duration;

use backends::Queue;
use backends::queue::{Handler, Message, Outcome, Subscription};
use bytes::Bytes;
use chassis::{Error, Kind};
use logging::Config;
use proto::ai_inference::v1::inference;
use proto::ai_inference::v1::{Failure, MealReading, RecognisedFood};
use proto::logging::v1 as wire;
use tokio::sync::mpsc;
use uuid::Uuid;

use crate::house::{FAMILY, House, MANAGER, PROGRAM, amendment, answer, fields, meal, until, vitals};

/// Takes photos to be read, as ai-inference would.
struct Worker(mpsc::UnboundedSender<serde_json::Value>);

#[async_trait::async_trait]
impl Handler for Worker {
    async fn handle(&self, message: &Message) -> Outcome {
        self.0.send(message.read().unwrap()).unwrap();
        Outcome::Done
    }
}

async fn worker(house: &House) -> mpsc::UnboundedReceiver<serde_json::Value> {
    let (sender, receiver) = mpsc::unbounded_channel();
    let subscription = Subscription::new("test.image-uploaded", "image.uploaded");
    house.queue.subscribe(subscription, std::sync::Arc::new(Worker(sender))).await.unwrap();
    receiver
}

fn key(name: &str) -> String {
    format!("families/{FAMILY}/programs/{PROGRAM}/{name}")
}

fn new_key() -> String {
    key(&format!("{}.jpg", Uuid::new_v4()))
}

fn photo(image_key: impl Into<String>) -> wire::CreateLogRequest {
    wire::CreateLogRequest { payload: None, image_key: Some(image_key.into()), ..meal(0.0) }
}

fn reading() -> inference::Outcome {
    let food = RecognisedFood { name: "Dal".into(), quantity_g: 180.0, calories: 250.0, confidence: 0.9 };
    let (protein_g, carbs_g, fat_g, fiber_g) = (11.0, 28.0, 12.0, 9.0);
    inference::Outcome::Meal(MealReading {
        calories: 250.0,
        protein_g,
        carbs_g,
        fat_g,
        fiber_g,
        sugar_g: 2.0,
        items: vec![food],
    })
}

fn failure(reason: &str) -> inference::Outcome {
    inference::Outcome::Failure(Failure { reason: reason.into() })
}

fn image_read(log_id: i64) -> Message {
    let ids =
        serde_json::json!({ "log_id": log_id, "family_id": FAMILY, "program_id": PROGRAM, "member_id": 1 });
    Message::new("image.read", &ids).unwrap()
}

#[tokio::test]
async fn a_photo_is_logged_read_and_confirmed() {
    let house = House::open().await;
    let mut to_be_read = worker(&house).await;
    let image_key = new_key();
    let logged = house.create(photo(image_key.clone())).await.unwrap();
    assert_eq!((logged.status(), logged.adherence_impact), (wire::LogStatus::Processing, None));
    let job = to_be_read.recv().await.unwrap();
    assert_eq!((&job["image_key"], &job["log_id"]), (&image_key.into(), &logged.id.into()));
    let keys = ["image_key", "kept_key", "thumbnail_key"].map(|name| job[name].as_str().unwrap());
    assert!(keys[0] != keys[1] && keys[1] != keys[2] && keys[2] != keys[0], "{keys:?}");

    let log = house.get(MANAGER, logged.id).await.unwrap();
    let pending = wire::Image { processing_status: wire::ImageStatus::Pending.into(), failure_reason: None };
    assert_eq!((log.image, log.is_verified), (Some(pending), false));
    assert_eq!(log.payload, Some(wire::log::Payload::Nutrition(wire::Nutrition::default())));
    assert_eq!(house.verify(logged.id).await.unwrap_err().kind(), Kind::IllegalState);

    house.ai_inference.give(logged.id, reading(), true);
    house.queue.publish(image_read(logged.id)).await.unwrap();
    let log = house.get(MANAGER, logged.id).await.unwrap();
    assert_eq!((log.status(), log.revision, log.author_id), (wire::LogStatus::Completed, 2, 0));
    assert_eq!(log.image.as_ref().unwrap().processing_status(), wire::ImageStatus::Completed);
    let Some(wire::log::Payload::Nutrition(meal)) = &log.payload else { panic!("{log:?}") };
    assert_eq!((meal.calories, meal.items[0].name.as_str(), log.flags.len()), (Some(250.0), "Dal", 0));
    until("the scores to be told", || async { house.adherence.knows(logged.id, 2) }).await;

    let verified = house.verify(logged.id).await.unwrap();
    assert_eq!((verified.status(), verified.revision), (wire::LogStatus::Verified, 3));
    let confirmed = house.get(MANAGER, logged.id).await.unwrap();
    assert_eq!((confirmed.payload, confirmed.is_verified), (log.payload, true));
    assert_eq!(house.verify(logged.id).await.unwrap_err().kind(), Kind::IllegalState);
}

#[tokio::test]
async fn a_reading_that_is_announced_again_and_again_completes_the_log_once() {
    let house = House::open().await;
    let _worker = worker(&house).await;
    let log_id = house.create(photo(new_key())).await.unwrap().id;
    house.ai_inference.give(log_id, reading(), true);
    let (once, again) = (image_read(log_id), image_read(log_id));
    let all = [&once, &once, &again, &once, &again].map(|message| house.queue.publish(message.clone()));
    futures_util::future::join_all(all).await.into_iter().for_each(|published| published.unwrap());
    assert_eq!(house.count("daily_logs").await, 2);
    assert_eq!(house.count("audit_logs WHERE action = 'COMPLETE' AND actor_id = 0").await, 1);
    until("all to be told", || async { house.count("outbox WHERE topic = 'log.recorded'").await == 0 }).await;
    assert!(house.adherence.knows(log_id, 1) && house.adherence.knows(log_id, 2));
    assert!(!house.adherence.knows(log_id, 3));
}

#[tokio::test]
async fn a_photo_that_cannot_be_read_says_why_and_can_be_entered_by_hand() {
    let house = House::open().await;
    let _worker = worker(&house).await;
    let log_id = house.create(photo(new_key())).await.unwrap().id;
    house.ai_inference.give(log_id, failure("The photo is damaged or incomplete."), false);
    house.queue.publish(image_read(log_id)).await.unwrap();
    let log = house.get(MANAGER, log_id).await.unwrap();
    let image = log.image.clone().unwrap();
    assert_eq!(
        (log.status(), image.processing_status()),
        (wire::LogStatus::Failed, wire::ImageStatus::Failed)
    );
    assert_eq!(image.failure_reason.as_deref(), Some("The photo is damaged or incomplete."));
    assert_eq!(house.verify(log_id).await.unwrap_err().kind(), Kind::IllegalState);
    let image = house
        .logging()
        .get_log_image(house.by(MANAGER, wire::GetLogImageRequest { log_id, program_id: 0 }))
        .await;
    assert_eq!(answer(image).unwrap_err().kind(), Kind::IllegalState);

    let amended = house.amend(amendment(log_id, 300.0)).await.unwrap();
    assert_eq!((amended.revision, amended.adherence_impact.as_deref()), (3, Some("+3 points")));
}

#[tokio::test]
async fn a_person_who_is_faster_than_the_reading_has_the_last_word() {
    let house = House::open().await;
    let _worker = worker(&house).await;
    let log_id = house.create(photo(new_key())).await.unwrap().id;
    house.amend(amendment(log_id, 300.0)).await.unwrap();
    house.ai_inference.give(log_id, reading(), true);
    house.queue.publish(image_read(log_id)).await.unwrap();
    let log = house.get(MANAGER, log_id).await.unwrap();
    assert_eq!((log.status(), log.revision, log.author_id), (wire::LogStatus::Verified, 2, MANAGER));
    assert!(matches!(log.payload, Some(wire::log::Payload::Nutrition(meal)) if meal.calories == Some(300.0)));
    assert_eq!(log.image.unwrap().processing_status(), wire::ImageStatus::Completed);
    assert_eq!(house.count("daily_logs").await, 2);
}

#[tokio::test]
async fn a_photo_nobody_reads_is_given_up() {
    let house = House::with(Config { photo_deadline: Duration::ZERO, ..Config::default() }).await;
    let _worker = worker(&house).await;
    let log_id = house.create(photo(new_key())).await.unwrap().id;
    let failed = async || house.get(MANAGER, log_id).await.unwrap().status() == wire::LogStatus::Failed;
    until("the photo to be given up", failed).await;
    // what comes later is too late
    house.ai_inference.give(log_id, reading(), true);
    house.queue.publish(image_read(log_id)).await.unwrap();
    let log = house.get(MANAGER, log_id).await.unwrap();
    assert_eq!((log.status(), log.revision), (wire::LogStatus::Failed, 2));
    assert!(log.image.unwrap().failure_reason.unwrap().contains("not read in time"));
}

#[tokio::test]
async fn an_overdue_photo_that_was_read_is_not_given_up() {
    let house = House::open().await;
    let _worker = worker(&house).await;
    let log_id = house.create(photo(new_key())).await.unwrap().id;
    house.ai_inference.give(log_id, reading(), true);
    let ids =
        serde_json::json!({ "log_id": log_id, "family_id": FAMILY, "program_id": PROGRAM, "member_id": 1 });
    house.queue.publish(Message::new("image.overdue", &ids).unwrap()).await.unwrap();
    assert_eq!(house.get(MANAGER, log_id).await.unwrap().status(), wire::LogStatus::Completed);
}

#[tokio::test]
async fn a_photo_is_logged_once() {
    let house = House::open().await;
    let _worker = worker(&house).await;
    let image_key = new_key();
    let id = Uuid::new_v4();
    let ask =
        || async { answer(house.logging().create_log(house.again(MANAGER, id, photo(&image_key))).await) };
    let first = ask().await.unwrap();
    assert_eq!(ask().await.unwrap(), first);
    assert_eq!(house.create(photo(&image_key)).await.unwrap_err().kind(), Kind::Conflict);
    assert_eq!(house.count("daily_logs").await, 1);
}

#[tokio::test]
async fn a_key_that_is_foreign_or_malformed_is_refused_alike() {
    let house = House::open().await;
    let name = format!("{}.jpg", Uuid::new_v4());
    let mut told = Vec::new();
    for image_key in [
        format!("families/{}/programs/43/{name}", FAMILY + 1),
        format!("families/{FAMILY}/programs/43/{name}"),
        key("kept/0.jpg"),
        key("../43/0.jpg"),
        "nonsense".to_owned(),
        new_key().replace(".jpg", ".gif"),
    ] {
        let error: Error = house.create(photo(&image_key)).await.unwrap_err();
        assert_eq!((error.kind(), fields(&error)), (Kind::Invalid, vec!["image_key"]), "{image_key}");
        told.push(error.to_string());
    }
    assert!(told.iter().all(|message| *message == told[0]), "{told:?}");
}

#[tokio::test]
async fn a_photo_stands_for_the_payload_of_a_meal_and_for_nothing_else() {
    let house = House::open().await;
    let _worker = worker(&house).await;
    let with_photo = |request| wire::CreateLogRequest { image_key: Some(new_key()), ..request };
    let checkin = wire::Checkin { heart_rate: Some(60.0), ..Default::default() };
    for request in [with_photo(meal(5.0)), with_photo(vitals(checkin))] {
        let error = house.create(request).await.unwrap_err();
        assert_eq!((error.kind(), fields(&error)), (Kind::Invalid, vec!["image_key"]));
    }
    let empty = wire::create_log_request::Payload::Nutrition(wire::Nutrition::default());
    let logged = house.create(with_photo(crate::house::entry(empty))).await.unwrap();
    assert_eq!(logged.status(), wire::LogStatus::Processing);
}

#[tokio::test]
async fn a_photo_is_uploaded_to_the_store_and_shown_once_it_is_checked() {
    let house = House::with_objects(Config::default()).await;
    let _worker = worker(&house).await;
    let photo_bytes = b"not really a photo".as_slice();
    let asked = wire::CreateUploadRequest {
        program_id: PROGRAM,
        content_type: "image/jpeg".into(),
        content_length: photo_bytes.len() as i64,
    };
    let id = Uuid::new_v4();
    let ask =
        || async { answer(house.logging().create_upload(house.again(MANAGER, id, asked.clone())).await) };
    let upload = ask().await.unwrap();
    assert_eq!(ask().await.unwrap().image_key, upload.image_key, "the same request has the same key");
    let mut put = reqwest::Client::new().request(upload.method.parse().unwrap(), &upload.upload_url);
    for (name, value) in &upload.headers {
        put = put.header(name, value);
    }
    assert_eq!(put.body(photo_bytes).send().await.unwrap().status(), 200);
    assert_eq!(house.objects.get(&upload.image_key, 1_000).await.unwrap().as_deref(), Some(photo_bytes));

    let log_id = house.create(photo(upload.image_key)).await.unwrap().id;
    let show = || async {
        answer(
            house
                .logging()
                .get_log_image(house.by(MANAGER, wire::GetLogImageRequest { log_id, program_id: 0 }))
                .await,
        )
    };
    assert_eq!(show().await.unwrap_err().kind(), Kind::IllegalState, "nothing unchecked is shown");

    let job = house.rows::<Kept>("SELECT s3_key FROM image_metadata").await;
    let kept = job[0].s3_key.replace(&format!("programs/{PROGRAM}/"), &format!("programs/{PROGRAM}/kept/"));
    let thumbnail = kept.replace(".jpg", ".thumbnail.jpg");
    for (key, content) in [(&kept, b"clean"), (&thumbnail, b"small")] {
        house.objects.put(key, "image/jpeg", Bytes::from_static(content)).await.unwrap();
    }
    house.ai_inference.give(log_id, reading(), true);
    house.queue.publish(image_read(log_id)).await.unwrap();
    let links = show().await.unwrap();
    for (link, content) in [(links.url, b"clean"), (links.thumbnail_url, b"small")] {
        let shown = reqwest::get(link).await.unwrap();
        assert_eq!(shown.headers()["content-type"], "image/jpeg");
        assert_eq!(shown.bytes().await.unwrap().as_ref(), content);
    }

    let typed = house.create(meal(1.0)).await.unwrap().id;
    let none = house
        .logging()
        .get_log_image(house.by(MANAGER, wire::GetLogImageRequest { log_id: typed, program_id: 0 }))
        .await;
    assert_eq!(answer(none).unwrap_err().kind(), Kind::IllegalState);
}

#[derive(sea_orm::FromQueryResult)]
struct Kept {
    s3_key: String,
}

#[tokio::test]
async fn what_may_be_uploaded_is_bounded() {
    let house = House::open().await;
    for (content_type, content_length, path) in [
        ("image/gif", 10, "content_type"),
        ("text/html", 10, "content_type"),
        ("image/png", 0, "content_length"),
        ("image/png", 10_485_761, "content_length"),
    ] {
        let request = wire::CreateUploadRequest {
            program_id: PROGRAM,
            content_type: content_type.into(),
            content_length,
        };
        let error = answer(house.logging().create_upload(house.by(MANAGER, request)).await).unwrap_err();
        assert_eq!((error.kind(), fields(&error)), (Kind::Invalid, vec![path]));
    }
}
