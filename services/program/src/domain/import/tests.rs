use super::*;

fn now() -> DateTime<Utc> {
    "2026-06-15T12:00:00Z".parse().unwrap()
}

fn pause(from_date: &str, resume_date: &str) -> wire::Pause {
    wire::Pause { from_date: from_date.into(), resume_date: resume_date.into() }
}

fn config(version: i32, effective_date: &str) -> wire::Config {
    wire::Config { version, effective_date: effective_date.into(), ..wire::Config::default() }
}

fn program() -> wire::ImportedProgram {
    let created_at: DateTime<Utc> = "2026-05-01T08:00:00Z".parse().unwrap();
    wire::ImportedProgram {
        title: "Stronger".into(),
        start_date: "2026-05-01".into(),
        end_date: "2026-07-29".into(),
        status: wire::Status::Active.into(),
        created_at: Some(time::timestamp(created_at)),
        pauses: vec![pause("2026-05-03", "2026-05-05"), pause("2026-05-05", "2026-05-06")],
        configs: vec![config(1, "2026-05-01"), config(2, "2026-05-09"), config(3, "2026-05-09")],
    }
}

/// Where the first fault is; nothing when there is none.
fn fault(change: impl FnOnce(&mut wire::ImportedProgram)) -> String {
    let mut changed = program();
    change(&mut changed);
    match Imported::read_all(&[program(), changed], now()) {
        Ok(_) => String::new(),
        Err(error) => error.fields()[0].field.clone(),
    }
}

#[test]
fn a_program_is_read_as_it_was() {
    let read = Imported::read_all(&[program()], now()).unwrap().remove(0);
    assert_eq!((read.state, read.completed_date), (State::Active, None));
    assert_eq!((read.pauses.len(), read.configs.len(), read.title.as_str()), (2, 3, "Stronger"));
    assert_eq!(read.created_at, "2026-05-01T08:00:00Z".parse::<DateTime<Utc>>().unwrap());
}

#[test]
fn what_no_program_can_be_is_refused_where_it_stands() {
    type Change = fn(&mut wire::ImportedProgram);
    let at = |text: &str| Some(time::timestamp(text.parse().unwrap()));
    assert_eq!(fault(|_| ()), "");
    assert_eq!(fault(|program| program.created_at = at("2026-06-15T12:06:00Z")), "programs[1].created_at");
    assert_eq!(fault(|program| program.created_at = at("2016-06-01T00:00:00Z")), "programs[1].created_at");
    assert_eq!(fault(|program| program.created_at = at("2025-04-29T00:00:00Z")), "programs[1].start_date");
    let changes: [(Change, &str); 13] = [
        (|program| program.title = " ".into(), "title"),
        (|program| program.start_date = "2026-02-30".into(), "start_date"),
        (|program| program.end_date = "2026-07-30".into(), "end_date"),
        (|program| program.end_date = "2026-07-28".into(), "end_date"),
        (|program| program.status = wire::Status::Paused.into(), "status"),
        (|program| program.pauses[1].resume_date = String::new(), "status"),
        (|program| program.pauses[0].resume_date = String::new(), "pauses[0].resume_date"),
        (|program| program.pauses[0].resume_date = "2026-05-03".into(), "pauses[0].resume_date"),
        (|program| program.pauses[1].from_date = "2026-05-03".into(), "pauses[1].from_date"),
        (|program| program.configs[1].version = 3, "configs[1].version"),
        (|program| program.configs[0].effective_date = "2026-04-30".into(), "configs[0].effective_date"),
        (|program| program.configs[2].effective_date = "2026-05-32".into(), "configs[2].effective_date"),
        (
            |program| {
                let check = wire::ClinicalCheck {
                    metric: "pain".into(),
                    times_per_day: Some(1),
                    ..Default::default()
                };
                let goals = wire::ClinicalGoals { weight: None, checks: vec![check.clone(), check] };
                program.configs[0].clinical_goals = Some(goals);
            },
            "configs[0].clinical_goals.checks[1].metric",
        ),
    ];
    for (change, field) in changes {
        assert_eq!(fault(change), format!("programs[1].{field}"));
    }
}

#[test]
fn a_completed_program_ends_when_it_did() {
    for (end_date, refused) in [("2026-05-20", false), ("2026-07-29", false), ("2026-07-30", true)] {
        let completed = |program: &mut wire::ImportedProgram| {
            (program.end_date, program.status) = (end_date.into(), wire::Status::Completed.into());
        };
        assert_eq!(!fault(completed).is_empty(), refused, "{end_date}");
        if !refused {
            let mut program = program();
            completed(&mut program);
            let read = Imported::read_all(&[program], now()).unwrap().remove(0);
            assert_eq!(
                (read.state, read.completed_date),
                (State::Completed, Some(end_date.parse().unwrap()))
            );
        }
    }
    let rests = fault(|program| {
        program.status = wire::Status::Paused.into();
        program.pauses[1].resume_date = String::new();
    });
    assert_eq!(rests, "", "a paused program has an open pause");
}
