//! What is logged is kept, counted and answered, once per request.

use std::time::Duration;

use chassis::Kind;
use logging::Config;
use proto::adherence::v1::record_log_request::Contribution;
use proto::logging::v1 as wire;
use sea_orm::FromQueryResult;
use uuid::Uuid;

use crate::house::{DOCTOR, FAMILY, House, MANAGER, PROGRAM, answer, meal, until, vitals};

#[tokio::test]
async fn a_meal_is_kept_counted_and_answered() {
    let house = House::open().await;
    let answer = house.create(meal(500.0)).await.unwrap();
    assert_eq!(answer.status(), wire::LogStatus::Verified);
    assert_eq!(answer.adherence_impact.as_deref(), Some("+5 points"));
    assert_eq!(answer.flags, []);

    let log = house.get(MANAGER, answer.id).await.unwrap();
    assert_eq!((log.id, log.program_id, log.revision, log.author_id), (answer.id, PROGRAM, 1, MANAGER));
    assert_eq!((log.local_date.as_str(), log.utc_offset_minutes, log.is_verified), ("2026-03-20", 330, true));
    assert_eq!(log.timestamp, Some(chassis::time::timestamp(house.clock.now())));
    assert_eq!(
        log.payload,
        Some(wire::log::Payload::Nutrition(wire::Nutrition { calories: Some(500.0), ..Default::default() }))
    );
    assert_eq!(log.image, None);

    let told = &house.adherence.calls()[0];
    assert_eq!(
        (told.family_id, told.program_id, told.log_id, told.revision),
        (FAMILY, PROGRAM, answer.id, 1)
    );
    assert_eq!(
        (told.local_date.as_str(), told.today_date.as_str(), told.plan_version),
        ("2026-03-20", "2026-03-20", 3)
    );
    assert!(
        matches!(&told.contribution, Some(Contribution::Nutrition(meal)) if meal.calories == Some(500.0))
    );
    until("the scores to know, so that nothing is left to tell", || async {
        house.count("outbox").await == 0
    })
    .await;
}

#[tokio::test]
async fn a_workout_and_vital_signs_are_counted_by_what_they_add() {
    let house = House::open().await;
    let sets = vec![wire::ExerciseSet { reps: Some(5), ..Default::default() }; 3];
    let exercises = vec![wire::Exercise { name: "Squat".into(), sets }];
    let workout = wire::Workout { exercises, duration_min: Some(40.0) };
    house
        .create(crate::house::entry(wire::create_log_request::Payload::Workout(workout.clone())))
        .await
        .unwrap();
    let checkin =
        wire::Checkin { systolic: Some(120.0), diastolic: Some(80.0), pain: Some(1.0), ..Default::default() };
    let stored = house.create(vitals(checkin)).await.unwrap();

    let told = house.adherence.calls();
    let Some(Contribution::Workout(session)) = &told[0].contribution else { panic!("{told:?}") };
    assert_eq!((session.sets, session.minutes), (3, 40.0));
    let Some(Contribution::Checkin(checkin)) = &told[1].contribution else { panic!("{told:?}") };
    let measured: Vec<_> = checkin.measurements.iter().map(|m| (m.metric.as_str(), m.value)).collect();
    assert_eq!(measured, [("blood_pressure", 120.0), ("pain", 1.0)]);
    let log = house.get(DOCTOR, stored.id).await.unwrap();
    assert!(
        matches!(log.payload, Some(wire::log::Payload::Checkin(vitals)) if vitals.diastolic == Some(80.0))
    );
}

#[tokio::test]
async fn the_same_request_is_one_log_and_one_answer() {
    let house = House::open().await;
    let id = Uuid::new_v4();
    let ask = || async { answer(house.logging().create_log(house.again(MANAGER, id, meal(500.0))).await) };
    let first = ask().await.unwrap();
    house.clock.advance(chrono::TimeDelta::hours(3));
    assert_eq!(ask().await.unwrap(), first);
    house.amend(crate::house::amendment(first.id, 700.0)).await.unwrap();
    assert_eq!(ask().await.unwrap(), first, "an answer is about the revision it was given for");
    assert_eq!(house.count("daily_logs WHERE revision = 1").await, 1);
}

#[tokio::test]
async fn another_body_under_the_same_id_is_refused() {
    let house = House::open().await;
    let id = Uuid::new_v4();
    answer(house.logging().create_log(house.again(MANAGER, id, meal(500.0))).await).unwrap();
    let other = answer(house.logging().create_log(house.again(MANAGER, id, meal(501.0))).await);
    assert_eq!(other.unwrap_err().kind(), Kind::KeyReused);
    assert_eq!(house.count("daily_logs").await, 1);
}

#[tokio::test]
async fn a_request_that_is_being_worked_on_is_not_begun_again() {
    let house = House::open().await;
    let id = Uuid::new_v4();
    // whoever writes waits for this
    let actor = chassis::Actor::system(Uuid::nil());
    let writing =
        house.db.write(&actor, backends::Action::Update, "Test", backends::Scope::Own).await.unwrap();
    let ask = || {
        Box::pin(async { answer(house.logging().create_log(house.again(MANAGER, id, meal(500.0))).await) })
    };
    let (first_to_end, _, mut rest) = futures_util::future::select_all([ask(), ask()]).await;
    assert_eq!(first_to_end.unwrap_err().kind(), Kind::InFlight);
    drop(writing);
    rest.remove(0).await.unwrap();
    assert_eq!(house.count("daily_logs").await, 1);
}

#[tokio::test]
async fn every_write_leaves_an_audit_row_in_its_transaction() {
    #[derive(Debug, PartialEq, FromQueryResult)]
    struct Audit {
        family_id: i64,
        actor_id: i64,
        resource_type: String,
        resource_id: i64,
        action: String,
    }
    let house = House::open().await;
    let id = house.create(meal(500.0)).await.unwrap().id;
    house.amend(crate::house::amendment(id, 600.0)).await.unwrap();
    let rows = house.rows::<Audit>("SELECT * FROM audit_logs ORDER BY id").await;
    let row = |action: &str| Audit {
        family_id: FAMILY,
        actor_id: MANAGER,
        resource_type: "DailyLog".into(),
        resource_id: id,
        action: action.into(),
    };
    assert_eq!(rows, [row("CREATE"), row("AMEND")]);
}

#[tokio::test]
async fn a_log_is_kept_while_the_scores_are_away_and_counted_once_they_are_back() {
    let house = House::with(Config { backstop: Duration::ZERO, ..Config::default() }).await;
    house.adherence.set_away(true);
    let id = Uuid::new_v4();
    let ask = || async { answer(house.logging().create_log(house.again(MANAGER, id, meal(500.0))).await) };
    let without = ask().await.unwrap();
    assert_eq!((without.status(), without.adherence_impact.as_deref()), (wire::LogStatus::Verified, None));

    house.adherence.set_away(false);
    until("the scores to be told", || async { house.adherence.knows(without.id, 1) }).await;
    until("the outbox to be empty", || async { house.count("outbox").await == 0 }).await;
    assert_eq!(ask().await.unwrap().adherence_impact.as_deref(), Some("+5 points"));
    assert_eq!(house.count("daily_logs").await, 1);
}

#[tokio::test]
async fn a_crowd_leaves_few_notes_and_each_stays_until_the_scores_know_of_all_its_logs() {
    let house = House::open().await;
    house.adherence.set_deaf_to(Some(7));
    let logs = (0..50).map(|n| house.create(meal(f64::from(n))));
    let answers: Vec<_> =
        futures_util::future::join_all(logs).await.into_iter().map(Result::unwrap).collect();
    assert!(house.count("outbox").await < 25, "fewer than half as many as logs");
    let untold: Vec<_> = answers.iter().filter(|answer| answer.adherence_impact.is_none()).collect();
    let [untold] = untold[..] else { panic!("one is not told") };
    until("the other notes to be gone", || async { house.count("outbox").await == 1 }).await;
    assert!(!house.adherence.knows(untold.id, 1));
    house.adherence.set_deaf_to(None);
    house.clock.advance(chrono::TimeDelta::minutes(1));
    until("the last note to be told", || async { house.count("outbox").await == 0 }).await;
    assert!(house.adherence.knows(untold.id, 1));
}

#[tokio::test]
async fn many_write_at_once_and_none_is_lost() {
    let house = House::open().await;
    let logs = (0..50).map(|n| house.create(meal(f64::from(n))));
    let answers = futures_util::future::join_all(logs).await;
    let ids: std::collections::HashSet<i64> = answers.into_iter().map(|answer| answer.unwrap().id).collect();
    assert_eq!(ids.len(), 50);
    assert_eq!(house.count("daily_logs").await, 50);
    assert!(ids.iter().all(|id| *id < 1 << 53 && house.adherence.knows(*id, 1)));
}
