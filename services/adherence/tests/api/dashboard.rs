//! What a family looks at first.

use proto::adherence::v1::Day;

use crate::house::{House, PROGRAM, log, pressure};
use crate::upstream::MANAGER;

/// A house whose program asks for the blood pressure alone.
async fn measuring() -> House {
    let house = House::with_program().await;
    house.programs.change(PROGRAM, |plan| {
        plan.configs[0].nutrition_goals = None;
        plan.configs[0].strength_goals = None;
    });
    house
}

fn totals(days: &[Day]) -> Vec<Option<f64>> {
    days.iter().map(|day| day.total_score).collect()
}

#[tokio::test]
async fn today_the_week_and_where_it_is_going() {
    let house = measuring().await;
    for (n, day) in [5, 7, 9, 11, 12, 13].into_iter().enumerate() {
        house.record(log(n as i64 + 1, &format!("2026-01-{day:02}"), pressure(120.0))).await.unwrap();
    }
    let seen = house.dashboard(MANAGER).await.unwrap();
    assert_eq!((seen.program_id, seen.title.as_str()), (PROGRAM, "Stronger"));
    assert_eq!((seen.day_number, seen.phase, seen.days_left), (10, 1, 80));
    assert_eq!(seen.week.first().map(|day| day.date.as_str()), Some("2026-01-08"));
    let (yes, no) = (Some(100.0), Some(0.0));
    assert_eq!(totals(&seen.week), [no, yes, no, yes, yes, yes, no]);
    assert_eq!(seen.today, seen.week.last().cloned());
    assert_eq!((seen.week_average, seen.average), (Some(57.14), Some(60.0)));
    // the week before has three days, two of them good
    assert_eq!(seen.trend, Some(-9.53));
    assert_eq!(seen.streak_days, Some(3));
    house.record(log(9, "2026-01-14", pressure(120.0))).await.unwrap();
    assert_eq!(house.dashboard(MANAGER).await.unwrap().streak_days, Some(4));
}

#[tokio::test]
async fn before_the_first_day_and_after_the_last() {
    let house = measuring().await;
    house.record(log(1, "2026-01-12", pressure(120.0))).await.unwrap();
    house.clock.set("2026-01-02T12:00:00Z".parse().unwrap());
    let early = house.dashboard(MANAGER).await.unwrap();
    assert_eq!((early.day_number, early.phase, early.days_left, early.average), (0, 1, 90, None));
    assert_eq!(totals(&early.week), [None; 7]);
    house.clock.set("2026-04-11T12:00:00Z".parse().unwrap());
    let late = house.dashboard(MANAGER).await.unwrap();
    assert_eq!((late.day_number, late.phase, late.days_left, late.week_average), (90, 3, 0, None));
    assert_eq!((late.average, late.today.unwrap().total_score), (Some(1.11), None));
}
