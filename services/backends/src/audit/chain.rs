//! How rows are bound to those before them.

use aws_lc_rs::digest::{Context, SHA256};
use chassis::Error;

use crate::db::audit_log;

/// A SHA-256.
pub type Hash = Vec<u8>;

/// What stands before the first row of a family, and before the first seal.
pub fn beginning() -> Hash {
    vec![0; 32]
}

/// The hash of a row and all those of its family before it.
pub fn link(previous: &[u8], sequence: i64, row: &audit_log::Model) -> Result<Hash, Error> {
    // an array of JSON: no field can run over into the next
    let content = serde_json::to_vec(&(
        sequence,
        row.family_id,
        row.id,
        row.actor_id,
        &row.resource_type,
        row.resource_id,
        row.member_id,
        &row.action,
        &row.outcome,
        &row.ip_address,
        &row.request_id,
        row.timestamp.timestamp_micros(),
    ));
    Ok(digest(&[previous, &content.map_err(Error::internal)?]))
}

/// The digest over all that was chained up to a seal.
pub struct Seal(Context);

impl Seal {
    /// Goes on from the digest of the seal before.
    pub fn after(previous: &[u8], number: i64) -> Self {
        let mut context = Context::new(&SHA256);
        context.update(previous);
        context.update(&number.to_be_bytes());
        Self(context)
    }

    /// Adds a link; they come by family and sequence.
    pub fn add(&mut self, family_id: i64, sequence: i64, hash: &[u8]) {
        self.0.update(&family_id.to_be_bytes());
        self.0.update(&sequence.to_be_bytes());
        self.0.update(hash);
    }

    /// The digest.
    pub fn digest(self) -> Hash {
        self.0.finish().as_ref().to_vec()
    }
}

/// SHA-256 over parts.
pub fn digest(parts: &[&[u8]]) -> Hash {
    let mut context = Context::new(&SHA256);
    parts.iter().for_each(|part| context.update(part));
    context.finish().as_ref().to_vec()
}
