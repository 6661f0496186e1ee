pub mod audit_log;
pub mod idempotency;
pub mod inbox;
pub mod outbox;
pub mod sequence;
