//! Who did best.

use proto::adherence::v1::*;
use proto::program::v1 as program;

use crate::house::{House, answer, everything, log, plan, pressure};
use crate::upstream::{DOCTOR, MANAGER};

async fn places(house: &House, user: i64) -> Vec<LeaderboardEntry> {
    answer(house.adherence().get_leaderboard(house.by(user, GetLeaderboardRequest {})).await).unwrap().entries
}

/// A program of a member that asks for the blood pressure alone.
async fn join(house: &House, program_id: i64, member_id: i64, change: impl FnOnce(&mut program::Plan)) {
    let config = program::Config { nutrition_goals: None, strength_goals: None, ..everything() };
    let mut plan = program::Plan { member_id, ..plan(program_id, config) };
    change(&mut plan);
    house.programs.set(plan);
    house.tell_of_change(program_id).await;
}

/// Measures on some days of January.
async fn measure(house: &House, program_id: i64, days: &[i64]) {
    for day in days {
        let request = log(program_id * 100 + day, &format!("2026-01-{day:02}"), pressure(120.0));
        house.record(RecordLogRequest { program_id, ..request }).await.unwrap();
    }
}

#[tokio::test]
async fn members_that_take_part_are_ranked_by_their_last_seven_days() {
    let house = House::open().await;
    for (member_id, name, opt_in) in [
        (1, "Asha", true),
        (2, "Ravi", true),
        (3, "Mira", true),
        (4, "Shy", false),
        (5, "Idle", true),
        (6, "None", true),
    ] {
        house.household.add(member_id, name, opt_in);
    }
    for member_id in 1..=5 {
        join(&house, member_id * 10, member_id, |_| ()).await;
    }
    measure(&house, 10, &[8, 9, 10, 11]).await;
    // what lies longer back does not count
    measure(&house, 20, &[5, 6, 7, 8, 9, 10, 11, 12, 13]).await;
    measure(&house, 30, &[10, 11, 12, 14]).await;
    measure(&house, 40, &[8, 9, 10, 11, 12, 13, 14]).await;
    // too little is known of three days in seven
    measure(&house, 50, &[8, 9, 10]).await;
    let seen = places(&house, MANAGER).await;
    let shown: Vec<_> =
        seen.iter().map(|place| (place.rank, place.tied, place.name.as_str(), place.score)).collect();
    assert_eq!(shown, [(1, false, "Ravi", 85.71), (2, true, "Asha", 57.14), (2, true, "Mira", 57.14)]);
    assert_eq!((seen[0].coverage, seen[1].member_id), (0.8571, 1));
}

#[tokio::test]
async fn the_newest_program_that_runs_counts() {
    let house = House::open().await;
    house.household.add(1, "Asha", true);
    join(&house, 10, 1, |_| ()).await;
    join(&house, 11, 1, |_| ()).await;
    join(&house, 12, 1, |plan| plan.start_date = "2026-02-01".into()).await;
    join(&house, 13, 1, |plan| plan.end_date = "2026-01-10".into()).await;
    join(&house, 14, 1, |plan| plan.deleted = true).await;
    let resting = program::Pause { from_date: "2026-01-14".into(), resume_date: String::new() };
    join(&house, 15, 1, |plan| plan.pauses.push(resting)).await;
    measure(&house, 10, &[8, 9, 10, 11, 12, 13, 14]).await;
    assert!(places(&house, MANAGER).await.is_empty());
    measure(&house, 11, &[11, 12, 13, 14]).await;
    assert_eq!(places(&house, MANAGER).await[0].score, 57.14);
}

#[tokio::test]
async fn a_guest_sees_the_own_family_and_not_the_one_that_granted() {
    let house = House::open().await;
    house.household.add(1, "Asha", true);
    join(&house, 10, 1, |_| ()).await;
    measure(&house, 10, &[8, 9, 10, 11, 12, 13, 14]).await;
    assert_eq!(places(&house, MANAGER).await.len(), 1);
    assert!(places(&house, DOCTOR).await.is_empty());
}
