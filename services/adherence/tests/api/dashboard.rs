//! What a family looks at first.

use std::time::Duration;

use chassis::Link;
use chrono::{Days, NaiveDate};
use proto::adherence::v1::adherence_service_client::AdherenceServiceClient;
use proto::adherence::v1::{Adherence, Dashboard, Day, GetDashboardRequest, RecordLogRequest};
use tokio::time::timeout;

use crate::house::{House, PROGRAM, everything, log, meal, plan, pressure, workout};
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

/// The dashboard and the days of a program, as if it were the first.
async fn look(house: &House, program_id: i64) -> (Dashboard, Adherence) {
    let request = house.by(MANAGER, GetDashboardRequest { program_id });
    let dashboard = house.adherence().get_dashboard(request).await.unwrap().into_inner();
    let scores = house.scores_of(MANAGER, program_id, "", "").await.unwrap();
    (Dashboard { program_id: 0, ..dashboard }, Adherence { program_id: 0, ..scores })
}

#[tokio::test]
async fn what_was_looked_at_every_day_says_what_is_seen_at_first_sight() {
    const DAYS: i64 = 17;
    let house = House::open().await;
    for program_id in 0..=DAYS {
        house.programs.set(plan(program_id + 100, everything()));
    }
    let first: NaiveDate = "2026-01-03".parse().unwrap();
    for day in 1..=DAYS {
        let today = first + Days::new(day as u64);
        house.clock.set(today.and_hms_opt(12, 0, 0).unwrap().and_utc());
        // some days nothing, some for earlier days of the week, and some for tomorrow
        let logs = match day % 5 {
            0 => Vec::new(),
            1 => vec![(today, workout(9)), (today + Days::new(1), pressure(120.0))],
            2 => vec![(today - Days::new(2), pressure(130.0))],
            _ => vec![(today, pressure(110.0)), (today - Days::new(1), workout(4))],
        };
        for (n, (date, part)) in logs.into_iter().enumerate() {
            for program_id in 100..=100 + DAYS {
                let log = log(day * 10 + n as i64, &date.to_string(), part.clone());
                let today_date = today.to_string();
                house.record(RecordLogRequest { program_id, today_date, ..log }).await.unwrap();
            }
        }
        assert_eq!(look(&house, 100).await, look(&house, 100 + day).await, "{today}");
    }
}

#[tokio::test]
async fn what_one_process_commits_another_shows_soon() {
    let house = House::with_program().await;
    let (one, other) = (house.adherence(), house.another().await);
    let total = async |process: &AdherenceServiceClient<Link>| {
        let request = house.by(MANAGER, GetDashboardRequest { program_id: PROGRAM });
        let dashboard = process.clone().get_dashboard(request).await.unwrap().into_inner();
        dashboard.today.unwrap().total_score
    };
    for log_id in 1..=5 {
        // it is at hand in both
        let before = (total(&one).await, total(&other).await);
        assert_eq!(before.0, before.1);
        house.record(log(log_id, "2026-01-14", meal(10.0))).await.unwrap();
        let now = total(&one).await;
        assert_ne!(now, before.0);
        let hears = async {
            while total(&other).await != now {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        timeout(Duration::from_secs(5), hears).await.expect("it hears of it at once, not after a minute");
    }
}
