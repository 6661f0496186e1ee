//! Work that is done together.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use backends::together::{Batch, Together};
use chassis::{Error, Foundation, Kind};
use futures_util::future::join_all;
use tokio::sync::Semaphore;

/// Doubles numbers, when it is let. It fails where there is a 13.
struct Doubles {
    let_go: Arc<Semaphore>,
    seen: Arc<Mutex<Vec<Vec<i64>>>>,
}

#[async_trait]
impl Batch for Doubles {
    type Work = i64;
    type Done = i64;

    async fn run(&self, work: &[i64]) -> Result<Vec<i64>, Error> {
        self.let_go.acquire().await.unwrap().forget();
        self.seen.lock().unwrap().push(work.to_vec());
        match work.contains(&13) {
            true => Err(Error::internal("thirteen")),
            false => Ok(work.iter().map(|n| n * 2).collect()),
        }
    }
}

struct Bench {
    foundation: Foundation,
    let_go: Arc<Semaphore>,
    seen: Arc<Mutex<Vec<Vec<i64>>>>,
    together: Arc<Together<Doubles>>,
}

fn bench() -> Bench {
    let foundation = Foundation::system();
    let (let_go, seen) = (Arc::new(Semaphore::new(0)), Arc::<Mutex<Vec<Vec<i64>>>>::default());
    let doubles = Doubles { let_go: let_go.clone(), seen: seen.clone() };
    let together = Arc::new(Together::start(&foundation, "doubles", doubles));
    Bench { foundation, let_go, seen, together }
}

impl Bench {
    fn ask(&self, n: i64) -> tokio::task::JoinHandle<Result<i64, Error>> {
        let together = self.together.clone();
        tokio::spawn(async move { together.done(n).await })
    }

    /// Asks one thing, and, while that is under way, the others.
    async fn ask_all(&self, numbers: &[i64]) -> Vec<Result<i64, Error>> {
        let first = self.ask(0);
        tokio::task::yield_now().await;
        tokio::task::yield_now().await;
        let mut asked = Vec::new();
        for n in numbers {
            asked.push(self.ask(*n));
            tokio::task::yield_now().await;
        }
        self.let_go.add_permits(100);
        first.await.unwrap().unwrap();
        join_all(asked).await.into_iter().map(Result::unwrap).collect()
    }

    fn seen(&self) -> Vec<Vec<i64>> {
        self.seen.lock().unwrap().clone()
    }
}

#[tokio::test]
async fn what_comes_while_a_batch_is_under_way_is_the_next_batch() {
    let bench = bench();
    let done: Vec<_> = bench.ask_all(&[1, 2, 3]).await.into_iter().map(Result::unwrap).collect();
    assert_eq!(done, [2, 4, 6]);
    assert_eq!(bench.seen(), [vec![0], vec![1, 2, 3]]);
}

#[tokio::test]
async fn one_that_fails_spoils_it_for_nobody_else() {
    let bench = bench();
    let done = bench.ask_all(&[1, 13, 3]).await;
    let kinds: Vec<_> = done.iter().map(|done| done.as_ref().map_err(Error::kind).copied()).collect();
    assert_eq!(kinds, [Ok(2), Err(Kind::Internal), Ok(6)]);
    assert_eq!(bench.seen(), [vec![0], vec![1, 13, 3], vec![1], vec![13], vec![3]]);
}

#[tokio::test]
async fn nothing_is_done_for_who_has_gone() {
    let bench = bench();
    let first = bench.ask(0);
    tokio::task::yield_now().await;
    tokio::task::yield_now().await;
    let gone = bench.ask(1);
    tokio::task::yield_now().await;
    gone.abort();
    drop(gone.await);
    bench.let_go.add_permits(100);
    first.await.unwrap().unwrap();
    assert_eq!(bench.ask(2).await.unwrap().unwrap(), 4);
    assert_eq!(bench.seen(), [vec![0], vec![2]]);
}

#[tokio::test]
async fn too_much_is_refused_and_what_was_taken_is_done() {
    let bench = bench();
    let asked: Vec<_> = (0..2_000).map(|n| bench.ask(n + 100)).collect();
    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    bench.let_go.add_permits(2_000);
    let done: Vec<_> = join_all(asked).await.into_iter().map(Result::unwrap).collect();
    let refused = done.iter().filter_map(|done| done.as_ref().err()).map(Error::kind);
    assert!(refused.clone().all(|kind| kind == Kind::Unavailable));
    assert!((900..1_000).contains(&refused.count()));
}

#[tokio::test]
async fn a_process_that_stops_does_what_it_has_taken_and_what_still_comes() {
    let bench = bench();
    let first = bench.ask(1);
    tokio::task::yield_now().await;
    let last = bench.ask(2);
    tokio::task::yield_now().await;
    bench.let_go.add_permits(100);
    bench.foundation.tasks.stop(std::time::Duration::from_secs(5)).await;
    assert_eq!((first.await.unwrap().unwrap(), last.await.unwrap().unwrap()), (2, 4));
    assert_eq!(bench.ask(3).await.unwrap().unwrap(), 6);
}
