use super::super::payload::{Checkin, Nutrition};
use super::*;

const IMPORTER: i64 = 9;

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn start() -> NaiveDate {
    "2026-03-01".parse().unwrap()
}

fn meal(calories: f64) -> Payload {
    Payload::Nutrition(Nutrition { calories: Some(calories), ..Nutrition::default() })
}

fn said(status: Status, payload: Payload) -> Said {
    Said {
        status,
        payload,
        by_person: matches!(status, Status::Verified | Status::Processing),
        recorded_at: at("2026-03-05T10:00:00Z"),
        time_zone: Tz::Asia__Kolkata,
    }
}

fn told(revisions: Vec<Said>, photo: Option<Photo>) -> Told {
    Told {
        timestamp: at("2026-03-05T09:00:00Z"),
        local_date: "2026-03-05".parse().unwrap(),
        utc_offset_minutes: 330,
        photo,
        revisions,
    }
}

fn photo(status: ImageStatus) -> Option<Photo> {
    let failure_reason = (status == ImageStatus::Failed).then(|| "too dark".to_owned());
    let model = (status != ImageStatus::Pending).then(|| "stub/1".to_owned());
    Some(Photo { status, failure_reason, model })
}

fn read(told: Told) -> Result<Imported, Vec<Fault>> {
    Imported::read(told, start(), IMPORTER)
}

/// Where the first fault is; nothing when there is none.
fn fault(told: Told) -> String {
    read(told).map_or_else(|faults| faults[0].field.clone(), |_| String::new())
}

#[test]
fn what_was_said_is_said_again() {
    let mut amended = said(Status::Verified, meal(300.0));
    (amended.recorded_at, amended.time_zone) = (at("2026-03-09T08:00:00Z"), Tz::America__New_York);
    let photographed = said(Status::Processing, Payload::unread());
    let all =
        [photographed, said(Status::Completed, meal(250.0)), said(Status::Verified, meal(250.0)), amended];
    let mut log = read(told(all.to_vec(), photo(ImageStatus::Completed))).unwrap();
    let scope = Scope { family_id: 1, program_id: 2 };
    log.place(scope, 33, 4);
    for ((n, revision), said) in (1..).zip(&log.revisions).zip(&all) {
        assert_eq!((revision.revision, revision.status, &revision.payload), (n, said.status, &said.payload));
        assert_eq!((revision.scope, revision.log_id, revision.by.plan_version), (scope, 33, 4));
        assert_eq!((revision.by.recorded_at, revision.by.time_zone), (said.recorded_at, said.time_zone));
        assert_eq!(revision.by.author_id, if said.by_person { IMPORTER } else { NOBODY });
        assert_eq!(revision.moment.local_date, start() + chrono::Days::new(4));
    }
    assert_eq!(log.timestamp(), Some(at("2026-03-05T09:00:00Z")));
    assert_eq!(log.reading(), Some(("stub/1".to_owned(), Reading::Meal(meal(250.0)))));
}

#[test]
fn flags_are_found_anew() {
    let vitals = Payload::Checkin(Checkin { heart_rate: Some(260.0), ..Checkin::default() });
    assert_eq!(
        read(told(vec![said(Status::Verified, vitals)], None)).unwrap().revisions[0].payload.flags().len(),
        1
    );
}

#[test]
fn a_revision_follows_as_it_could_have() {
    use Status::{Completed, Failed, Processing, Verified};
    let payload = |status| if matches!(status, Processing | Failed) { Payload::unread() } else { meal(1.0) };
    for (statuses, image, field) in [
        (&[Verified][..], None, ""),
        (&[Verified, Verified, Verified], None, ""),
        (&[Processing], photo(ImageStatus::Pending), ""),
        (&[Processing, Completed], photo(ImageStatus::Completed), ""),
        (&[Processing, Failed, Verified], photo(ImageStatus::Failed), ""),
        // a person was faster
        (&[Processing, Verified], photo(ImageStatus::Completed), ""),
        (&[Processing, Verified], photo(ImageStatus::Pending), ""),
        (&[Completed], photo(ImageStatus::Completed), "revisions[0].status"),
        (&[Processing], None, "image"),
        (&[Verified], photo(ImageStatus::Pending), "image"),
        (&[Verified, Processing], None, "revisions[1].status"),
        (&[Verified, Completed], None, "revisions[1].status"),
        (&[Processing, Completed, Failed], photo(ImageStatus::Failed), "revisions[2].status"),
        (&[Processing], photo(ImageStatus::Completed), "image.processing_status"),
        (&[Processing, Completed], photo(ImageStatus::Failed), "image.processing_status"),
        (&[Processing, Failed], photo(ImageStatus::Completed), "image.processing_status"),
        (&[Processing, Completed], photo(ImageStatus::Pending), "image.processing_status"),
    ] {
        let revisions = statuses.iter().map(|status| said(*status, payload(*status))).collect();
        assert_eq!(fault(told(revisions, image)), field, "{statuses:?}");
    }
}

#[test]
fn what_could_not_have_been_said_is_refused_where_it_stands() {
    let entered = || vec![said(Status::Verified, meal(1.0)), said(Status::Verified, meal(2.0))];
    let faults = |change: fn(&mut Told)| {
        let mut changed = told(entered(), None);
        change(&mut changed);
        fault(changed)
    };
    assert_eq!(faults(|_| ()), "");
    let vitals = |log: &mut Told| {
        log.revisions[1].payload = Payload::Checkin(Checkin { heart_rate: Some(60.0), ..Checkin::default() });
    };
    assert_eq!(faults(vitals), "revisions[1].checkin", "the kind of a log does not change");
    assert_eq!(faults(|log| log.revisions[0].payload = Payload::unread()), "revisions[0].nutrition");
    assert_eq!(faults(|log| log.revisions[1].by_person = false), "revisions[1].author_id");
    assert_eq!(faults(|log| log.timestamp = at("2026-02-21T00:00:00Z")), "timestamp");
    assert_eq!(
        faults(|log| log.timestamp = at("2026-03-05T10:05:01Z")),
        "timestamp",
        "later than it was recorded"
    );
    assert_eq!(faults(|log| log.local_date = start()), "local_date");
    assert_eq!(faults(|log| log.utc_offset_minutes = -600), "local_date");
    let photographed = |log: &mut Told| {
        log.revisions = vec![said(Status::Processing, meal(1.0))];
        log.photo = photo(ImageStatus::Pending);
    };
    assert_eq!(faults(photographed), "revisions[0].nutrition");
}

#[test]
fn a_photo_says_what_became_of_it() {
    let unread = || vec![said(Status::Processing, Payload::unread())];
    let faults = |change: fn(&mut Photo)| {
        let mut changed = photo(ImageStatus::Pending);
        changed.as_mut().map(change);
        fault(told(unread(), changed))
    };
    assert_eq!(faults(|_| ()), "");
    assert_eq!(faults(|photo| photo.model = Some("stub/1".into())), "image.model");
    assert_eq!(faults(|photo| photo.failure_reason = Some("x".into())), "image.failure_reason");
    let failed = [unread(), vec![said(Status::Failed, Payload::unread())]].concat();
    let log = read(told(failed.clone(), photo(ImageStatus::Failed))).unwrap();
    assert_eq!(log.reading(), Some(("stub/1".to_owned(), Reading::Failure("too dark".to_owned()))));
    let silent = photo(ImageStatus::Failed).map(|photo| Photo { failure_reason: None, ..photo });
    assert_eq!(fault(told(failed, silent)), "image.failure_reason");
    // what a model saw after a person had spoken is in no revision
    let faster = [unread(), vec![said(Status::Verified, meal(2.0))]].concat();
    let log = read(told(faster, photo(ImageStatus::Completed))).unwrap();
    assert!(matches!(log.reading(), Some((_, Reading::Failure(_)))), "{:?}", log.reading());
}
