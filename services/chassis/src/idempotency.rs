//! What makes a repeated request the same request.

use aws_lc_rs::digest;
use prost::{Message, Name};
use uuid::Uuid;

/// The name under which the answer to a POST is kept: one user's request id, and a fingerprint of what was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key {
    /// Who asked.
    pub user_id: i64,
    /// The request's `X-Request-ID`.
    pub request_id: Uuid,
    /// SHA-256 over the message's name and bytes.
    pub fingerprint: [u8; 32],
}

impl Key {
    pub(crate) fn of<M: Message + Name>(user_id: i64, request_id: Uuid, message: &M) -> Self {
        let mut context = digest::Context::new(&digest::SHA256);
        context.update(M::full_name().as_bytes());
        context.update(&[0]);
        context.update(&message.encode_to_vec());
        let mut fingerprint = [0; 32];
        fingerprint.copy_from_slice(context.finish().as_ref());
        Self { user_id, request_id, fingerprint }
    }
}
