//! The front door: one port that speaks REST, gRPC and gRPC-web to the public methods of the house.
//!
//! Everything it knows of the services it reads from the contract ([`contract`]): routes, statuses, unions, limits, the OpenAPI
//! document. So a new rpc is public once its `.proto` says so, and no noun of the domain is named here. It keeps no data
//! and decides nothing about access: it settles what concerns the door (request ids, limits, sizes, form) and passes on.
//!
//! A request: [`door`] (id, address, CORS, spans) → [`rest`] or [`grpc`] → [`entrance`] ([`body`], [`turnstile`], [`limits`]) → [`upstream`] → a service's room.

mod body;
mod config;
mod contract;
mod cors;
mod door;
mod entrance;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
mod grpc;
mod gzip;
mod health;
mod large;
mod limits;
mod openapi;
mod operators;
mod pages;
mod quotas;
mod rest;
mod serve;
mod sse;
mod telemetry;
mod turnstile;
mod upstream;
mod visit;

pub use body::Patience;
pub use config::{CONNECTION_AGE, CONNECTIONS, CONNECTIONS_PER_CLIENT, Config};
pub use quotas::Quotas;
pub use serve::{Bound, Needs, serve};
pub use turnstile::Capacity;
