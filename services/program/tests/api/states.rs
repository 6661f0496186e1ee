//! Programs rest, go on and end.

use chassis::Kind;
use futures_util::future::join_all;
use proto::program::v1::*;
use uuid::Uuid;

use crate::house::{House, answer, for_mother};
use crate::upstream::MANAGER;

fn pauses(plan: &Plan) -> Vec<(&str, &str)> {
    plan.pauses.iter().map(|pause| (pause.from_date.as_str(), pause.resume_date.as_str())).collect()
}

#[tokio::test]
async fn the_days_of_a_pause_are_in_the_plan() {
    let house = House::open().await;
    let id = house.started().await.id;
    assert_eq!(house.resume(id).await.unwrap_err().kind(), Kind::IllegalState);
    house.later(3);
    assert_eq!(house.pause(id).await.unwrap().status(), Status::Paused);
    assert_eq!(house.pause(id).await.unwrap_err().kind(), Kind::IllegalState);
    assert_eq!(pauses(&house.plan(id).await.unwrap()), [("2026-03-05", "")]);
    house.later(2);
    assert_eq!(house.resume(id).await.unwrap().status(), Status::Active);
    house.pause(id).await.unwrap();
    assert_eq!(pauses(&house.plan(id).await.unwrap()), [("2026-03-05", "2026-03-07"), ("2026-03-07", "")]);
}

#[tokio::test]
async fn a_pause_that_ends_on_its_day_has_held_none() {
    let house = House::open().await;
    let id = house.started().await.id;
    house.pause(id).await.unwrap();
    house.resume(id).await.unwrap();
    assert_eq!(pauses(&house.plan(id).await.unwrap()), []);
}

#[tokio::test]
async fn the_day_of_completion_is_the_last() {
    let house = House::open().await;
    let id = house.started().await.id;
    house.later(10);
    let done = house.complete(id).await.unwrap();
    assert_eq!((done.status(), done.end_date.as_str()), (Status::Completed, "2026-03-12"));
    for refused in [house.pause(id).await, house.resume(id).await, house.complete(id).await] {
        assert_eq!(refused.unwrap_err().kind(), Kind::IllegalState);
    }
    assert_eq!(house.plan(id).await.unwrap().end_date, "2026-03-12");
}

#[tokio::test]
async fn a_program_is_over_when_its_ninety_days_are() {
    let house = House::open().await;
    let id = house.started().await.id;
    let seen = async |days: i64| {
        house.later(days);
        let program = house.get(id).await.unwrap();
        (program.status(), program.phase)
    };
    assert_eq!(seen(29).await, (Status::Active, 1));
    assert_eq!(seen(1).await, (Status::Active, 2));
    assert_eq!(seen(59).await, (Status::Active, 3));
    assert_eq!(seen(1).await, (Status::Completed, 3));
    assert_eq!(house.complete(id).await.unwrap_err().kind(), Kind::IllegalState);
}

#[tokio::test]
async fn a_program_that_has_not_begun_can_be_completed_and_has_no_day() {
    let house = House::open().await;
    let request = CreateProgramRequest { start_date: Some("2026-04-01".into()), ..for_mother() };
    let id = house.create(request).await.unwrap().id;
    assert_eq!(house.get(id).await.unwrap().phase, 1);
    house.complete(id).await.unwrap();
    let plan = house.plan(id).await.unwrap();
    assert!(plan.end_date < plan.start_date);
}

#[tokio::test]
async fn a_step_is_taken_once_however_often_it_is_asked_for() {
    let house = House::open().await;
    let id = house.started().await.id;
    let key = Uuid::new_v4();
    let pause = || house.again(MANAGER, key, PauseProgramRequest { program_id: id });
    let first = answer(house.program().pause_program(pause()).await).unwrap();
    house.resume(id).await.unwrap();
    assert_eq!(answer(house.program().pause_program(pause()).await).unwrap(), first);
    assert_eq!(house.get(id).await.unwrap().status(), Status::Active);
    // the key belongs to the pause
    let other = house.again(MANAGER, key, ResumeProgramRequest { program_id: id });
    assert_eq!(answer(house.program().resume_program(other).await).unwrap_err().kind(), Kind::KeyReused);
}

#[tokio::test]
async fn of_many_who_pause_at_once_one_does() {
    let house = House::open().await;
    let id = house.started().await.id;
    let outcomes = join_all((0..8).map(|_| house.pause(id))).await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
    for refused in outcomes.into_iter().filter_map(Result::err) {
        assert_eq!(refused.kind(), Kind::IllegalState);
    }
    assert_eq!(house.plan(id).await.unwrap().version, 2);
}
