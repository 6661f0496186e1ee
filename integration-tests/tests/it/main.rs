//! The stories the house is held to, one file each.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "clippy takes only functions marked #[test] for tests, and a story has more"
)]

mod audited;
mod bad_input;
mod browser;
mod burst;
mod canary;
mod crash;
mod doctor;
mod erasure;
mod examples;
mod exemplars;
mod exports;
mod faults;
mod floods;
mod grpc;
mod guessing;
mod imports;
mod jobs;
mod oidc;
#[cfg(feature = "onnx")]
mod onnx;
mod openapi;
mod plans;
mod preconditions;
mod processes;
mod releases;
mod reload;
mod revocation;
mod roles;
mod rollout;
mod security;
mod seen_through;
mod sessions;
mod stories;
mod strangers;
mod structure;
mod telemetry;
mod tenants;
mod topologies;
mod writers;
