//! The service through its door and its queue, over a real database, queue and object store.

mod endings;
mod house;
mod photos;
mod providers;
