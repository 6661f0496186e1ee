//! What was logged further back than any month that was made ahead of time. It is told in a house of its own: to look for it is to
//! look into many months.

use std::time::{Duration, Instant};

use chassis::clock::Clock;
use chrono::{Datelike, Days, Months};
use integration_tests::House;
use integration_tests::api::id;
use serde_json::{Value, json};

use super::IMPORT;
use super::record::{PATIENCE, assert_alike, export, programs, same};

#[tokio::test(flavor = "multi_thread")]
async fn what_was_logged_long_ago_is_there_in_one_process() {
    what_was_logged_long_ago_finds_its_month(&House::one_process().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_logged_long_ago_is_there_in_many_processes() {
    let house = House::many_processes().await;
    what_was_logged_long_ago_finds_its_month(&house).await;
    assert!(house.stop().await, "every process ended well");
}

async fn what_was_logged_long_ago_finds_its_month(house: &House) {
    let years_ago = Clock::system().now().date_naive() - Months::new(5 * 12);
    let first = years_ago.with_day(1).expect("a first day");
    let day = |n: u64| (first + Days::new(n)).to_string();
    let log = |n: u64| {
        let at = format!("{}T09:00:00Z", day(n));
        json!({"id": n, "timestamp": at, "local_date": day(n), "utc_offset_minutes": 330, "image": null, "revisions": [{
            "revision": 1, "status": "VERIFIED", "log_type": "CHECKIN", "payload": {"systolic": 131.0, "diastolic": 82.0},
            "flags": [], "author_id": 77, "recorded_at": at, "time_zone": "Asia/Kolkata"}]})
    };
    let logs: Vec<Value> = [70, 40, 40, 2].into_iter().map(log).collect();
    let program = json!({"id": 4, "title": "Long ago", "start_date": day(0), "end_date": day(89), "status": "COMPLETED",
        "created_at": format!("{}T08:00:00Z", day(0)), "pauses": [], "configs": [
            {"version": 1, "effective_date": day(0), "clinical_goals": {"checks": [{"metric": "blood_pressure", "times_per_day": 2}]}},
        ], "logs": logs});
    let member = json!({"id": 3, "name": "Nani", "birth_date": "1940-02-29", "relation_type": "grandmother",
        "time_zone": "Asia/Kolkata", "leaderboard_opt_in": true, "created_at": format!("{}T07:00:00Z", day(0))});
    let left = json!({"format": "praan.member/1", "exported_at": null, "member": member, "programs": [program], "grants": null, "audit": null});
    let asha = house.sign_up().await;
    let answer = asha.post(IMPORT, left.clone()).await.expect(201);
    assert_alike(&same(&export(&asha, id(&answer)).await), &same(&left), "");
    let program = programs(&answer["program_ids"]).next().expect("a program");
    let begun = Instant::now();
    // two of two on one day, one of two on two days, and none on the eighty-seven others
    while asha.get(&format!("/api/v1/programs/{program}/adherence")).await.expect(200)["average"] != 2.22 {
        assert!(begun.elapsed() < PATIENCE, "no score follows");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    if let Some(fleet) = house.fleet() {
        let month = first.format("logging.daily_logs_%Y_%m");
        let found = fleet.sql(&format!("SELECT count(*) FROM {month}")).await;
        let strays = fleet.sql("SELECT count(*) FROM logging.daily_logs_default").await;
        assert_eq!((found.as_str(), strays.as_str()), ("1", "0"));
    }
}
