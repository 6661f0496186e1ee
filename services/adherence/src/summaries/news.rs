//! What the processes of adherence tell each other: which programs have new scores.
//!
//! What carries the messages may lose some. So who tells numbers its messages, and says something every second, were it nothing; who
//! misses a number lets everything fall that is at hand. And who no longer hears somebody, or not even itself, lets everything fall
//! once a minute, for as long as that goes on; for some minutes also after somebody has said goodbye, whose last requests are over
//! only then.

mod ear;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use backends::Cache;
use bytes::{Buf, BufMut, Bytes, BytesMut};
use chassis::shutdown::Tasks;
use chassis::{Error, Foundation};
use tokio::sync::broadcast::{self, error::RecvError};
use tokio::sync::mpsc;
use tokio::time::{Instant, MissedTickBehavior, interval};
use uuid::Uuid;

use super::Marks;
use ear::{Ear, Worthless};

const CHANNEL: &str = "adherence.scores";
/// How many programs may wait to be told of. What is beyond is missed by the others, as the numbers tell them.
const WAITING: usize = 4_096;
/// How many are told of at once.
const AT_ONCE: usize = 256;
/// How often something is said.
const BEAT: Duration = Duration::from_secs(1);
/// How long to rest when nothing could be said: a cache that is only slow is back by then.
const REST: Duration = Duration::from_millis(250);

/// Tells the other processes of programs whose scores have moved, and hears of theirs.
#[derive(Clone)]
pub struct News {
    sender: mpsc::Sender<i64>,
    untold: Arc<AtomicU64>,
}

/// What one process says.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Message {
    teller: Uuid,
    /// Counted from 1; none when it says goodbye.
    number: Option<u64>,
    /// Ids, and nothing else.
    programs: Vec<i64>,
}

impl News {
    /// Moves the `marks` of the programs it hears of, until the process stops.
    pub async fn start(foundation: &Foundation, cache: Arc<dyn Cache>, marks: Marks) -> Result<Self, Error> {
        let (sender, waiting) = mpsc::channel(WAITING);
        let (me, heard) = (Uuid::new_v4(), cache.subscribe(CHANNEL).await?);
        let (tasks, untold) = (&foundation.tasks, Arc::<AtomicU64>::default());
        let teller = Teller { me, number: 0, untold: untold.clone(), cache };
        tasks.spawn("scores of others", hear(me, heard, marks, tasks.clone()));
        tasks.spawn("scores for others", teller.run(waiting, tasks.clone()));
        Ok(Self { sender, untold })
    }

    /// Tells of a program.
    pub fn tell(&self, program_id: i64) {
        if self.sender.try_send(program_id).is_err() {
            self.untold.fetch_add(1, Ordering::Relaxed);
        }
    }
}

struct Teller {
    me: Uuid,
    number: u64,
    /// How many programs nobody is told of.
    untold: Arc<AtomicU64>,
    cache: Arc<dyn Cache>,
}

impl Teller {
    async fn run(mut self, mut waiting: mpsc::Receiver<i64>, tasks: Tasks) {
        let mut beat = interval(BEAT);
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut programs = Vec::new();
        loop {
            tokio::select! {
                biased;
                came = waiting.recv_many(&mut programs, AT_ONCE) => if came == 0 { break },
                () = tasks.stopping() => break,
                _ = beat.tick() => {}
            }
            self.tell(&mut programs).await;
        }
        self.say(None, &[]).await;
    }

    /// Tells of programs; what could not be said stays, to be said under the same number with what comes next. Of more than can wait
    /// the number is left out, which tells the others that they missed it.
    async fn tell(&mut self, programs: &mut Vec<i64>) {
        let untold = self.untold.swap(0, Ordering::Relaxed);
        self.number += untold;
        if self.say(Some(self.number + 1), programs).await || programs.len() >= WAITING {
            self.number += 1;
            programs.clear();
        } else {
            tokio::time::sleep(REST).await;
        }
    }

    async fn say(&self, number: Option<u64>, programs: &[i64]) -> bool {
        let message = Message { teller: self.me, number, programs: programs.to_vec() };
        let said = self.cache.publish(CHANNEL, message.encode()).await;
        if let Err(error) = &said {
            tracing::debug!(%error, "could not tell the other processes of new scores");
        }
        said.is_ok()
    }
}

async fn hear(me: Uuid, mut heard: broadcast::Receiver<Bytes>, marks: Marks, tasks: Tasks) {
    let mut beat = interval(BEAT);
    beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut ear = Ear::of(me, Instant::now());
    loop {
        let worthless = tokio::select! {
            biased;
            () = tasks.stopping() => return,
            message = heard.recv() => match message.map(Message::decode) {
                Ok(Some(message)) => ear.hear(message, Instant::now()),
                Ok(None) | Err(RecvError::Lagged(_)) => Worthless::All,
                Err(RecvError::Closed) => return,
            },
            _ = beat.tick() => ear.listen(Instant::now()),
        };
        match worthless {
            Worthless::Some(programs) => programs.into_iter().for_each(|program_id| {
                marks.move_on(program_id);
            }),
            Worthless::All => marks.move_all(),
        }
    }
}

impl Message {
    fn encode(&self) -> Bytes {
        let mut message = BytesMut::with_capacity(24 + self.programs.len() * 8);
        message.put_u128(self.teller.as_u128());
        message.put_u64(self.number.unwrap_or(0));
        self.programs.iter().for_each(|program_id| message.put_i64(*program_id));
        message.freeze()
    }

    fn decode(mut message: Bytes) -> Option<Self> {
        let teller = Uuid::from_u128(message.try_get_u128().ok()?);
        let number = message.try_get_u64().ok()?;
        let programs = std::iter::from_fn(|| message.try_get_i64().ok()).collect();
        Some(Self { teller, number: (number > 0).then_some(number), programs })
    }
}

#[cfg(test)]
mod tests {
    use backends::cache::redis::RedisCache;
    use servers::Redis;
    use tokio::time::{sleep, timeout};

    use super::*;

    #[test]
    fn what_is_said_is_what_is_heard() {
        for (number, programs) in [(Some(3), vec![7, 8]), (Some(1), Vec::new()), (None, Vec::new())] {
            let message = Message { teller: Uuid::from_u128(1), number, programs };
            assert_eq!(Message::decode(message.encode()), Some(message));
        }
        assert_eq!(Message::decode(Bytes::from_static(b"short")), None);
    }

    #[tokio::test]
    async fn what_a_slow_redis_did_not_take_is_said_again_and_nothing_else_falls() {
        let (redis, foundation) = (Redis::start().await, Foundation::system());
        let (ours, theirs) = (Marks::default(), Marks::default());
        let start = async |marks: &Marks| {
            let cache = RedisCache::connect(&foundation, &redis.url()).await.unwrap();
            News::start(&foundation, cache, marks.clone()).await.unwrap()
        };
        let (news, _theirs) = (start(&ours).await, start(&theirs).await);
        // who listens before the line stands misses the first words, and lets all fall
        sleep(BEAT * 3).await;
        let before = (theirs.of(7), theirs.of(8), ours.of(8));
        redis.sigstop();
        news.tell(7);
        sleep(Duration::from_millis(300)).await;
        redis.sigcont();
        let told = async {
            while theirs.of(7) == before.0 {
                sleep(Duration::from_millis(10)).await;
            }
        };
        timeout(Duration::from_secs(30), told).await.expect("they hear of it");
        assert_eq!((theirs.of(8), ours.of(8)), (before.1, before.2));
    }
}
