use std::sync::Mutex;

use async_trait::async_trait;
use backends::erasure::{Erasure, Follower, Removed, follow};
use backends::{Scope, Subject};
use chassis::{Error, Kind};
use chrono::TimeDelta;

use super::{Adapter, noon};

/// Follows all erasures but that of one subject, for as long as that one is stubborn.
#[derive(Default)]
struct Stubborn {
    subject_id: Mutex<Option<i64>>,
    followed: Mutex<Vec<i64>>,
}

#[async_trait]
impl Follower for Stubborn {
    fn service(&self) -> &'static str {
        "stubborn"
    }

    async fn erase(&self, erasure: &Erasure) -> Result<Removed, Error> {
        if *self.subject_id.lock().unwrap() == Some(erasure.subject_id) {
            return Err(Error::unavailable("not now"));
        }
        self.followed.lock().unwrap().push(erasure.subject_id);
        Ok(Removed::from([("things", 1)]))
    }
}

pub async fn one_that_fails(adapter: impl Adapter) {
    let clock = chassis::clock::Clock::fixed(noon());
    let db = adapter.open(&clock).await;
    db.migrate::<super::Migrator>().await.unwrap();
    // more than a page of them
    for subject_id in 1..=120 {
        let tx = db.erase("Thing", Scope::Own).await.unwrap();
        tx.erased(0, subject_id, None, &Removed::from([("things", 1)])).await.unwrap();
        tx.commit(Subject::outside(subject_id)).await.unwrap();
    }
    let follower = Stubborn { subject_id: Mutex::new(Some(3)), ..Stubborn::default() };
    let failed = follow(&db, &follower).await.unwrap_err();
    assert_eq!(failed.kind(), Kind::Unavailable);
    let others: Vec<i64> = (1..=120).filter(|id| *id != 3).collect();
    assert_eq!(*follower.followed.lock().unwrap(), others);

    *follower.subject_id.lock().unwrap() = None;
    assert_eq!(follow(&db, &follower).await.unwrap(), 1, "the one that is left");
    assert_eq!(follow(&db, &follower).await.unwrap(), 0);
    clock.advance(TimeDelta::minutes(15));
    assert_eq!(follow(&db, &follower).await.unwrap(), 120, "once more, for those who wrote behind it");
    clock.advance(TimeDelta::days(1));
    assert_eq!(follow(&db, &follower).await.unwrap(), 0, "and then never");
}
