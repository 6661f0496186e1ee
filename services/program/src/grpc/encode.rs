//! Programs and goals as the contract writes them.

use chassis::time::timestamp;
use chrono::NaiveDate;
use proto::program::v1 as wire;

use crate::access::AuthorizedProgram;
use crate::domain::calendar;
use crate::domain::config::{Config, effective_from, in_force};
use crate::domain::program::{Pause, Program, State};

/// A program as it stands on the member's day.
pub fn program(program: &Program, today: NaiveDate) -> wire::Program {
    let status = match program.state_on(today) {
        State::Active => wire::Status::Active,
        State::Paused => wire::Status::Paused,
        State::Completed => wire::Status::Completed,
    };
    wire::Program {
        id: program.id,
        member_id: program.member_id,
        title: program.title.clone(),
        start_date: program.start_date.to_string(),
        end_date: program.last_day().to_string(),
        status: status.into(),
        phase: calendar::phase(program.start_date, today),
        created_at: Some(timestamp(program.created_at)),
    }
}

/// The goals in force, as far as the user may see them; before a program begins, those it will begin with.
pub fn config_in_force(program: &AuthorizedProgram, configs: Vec<Config>) -> wire::Config {
    let day = effective_from(program.program().start_date, program.today());
    let shown = in_force(configs, day).map(|found| program.shown(found));
    shown.as_ref().map(config).unwrap_or_default()
}

/// One version of the goals.
pub fn config(config: &Config) -> wire::Config {
    let goals = config.goals.to_wire();
    wire::Config {
        version: config.version,
        effective_date: config.effective_date.to_string(),
        nutrition_goals: goals.nutrition_goals,
        strength_goals: goals.strength_goals,
        clinical_goals: goals.clinical_goals,
        phases: goals.phases,
    }
}

/// Days that do not count.
pub fn pause(pause: &Pause) -> wire::Pause {
    wire::Pause {
        from_date: pause.from.to_string(),
        resume_date: pause.resume.map(|day| day.to_string()).unwrap_or_default(),
    }
}

/// All that scoring needs to know.
pub fn plan(program: &Program, pauses: &[Pause], configs: &[Config]) -> wire::Plan {
    wire::Plan {
        program_id: program.id,
        family_id: program.family_id,
        member_id: program.member_id,
        version: program.plan_version,
        title: program.title.clone(),
        start_date: program.start_date.to_string(),
        end_date: program.last_day().to_string(),
        pauses: pauses.iter().map(pause).collect(),
        configs: configs.iter().map(config).collect(),
        deleted: program.deleted_at.is_some(),
    }
}

/// What somebody may do with a program. Family's contract and ours number roles and kinds of logs alike.
pub fn authorized(program: &AuthorizedProgram) -> wire::AuthorizeProgramResponse {
    let decision = program.decision();
    wire::AuthorizeProgramResponse {
        family_id: program.program().family_id,
        member_id: program.program().member_id,
        role: decision.role,
        log_types: decision.log_types.clone(),
        time_zone: decision.time_zone.clone(),
        start_date: program.program().start_date.to_string(),
        plan_version: program.program().plan_version,
    }
}

#[cfg(test)]
mod tests {
    use proto::{family::v1 as family, program::v1 as wire};

    #[test]
    fn family_and_program_number_roles_and_kinds_alike() {
        for n in 0..10 {
            let (ours, theirs) = (wire::Role::try_from(n), family::Role::try_from(n));
            assert_eq!(ours.map(|role| role.as_str_name()).ok(), theirs.map(|role| role.as_str_name()).ok());
            let (ours, theirs) = (wire::LogType::try_from(n), family::LogType::try_from(n));
            assert_eq!(ours.map(|kind| kind.as_str_name()).ok(), theirs.map(|kind| kind.as_str_name()).ok());
        }
    }
}
