use std::sync::Mutex as Lock;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};

use tokio::time::sleep;

use super::*;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct May {
    family_id: i64,
    lasts: bool,
    nth: i32,
}

impl Answer for May {
    fn family_id(&self) -> i64 {
        self.family_id
    }

    fn lasts(&self) -> bool {
        self.lasts
    }
}

/// One who tells of changes, and counts how often anybody asks for an answer.
#[derive(Clone, Default)]
struct Desk {
    changes: Arc<Lock<Vec<i64>>>,
    away: Arc<AtomicBool>,
    rounds: Arc<AtomicI32>,
    asked: Arc<AtomicI32>,
}

impl Desk {
    fn teller(&self) -> Teller {
        let desk = self.clone();
        Box::new(move |after| {
            let desk = desk.clone();
            Box::pin(async move {
                desk.rounds.fetch_add(1, Ordering::Relaxed);
                if desk.away.load(Ordering::Relaxed) {
                    return Err(Error::unavailable("away"));
                }
                let changes = desk.changes.lock().unwrap().clone();
                let families = changes[after as usize..].to_vec();
                Ok(Told { last: changes.len() as i64, families, forget: after == 0 && !changes.is_empty() })
            })
        })
    }

    fn trusted(&self) -> Trusted<i64, May> {
        Trusted::new("test", 10, vec![self.teller(), Desk::default().teller()])
    }

    /// The answer for a user, of the family of the same number.
    async fn may(&self, trusted: &Trusted<i64, May>, user: i64, lasts: bool) -> i32 {
        let ask =
            || async { Ok(May { family_id: user, lasts, nth: self.asked.fetch_add(1, Ordering::Relaxed) }) };
        trusted.get_or(user, ask).await.unwrap().nth
    }

    fn change(&self, family_id: i64) {
        self.changes.lock().unwrap().push(family_id);
    }
}

#[tokio::test]
async fn an_answer_lasts_until_something_of_its_family_changes() {
    let desk = Desk::default();
    desk.change(9);
    let trusted = desk.trusted();
    assert_eq!((desk.may(&trusted, 1, true).await, desk.may(&trusted, 2, true).await), (0, 1));
    for _ in 0..4 {
        sleep(Duration::from_millis(700)).await;
        assert_eq!((desk.may(&trusted, 1, true).await, desk.may(&trusted, 2, true).await), (0, 1));
    }
    desk.change(2);
    sleep(TRUST).await;
    assert_eq!((desk.may(&trusted, 1, true).await, desk.may(&trusted, 2, true).await), (0, 2));
}

#[tokio::test]
async fn nobody_is_asked_what_has_changed_more_often_than_it_takes() {
    let desk = Desk::default();
    let trusted = desk.trusted();
    let begun = Instant::now();
    for _ in 0..100 {
        desk.may(&trusted, 1, true).await;
        sleep(Duration::from_millis(10)).await;
    }
    let rounds = desk.rounds.load(Ordering::Relaxed) as u32;
    assert!(rounds > 1 && BETWEEN * (rounds - 1) < begun.elapsed(), "{rounds}");
}

#[tokio::test]
async fn an_answer_that_may_end_by_itself_is_asked_for_every_second() {
    let desk = Desk::default();
    let trusted = desk.trusted();
    assert_eq!(desk.may(&trusted, 1, false).await, 0);
    sleep(Duration::from_millis(200)).await;
    assert_eq!(desk.may(&trusted, 1, false).await, 0);
    sleep(TRUST).await;
    assert_eq!(desk.may(&trusted, 1, false).await, 1);
}

#[tokio::test]
async fn where_nobody_tells_of_changes_an_answer_is_as_old_as_it_looks() {
    let desk = Desk::default();
    let trusted = desk.trusted();
    assert_eq!(desk.may(&trusted, 1, true).await, 0);
    desk.away.store(true, Ordering::Relaxed);
    sleep(Duration::from_millis(300)).await;
    assert_eq!(desk.may(&trusted, 1, true).await, 0);
    sleep(TRUST).await;
    assert_eq!(desk.may(&trusted, 1, true).await, 1);
}

#[tokio::test]
async fn all_is_forgotten_where_changes_may_be_missing() {
    let desk = Desk::default();
    desk.change(9);
    let trusted = desk.trusted();
    assert_eq!(desk.may(&trusted, 1, true).await, 0);
    sleep(TRUST).await;
    assert_eq!(desk.may(&trusted, 1, true).await, 0, "what was asked for since is known to be right");
    desk.changes.lock().unwrap().clear();
    trusted.news.seen.lock().await[0] = 0;
    desk.change(8);
    sleep(TRUST).await;
    assert_eq!(desk.may(&trusted, 1, true).await, 1);
}
