//! What is told of programs for an export.

use chassis::{Error, Kind};
use proto::program::v1::*;

use crate::house::{House, answer, for_mother};
use crate::upstream::{DOCTOR, MANAGER, MOTHER, STRANGER};

async fn records(house: &House, user_id: i64) -> Result<Vec<ProgramRecord>, Error> {
    let (mut all, mut cursor) = (Vec::new(), String::new());
    loop {
        let request = ListProgramRecordsRequest { user_id, member_id: MOTHER, limit: 1, cursor };
        let page = answer(house.program().list_program_records(request).await)?;
        all.extend(page.data);
        match page.pagination.and_then(|pagination| pagination.next_cursor) {
            Some(next) => cursor = next,
            None => return Ok(all),
        }
    }
}

fn pulse() -> ClinicalGoals {
    let check = ClinicalCheck { metric: "heart_rate".into(), times_per_day: Some(1), ..Default::default() };
    ClinicalGoals { weight: None, checks: vec![check] }
}

fn training(program_id: i64, sessions_per_week: i32) -> ReplaceConfigRequest {
    let strength = StrengthGoals { sessions_per_week, sets_per_session: Some(10), ..Default::default() };
    ReplaceConfigRequest {
        program_id,
        strength_goals: Some(strength),
        clinical_goals: Some(pulse()),
        ..Default::default()
    }
}

#[tokio::test]
async fn programs_are_told_with_every_version_of_their_goals_and_every_pause() {
    let house = House::open().await;
    let gone = house.started().await;
    house.delete(gone.id).await.unwrap();
    let first = house.started().await.id;
    // two versions of one day: only the later ever held, and both were said
    for sessions in 1..=2 {
        house.replace(training(first, sessions)).await.unwrap();
    }
    house.pause(first).await.unwrap();
    house.later(2);
    house.resume(first).await.unwrap();
    let second =
        house.create(CreateProgramRequest { title: "Fitter".into(), ..for_mother() }).await.unwrap().id;

    let told = records(&house, MANAGER).await.unwrap();
    let ids: Vec<i64> = told.iter().map(|record| record.program.as_ref().unwrap().id).collect();
    assert_eq!(ids, [second, first], "newest first, and none that is deleted");
    let versions: Vec<_> = told[1].configs.iter().map(|config| config.version).collect();
    assert_eq!((versions.as_slice(), told[1].pauses.len()), (&[1, 2][..], 1));
    assert_eq!(told[1].program, Some(house.get(first).await.unwrap()));
    assert_eq!(told[1].pauses, house.plan(first).await.unwrap().pauses);
}

#[tokio::test]
async fn goals_of_other_domains_are_left_out_and_strangers_are_denied() {
    let house = House::open().await;
    let program = house.started().await.id;
    house.replace(training(program, 3)).await.unwrap();
    let seen = records(&house, DOCTOR).await.unwrap();
    let config = &seen[0].configs[0];
    assert_eq!((&config.strength_goals, &config.clinical_goals), (&None, &Some(pulse())));
    assert_eq!(records(&house, STRANGER).await.unwrap_err().kind(), Kind::Denied);
}
