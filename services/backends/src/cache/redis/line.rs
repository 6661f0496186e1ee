//! The line to the servers: open, or out of service until it has been mended. While it is out of service nobody waits for it, and
//! nobody but the mender tries it: the one call that found out has waited its bound, all others fail at once.

use std::sync::Arc;
use std::time::Duration;

use chassis::Error;
use chassis::shutdown::Tasks;
use redis::RedisResult;
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use super::address::Address;
use super::fault::{Connection, Fault};
use super::link::Link;
use crate::backoff;

/// How long the line rests after a failure before it is tried (see [`backoff::after`]): at first, and after many in a row.
const REST: Duration = Duration::from_millis(400);
const LONGEST_REST: Duration = Duration::from_secs(2);

pub struct Line {
    address: Arc<Address>,
    patience: Duration,
    open: watch::Sender<Option<Open>>,
}

#[derive(Clone)]
struct Open {
    /// Tells a connection from the one before it.
    number: u64,
    link: Link,
}

impl Line {
    /// Connects, or has it tried again and again if that fails. Calls on the line wait no longer than `patience`.
    pub async fn new(address: &Arc<Address>, patience: Duration, tasks: &Tasks) -> Arc<Self> {
        let line = Arc::new(Self { address: address.clone(), patience, open: watch::Sender::new(None) });
        let first = line.address.open().await;
        match &first {
            Ok(link) => line.put_in_service(0, link),
            Err(fault) => line.log_out_of_service(fault),
        }
        let (mender, keeping) = (line.clone(), tasks.clone());
        tasks.spawn("redis line", async move {
            tokio::select! {
                () = keeping.stopping() => {}
                () = mender.keep(first.ok()) => {}
            }
        });
        line
    }

    /// Asks the servers something.
    pub async fn call<T>(&self, ask: impl AsyncFnOnce(&mut Link) -> RedisResult<T>) -> Result<T, Error> {
        let Some(Open { number, mut link }) = self.open.borrow().clone() else {
            return Err(Error::unavailable("redis is out of service"));
        };
        let answer = timeout(self.patience, ask(&mut link)).await;
        let fault = match answer {
            Ok(Ok(answer)) => return Ok(answer),
            Ok(Err(error)) => Fault::from(error),
            Err(_) => Fault::silent(),
        };
        if fault.connection != Connection::Works {
            self.take_out_of_service(number, &fault);
        }
        Err(Error::unavailable(fault))
    }

    /// Whoever finds out first takes it out of service; a connection that was opened since stays.
    fn take_out_of_service(&self, number: u64, fault: &Fault) {
        let first = self.open.send_if_modified(|open| open.take_if(|open| open.number == number).is_some());
        if first {
            self.log_out_of_service(fault);
        }
    }

    fn put_in_service(&self, number: u64, link: &Link) {
        self.open.send_replace(Some(Open { number, link: link.clone() }));
    }

    /// Mends the line whenever it is out of service.
    async fn keep(&self, mut link: Option<Link>) {
        let mut failures = 1;
        let mut number = 0;
        loop {
            if self.open.subscribe().wait_for(Option::is_none).await.is_err() {
                return;
            }
            sleep(backoff::after(failures, REST, LONGEST_REST)).await;
            match self.mend(link.take()).await {
                Ok(mended) => {
                    failures = 1;
                    number += 1;
                    self.put_in_service(number, &mended);
                    link = Some(mended);
                    tracing::info!(servers = %self.address, "redis is back in service");
                }
                Err(fault) => {
                    failures += 1;
                    tracing::debug!(cause = %fault, "redis is still out of service");
                }
            }
        }
    }

    /// The connection as it was, if it was only slow: a second one then would add to the load. Else a new one.
    async fn mend(&self, link: Option<Link>) -> Result<Link, Fault> {
        if let Some(link) = link
            && let Ok(Ok(())) = timeout(self.patience, link.check()).await
        {
            return Ok(link);
        }
        self.address.open().await
    }

    fn log_out_of_service(&self, fault: &Fault) {
        tracing::warn!(servers = %self.address, cause = %fault, "redis is out of service; going on without it");
    }
}
