//! How far a replica must have come to show what was last acknowledged of a family, in whichever process.
//!
//! Each commit leaves a note here and in the cache that all processes share. A note there lasts longer than a replica is read
//! from that may not show it, so that no note means that any replica does. A cache that was out of reach may have lost notes; for
//! a while after that it is not believed.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::join_all;
use tokio::time::{Instant, sleep};

use super::super::lsn::Lsn;
use super::{BEAT, LONGEST_SILENCE, UNTIL_LEFT, lock};
use crate::cache::Cache;

/// How long a note lasts: twice what it must, since the clocks of processes differ.
const KEPT: Duration = LONGEST_SILENCE.saturating_mul(2);

/// The notes of one service.
pub struct Notes {
    service: &'static str,
    cache: Arc<dyn Cache>,
    own: Mutex<HashMap<i64, Note>>,
    /// Until when the shared notes are not believed.
    distrusted: Mutex<Option<Instant>>,
}

#[derive(Clone, Copy)]
struct Note {
    lsn: Lsn,
    ends: Instant,
}

impl Notes {
    pub fn new(service: &'static str, cache: Arc<dyn Cache>) -> Self {
        Self { service, cache, own: Mutex::default(), distrusted: Mutex::default() }
    }

    /// Notes a commit, and says whether the other processes can know of it.
    pub async fn add(&self, families: &[i64], lsn: Lsn) -> bool {
        let note = Note { lsn, ends: Instant::now() + KEPT };
        for family in families {
            let mut own = lock(&self.own);
            let newest = own.entry(*family).or_insert(note);
            if newest.lsn < lsn || newest.ends < Instant::now() {
                *newest = note;
            }
        }
        let share = families.iter().map(|family| self.share(*family, lsn));
        join_all(share).await.into_iter().all(|shared| shared)
    }

    /// Where the newest commit of a family is; none when that cannot be known.
    pub async fn newest(&self, family_id: i64) -> Option<Lsn> {
        if lock(&self.distrusted).is_some_and(|until| until > Instant::now()) {
            return None;
        }
        let own =
            lock(&self.own).get(&family_id).filter(|note| note.ends > Instant::now()).map(|note| note.lsn);
        match self.cache.get(&self.key(family_id)).await {
            Ok(shared) => own.max(shared.map(|entry| Lsn::new(entry.version))).or(Some(Lsn::START)),
            Err(_) => {
                self.distrust();
                None
            }
        }
    }

    /// Finds out when the cache is out of reach, also while nobody reads: by the next read it may be back, and empty.
    pub async fn watch(&self) {
        loop {
            if self.cache.get(&format!("lsn:{}", self.service)).await.is_err() {
                self.distrust();
            }
            sleep(BEAT).await;
        }
    }

    fn distrust(&self) {
        *lock(&self.distrusted) = Some(Instant::now() + UNTIL_LEFT);
    }

    /// Forgets what all replicas show that are read from, and what has ended.
    pub fn forget(&self, shown: Lsn) {
        let now = Instant::now();
        lock(&self.own).retain(|_, note| note.lsn > shown && note.ends > now);
    }

    async fn share(&self, family_id: i64, lsn: Lsn) -> bool {
        self.cache.put_if_newer(&self.key(family_id), lsn.version(), Bytes::new(), KEPT).await.is_ok()
    }

    fn key(&self, family_id: i64) -> String {
        format!("lsn:{}:{family_id}", self.service)
    }
}
