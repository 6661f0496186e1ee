//! Adherence through its own contract, over the layers that a real request passes, with stand-ins for program and family.

mod access;
mod dashboard;
mod equality;
mod events;
mod house;
mod leaderboard;
mod model;
mod plans;
mod random;
mod recording;
mod scores;
mod tokens;
mod upstream;
