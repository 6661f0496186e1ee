//! One part of a fleet, a server or a process, and what can be done to it.

use std::time::Duration;

use servers::{Postgres, Proxy, RabbitMq, Redis, Server};
use tokio::sync::Mutex;

use crate::process::Process;

/// How much later everything arrives on a slow wire, each way.
const DELAY: Duration = Duration::from_millis(100);

/// What can befall a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// kill -9, and a start on the same data.
    Kill,
    /// SIGSTOP and SIGCONT: its connections stay open, and it says nothing.
    Freeze,
    /// SIGTERM, and a start as soon as it has ended.
    Restart,
    /// Everything arrives 100 ms later, each way.
    Delay,
    /// Its connections break, and new ones break at once.
    Cut,
}

impl Fault {
    /// All of them.
    pub const ALL: [Fault; 5] = [Fault::Kill, Fault::Freeze, Fault::Restart, Fault::Delay, Fault::Cut];

    /// Whether it befalls the way to a part, and not the part itself.
    pub fn is_of_the_wire(self) -> bool {
        matches!(self, Self::Delay | Self::Cut)
    }

    /// How long it goes on before it is healed.
    pub fn lasts(self) -> Duration {
        if self == Self::Restart { Duration::ZERO } else { Duration::from_millis(1500) }
    }
}

/// What a part is.
pub(super) enum Body {
    Postgres(Postgres),
    RabbitMq(RabbitMq),
    Redis(Redis),
    Process(Mutex<Process>),
}

/// A part.
pub struct Part {
    /// What it is called; several workers have one name.
    pub name: &'static str,
    pub(super) body: Body,
    /// The way to it; nobody calls a worker.
    pub(super) wire: Option<Proxy>,
}

impl Part {
    /// Lets a fault befall it.
    pub async fn harm(&self, fault: Fault) {
        match (fault, &self.body) {
            (Fault::Delay, _) => self.wire().delay(DELAY),
            (Fault::Cut, _) => self.wire().cut(),
            (Fault::Kill, Body::Process(process)) => process.lock().await.kill().await,
            (Fault::Freeze, Body::Process(process)) => process.lock().await.signal("STOP").await,
            (Fault::Restart, Body::Process(process)) => {
                assert!(process.lock().await.end().await, "{} did not end well", self.name);
            }
            (Fault::Kill, _) => self.server().kill9().await,
            (Fault::Freeze, _) => self.server().sigstop(),
            (Fault::Restart, _) => self.server().stop().await,
        }
    }

    /// Ends the fault; returns once the part is up.
    pub async fn heal(&self, fault: Fault) {
        match (fault, &self.body) {
            (Fault::Delay | Fault::Cut, _) => self.wire().heal(),
            (Fault::Freeze, Body::Process(process)) => process.lock().await.signal("CONT").await,
            (Fault::Kill | Fault::Restart, Body::Process(process)) => {
                let mut process = process.lock().await;
                // in between the kernel may have given its port to somebody else
                process.restart_elsewhere().await;
                if let Some(wire) = &self.wire {
                    wire.aim(process.port());
                }
            }
            (Fault::Freeze, _) => self.server().sigcont(),
            (Fault::Kill | Fault::Restart, _) => self.server().restart().await,
        }
    }

    /// Replaces a process as a Deployment does that may have one more and none less: another starts beside it, new connections are
    /// led to that one, and then the old one is told to end. Says whether it ended well.
    pub async fn replace(&self) -> bool {
        let Body::Process(process) = &self.body else { panic!("{} is no process", self.name) };
        let mut process = process.lock().await;
        let successor = process.another().await;
        if let Some(wire) = &self.wire {
            wire.aim(successor.port());
        }
        std::mem::replace(&mut *process, successor).terminate().await
    }

    /// Whether the fault can befall it.
    pub fn can_suffer(&self, fault: Fault) -> bool {
        self.wire.is_some() || !fault.is_of_the_wire()
    }

    /// The URL of the way to it.
    pub(super) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.wire().port())
    }

    fn wire(&self) -> &Proxy {
        self.wire.as_ref().expect("somebody calls it")
    }

    fn server(&self) -> &Server {
        match &self.body {
            Body::Postgres(server) => server,
            Body::RabbitMq(server) => server,
            Body::Redis(server) => server,
            Body::Process(_) => panic!("{} is no server", self.name),
        }
    }
}
