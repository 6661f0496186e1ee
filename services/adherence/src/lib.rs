//! How well it goes: scores, which are a pure function of the logs and the plan.
//!
//! Owns what each log adds to the score, the scores of every day, and the live events of every program. Promises that any order
//! and any repetition of what it is told lead to the very same scores as a computation from scratch ([`domain`] says why).
//! Follows the plans that program publishes, and publishes nothing itself.

mod access;
mod clients;
pub mod domain;
mod events;
mod grpc;
mod plans;
mod purge;
mod reading;
mod recording;
mod store;
mod summaries;
mod watch;

use std::sync::Arc;

use backends::audit::Recorder;
use backends::{Cache, Database, Queue};
use chassis::{Error, Foundation, Link, Room, trusted};
use proto::adherence::v1::adherence_service_server::AdherenceServiceServer;

/// The queues it consumes.
pub const QUEUES: [&str; 1] = [events::CONSUMER];

/// What adherence needs.
pub struct Needs {
    /// The clock and the tasks of the process.
    pub foundation: Foundation,
    /// Its own database.
    pub db: Database,
    /// Where `program.changed` comes from.
    pub queue: Arc<dyn Queue>,
    /// Where the processes of adherence tell each other of new scores.
    pub cache: Arc<dyn Cache>,
    /// The program service.
    pub program: Link,
    /// The family service.
    pub family: Link,
}

/// Brings the tables up to date, as [`open`] does too.
pub async fn migrate(db: &Database) -> Result<(), Error> {
    db.migrate::<store::migration::Migrator>().await
}

/// How the tables on PostgreSQL stand to the steps of [`migrate`].
pub async fn standing(db: &Database) -> Result<backends::db::Standing, Error> {
    db.standing::<store::migration::Migrator>().await
}

/// Erases for good what is kept of programs that program has erased, and tells how many.
pub async fn purge(db: &Database, program: &Database) -> Result<usize, Error> {
    purge::run(db, program).await
}

/// Opens adherence: brings its tables up to date and starts to follow the plans.
pub async fn open(needs: Needs) -> Result<Room, Error> {
    let Needs { foundation, db, queue, cache, program, family } = needs;
    let witness = Recorder::start(&foundation, &db);
    let Foundation { clock, tasks } = foundation.clone();
    let store = store::Store::open(db).await?;
    let tellers = trusted::of_programs(program.clone(), family.clone());
    let programs = clients::Programs::new(program);
    let bells = watch::Bells::default();
    let plans = plans::Plans::new(store.clone(), programs.clone(), bells.clone(), clock.clone());
    events::subscribe(queue.as_ref(), plans.clone()).await?;
    let access = access::Access::new(programs, tellers, clock.clone());
    let reading = reading::Reading::new(store.clone());
    let summaries = summaries::Summaries::start(&foundation, cache, plans.clone(), reading.clone()).await?;
    let service = grpc::Service {
        recording: recording::Recording::start(&foundation, plans.clone(), summaries.clone()),
        watch: watch::Watch::new(store, access.clone(), bells, tasks),
        summaries,
        reading,
        family: clients::Family::new(family),
        access,
        plans,
        clock,
    };
    Ok(Room::new("adherence").service(AdherenceServiceServer::new(service)).audited(witness))
}
