//! What a family reads of its scores.

use chassis::Kind;
use proto::adherence::v1::{Adherence, Band};

use crate::house::{House, PROGRAM, log, meal, points, pressure, workout};
use crate::upstream::MANAGER;

fn dates(scores: &Adherence) -> Vec<&str> {
    scores.days.iter().map(|day| day.date.as_str()).collect()
}

#[tokio::test]
async fn a_day_shows_its_domains_its_total_and_how_much_is_known() {
    let house = House::with_program().await;
    assert_eq!(house.record(log(1, "2026-01-12", meal(45.5))).await.unwrap(), 1_517);
    assert_eq!(house.record(log(2, "2026-01-12", workout(10))).await.unwrap(), 4_850 - 1_517);
    assert_eq!(house.record(log(3, "2026-01-12", pressure(140.0))).await.unwrap(), 8_183 - 4_850);
    let day = house.day("2026-01-12").await;
    assert_eq!(points(&day), [Some(45.5), Some(100.0), Some(100.0), Some(81.83), Some(0.0)]);
    assert_eq!((day.coverage, day.band()), (Some(1.0), Band::Good));
    // the session of Monday is half of what is due by Tuesday
    let tuesday = house.day("2026-01-13").await;
    assert_eq!(points(&tuesday), [None, Some(50.0), Some(0.0), Some(25.0), None]);
    assert_eq!((tuesday.coverage, tuesday.band()), (Some(0.3333), Band::Poor));
    // today may still bring a meal
    let today = house.day("2026-01-14").await;
    assert_eq!(today.coverage, Some(0.5));
}

#[tokio::test]
async fn the_span_ends_with_today_and_begins_with_the_program() {
    let house = House::with_program().await;
    let all = house.scores("", "").await;
    assert_eq!((dates(&all)[0], dates(&all)[9], all.days.len()), ("2026-01-05", "2026-01-14", 10));
    assert_eq!(dates(&house.scores("2025-12-01", "2026-01-06").await), ["2026-01-05", "2026-01-06"]);
    assert_eq!(dates(&house.scores("2026-01-14", "2027-01-01").await), ["2026-01-14"]);
    assert!(house.scores("2026-01-15", "2026-01-16").await.days.is_empty());
    assert!(house.scores("2026-01-15", "").await.days.is_empty());
    house.programs.change(PROGRAM, |plan| plan.end_date = "2026-01-07".into());
    house.tell_of_change(PROGRAM).await;
    assert_eq!(dates(&house.scores("2026-01-06", "").await), ["2026-01-06", "2026-01-07"]);
    // where the member lives a day has begun that elsewhere has not
    house.programs.change(PROGRAM, |plan| plan.end_date = "2026-04-04".into());
    house.tell_of_change(PROGRAM).await;
    house.clock.set("2026-01-14T18:30:00Z".parse().unwrap());
    assert_eq!(dates(&house.scores("2026-01-14", "").await), ["2026-01-14", "2026-01-15"]);
}

#[tokio::test]
async fn a_span_that_makes_no_sense_is_refused() {
    let house = House::with_program().await;
    for (from, to, field) in [
        ("2026-01-06", "2026-01-05", "from"),
        ("2026-02-30", "", "from"),
        ("", "2026-1-5", "to"),
        ("", "2026-01-04", "from"),
    ] {
        let error = house.scores_of(MANAGER, PROGRAM, from, to).await.unwrap_err();
        assert_eq!((error.kind(), error.fields()[0].field.as_str()), (Kind::Invalid, field), "{from} {to}");
    }
}

#[tokio::test]
async fn average_and_trend_look_at_the_totals_that_are_known() {
    let house = House::with_program().await;
    // nothing but the blood pressure counts, so that each day stands alone
    house.programs.change(PROGRAM, |plan| {
        plan.configs[0].nutrition_goals = None;
        plan.configs[0].strength_goals = None;
        plan.configs[0].clinical_goals.as_mut().unwrap().checks[0].times_per_day = Some(2);
    });
    for (n, date) in ["2026-01-05", "2026-01-08", "2026-01-13"].into_iter().enumerate() {
        house.record(log(n as i64 + 1, date, pressure(120.0))).await.unwrap();
    }
    let scores = house.scores("2026-01-12", "").await;
    assert_eq!((scores.days.len(), scores.average), (3, Some(16.67)));
    // two halves in the seven days from the eighth on, one in the three before
    assert_eq!(scores.trend, Some(-2.38));
    assert_eq!(house.scores("2026-01-05", "2026-01-07").await.trend, None);
}

#[tokio::test]
async fn days_of_a_pause_are_shown_and_have_no_score() {
    let house = House::with_program().await;
    house.record(log(1, "2026-01-13", meal(100.0))).await.unwrap();
    house.programs.change(PROGRAM, |plan| {
        let (from_date, resume_date) = ("2026-01-13".into(), "2026-01-14".into());
        plan.pauses.push(proto::program::v1::Pause { from_date, resume_date });
    });
    house.tell_of_change(PROGRAM).await;
    let days = house.scores("2026-01-12", "").await.days;
    assert_eq!((points(&days[1]), days[1].coverage, days[1].band), ([None; 5], None, None));
    assert_eq!(days[0].coverage, Some(0.3333));
}
