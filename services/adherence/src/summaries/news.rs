use std::sync::Arc;

use backends::Cache;
use bytes::{Buf, BufMut, Bytes, BytesMut};
use chassis::shutdown::Tasks;
use chassis::{Error, Foundation};
use tokio::sync::broadcast::{self, error::RecvError};
use tokio::sync::mpsc;
use uuid::Uuid;

use super::Marks;

const CHANNEL: &str = "adherence.scores";
/// How many programs may wait to be told of. What is beyond falls elsewhere by its age.
const WAITING: usize = 4_096;
/// How many are told of at once.
const AT_ONCE: usize = 256;

/// Tells the other processes of programs whose scores have moved, and hears of theirs.
#[derive(Clone)]
pub struct News(mpsc::Sender<i64>);

impl News {
    /// Moves the `marks` of the programs it hears of, until the process stops.
    pub async fn start(foundation: &Foundation, cache: Arc<dyn Cache>, marks: Marks) -> Result<Self, Error> {
        let (sender, waiting) = mpsc::channel(WAITING);
        let (me, heard) = (Uuid::new_v4(), cache.subscribe(CHANNEL).await?);
        let tasks = &foundation.tasks;
        tasks.spawn("scores of others", hear(me, heard, marks, tasks.clone()));
        tasks.spawn("scores for others", tell(me, waiting, cache, tasks.clone()));
        Ok(Self(sender))
    }

    /// Tells of a program.
    pub fn tell(&self, program_id: i64) {
        // when too many wait, this one falls by its age
        let _ = self.0.try_send(program_id);
    }
}

async fn tell(me: Uuid, mut waiting: mpsc::Receiver<i64>, cache: Arc<dyn Cache>, tasks: Tasks) {
    let mut programs = Vec::new();
    loop {
        let came = tokio::select! {
            () = tasks.stopping() => return,
            came = waiting.recv_many(&mut programs, AT_ONCE) => came,
        };
        if came == 0 {
            return;
        }
        if let Err(error) = cache.publish(CHANNEL, message(me, &programs)).await {
            tracing::debug!(%error, "could not tell the other processes of new scores");
        }
        programs.clear();
    }
}

async fn hear(me: Uuid, mut heard: broadcast::Receiver<Bytes>, marks: Marks, tasks: Tasks) {
    loop {
        let message = tokio::select! {
            () = tasks.stopping() => return,
            message = heard.recv() => message,
        };
        match message {
            Ok(message) => {
                for program_id in others(me, message) {
                    marks.move_on(program_id);
                }
            }
            Err(RecvError::Lagged(_)) => marks.move_all(),
            Err(RecvError::Closed) => return,
        }
    }
}

/// Who tells, and of which programs: ids, and nothing else.
fn message(me: Uuid, programs: &[i64]) -> Bytes {
    let mut message = BytesMut::with_capacity(16 + programs.len() * 8);
    message.put_u128(me.as_u128());
    programs.iter().for_each(|program_id| message.put_i64(*program_id));
    message.freeze()
}

/// The programs that another tells of.
fn others(me: Uuid, mut message: Bytes) -> impl Iterator<Item = i64> {
    if message.len() < 16 || message.get_u128() == me.as_u128() {
        message.clear();
    }
    std::iter::from_fn(move || (message.len() >= 8).then(|| message.get_i64()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_hears_of_what_others_tell_and_of_nothing_else() {
        let (me, other) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let heard = |message| others(me, message).collect::<Vec<_>>();
        assert_eq!(heard(message(other, &[7, 8])), [7, 8]);
        let nothing: Vec<i64> = Vec::new();
        assert_eq!(heard(message(me, &[7, 8])), nothing);
        assert_eq!(heard(Bytes::from_static(b"short")), nothing);
        assert_eq!(heard(message(other, &[7]).slice(..20)), nothing);
    }
}
