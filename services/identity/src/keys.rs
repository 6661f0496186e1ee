//! The keys that access tokens are signed with: Ed25519, encrypted at rest.

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use aws_lc_rs::{digest, hmac};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chassis::Error;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde::Serialize;

/// The key that the signing keys are encrypted with, and those before it, which open what they have sealed. It can neither be
/// printed nor copied, nor read back.
pub struct KeyEncryptionKey {
    newest: [u8; 32],
    older: Vec<[u8; 32]>,
}

impl KeyEncryptionKey {
    /// Takes keys of 32 secret bytes, which should come from a random source.
    pub fn new(newest: [u8; 32], older: Vec<[u8; 32]>) -> Self {
        Self { newest, older }
    }

    /// A secret for a purpose, which follows from this key and from what it is for, and betrays neither.
    pub fn derive(&self, purpose: &str, of: &[u8]) -> Vec<u8> {
        let of_purpose = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &self.newest), purpose.as_bytes());
        let key = hmac::Key::new(hmac::HMAC_SHA256, of_purpose.as_ref());
        hmac::sign(&key, of).as_ref().to_vec()
    }

    /// Encrypts a secret under the name it is kept by: nonce, then ciphertext and tag.
    fn seal(&self, name: &str, secret: &[u8]) -> Result<Vec<u8>, Error> {
        let mut text = secret.to_vec();
        let nonce = cipher(&self.newest)?.seal_in_place_append_tag(Aad::from(name), &mut text);
        let nonce = nonce.map_err(Error::internal)?;
        Ok([nonce.as_ref().as_slice(), &text].concat())
    }

    /// Decrypts what [`Self::seal`] made under the same name.
    fn open(&self, name: &str, sealed: &[u8]) -> Result<Vec<u8>, Error> {
        let wrong =
            || Error::internal("a signing key does not open: it was sealed with another key-encryption key");
        let (nonce, text) = sealed.split_at_checked(NONCE_LEN).ok_or_else(wrong)?;
        for key in std::iter::once(&self.newest).chain(&self.older) {
            let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(Error::internal)?;
            let mut text = text.to_vec();
            if let Ok(secret) = cipher(key)?.open_in_place(nonce, Aad::from(name), &mut text) {
                return Ok(secret.to_vec());
            }
        }
        Err(wrong())
    }
}

fn cipher(key: &[u8; 32]) -> Result<RandomizedNonceKey, Error> {
    RandomizedNonceKey::new(&AES_256_GCM, key).map_err(Error::internal)
}

/// A new signing key as it is kept.
pub struct Sealed {
    /// Its name: the thumbprint of its public half (RFC 7638).
    pub kid: String,
    /// The encrypted private half.
    pub secret: Vec<u8>,
    /// The public half.
    pub public_key: Vec<u8>,
}

impl Sealed {
    /// Makes a new key.
    pub fn generate(lock: &KeyEncryptionKey) -> Result<Self, Error> {
        let pair = Ed25519KeyPair::generate().map_err(Error::internal)?;
        let public_key = pair.public_key().as_ref().to_vec();
        let kid = thumbprint(&public_key);
        let secret = pair.to_pkcs8().map_err(Error::internal)?;
        Ok(Self { secret: lock.seal(&kid, secret.as_ref())?, kid, public_key })
    }
}

/// A key ready to sign.
pub struct SigningKey {
    kid: String,
    secret: EncodingKey,
}

impl SigningKey {
    /// Decrypts a kept key.
    pub fn open(lock: &KeyEncryptionKey, kid: &str, secret: &[u8]) -> Result<Self, Error> {
        let secret = lock.open(kid, secret)?;
        Ok(Self { kid: kid.to_owned(), secret: EncodingKey::from_ed_der(&secret) })
    }

    /// Signs claims into a JWT that names this key.
    pub fn sign(&self, claims: &impl Serialize) -> Result<String, Error> {
        let header = Header { kid: Some(self.kid.clone()), ..Header::new(Algorithm::EdDSA) };
        jsonwebtoken::encode(&header, claims, &self.secret).map_err(Error::internal)
    }
}

/// The public half as a JSON Web Key writes it.
pub fn encode_public(public_key: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(public_key)
}

fn thumbprint(public_key: &[u8]) -> String {
    let canonical = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{}"}}"#, encode_public(public_key));
    URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, canonical.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_opens_under_its_own_name_and_lock_only() {
        let lock = KeyEncryptionKey::new([7; 32], Vec::new());
        let key = Sealed::generate(&lock).unwrap();
        assert!(SigningKey::open(&lock, &key.kid, &key.secret).is_ok());
        assert!(
            SigningKey::open(&KeyEncryptionKey::new([8; 32], Vec::new()), &key.kid, &key.secret).is_err()
        );
        assert!(SigningKey::open(&lock, "another", &key.secret).is_err());
        let replaced = KeyEncryptionKey::new([8; 32], vec![[9; 32], [7; 32]]);
        assert!(SigningKey::open(&replaced, &key.kid, &key.secret).is_ok(), "what a replaced key sealed");
        let next = Sealed::generate(&replaced).unwrap();
        assert!(SigningKey::open(&lock, &next.kid, &next.secret).is_err(), "it seals nothing more");
        for length in [0, 11, key.secret.len() - 1] {
            assert!(SigningKey::open(&lock, &key.kid, &key.secret[..length]).is_err(), "{length}");
        }
    }

    #[test]
    fn what_is_derived_depends_on_all_it_follows_from() {
        let lock = KeyEncryptionKey::new([7; 32], Vec::new());
        let all = [
            lock.derive("a", b"x"),
            lock.derive("a", b"y"),
            lock.derive("b", b"x"),
            KeyEncryptionKey::new([8; 32], Vec::new()).derive("a", b"x"),
        ];
        assert!(all.iter().all(|one| one.len() == 32));
        assert_eq!(all.iter().collect::<std::collections::BTreeSet<_>>().len(), all.len());
        assert_eq!(lock.derive("a", b"x"), all[0]);
    }

    #[test]
    fn a_thumbprint_is_that_of_rfc_8037() {
        let public = URL_SAFE_NO_PAD.decode("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo").unwrap();
        assert_eq!(thumbprint(&public), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    }
}
