//! The service through its door, over a real database, queue and object store; the services it calls are stand-ins.

mod access;
mod entries;
mod history;
mod house;
mod photos;
mod ranges;
mod revisions;
mod upstream;
