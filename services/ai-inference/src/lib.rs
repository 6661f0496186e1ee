//! ai-inference: what a photo shows. It owns the readings of meal photos and the workers that make them.
//!
//! It promises that every photo comes to one end, a reading or a reason why not, and that what is kept of a photo is a
//! picture and nothing else: no place, no time, nothing appended. It leaves to logging what a reading does to a log.

pub mod config;
mod domain;
mod events;
mod grpc;
pub mod provider;
mod store;
mod telemetry;
mod worker;

use std::sync::Arc;

use backends::outbox::Relay;
use backends::{Database, Objects, Queue};
use chassis::{Error, Foundation, Room};
use proto::ai_inference::v1::ai_inference_service_server::AiInferenceServiceServer;

pub use config::{Config, ProviderKind};
pub use domain::photo::Photo;
pub use domain::reading::{Food, MealReading};

use grpc::AiInference;
use provider::{Provider, StubProvider};
use store::{Migrator, Store};
use worker::Worker;

/// What ai-inference needs of the house.
pub struct Needs {
    /// Time and tasks.
    pub foundation: Foundation,
    /// Its own database.
    pub db: Database,
    /// Where messages go and come from.
    pub queue: Arc<dyn Queue>,
    /// Where photos are.
    pub objects: Objects,
}

/// Brings the tables up to date, as [`open`] does too.
pub async fn migrate(db: &Database) -> Result<(), Error> {
    db.migrate::<Migrator>().await
}

/// Opens the room: brings the tables up to date and starts to work.
pub async fn open(config: Config, needs: Needs) -> Result<Room, Error> {
    let provider: Arc<dyn Provider> = match config.provider {
        ProviderKind::Stub => Arc::new(StubProvider),
    };
    open_with(config, needs, provider).await
}

/// Opens the room with a provider of the caller's.
pub async fn open_with(config: Config, needs: Needs, provider: Arc<dyn Provider>) -> Result<Room, Error> {
    let Needs { foundation, db, queue, objects } = needs;
    migrate(&db).await?;
    let store = Store::new(db.clone());
    events::subscribe(queue.as_ref(), &config, Worker::new(store.clone(), objects, provider, &config))
        .await?;
    Relay::start(&foundation, &db, queue);
    Ok(Room::new("ai-inference").service(AiInferenceServiceServer::new(AiInference { store })))
}
