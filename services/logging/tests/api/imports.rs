//! A record from elsewhere: whole, however often it dies on its way, and told to whoever is told of logs.

use chassis::time::timestamp;
use chassis::{Error, Kind};
use chrono::{DateTime, TimeDelta, Utc};
use proto::logging::v1 as wire;
use uuid::Uuid;

use crate::house::{House, IMPORTED, MANAGER, MEMBER, answer, fields, noon, until};

fn revision(n: i32, status: wire::LogStatus, calories: f64, at: DateTime<Utc>) -> wire::RecordedRevision {
    let by_nobody = matches!(status, wire::LogStatus::Completed | wire::LogStatus::Failed);
    let unread = status == wire::LogStatus::Processing;
    let meal = wire::Nutrition { calories: (!unread).then_some(calories), ..Default::default() };
    wire::RecordedRevision {
        revision: n,
        status: status.into(),
        payload: Some(wire::recorded_revision::Payload::Nutrition(meal)),
        flags: Vec::new(),
        author_id: if by_nobody { 0 } else { 1_234_567 },
        recorded_at: Some(timestamp(at)),
        time_zone: "Asia/Kolkata".into(),
    }
}

/// A meal that was corrected once.
fn meal(at: DateTime<Utc>) -> wire::RecordedLog {
    let verified = wire::LogStatus::Verified;
    wire::RecordedLog {
        id: 7,
        timestamp: Some(timestamp(at)),
        local_date: (at + TimeDelta::minutes(330)).date_naive().to_string(),
        utc_offset_minutes: 330,
        image: None,
        revisions: vec![revision(1, verified, 100.0, at), revision(2, verified, 150.0, at)],
    }
}

/// A photo that a model read.
fn photo(at: DateTime<Utc>) -> wire::RecordedLog {
    let image = wire::RecordedImage {
        processing_status: wire::ImageStatus::Completed.into(),
        failure_reason: None,
        model: Some("elsewhere/7".into()),
    };
    let revisions = vec![
        revision(1, wire::LogStatus::Processing, 0.0, at),
        revision(2, wire::LogStatus::Completed, 200.0, at),
    ];
    wire::RecordedLog { image: Some(image), revisions, ..meal(at) }
}

/// A record of so many meals and photos in a program that began at `start`, one an hour.
fn record(start: DateTime<Utc>, meals: i64, photos: i64) -> wire::ImportMemberRequest {
    let hours = |n: i64| start + TimeDelta::hours(n);
    let logs = (0..meals).map(|n| meal(hours(n))).chain((0..photos).map(|n| photo(hours(n)))).rev();
    let program = wire::RecordedProgram {
        id: 3,
        title: "Stronger".into(),
        start_date: start.date_naive().to_string(),
        end_date: (start + TimeDelta::days(89)).date_naive().to_string(),
        status: wire::ProgramStatus::Active.into(),
        created_at: Some(timestamp(start)),
        pauses: Vec::new(),
        configs: Vec::new(),
        logs: logs.collect(),
    };
    let member = wire::RecordedMember {
        id: 2,
        name: "Meera".into(),
        birth_date: "1957-04-12".into(),
        relation_type: "mother".into(),
        time_zone: "Asia/Kolkata".into(),
        leaderboard_opt_in: false,
        created_at: Some(timestamp(start)),
    };
    wire::ImportMemberRequest {
        format: "praan.member/1".into(),
        exported_at: Some(timestamp(noon())),
        member: Some(member),
        programs: vec![program],
        grants: Vec::new(),
        audit: Vec::new(),
    }
}

async fn import(
    house: &House,
    request_id: Uuid,
    record: &wire::ImportMemberRequest,
) -> Result<wire::ImportMemberResponse, Error> {
    answer(house.logging().import_member(house.again(MANAGER, request_id, record.clone())).await)
}

fn begun() -> DateTime<Utc> {
    noon() - TimeDelta::days(18)
}

#[tokio::test]
async fn every_log_comes_in_once_and_the_scores_hear_of_it() {
    let house = House::open().await;
    // more than one statement and one call take
    let (record, request_id) = (record(begun(), 400, 130), Uuid::new_v4());
    let first = import(&house, request_id, &record).await.unwrap();
    assert_eq!((first.id, first.program_ids.as_slice(), first.logs), (MEMBER + 1, &[IMPORTED][..], 530));
    assert_eq!((house.count("daily_logs").await, house.count("image_metadata").await), (1060, 130));
    let logged = house
        .rows::<Log>("SELECT id, timestamp, author_id, current FROM daily_logs WHERE revision = 2")
        .await;
    assert!(logged.iter().all(|log| log.current) && logged.len() == 530);
    assert!(logged.iter().all(|log| [0, MANAGER].contains(&log.author_id)));
    until("the scores hear of every log", async || house.adherence.calls().len() == 530).await;
    assert!(logged.iter().all(|log| house.adherence.knows(log.id, 2)));
    let read = house.adherence.calls().iter().map(|call| call.plan_version).max();
    assert_eq!(read, Some(1));
    assert_eq!(import(&house, request_id, &record).await.unwrap(), first);
    assert_eq!((house.count("daily_logs").await, house.family.imports().0), (1060, 1));
    let other = wire::ImportMemberRequest { exported_at: None, ..record };
    assert_eq!(import(&house, request_id, &other).await.unwrap_err().kind(), Kind::KeyReused);
}

#[derive(sea_orm::FromQueryResult)]
struct Log {
    id: i64,
    author_id: i64,
    current: bool,
}

#[tokio::test]
async fn an_import_that_dies_on_its_way_is_not_seen_and_goes_on_when_it_is_sent_again() {
    let house = House::open().await;
    let (record, request_id) = (record(begun(), 3, 2), Uuid::new_v4());
    house.ai_inference.keeps_nothing(true);
    assert_eq!(import(&house, request_id, &record).await.unwrap_err().kind(), Kind::Unavailable);
    assert_eq!((house.count("daily_logs").await, house.family.imports()), (0, (1, 0)));
    house.ai_inference.keeps_nothing(false);
    house.family.shows_none(true);
    assert_eq!(import(&house, request_id, &record).await.unwrap_err().kind(), Kind::Unavailable);
    assert_eq!((house.count("daily_logs").await, house.family.imports()), (10, (2, 0)));
    house.family.shows_none(false);
    assert_eq!(import(&house, request_id, &record).await.unwrap().logs, 5);
    assert_eq!((house.count("daily_logs").await, house.family.imports()), (10, (2, 1)));
}

#[tokio::test]
async fn nothing_is_begun_of_what_somebody_refuses() {
    let house = House::open().await;
    type Change = fn(&mut wire::RecordedProgram);
    let changes: [(Change, &str); 4] = [
        (|program| program.title = "bad".into(), "programs[0].title"),
        (|program| program.logs[1].revisions[1].revision = 3, "programs[0].logs[1].revisions[1].revision"),
        (|program| program.logs[1].utc_offset_minutes = 1000, "programs[0].logs[1].local_date"),
        (|program| program.logs[0].revisions.truncate(1), "programs[0].logs[0].image.processing_status"),
    ];
    for (change, field) in changes {
        let mut bad = record(noon() - TimeDelta::hours(22), 4, 1);
        change(&mut bad.programs[0]);
        let refused = import(&house, Uuid::new_v4(), &bad).await.unwrap_err();
        assert_eq!((refused.kind(), fields(&refused)), (Kind::Invalid, vec![field]));
    }
    assert_eq!((house.family.imports().0, house.count("daily_logs").await), (0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_older_than_the_archive_moves_there() {
    let house = House::with_archive().await;
    let long_ago = "2022-05-30T06:00:00Z".parse().unwrap();
    import(&house, Uuid::new_v4(), &record(long_ago, 60, 2)).await.unwrap();
    let mut moved = 0;
    while let Some(month) = logging::archive(&house.db, &house.objects).await.unwrap() {
        moved += month.revisions;
    }
    assert_eq!((moved, house.count("daily_logs").await), (124, 0));
}
