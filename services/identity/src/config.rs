//! What identity must be told before it opens.

use chrono::TimeDelta;

use crate::keys::KeyEncryptionKey;
use crate::oidc::Providers;

/// The settings of identity.
pub struct Config {
    /// The key that the signing keys are encrypted with at rest. Another key than at the last start is refused.
    pub key_encryption_key: KeyEncryptionKey,
    /// What a password check may cost.
    pub passwords: PasswordCost,
    /// Whether one may register and log in by password.
    pub password_sign_in: bool,
    /// Where else people may prove who they are.
    pub providers: Providers,
    /// The least time between two fetches of what a provider publishes, whatever tokens ask for.
    pub provider_pause: TimeDelta,
}

impl Config {
    /// The defaults: passwords and no providers.
    pub fn new(key_encryption_key: KeyEncryptionKey) -> Self {
        Self {
            key_encryption_key,
            passwords: PasswordCost::default(),
            password_sign_in: true,
            providers: Providers::default(),
            provider_pause: TimeDelta::minutes(1),
        }
    }
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
