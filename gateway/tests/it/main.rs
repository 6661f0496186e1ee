//! The gateway over real sockets, in front of services that answer what a test tells them to.

#![allow(clippy::unwrap_used, clippy::panic, reason = "the whole crate is a test")]

mod bad_json;
mod cors;
mod crowd;
mod documents;
mod etag;
mod fake;
mod forgeries;
mod grpc;
mod gzip;
mod house;
mod large;
mod limits;
mod matrix;
mod openapi;
mod operators;
mod pages;
mod raw;
mod refusals;
mod request_id;
mod rest;
mod smuggling;
mod sse;
mod tokens;
mod unions;
