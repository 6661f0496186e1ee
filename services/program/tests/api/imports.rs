//! Programs that come with a member from elsewhere.

use chassis::Kind;
use chassis::time::timestamp;
use chrono::TimeDelta;
use proto::program::v1::*;

use crate::house::{House, answer};
use crate::upstream::{DOCTOR, IMPORTED, MANAGER, MOTHER};

fn program(house: &House, title: &str, days_ago: i64) -> ImportedProgram {
    let created_at = house.clock.now() - TimeDelta::days(days_ago);
    let day = |n: i64| (created_at + TimeDelta::days(n)).date_naive().to_string();
    let strength = StrengthGoals { sessions_per_week: 3, sets_per_session: Some(10), ..Default::default() };
    let config = |version, days| Config {
        version,
        effective_date: day(days),
        strength_goals: Some(strength),
        ..Default::default()
    };
    ImportedProgram {
        title: title.into(),
        start_date: day(0),
        end_date: day(89),
        status: Status::Paused.into(),
        created_at: Some(timestamp(created_at)),
        pauses: vec![
            Pause { from_date: day(2), resume_date: day(4) },
            Pause { from_date: day(9), resume_date: String::new() },
        ],
        configs: vec![config(1, 0), config(2, 5)],
    }
}

#[tokio::test]
async fn programs_come_in_together_once_and_as_they_were() {
    let house = House::open().await;
    let programs =
        vec![program(&house, "Fitter", 20), program(&house, "Stronger", 20), program(&house, "Older", 300)];
    let request =
        ImportProgramsRequest { user_id: MANAGER, member_id: IMPORTED, programs, validate_only: false };
    let first = house.import(1, request.clone()).await.unwrap();
    assert_eq!(house.import(1, request.clone()).await.unwrap(), first);
    assert_eq!(first.program_ids.len(), 3);
    let asked = ListProgramRecordsRequest { user_id: MANAGER, member_id: IMPORTED, ..Default::default() };
    let told = answer(house.program().list_program_records(asked).await).unwrap().data;
    assert_eq!(told.len(), 3);
    for ((record, sent), id) in told.iter().zip(&request.programs).zip(&first.program_ids) {
        let known = record.program.clone().unwrap();
        assert_eq!(
            (known.id, &known.title, known.created_at),
            (*id, &sent.title, sent.created_at),
            "in their order"
        );
        assert_eq!((&known.start_date, &known.end_date), (&sent.start_date, &sent.end_date));
        assert_eq!((&record.pauses, &record.configs), (&sent.pauses, &sent.configs));
        let plan = house.plan(*id).await.unwrap();
        assert_eq!((plan.version, plan.configs.len()), (first.plan_version, 2));
    }
    let over = told[2].program.as_ref().unwrap().status();
    assert_eq!((told[0].program.as_ref().unwrap().status(), over), (Status::Paused, Status::Completed));
    let changed = ImportProgramsRequest { programs: vec![program(&house, "Another", 3)], ..request };
    assert_eq!(house.import(1, changed).await.unwrap_err().kind(), Kind::KeyReused);
}

#[tokio::test]
async fn programs_come_in_for_a_member_that_is_imported_and_for_no_other() {
    let house = House::open().await;
    let good = vec![program(&house, "Fitter", 20)];
    for (user_id, member_id) in [(MANAGER, MOTHER), (DOCTOR, IMPORTED), (MANAGER, 999)] {
        let request =
            ImportProgramsRequest { user_id, member_id, programs: good.clone(), validate_only: false };
        assert_eq!(house.import(2, request).await.unwrap_err().kind(), Kind::Denied, "{user_id} {member_id}");
    }
    let mut bad = good.clone();
    bad[0].pauses.pop();
    for (programs, validate_only, judged) in [(&good, true, true), (&bad, true, false), (&bad, false, false)]
    {
        let member_id = if validate_only { 0 } else { IMPORTED };
        let request =
            ImportProgramsRequest { user_id: MANAGER, member_id, programs: programs.clone(), validate_only };
        match house.import(3, request).await {
            Ok(answer) => assert!(judged && answer.program_ids.is_empty(), "{answer:?}"),
            Err(error) => {
                assert_eq!((judged, error.fields()[0].field.as_str()), (false, "programs[0].status"))
            }
        }
    }
    let asked = ListProgramRecordsRequest { user_id: MANAGER, member_id: IMPORTED, ..Default::default() };
    assert_eq!(answer(house.program().list_program_records(asked).await).unwrap().data, []);
}
