//! Logging: what happened. It owns the logs of meals, workouts and vital signs, and the photos they come from.
//!
//! It promises that a log, once acknowledged, is kept and is never rewritten: a correction is a revision that supersedes;
//! that a request sent twice is one log; that every photo ends as read or as failed, once; and that the scores hear of every
//! revision, if late. It leaves to others who may do what (program), what a photo shows (ai-inference) and how well it all
//! goes (adherence).

mod clients;
pub mod config;
mod domain;
mod error;
mod events;
mod grpc;
mod journal;
mod store;

use std::sync::Arc;

use backends::outbox::Relay;
use backends::{Database, Objects, Queue};
use chassis::{Error, Foundation, Link, Room};
use proto::logging::v1::logging_service_server::LoggingServiceServer;

pub use config::Config;
pub use store::partitions::Partitions;

use clients::programs::Programs;
use clients::readings::Readings;
use clients::scores::Scores;
use grpc::Logging;
use journal::Journal;
use store::{Migrator, Store};

/// What logging needs of the house.
pub struct Needs {
    /// Time and tasks.
    pub foundation: Foundation,
    /// Its own database.
    pub db: Database,
    /// Where messages go and come from.
    pub queue: Arc<dyn Queue>,
    /// Where photos are.
    pub objects: Objects,
    /// Who decides on access.
    pub program: Link,
    /// Who keeps the scores.
    pub adherence: Link,
    /// Who keeps the readings of photos.
    pub ai_inference: Link,
}

/// Brings the tables up to date, as [`open`] does too.
pub async fn migrate(db: &Database) -> Result<(), Error> {
    db.migrate::<Migrator>().await
}

/// Makes the partitions that the logs of the months to come will need, as [`open`] does too. Safe to run twice, also at once.
pub async fn partitions(db: &Database) -> Result<Partitions, Error> {
    let partitions = store::partitions::make(db).await?;
    if partitions.strays > 0 {
        tracing::error!(revisions = partitions.strays, "the default partition of daily_logs is not empty");
    }
    Ok(partitions)
}

/// Opens the room: brings the tables up to date and starts to consume and to publish.
pub async fn open(config: Config, needs: Needs) -> Result<Room, Error> {
    let Needs { foundation, db, queue, objects, program, adherence, ai_inference } = needs;
    migrate(&db).await?;
    // without, logs fall into the default partition, which is no reason not to take them
    partitions(&db).await.map_or_else(|error| error.log("making partitions"), drop);
    let store = Store::new(db.clone());
    let clock = foundation.clock.clone();
    let journal = Arc::new(Journal::new(store.clone(), Scores::new(adherence), clock.clone(), &config));
    events::subscribe(queue.as_ref(), &journal, &Readings::new(ai_inference)).await?;
    Relay::start(&foundation, &db, queue);
    let service = Logging { store, journal, programs: Programs::new(program), objects, clock, config };
    Ok(Room::new("logging").service(LoggingServiceServer::new(service)))
}
