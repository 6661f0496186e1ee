//! A copy of all that is kept: whole, however long it is and wherever it lies, or broken off.

use chassis::{Error, Kind};
use chrono::TimeDelta;
use proto::logging::v1 as wire;
use serde_json::Value;

use crate::house::{DOCTOR, House, MANAGER, MEMBER, STRANGER, amendment, meal, noon};

/// The document as far as it came, in pieces, and how it ended.
async fn export(
    house: &House,
    user: i64,
    format: wire::ExportFormat,
) -> Result<(Vec<Vec<u8>>, Option<Kind>), Error> {
    let request = wire::ExportMemberRequest { member_id: MEMBER, format: format.into() };
    let opened = house.logging().export_member(house.by(user, request)).await;
    let mut stream = chassis::mesh::answered(opened)?;
    let mut pieces = Vec::new();
    loop {
        match stream.message().await {
            Ok(Some(piece)) => pieces.push(piece.data),
            Ok(None) => return Ok((pieces, None)),
            Err(status) => return Ok((pieces, Some(Error::from(status).kind()))),
        }
    }
}

async fn document(house: &House, format: wire::ExportFormat) -> Value {
    let (pieces, end) = export(house, MANAGER, format).await.unwrap();
    assert_eq!(end, None);
    serde_json::from_slice(&pieces.concat()).unwrap()
}

/// Meals, some of which were corrected, some twice, five at an instant; returns the ids, newest first.
async fn fill(house: &House, meals: i64) -> Vec<i64> {
    let mut logged = Vec::new();
    for n in 0..meals {
        let at = noon() - TimeDelta::minutes(n / 5);
        let request = wire::CreateLogRequest { timestamp: Some(chassis::time::timestamp(at)), ..meal(100.0) };
        let id = house.create(request).await.unwrap().id;
        for calories in [150.0, 200.0].into_iter().take(usize::from(n % 4 == 0) + usize::from(n % 8 == 0)) {
            house.amend(amendment(id, calories)).await.unwrap();
        }
        logged.push((std::cmp::Reverse(at), std::cmp::Reverse(id)));
    }
    logged.sort();
    logged.into_iter().map(|(_, id)| id.0).collect()
}

#[tokio::test]
async fn a_long_record_comes_whole_with_every_revision() {
    let house = House::open().await;
    let logged = fill(&house, 250).await;
    // the trail ends where the copy begins
    house.clock.set(noon() + TimeDelta::seconds(1));
    let plain = document(&house, wire::ExportFormat::Json).await;
    let logs = plain["programs"][0]["logs"].as_array().unwrap();
    let ids: Vec<i64> = logs.iter().map(|log| log["id"].as_i64().unwrap()).collect();
    assert_eq!(ids, logged, "newest first, each once");
    let said = |log: &Value| -> Vec<f64> {
        let revisions = log["revisions"].as_array().unwrap().iter();
        revisions.map(|revision| revision["payload"]["calories"].as_f64().unwrap()).collect()
    };
    let corrected = logs.iter().map(said).fold([0, 0, 0], |mut counts, said| {
        assert_eq!(said, [100.0, 150.0, 200.0][..said.len()]);
        counts[said.len() - 1] += 1;
        counts
    });
    assert_eq!(corrected, [187, 31, 32]);
    // more than a page of the trail
    let audit = plain["audit"].as_array().unwrap();
    assert_eq!(audit.len(), 250 + 31 + 2 * 32);

    let bundle = document(&house, wire::ExportFormat::Fhir).await;
    let entries = bundle["entry"].as_array().unwrap();
    let of = |name: &str| entries.iter().filter(|entry| entry["resource"]["resourceType"] == name).count();
    assert_eq!((of("Patient"), of("CarePlan"), of("Observation")), (1, 1, 250));
    let (pieces, _) = export(&house, MANAGER, wire::ExportFormat::Fhir).await.unwrap();
    assert!(pieces.len() > 3 && pieces.iter().all(|piece| piece.len() < 80 * 1024), "{}", pieces.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_moved_to_the_archive_is_in_the_copy_as_before() {
    let house = House::with_archive().await;
    fill(&house, 120).await;
    house.clock.set("2028-04-15T12:00:00Z".parse().unwrap());
    let before = document(&house, wire::ExportFormat::Json).await;
    let moved = logging::archive(&house.db, &house.objects).await.unwrap().expect("March is due");
    assert_eq!((moved.revisions, house.count("daily_logs").await), (120 + 30 + 15, 0));
    assert_eq!(document(&house, wire::ExportFormat::Json).await["programs"], before["programs"]);
}

#[tokio::test]
async fn who_may_not_take_a_copy_gets_none_and_a_doctor_is_no_exception() {
    let house = House::open().await;
    for user in [DOCTOR, STRANGER] {
        let refused = export(&house, user, wire::ExportFormat::Json).await.unwrap_err();
        assert_eq!(refused.kind(), Kind::Denied, "{user}");
    }
    house.family.answers(0);
    let away = export(&house, MANAGER, wire::ExportFormat::Json).await.unwrap_err();
    assert_eq!(away.kind(), Kind::Unavailable, "a fault before the first piece is the answer");
}

#[tokio::test]
async fn a_copy_that_cannot_be_finished_ends_with_the_fault() {
    let house = House::open().await;
    fill(&house, 250).await;
    // asked once to begin, and once for each of three pages of logs
    house.family.answers(3);
    let (pieces, end) = export(&house, MANAGER, wire::ExportFormat::Json).await.unwrap();
    assert_eq!(end, Some(Kind::Unavailable));
    assert!(serde_json::from_slice::<Value>(&pieces.concat()).is_err(), "a part is no document");
}
