//! ai-inference: what a photo shows. It owns the readings of meal photos and the workers that make them.
//!
//! It promises that every photo comes to one end, a reading or a reason why not, and that what is kept of a photo is a
//! picture and nothing else: no place, no time, nothing appended. It leaves to logging what a reading does to a log.

pub mod config;
mod domain;
mod events;
mod grpc;
pub mod provider;
mod purge;
mod store;
mod telemetry;
mod worker;

use std::sync::Arc;

use backends::outbox::Relay;
use backends::{Database, Objects, Queue};
use chassis::{Error, Foundation, Room};
use proto::ai_inference::v1::ai_inference_service_server::AiInferenceServiceServer;

pub use config::Config;
pub use domain::photo::Photo;
pub use domain::reading::{Food, MealReading};
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub use {domain::photo, events::ImageUploaded};

use grpc::AiInference;
use provider::Provider;
use store::{Migrator, Store};
use worker::Worker;

/// What a worker needs of the house.
pub struct Needs {
    /// Time and tasks.
    pub foundation: Foundation,
    /// The database of ai-inference.
    pub db: Database,
    /// Where messages go and come from.
    pub queue: Arc<dyn Queue>,
    /// Where photos are.
    pub objects: Objects,
}

/// The queues it consumes.
pub const QUEUES: [&str; 1] = [events::CONSUMER];

/// Brings the tables up to date, as [`open`] and [`work`] do too.
pub async fn migrate(db: &Database) -> Result<(), Error> {
    db.migrate::<Migrator>().await
}

/// The steps that [`migrate`] would take on PostgreSQL.
pub async fn pending(db: &Database) -> Result<Vec<String>, Error> {
    db.pending::<Migrator>().await
}

/// Erases for good what is kept of programs that program has erased, and tells how many.
pub async fn purge(db: &Database, program: &Database) -> Result<usize, Error> {
    purge::run(db, program).await
}

/// Opens the room: brings the tables up to date and tells what photos showed. It reads none itself.
pub async fn open(db: Database) -> Result<Room, Error> {
    migrate(&db).await?;
    let store = Store::new(db);
    Ok(Room::new("ai-inference").service(AiInferenceServiceServer::new(AiInference { store })))
}

/// Starts to let `provider` read photos, in the room's own process or in any other; as many may work at once as there are
/// processes.
pub async fn work(config: Config, needs: Needs, provider: Arc<dyn Provider>) -> Result<(), Error> {
    let Needs { foundation, db, queue, objects } = needs;
    migrate(&db).await?;
    let store = Store::new(db.clone());
    events::subscribe(queue.as_ref(), &config, Worker::new(store, objects, provider, &config)).await?;
    Relay::start(&foundation, &db, queue);
    Ok(())
}
