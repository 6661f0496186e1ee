//! How a request travels through the house. Every service and the gateway stand on this crate; it knows no noun of the domain.
//!
//! A service crate hands out a [`Room`]. [`Room::link`] wraps its routes in the layers of [`layers`] (trace, metrics, load
//! shedding, deadline, caller) and gives a [`Link`], which other rooms call by tonic's generated clients: in this process, or
//! over the wire, with the same bytes, status codes and layers.

pub mod admin;
pub mod audit;
pub mod auth;
pub mod cached;
pub mod call;
pub mod clock;
pub mod error;
pub mod etag;
pub mod fields;
pub mod idempotency;
pub mod layers;
pub mod mesh;
pub mod page;
pub mod room;
pub mod serve;
pub mod shutdown;
pub mod switch;
pub mod telemetry;
pub mod time;
pub mod tls;
pub mod trusted;
pub mod verbose;

pub use call::{Actor, Call, Origin, User};
pub use error::{Error, FieldError, Kind};
pub use mesh::Link;
pub use room::Room;

/// What every service needs of the process it lives in.
#[derive(Clone)]
pub struct Foundation {
    /// The time.
    pub clock: clock::Clock,
    /// The background tasks, and the signal to stop.
    pub tasks: shutdown::Tasks,
}

impl Foundation {
    /// The foundation of a real process.
    pub fn system() -> Self {
        Self { clock: clock::Clock::system(), tasks: shutdown::Tasks::new() }
    }
}
