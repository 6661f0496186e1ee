//! The composition: which rooms stand in this process, on which backends, and how they reach the others. No domain logic.
//!
//! [`house::light`] is the wiring, and reads as the dependency graph of the services. [`command`] is the command line.

pub mod account;
pub mod audit;
pub mod authority;
pub mod command;
pub mod demo;
pub mod descriptors;
pub mod doctor;
pub mod house;
pub mod job;
pub mod keyfile;
pub mod lock;
pub mod migrate;
pub mod options;
mod purge;
pub mod reference;
pub mod reload;
pub mod secret;
