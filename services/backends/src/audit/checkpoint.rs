//! Signed statements of how far the trail has come, kept in the database and, where nobody can roll both back, in the object store.

use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use chassis::Error;
use sea_orm::ActiveValue::Set;
use sea_orm::{EntityTrait, QueryOrder};
use serde::{Deserialize, Serialize};

use super::chain;
use crate::db::{audit_checkpoint, audit_seal};
use crate::error::DbResultExt;
use crate::{Connection, Database, Objects, Scope};

/// The most a checkpoint in the object store may hold.
const MOST_BYTES: u64 = 4_096;

/// The key that checkpoints are signed with. It cannot be printed.
pub struct Key(Ed25519KeyPair);

impl Key {
    /// The key of a seed.
    pub fn new(seed: &[u8; 32]) -> Result<Self, Error> {
        let pair = Ed25519KeyPair::from_seed_unchecked(seed);
        pair.map(Self).map_err(|_| Error::illegal_state("the audit key cannot be used"))
    }

    /// The name of the key, made from its public half.
    pub fn id(&self) -> String {
        let digest = chain::digest(&[self.0.public_key().as_ref()]);
        digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect()
    }

    fn sign(&self, text: &str) -> Vec<u8> {
        self.0.sign(text.as_bytes()).as_ref().to_vec()
    }

    /// Whether this key signed a text.
    pub(super) fn signed(&self, text: &str, signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&ED25519, self.0.public_key().as_ref())
            .verify(text.as_bytes(), signature)
            .is_ok()
    }
}

/// Who signs the checkpoints of a service's trail, and where copies are kept.
pub struct Notary {
    /// Whose trail it is.
    pub service: &'static str,
    /// The key.
    pub key: Key,
    /// Those that it has replaced, which sign nothing more, but have signed.
    pub older: Vec<Key>,
    /// Where copies are kept, if there is such a place.
    pub objects: Option<Objects>,
}

/// A checkpoint as it lies in the object store.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Copy {
    text: String,
    key_id: String,
    signature: String,
}

/// What is signed.
pub fn text(service: &str, checkpoint: &audit_checkpoint::Model) -> String {
    let digest = STANDARD.encode(&checkpoint.digest);
    format!(
        "praan audit checkpoint\nservice {service}\nnumber {}\nseal {}\ntotal {}\ndigest {digest}\nsigned at {}\n",
        checkpoint.number,
        checkpoint.seal,
        checkpoint.total,
        checkpoint.signed_at.timestamp_micros()
    )
}

impl Notary {
    /// The key of a name, if it is one of ours.
    pub(super) fn key_of(&self, id: &str) -> Option<&Key> {
        std::iter::once(&self.key).chain(&self.older).find(|key| key.id() == id)
    }

    /// Signs how far the trail has come, if it has since the last time. Fails when the object store knows of a checkpoint that
    /// the database does not: then the database was rolled back, and nothing is signed any more.
    pub async fn sign(&self, db: &Database) -> Result<bool, Error> {
        let (seal, last) = {
            let reader = db.read_primary(Scope::Audit).await?;
            (last_seal(reader.connection()).await?, last_checkpoint(reader.connection()).await?)
        };
        let Some(seal) = seal.filter(|seal| last.as_ref().is_none_or(|last| last.seal < seal.number)) else {
            return Ok(false);
        };
        let number = last.map_or(1, |last| last.number + 1);
        let mut checkpoint = audit_checkpoint::Model {
            number,
            seal: seal.number,
            total: seal.total,
            digest: seal.digest,
            signed_at: db.clock().now(),
            key_id: self.key.id(),
            signature: Vec::new(),
        };
        checkpoint.signature = self.key.sign(&text(self.service, &checkpoint));
        if !self.keep(db, &checkpoint).await? {
            return Ok(false);
        }
        self.copy(&checkpoint).await?;
        Ok(true)
    }

    /// Enters a checkpoint; false when another process was faster.
    async fn keep(&self, db: &Database, checkpoint: &audit_checkpoint::Model) -> Result<bool, Error> {
        if self.copied(checkpoint.number).await?.is_some() {
            let number = checkpoint.number;
            let last = last_checkpoint(db.read_primary(Scope::Audit).await?.connection()).await?;
            if last.is_some_and(|last| last.number >= number) {
                // another process has signed since we looked
                return Ok(false);
            }
            tracing::error!(
                service = self.service,
                number,
                "the audit trail was rolled back: run `praan audit verify`"
            );
            return Err(Error::illegal_state(
                "the object store knows of a later audit checkpoint than the database",
            ));
        }
        let tx = db.open(Scope::Audit).await?;
        let row = audit_checkpoint::ActiveModel {
            number: Set(checkpoint.number),
            seal: Set(checkpoint.seal),
            total: Set(checkpoint.total),
            digest: Set(checkpoint.digest.clone()),
            signed_at: Set(checkpoint.signed_at),
            key_id: Set(checkpoint.key_id.clone()),
            signature: Set(checkpoint.signature.clone()),
        };
        let kept = audit_checkpoint::Entity::insert(row).exec_without_returning(tx.connection()).await;
        match kept {
            Err(error) if crate::is_unique_violation(&error) => Ok(false),
            kept => {
                kept.stored()?;
                tx.commit_quietly().await.map(|()| true)
            }
        }
    }

    /// Puts a copy of a checkpoint into the object store.
    pub async fn copy(&self, checkpoint: &audit_checkpoint::Model) -> Result<(), Error> {
        let Some(objects) = &self.objects else { return Ok(()) };
        let copy = self.copy_of(checkpoint);
        let content = serde_json::to_vec(&copy).map_err(Error::internal)?;
        objects.put(&self.place(checkpoint.number), "application/json", Bytes::from(content)).await
    }

    /// Puts the copies there that are missing at the end, after a time when the object store was away.
    pub async fn copy_missing(&self, db: &Database) -> Result<(), Error> {
        let last = last_checkpoint(db.read_primary(Scope::Audit).await?.connection()).await?;
        match last {
            Some(last) if self.objects.is_some() && self.copied(last.number).await?.is_none() => {
                self.copy(&last).await
            }
            _ => Ok(()),
        }
    }

    /// The copy of a checkpoint, if there is one.
    pub async fn copied(&self, number: i64) -> Result<Option<Copy>, Error> {
        let Some(objects) = &self.objects else { return Ok(None) };
        let content = objects.get(&self.place(number), MOST_BYTES).await?;
        Ok(content.map(|content| {
            // what cannot be read is no copy of ours
            serde_json::from_slice(&content).unwrap_or(Copy {
                text: String::new(),
                key_id: String::new(),
                signature: String::new(),
            })
        }))
    }

    /// What the copy of a checkpoint must say.
    pub fn copy_of(&self, checkpoint: &audit_checkpoint::Model) -> Copy {
        Copy {
            text: text(self.service, checkpoint),
            key_id: checkpoint.key_id.clone(),
            signature: STANDARD.encode(&checkpoint.signature),
        }
    }

    fn place(&self, number: i64) -> String {
        format!("audit/{}/{number:012}.json", self.service)
    }
}

/// The last seal.
pub async fn last_seal(connection: &Connection) -> Result<Option<audit_seal::Model>, Error> {
    audit_seal::Entity::find().order_by_desc(audit_seal::Column::Number).one(connection).await.stored()
}

async fn last_checkpoint(connection: &Connection) -> Result<Option<audit_checkpoint::Model>, Error> {
    audit_checkpoint::Entity::find()
        .order_by_desc(audit_checkpoint::Column::Number)
        .one(connection)
        .await
        .stored()
}
