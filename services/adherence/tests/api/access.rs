//! Who sees what.

use chassis::Kind;
use proto::adherence::v1::*;
use tonic::{Code, Status};

use crate::house::{House, PROGRAM, log, meal, points, pressure, workout};
use crate::upstream::{DOCTOR, MANAGER, STRANGER};

type Refusal = (Code, String, Vec<u8>);

fn refusal<T>(answer: Result<T, Status>) -> Refusal {
    let status = answer.err().expect("a refusal");
    (status.code(), status.message().to_owned(), status.details().to_vec())
}

async fn everywhere(house: &House, user: i64, program_id: i64) -> [Refusal; 3] {
    let scores = GetAdherenceRequest { program_id, from: None, to: None };
    let watch = WatchProgramRequest { program_id, after_event_id: 0 };
    [
        refusal(house.adherence().get_adherence(house.by(user, scores)).await),
        refusal(house.adherence().get_dashboard(house.by(user, GetDashboardRequest { program_id })).await),
        refusal(house.adherence().watch_program(house.by(user, watch)).await),
    ]
}

#[tokio::test]
async fn foreign_and_absent_are_denied_in_the_same_words() {
    let house = House::with_program().await;
    house.record(log(1, "2026-01-12", meal(50.0))).await.unwrap();
    let foreign = everywhere(&house, STRANGER, PROGRAM).await;
    let absent = everywhere(&house, MANAGER, 43).await;
    assert_eq!(foreign, absent);
    assert!(foreign.iter().all(|refusal| refusal == &foreign[0] && refusal.0 == Code::PermissionDenied));
}

#[tokio::test]
async fn a_doctor_sees_the_granted_domain_and_nothing_that_mixes_it_with_others() {
    let house = House::with_program().await;
    house.record(log(1, "2026-01-12", meal(100.0))).await.unwrap();
    house.record(log(2, "2026-01-12", workout(10))).await.unwrap();
    house.record(log(3, "2026-01-12", pressure(120.0))).await.unwrap();
    let scores = house.scores_of(DOCTOR, PROGRAM, "2026-01-12", "2026-01-12").await.unwrap();
    assert_eq!(points(&scores.days[0]), [None, None, Some(100.0), None, Some(100.0)]);
    assert_eq!((scores.days[0].coverage, scores.days[0].band), (None, None));
    assert_eq!((scores.average, scores.trend), (None, None));
    let dashboard = house.dashboard(DOCTOR).await.unwrap();
    assert_eq!((dashboard.average, dashboard.week_average, dashboard.streak_days), (None, None, None));
    assert_eq!(dashboard.week[4].clinical_score, Some(100.0));
    assert!(house.dashboard(MANAGER).await.unwrap().average.is_some());
}

#[tokio::test]
async fn nobody_reads_without_a_token() {
    let house = House::with_program().await;
    let request = GetLeaderboardRequest {};
    let refused = crate::house::answer(house.adherence().get_leaderboard(request).await).unwrap_err();
    assert_eq!(refused.kind(), Kind::Unauthenticated);
}
