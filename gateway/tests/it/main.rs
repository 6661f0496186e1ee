//! The gateway over real sockets, in front of services that answer what a test tells them to.

#![allow(clippy::unwrap_used, clippy::panic, reason = "the whole crate is a test")]

mod bad_json;
mod cors;
mod documents;
mod etag;
mod fake;
mod forgeries;
mod grpc;
mod gzip;
mod house;
mod limits;
mod openapi;
mod operators;
mod pages;
mod refusals;
mod request_id;
mod rest;
mod sse;
mod tokens;
mod unions;
