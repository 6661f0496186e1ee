//! What the fuzz targets do with their bytes: everything that reads what strangers write. Each is a function that panics when
//! something does not hold. `integration-tests/fuzz` feeds them with whatever it makes up, and the tests here with what it kept.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a panic is how a target says that something does not hold"
)]

mod amqp;
mod cursor;
mod json;
mod jwt;
mod photo;
mod protobuf;

pub use amqp::amqp;
pub use cursor::cursor;
pub use json::json;
pub use jwt::{Tokens, jwt};
pub use photo::photo;
pub use protobuf::{protobuf, requests};

/// A target: what it is called, and what it does.
pub type Target = (&'static str, fn(&[u8]));

/// All of them.
pub const ALL: [Target; 6] = [
    ("amqp", amqp),
    ("cursor", cursor),
    ("json", json),
    ("jwt", jwt),
    ("photo", photo),
    ("protobuf", protobuf),
];
