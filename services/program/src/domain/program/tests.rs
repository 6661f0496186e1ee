use super::*;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn program(state: State) -> Program {
    Program {
        id: 1,
        family_id: 2,
        member_id: 3,
        title: "Stronger".into(),
        start_date: day("2026-01-01"),
        state,
        completed_date: None,
        plan_version: 1,
        created_by: 4,
        created_at: at("2026-01-01T00:00:00Z"),
        deleted_at: None,
    }
}

#[test]
fn every_step_from_every_state() {
    use State::{Active, Completed, Paused};
    let steps = [
        (Step::Pause, Active, Some(Paused)),
        (Step::Pause, Paused, None),
        (Step::Pause, Completed, None),
        (Step::Resume, Active, None),
        (Step::Resume, Paused, Some(Active)),
        (Step::Resume, Completed, None),
        (Step::Complete, Active, Some(Completed)),
        (Step::Complete, Paused, Some(Completed)),
        (Step::Complete, Completed, None),
    ];
    for (step, from, to) in steps {
        let mut program = program(from);
        let before = program.clone();
        let taken = program.take(step, day("2026-02-01"));
        assert_eq!(taken.is_ok(), to.is_some(), "{step:?} from {from:?}");
        match to {
            Some(state) => assert_eq!(program.state, state),
            None => assert_eq!(program, before),
        }
    }
}

#[test]
fn a_program_is_over_after_its_last_day_and_takes_no_step_then() {
    for state in [State::Active, State::Paused] {
        let mut program = program(state);
        assert_eq!(program.last_day(), day("2026-03-31"));
        assert_eq!(program.state_on(day("2026-03-31")), state);
        assert_eq!(program.state_on(day("2026-04-01")), State::Completed);
        for step in [Step::Pause, Step::Resume, Step::Complete] {
            assert!(program.take(step, day("2026-04-01")).is_err());
        }
    }
}

#[test]
fn the_day_of_completion_is_the_last() {
    let mut program = program(State::Paused);
    program.take(Step::Complete, day("2026-01-10")).unwrap();
    assert_eq!(program.last_day(), day("2026-01-10"));
    assert_eq!(program.state_on(day("2026-01-10")), State::Completed);
}

#[test]
fn a_deletion_can_be_taken_back_for_thirty_days() {
    let mut program = program(State::Active);
    assert_eq!(program.restore(), Err(Refused("the program is not deleted")));
    program.deleted_at = Some(at("2026-02-01T00:00:00Z"));
    assert!(program.within_reach(at("2026-03-03T00:00:00Z")));
    assert!(!program.within_reach(at("2026-03-03T00:00:01Z")));
    program.restore().unwrap();
    assert!(program.within_reach(at("2030-01-01T00:00:00Z")));
}

#[test]
fn states_keep_their_names() {
    for state in [State::Active, State::Paused, State::Completed] {
        assert_eq!(State::named(state.name()), Some(state));
    }
    assert_eq!(State::named("active"), None);
}
