//! What is older than two years moves to the archive, and nobody who reads the history can tell.

use chassis::Kind;
use chrono::{DateTime, TimeDelta, Utc};
use proto::logging::v1 as wire;

use crate::house::{
    DOCTOR, FOREIGN, House, MANAGER, PROGRAM, STRANGER, amendment, answer, entry, meal, noon, vitals,
};

/// When the logs of March 2026 are due, and those of April are not.
fn due() -> DateTime<Utc> {
    "2028-04-15T12:00:00Z".parse().unwrap()
}

/// Every page of somebody's view of a program.
async fn read(house: &House, user: i64, program_id: i64, limit: i32) -> Vec<wire::Log> {
    let (mut logs, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = wire::ListHistoryRequest { program_id, limit, cursor, ..Default::default() };
        let page = house.history(user, page).await.unwrap();
        logs.extend(page.data);
        match page.pagination.unwrap().next_cursor {
            Some(next) => cursor = next,
            None => return logs,
        }
    }
}

/// Logs over three weeks of March, some corrected, some at the same instant, of two families; and a few of April.
async fn fill(house: &House) {
    for n in 0..60 {
        let at = Some(chassis::time::timestamp(noon() - TimeDelta::hours(8 * (n / 2))));
        let what = match n % 3 {
            0 => vitals(wire::Checkin { systolic: Some(120.0), diastolic: Some(80.0), ..Default::default() }),
            _ => meal(f64::from(100 + n as i32)),
        };
        let log = house.create(wire::CreateLogRequest { timestamp: at, ..what }).await.unwrap();
        if n % 6 == 1 {
            house.amend(amendment(log.id, 50.0)).await.unwrap();
        }
    }
    let theirs = wire::CreateLogRequest { program_id: FOREIGN, ..meal(900.0) };
    house.logging().create_log(house.by(STRANGER, theirs)).await.unwrap();
    house.clock.set("2026-04-10T12:00:00Z".parse().unwrap());
    for _ in 0..5 {
        house.create(meal(300.0)).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn history_goes_on_into_the_archive_as_if_nothing_had_moved() {
    let house = House::with_archive().await;
    fill(&house).await;
    house.clock.set(due());
    let views = [(MANAGER, PROGRAM), (DOCTOR, PROGRAM), (STRANGER, FOREIGN)];
    let mut before = Vec::new();
    for (user, program) in views {
        before.push(read(&house, user, program, 100).await);
    }
    assert_eq!(before.iter().map(Vec::len).collect::<Vec<_>>(), [65, 20, 1]);

    let moved = logging::archive(&house.db, &house.objects).await.unwrap().expect("March is due");
    assert_eq!((moved.month.to_string().as_str(), moved.files, moved.revisions), ("2026-03-01", 1, 71));
    assert_eq!(logging::archive(&house.db, &house.objects).await.unwrap(), None, "April is not");
    assert_eq!(house.count("daily_logs").await, 5);

    for ((user, program), before) in views.into_iter().zip(&before) {
        for limit in [1, 7, 100] {
            assert_eq!(&read(&house, user, program, limit).await, before, "{user} by {limit}");
        }
    }
    one_by_one(&house, &before[0]).await;
    // one kind of log only, from the middle of a page on
    let checkins = wire::ListHistoryRequest { program_id: PROGRAM, limit: 3, ..Default::default() };
    let checkins = wire::ListHistoryRequest { log_type: wire::LogType::Checkin.into(), ..checkins };
    let page = house.history(MANAGER, checkins).await.unwrap();
    assert!(page.data.iter().all(|log| matches!(log.payload, Some(wire::log::Payload::Checkin(_)))));
    assert_eq!(page.data.len(), 3);
}

/// Single logs of the archive are found by their program, with all that they ever said.
async fn one_by_one(house: &House, before: &[wire::Log]) {
    let get = async |user, log_id, program_id| {
        answer(house.logging().get_log(house.by(user, wire::GetLogRequest { log_id, program_id })).await)
    };
    for log in [before.first().unwrap(), before.last().unwrap()] {
        assert_eq!(&get(MANAGER, log.id, PROGRAM).await.unwrap(), log);
    }
    let old = before.iter().find(|log| log.revision == 2).unwrap();
    let ask =
        wire::ListRevisionsRequest { log_id: old.id, limit: 1, program_id: PROGRAM, ..Default::default() };
    let newest = answer(house.logging().list_revisions(house.by(MANAGER, ask.clone())).await).unwrap();
    let cursor = newest.pagination.unwrap().next_cursor.unwrap();
    let oldest = wire::ListRevisionsRequest { cursor, ..ask };
    let oldest = answer(house.logging().list_revisions(house.by(MANAGER, oldest)).await).unwrap();
    assert_eq!((newest.data, oldest.data[0].revision, oldest.data.len()), (vec![old.clone()], 1, 1));
    // not without it, nor by another's, nor for somebody who may not see its kind
    for (user, program_id) in [(MANAGER, 0), (MANAGER, FOREIGN), (STRANGER, FOREIGN), (DOCTOR, PROGRAM)] {
        assert_eq!(
            get(user, old.id, program_id).await.unwrap_err().kind(),
            Kind::Denied,
            "{user} {program_id}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_month_stays_when_its_file_cannot_be_stored() {
    let house = House::open().await;
    house.create(meal(100.0)).await.unwrap();
    house
        .create(entry(wire::create_log_request::Payload::Workout(wire::Workout {
            duration_min: Some(20.0),
            ..Default::default()
        })))
        .await
        .unwrap();
    house.clock.set(due());
    // this house's object store is nowhere
    let refused = logging::archive(&house.db, &house.objects).await.expect_err("nothing can be stored");
    assert_eq!(refused.kind(), Kind::Unavailable);
    assert_eq!((house.count("daily_logs").await, house.count("log_archives").await), (2, 0));
}
