//! The mesh as a service meets it: nearby and over the wire, with and without proof of who calls.

mod room;
mod tokens;

mod house;
