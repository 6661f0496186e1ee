//! What identity must be told before it opens.

use crate::keys::KeyEncryptionKey;

/// The settings of identity.
pub struct Config {
    /// The key that the signing keys are encrypted with at rest. Another key than at the last start is refused.
    pub key_encryption_key: KeyEncryptionKey,
    /// What a password check may cost.
    pub passwords: PasswordCost,
}

/// What a password check may cost, and how many may run at once.
#[derive(Clone, Copy, Debug)]
pub struct PasswordCost {
    /// The memory argon2id fills for one password, in KiB.
    pub memory_kib: u32,
    /// How often argon2id passes over that memory.
    pub passes: u32,
    /// How many lanes argon2id divides it into.
    pub lanes: u32,
    /// How many passwords are worked on at once.
    pub parallel: usize,
    /// How many may wait for their turn; more are sent away.
    pub waiting: usize,
}

/// What OWASP recommends for argon2id, on two threads.
impl Default for PasswordCost {
    fn default() -> Self {
        Self { memory_kib: 19_456, passes: 2, lanes: 1, parallel: 2, waiting: 32 }
    }
}
