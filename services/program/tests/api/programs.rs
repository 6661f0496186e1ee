//! Programs come to be, change their title, go, and come back.

use chassis::Kind;
use prost_types::FieldMask;
use proto::program::v1::*;
use uuid::Uuid;

use crate::house::{House, News, answer, fields, for_mother};
use crate::upstream::{FAMILY, FATHER, MANAGER, MOTHER};

#[tokio::test]
async fn a_program_starts_today_where_the_member_lives_and_lasts_ninety_days() {
    let house = House::open().await;
    let mothers = house.started().await;
    assert_eq!((mothers.start_date.as_str(), mothers.end_date.as_str()), ("2026-03-02", "2026-05-30"));
    assert_eq!((mothers.status(), mothers.phase, mothers.member_id), (Status::Active, 1, MOTHER));
    assert_eq!(house.get(mothers.id).await.unwrap(), mothers);
    let fathers = house.create(CreateProgramRequest { member_id: FATHER, ..for_mother() }).await.unwrap();
    assert_eq!(fathers.start_date, "2026-03-01");
    let news = [house.news().await, house.news().await];
    for program in [&mothers, &fathers] {
        assert!(news.contains(&News { program_id: program.id, family_id: FAMILY, version: 1 }));
    }
}

#[tokio::test]
async fn a_start_is_a_day_that_exists_at_most_a_year_away() {
    let house = House::open().await;
    let starting = |date: &str| CreateProgramRequest { start_date: Some(date.into()), ..for_mother() };
    for good in ["2025-03-02", "2026-02-01", "2027-03-02"] {
        assert_eq!(house.create(starting(good)).await.unwrap().start_date, good);
    }
    for bad in ["2025-03-01", "2027-03-03", "2026-02-30", "today", ""] {
        assert_eq!(fields(house.create(starting(bad)).await), ["start_date"], "{bad}");
    }
}

#[tokio::test]
async fn a_title_says_something() {
    let house = House::open().await;
    for bad in ["", "   ", &"x".repeat(201)] {
        assert_eq!(
            fields(house.create(CreateProgramRequest { title: bad.into(), ..for_mother() }).await),
            ["title"]
        );
    }
    let program =
        house.create(CreateProgramRequest { title: "  Knee  ".into(), ..for_mother() }).await.unwrap();
    assert_eq!(program.title, "Knee");
    assert_eq!(house.count("care_programs").await, 1);
}

#[tokio::test]
async fn the_same_request_makes_one_program() {
    let house = House::open().await;
    let key = Uuid::new_v4();
    let create = |title: &str| {
        let request = CreateProgramRequest { title: title.into(), ..for_mother() };
        house.again(MANAGER, key, request)
    };
    let first = answer(house.program().create_program(create("One")).await).unwrap();
    house.later(1);
    let second = answer(house.program().create_program(create("One")).await).unwrap();
    assert_eq!(first, second);
    let other = answer(house.program().create_program(create("Two")).await).unwrap_err();
    assert_eq!(other.kind(), Kind::KeyReused);
    assert_eq!((house.count("care_programs").await, house.count("audit_logs").await), (1, 1));
}

#[tokio::test]
async fn only_the_title_changes() {
    let house = House::open().await;
    let program = house.started().await;
    let update = async |title: Option<&str>, paths: &[&str]| {
        let update_mask = Some(FieldMask { paths: paths.iter().map(|path| path.to_string()).collect() });
        let title = title.map(str::to_owned);
        let request = UpdateProgramRequest { program_id: program.id, title, update_mask };
        answer(house.program().update_program(house.by(MANAGER, request)).await)
    };
    let renamed = update(Some("Calmer"), &[]).await.unwrap();
    assert_eq!(renamed, Program { title: "Calmer".into(), ..program.clone() });
    assert_eq!(house.get(program.id).await.unwrap(), renamed);
    assert_eq!(fields(update(Some("X"), &["start_date"]).await), ["update_mask"]);
    assert_eq!(fields(update(None, &[]).await), ["update_mask"]);
    assert_eq!(fields(update(None, &["title"]).await), ["title"]);
    assert_eq!(fields(update(Some(" "), &["title"]).await), ["title"]);
    assert_eq!(house.plan(program.id).await.unwrap().version, 2);
}

#[tokio::test]
async fn a_deletion_can_be_taken_back_for_thirty_days() {
    let house = House::open().await;
    let program = house.started().await;
    assert_eq!(house.restore(program.id).await.unwrap_err().kind(), Kind::IllegalState);
    house.delete(program.id).await.unwrap();
    assert_eq!(house.get(program.id).await.unwrap_err().kind(), Kind::Denied);
    assert_eq!(house.delete(program.id).await.unwrap_err().kind(), Kind::Denied);
    assert!(house.plan(program.id).await.unwrap().deleted);

    house.later(30);
    let key = Uuid::new_v4();
    let request = || house.again(MANAGER, key, RestoreProgramRequest { program_id: program.id });
    let restored = answer(house.program().restore_program(request()).await).unwrap();
    assert_eq!(Program { phase: 1, ..restored.clone() }, program);
    // and once more under the same key
    assert_eq!(answer(house.program().restore_program(request()).await).unwrap(), restored);
    assert!(!house.plan(program.id).await.unwrap().deleted);

    house.delete(program.id).await.unwrap();
    house.later(31);
    assert_eq!(house.restore(program.id).await.unwrap_err().kind(), Kind::Denied);
}

#[tokio::test]
async fn every_change_raises_the_version_and_is_told() {
    let house = House::open().await;
    let program = house.started().await;
    let id = program.id;
    house.pause(id).await.unwrap();
    house.resume(id).await.unwrap();
    house.replace(ReplaceConfigRequest { program_id: id, ..Default::default() }).await.unwrap();
    house.delete(id).await.unwrap();
    house.restore(id).await.unwrap();
    house.complete(id).await.unwrap();
    house.pause(id).await.unwrap_err();
    let mut versions = Vec::new();
    for _ in 0..7 {
        versions.push(house.news().await.version);
    }
    versions.sort_unstable();
    assert_eq!(versions, [1, 2, 3, 4, 5, 6, 7]);
    assert_eq!(house.plan(id).await.unwrap().version, 7);
    // one audit row each, and none for what was refused
    assert_eq!(house.count("audit_logs").await, 7);
    assert_eq!(house.count("outbox WHERE topic <> 'program.changed'").await, 0);
}
