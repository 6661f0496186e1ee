//! The order of the house itself: who may depend on whom, how long a file may be, and what lies where.

mod checklist;
mod dependencies;
mod migrations;
mod order;
mod printing;
mod size;
mod source;
