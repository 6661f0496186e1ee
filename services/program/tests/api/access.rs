//! Nobody gets at a program but those who may, and nobody learns which programs there are.

use chassis::Kind;
use proto::program::v1::*;
use tonic::{Code, Response};

use crate::house::{House, answer, shown};
use crate::upstream::{DOCTOR, FAMILY, MANAGER, MOTHER, STRANGER};

type Refusal = (Code, String, Vec<u8>);

fn refused<T>(answer: Result<Response<T>, tonic::Status>) -> Refusal {
    shown(&answer.map(|_| ()).expect_err("a refusal"))
}

/// What every method for users says to a user about a program.
async fn everywhere(house: &House, user: i64, program_id: i64) -> Vec<Refusal> {
    let update = UpdateProgramRequest { program_id, title: Some("Mine".into()), update_mask: None };
    let replace = ReplaceConfigRequest { program_id, ..Default::default() };
    let mut refusals = reading(house, user, program_id).await;
    refusals.extend([
        refused(house.program().update_program(house.by(user, update)).await),
        refused(
            house
                .program()
                .delete_program(house.by(user, DeleteProgramRequest { program_id, erase: false }))
                .await,
        ),
        refused(house.program().restore_program(house.by(user, RestoreProgramRequest { program_id })).await),
        refused(house.program().pause_program(house.by(user, PauseProgramRequest { program_id })).await),
        refused(house.program().resume_program(house.by(user, ResumeProgramRequest { program_id })).await),
        refused(
            house.program().complete_program(house.by(user, CompleteProgramRequest { program_id })).await,
        ),
        refused(house.program().replace_config(house.by(user, replace)).await),
    ]);
    refusals
}

async fn reading(house: &House, user: i64, program_id: i64) -> Vec<Refusal> {
    vec![
        refused(house.program().get_program(house.by(user, GetProgramRequest { program_id })).await),
        refused(house.program().get_config(house.by(user, GetConfigRequest { program_id })).await),
    ]
}

#[tokio::test]
async fn foreign_and_absent_are_denied_in_the_same_words() {
    let house = House::open().await;
    let id = house.started().await.id;
    let foreign = everywhere(&house, STRANGER, id).await;
    let absent = everywhere(&house, STRANGER, 9_007_199_254_740_991).await;
    assert_eq!(foreign, absent);
    assert!(foreign.iter().all(|refusal| refusal == &foreign[0] && refusal.0 == Code::PermissionDenied));
    let request = CreateProgramRequest { member_id: MOTHER, title: "Mine".into(), ..Default::default() };
    assert_eq!(refused(house.program().create_program(house.by(STRANGER, request)).await), foreign[0]);
    let list = ListProgramsRequest { member_id: MOTHER, ..Default::default() };
    assert_eq!(refused(house.program().list_programs(house.by(STRANGER, list)).await), foreign[0]);
    assert_eq!(house.plan(id).await.unwrap().version, 1);
}

#[tokio::test]
async fn a_doctor_reads_and_does_not_write() {
    let house = House::open().await;
    let program = house.started().await;
    let read = GetProgramRequest { program_id: program.id };
    assert_eq!(answer(house.program().get_program(house.by(DOCTOR, read)).await).unwrap(), program);
    let config = GetConfigRequest { program_id: program.id };
    answer(house.program().get_config(house.by(DOCTOR, config)).await).unwrap();
    let pause = house.by(DOCTOR, PauseProgramRequest { program_id: program.id });
    assert_eq!(answer(house.program().pause_program(pause).await).unwrap_err().kind(), Kind::Denied);
    house.family.withdraw();
    let denied = everywhere(&house, DOCTOR, program.id).await;
    assert!(denied.iter().all(|refusal| refusal.0 == Code::PermissionDenied));
}

#[tokio::test]
async fn other_services_learn_what_a_user_may_do() {
    let house = House::open().await;
    let id = house.started().await.id;
    let ask = async |user_id, program_id, action: Action| {
        let request = AuthorizeProgramRequest { user_id, program_id, action: action.into() };
        answer(house.program().authorize_program(request).await)
    };
    let manager = ask(MANAGER, id, Action::Write).await.unwrap();
    let all = [LogType::Nutrition, LogType::Workout, LogType::Checkin].map(i32::from);
    assert_eq!((manager.family_id, manager.member_id, manager.log_types), (FAMILY, MOTHER, all.to_vec()));
    assert_eq!(
        (manager.time_zone.as_str(), manager.start_date.as_str()),
        ("Pacific/Kiritimati", "2026-03-02")
    );
    assert_eq!((manager.role, manager.plan_version), (Role::FamilyManager.into(), 1));

    let doctor = ask(DOCTOR, id, Action::Read).await.unwrap();
    assert_eq!((doctor.role, doctor.log_types), (Role::Doctor.into(), vec![LogType::Checkin.into()]));
    assert_eq!(ask(DOCTOR, id, Action::Write).await.unwrap_err().kind(), Kind::Denied);
    assert_eq!(ask(STRANGER, id, Action::Read).await.unwrap_err().kind(), Kind::Denied);
    assert_eq!(ask(MANAGER, id + 1_000, Action::Read).await.unwrap_err().kind(), Kind::Denied);

    // one may log to a program that rests or is over, but not to one that is deleted
    house.pause(id).await.unwrap();
    assert_eq!(ask(MANAGER, id, Action::Write).await.unwrap().plan_version, 2);
    house.complete(id).await.unwrap();
    ask(MANAGER, id, Action::Write).await.unwrap();
    house.delete(id).await.unwrap();
    assert_eq!(ask(MANAGER, id, Action::Read).await.unwrap_err().kind(), Kind::Denied);
}

#[tokio::test]
async fn a_plan_that_does_not_exist_is_not_found() {
    let house = House::open().await;
    assert_eq!(house.plan(4).await.unwrap_err().kind(), Kind::NotFound);
}
