//! Hashes and checks passwords by argon2id, a bounded number at a time.
//!
//! One check takes 19 MiB and tens of milliseconds, so that guessing is dear. So would be a crowd at the door: the work runs
//! on few blocking threads, a bounded number waits, and whoever finds no place is told to come back.

use std::fmt::Write;
use std::sync::Arc;

use argon2::password_hash::Error as HashError;
use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version};
use aws_lc_rs::rand;
use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use chassis::Error;
use tokio::sync::Semaphore;

use crate::config::PasswordCost;
use crate::domain::password::Chosen;

/// Works on passwords.
#[derive(Clone)]
pub struct Passwords {
    argon2: Argon2<'static>,
    /// A place to wait or work; without one there is no waiting.
    places: Arc<Semaphore>,
    /// A turn to work.
    turns: Arc<Semaphore>,
    /// A hash that no password has, checked in place of an account that does not exist.
    nobody: Arc<str>,
}

impl Passwords {
    /// Prepares the work at this cost.
    pub fn new(cost: &PasswordCost) -> Result<Self, Error> {
        let params = Params::new(cost.memory_kib, cost.passes, cost.lanes, None).map_err(Error::internal)?;
        Ok(Self {
            argon2: Argon2::new(Algorithm::Argon2id, Version::V0x13, params),
            places: Arc::new(Semaphore::new(cost.parallel + cost.waiting)),
            turns: Arc::new(Semaphore::new(cost.parallel)),
            nobody: nobody(cost)?.into(),
        })
    }

    /// The hash to keep of a new password, if it will do.
    pub async fn hash(&self, password: Chosen) -> Result<String, Error> {
        self.in_turn(move |argon2| {
            let hash = argon2.hash_password(password.accepted()?.as_bytes()).map_err(Error::internal)?;
            Ok(hash.to_string())
        })
        .await
    }

    /// Whether the password has this hash. Without a hash the answer is no, after the same work.
    pub async fn verify(&self, password: String, hash: Option<String>) -> Result<bool, Error> {
        let hash = hash.unwrap_or_else(|| self.none());
        self.in_turn(move |argon2| match argon2.verify_password(password.as_bytes(), hash.as_str()) {
            Ok(()) => Ok(true),
            Err(HashError::PasswordInvalid) => Ok(false),
            Err(cause) => Err(Error::internal(cause)),
        })
        .await
    }

    /// A hash that no password has, to keep for an account without one.
    pub fn none(&self) -> String {
        self.nobody.to_string()
    }

    async fn in_turn<T: Send + 'static>(
        &self,
        work: impl FnOnce(Argon2<'static>) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let place = Arc::clone(&self.places).try_acquire_owned().map_err(Error::unavailable)?;
        let turn = Arc::clone(&self.turns).acquire_owned().await.map_err(Error::internal)?;
        let argon2 = self.argon2.clone();
        // the permits go along: when the caller hangs up, the work goes on, and must still count as a turn
        let working = move || {
            let _held = (place, turn);
            work(argon2)
        };
        tokio::task::spawn_blocking(working).await.map_err(Error::internal)?
    }
}

/// A hash of random bytes in place of a password's: checking it is as much work, and never succeeds.
fn nobody(cost: &PasswordCost) -> Result<String, Error> {
    let (mut salt, mut hash) = ([0; 16], [0; 32]);
    rand::fill(&mut salt).map_err(Error::internal)?;
    rand::fill(&mut hash).map_err(Error::internal)?;
    let PasswordCost { memory_kib, passes, lanes, .. } = cost;
    let mut text = format!("$argon2id$v=19$m={memory_kib},t={passes},p={lanes}");
    for part in [salt.as_slice(), &hash] {
        write!(text, "${}", STANDARD_NO_PAD.encode(part)).map_err(Error::internal)?;
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use chassis::Kind;

    use super::*;

    const RIGHT: &str = "correct horse battery";

    fn chosen() -> Chosen {
        Chosen::new("password", RIGHT, ["", ""])
    }

    fn cheap() -> PasswordCost {
        PasswordCost { memory_kib: 8, passes: 1, lanes: 1, parallel: 1, waiting: 0 }
    }

    #[tokio::test]
    async fn only_the_password_itself_is_right() {
        let passwords = Passwords::new(&cheap()).unwrap();
        let hash = passwords.hash(chosen()).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=8,t=1,p=1$"), "{hash}");
        assert!(passwords.verify(RIGHT.into(), Some(hash.clone())).await.unwrap());
        assert!(!passwords.verify("correct horse batter".into(), Some(hash)).await.unwrap());
        assert!(!passwords.verify(RIGHT.into(), None).await.unwrap());
    }

    #[tokio::test]
    async fn who_finds_no_place_is_sent_away_and_may_come_back() {
        let passwords = Passwords::new(&cheap()).unwrap();
        let place = Arc::clone(&passwords.places).try_acquire_owned().unwrap();
        let error = passwords.hash(chosen()).await.unwrap_err();
        assert_eq!(error.kind(), Kind::Unavailable);
        assert!(error.retry_after().is_some());
        drop(place);
        passwords.hash(chosen()).await.unwrap();
    }
}
