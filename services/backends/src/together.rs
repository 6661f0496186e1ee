//! Work that is done together: what comes while a batch is under way is the next batch. So nothing waits for a clock, what comes
//! alone is done at once, and a crowd costs few transactions.

use std::sync::Arc;
use std::time::Instant;

use async_trait::async_trait;
use chassis::shutdown::Tasks;
use chassis::{Error, Foundation, Kind};
use tokio::sync::mpsc::{self, Receiver, Sender};
use tokio::sync::oneshot;

/// How much may wait. What comes beyond that is refused.
const WAITING: usize = 1_024;
/// How much is done at once, at the most.
const AT_ONCE: usize = 64;

/// What is done with a batch.
#[async_trait]
pub trait Batch: Send + Sync + 'static {
    /// One piece of work.
    type Work: Send + Sync + 'static;
    /// What comes of it.
    type Done: Send + 'static;

    /// Does all of it or nothing, and tells what came of each, in the same order.
    async fn run(&self, work: &[Self::Work]) -> Result<Vec<Self::Done>, Error>;
}

/// Does work in batches.
pub struct Together<B: Batch> {
    name: &'static str,
    batch: Arc<B>,
    waiting: Sender<Asked<B>>,
}

/// Work, and who waits for it.
struct Asked<B: Batch> {
    work: B::Work,
    answer: oneshot::Sender<Result<B::Done, Error>>,
}

impl<B: Batch> Together<B> {
    /// Starts, until the process stops.
    pub fn start(foundation: &Foundation, name: &'static str, batch: B) -> Self {
        let (waiting, queue) = mpsc::channel(WAITING);
        let batch = Arc::new(batch);
        foundation.tasks.spawn(name, run(batch.clone(), queue, foundation.tasks.clone()));
        Self { name, batch, waiting }
    }

    /// Has work done, and waits for it. Refused when too much waits.
    pub async fn done(&self, work: B::Work) -> Result<B::Done, Error> {
        let (begun, (answer, answered)) = (Instant::now(), oneshot::channel());
        let done = match self.waiting.try_send(Asked { work, answer }) {
            Ok(()) => answered.await.map_err(Error::unavailable).flatten(),
            Err(mpsc::error::TrySendError::Full(_)) => {
                Err(Error::unavailable("too much waits to be written"))
            }
            // the process stops, and this is of its last
            Err(mpsc::error::TrySendError::Closed(asked)) => alone(self.batch.as_ref(), asked.work).await,
        };
        // the batch is of many requests, and this of one
        tracing::debug!(
            work = self.name,
            seconds = begun.elapsed().as_secs_f64(),
            "it was done together with others"
        );
        done
    }
}

/// One batch after the other: what the next one would gain by not waiting for the disk it would lose by being smaller.
async fn run<B: Batch>(batch: Arc<B>, mut queue: Receiver<Asked<B>>, tasks: Tasks) {
    let mut asked = Vec::new();
    loop {
        let came = tokio::select! {
            biased;
            () = tasks.stopping() => break,
            came = queue.recv_many(&mut asked, AT_ONCE) => came,
        };
        if came == 0 {
            // nobody is left who could ask
            return;
        }
        settle(batch.as_ref(), &mut asked).await;
    }
    queue.close();
    while queue.recv_many(&mut asked, AT_ONCE).await > 0 {
        settle(batch.as_ref(), &mut asked).await;
    }
}

async fn settle<B: Batch>(batch: &B, asked: &mut Vec<Asked<B>>) {
    // nobody waits any more for what came too late
    asked.retain(|asked| !asked.answer.is_closed());
    let (work, answers): (Vec<_>, Vec<_>) = asked.drain(..).map(|asked| (asked.work, asked.answer)).unzip();
    if work.is_empty() {
        return;
    }
    match batch.run(&work).await {
        Ok(done) => answers.into_iter().zip(done).for_each(|(answer, done)| drop(answer.send(Ok(done)))),
        // one of them may have spoiled it for the others
        Err(error) if error.kind() == Kind::Internal && work.len() > 1 => {
            for (answer, work) in answers.into_iter().zip(work) {
                drop(answer.send(alone(batch, work).await));
            }
        }
        Err(error) => {
            error.log("what was to be done together was not done");
            answers.into_iter().for_each(|answer| drop(answer.send(Err(error.external()))));
        }
    }
}

async fn alone<B: Batch>(batch: &B, work: B::Work) -> Result<B::Done, Error> {
    let done = batch.run(std::slice::from_ref(&work)).await?.pop();
    done.ok_or_else(|| Error::internal("a batch has told nothing of its work"))
}
