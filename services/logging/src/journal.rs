//! Where a log is written: one transaction of the revision, its answer under the request's key, the audit row and the
//! messages, and after it the scores.
//!
//! The scores are told directly, so that the answer can say how they moved. The message in the outbox is for the case that
//! this process, or theirs, is gone by then; it is dropped once they know.

use std::time::Duration;

use backends::queue::Message;
use backends::together::Together;
use backends::{Action, Once, Subject, Tx};
use chassis::clock::Clock;
use chassis::idempotency::Key;
use chassis::{Actor, Error, Foundation};
use prost::Message as Wire;

use crate::backstop::Backstop;
use crate::clients::programs::{AuthorizedProgram, Write};
use crate::clients::scores::Scores;
use crate::config::Config;
use crate::domain::image_key::ImageKey;
use crate::domain::log::{Authorship, Reading, Revision, Status};
use crate::domain::moment::Moment;
use crate::domain::payload::Payload;
use crate::domain::{Scope, id, impact};
use crate::entering::{Entered, Entering, NewLog};
use crate::error;
use crate::events::{self, ImageUploaded, OfImage};
use crate::store::{ReadImage, Store};

pub const LOG: &str = "DailyLog";

/// What a person enters.
#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub struct Entry {
    /// When it happened.
    pub moment: Moment,
    /// What it is.
    pub content: Content,
}

/// What a person enters: numbers, or a photo to be read.
#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub enum Content {
    /// Numbers.
    Payload(Payload),
    /// A meal photo.
    Photo(ImageKey),
}

/// What a person is answered about a revision.
pub trait Answer: Wire + Default {
    /// The answer, before the scores have spoken. It is kept under the request's key.
    fn of(revision: &Revision) -> Self;
    /// The revision it is about.
    fn revision(&self) -> i32;
    /// The answer with the change of the day's total.
    fn with_impact(self, impact: Option<String>) -> Self;
}

/// Whose request it is.
#[derive(Clone)]
pub struct Request {
    /// Under which key its answer is kept.
    pub key: Key,
    /// Who acts.
    pub actor: Actor,
}

/// Where logs are written.
pub struct Journal {
    store: Store,
    entering: Together<Entering>,
    scores: Scores,
    clock: Clock,
    backstop: Duration,
    photo_deadline: Duration,
}

impl Journal {
    /// Writes to `store` and tells `scores`.
    pub fn start(foundation: &Foundation, store: Store, scores: Scores, config: &Config) -> Self {
        let (clock, backstop) = (foundation.clock.clone(), config.backstop);
        let entering = Entering { store: store.clone(), backstop };
        let entering = Together::start(foundation, "entering", entering);
        Self { store, entering, scores, clock, backstop, photo_deadline: config.photo_deadline }
    }

    /// Writes a new log, once per request.
    pub async fn enter<A: Answer>(
        &self,
        request: Request,
        program: &AuthorizedProgram<Write>,
        entry: Entry,
    ) -> Result<A, Error> {
        match entry.content {
            Content::Payload(payload) => self.enter_payload(request, program, entry.moment, payload).await,
            Content::Photo(key) => self.enter_photo(&request, program, entry.moment, &key).await,
        }
    }

    async fn enter_payload<A: Answer>(
        &self,
        request: Request,
        program: &AuthorizedProgram<Write>,
        moment: Moment,
        payload: Payload,
    ) -> Result<A, Error> {
        let _mark = self.store.db().mark(&request.key)?;
        let (key, scope, by) = (request.key, program.scope(), self.authorship(&request, program));
        let answer = |revision: &Revision| A::of(revision).encode_to_vec();
        let member_id = program.member_id();
        let log = NewLog { request, scope, member_id, moment, payload, by, answer };
        match self.entering.done(log).await? {
            Entered::New(revision, backstop) => {
                Ok(A::of(&revision).with_impact(self.tell(&revision, backstop).await))
            }
            Entered::Before => {
                let (answer, log_id) = self.store.db().answered(&key).await?;
                self.replay(scope, log_id, answer).await
            }
        }
    }

    async fn enter_photo<A: Answer>(
        &self,
        request: &Request,
        program: &AuthorizedProgram<Write>,
        moment: Moment,
        key: &ImageKey,
    ) -> Result<A, Error> {
        let db = self.store.db();
        let once = db.write_once(&request.key, &request.actor, Action::Create, LOG, program.scope().into());
        let tx = match once.await? {
            Once::Done { answer, resource_id } => {
                return self.replay(program.scope(), resource_id, answer).await;
            }
            Once::New(tx) => tx,
        };
        let log_id = id::compose(moment.timestamp, tx.next_id("daily_logs").await?)
            .ok_or_else(|| Error::internal("there is no id for a log at this time"))?;
        let by = self.authorship(request, program);
        let revision = Revision::photographed(program.scope(), log_id, moment, by);
        self.add_photo(&tx, &revision, program.member_id(), key).await?;
        let answer = A::of(&revision);
        tx.commit_with(Subject::of_family(revision.scope.family_id, log_id), &answer).await?;
        Ok(answer)
    }

    /// Writes the revision that `change` makes of the current one, once per request.
    pub async fn revise<A: Answer>(
        &self,
        request: &Request,
        program: &AuthorizedProgram<Write>,
        log_id: i64,
        action: Action,
        change: impl FnOnce(&Revision, Authorship) -> Result<Revision, error::Error>,
    ) -> Result<A, Error> {
        let once = self
            .store
            .db()
            .write_once(&request.key, &request.actor, action, LOG, program.scope().into())
            .await?;
        let tx = match once {
            Once::Done { answer, resource_id } => {
                return self.replay(program.scope(), resource_id, answer).await;
            }
            Once::New(tx) => tx,
        };
        let current = self.store.current_for_update(&tx, program.scope(), log_id).await?;
        let next = change(&current.ok_or_else(Error::denied)?, self.authorship(request, program))?;
        self.store.supersede(&tx, &next).await?;
        let backstop =
            Backstop::new(self.store.db(), events::recorded(&tx, &[&next], self.backstop).await?, 1);
        let answer = A::of(&next);
        tx.commit_with(Subject::of_family(next.scope.family_id, log_id), &answer).await?;
        Ok(answer.with_impact(self.tell(&next, backstop).await))
    }

    /// Brings what a photo was read as into its log, once. When a person was faster, the photo's state is all that changes.
    pub async fn read(
        &self,
        consumer: &'static str,
        message: &Message,
        image: OfImage,
        reading: &Reading,
        kept: bool,
    ) -> Result<(), Error> {
        let OfImage { family_id, program_id, member_id, log_id } = image;
        let scope = Scope { family_id, program_id };
        let Some(tx) = self.store.db().consume(consumer, message, scope.into()).await? else { return Ok(()) };
        let current = self.store.current_for_update(&tx, scope, log_id).await?;
        if self.store.settle_image(&tx, scope, log_id, ReadImage { reading, kept }).await?
            && let Some(next) = current.and_then(|current| current.read(reading, self.clock.now()))
        {
            self.store.supersede(&tx, &next).await?;
            events::recorded(&tx, &[&next], Duration::ZERO).await?;
            let action = if next.status == Status::Completed { Action::Complete } else { Action::Fail };
            let subject = Subject::of_member(family_id, member_id, log_id);
            tx.audit(&Actor::system(message.id), action, LOG, subject).await?;
        }
        tx.commit_quietly().await
    }

    /// Tells the scores of a revision.
    pub async fn record(&self, scope: Scope, log_id: i64, revision: i32) -> Result<(), Error> {
        match self.store.revision(scope, log_id, revision).await? {
            Some(revision) => self.scores.record(&revision, self.clock.now(), false).await.map(drop),
            None => Err(Error::internal("there is no such revision to tell the scores of")),
        }
    }

    async fn add_photo(
        &self,
        tx: &Tx,
        revision: &Revision,
        member_id: i64,
        key: &ImageKey,
    ) -> Result<(), Error> {
        let (Scope { family_id, program_id }, log_id) = (revision.scope, revision.log_id);
        self.store.add(tx, revision)?;
        self.store.add_image(tx, revision.scope, log_id, key, revision.by.recorded_at).await?;
        let uploaded = ImageUploaded {
            family_id,
            program_id,
            member_id,
            log_id,
            image_key: key.upload(),
            kept_key: key.kept(),
            thumbnail_key: key.thumbnail(),
        };
        tx.publish(events::IMAGE_UPLOADED, &uploaded).await?;
        let overdue = OfImage { family_id, program_id, member_id, log_id };
        tx.publish_after(events::IMAGE_OVERDUE, &overdue, self.photo_deadline).await?;
        events::recorded(tx, &[revision], Duration::ZERO).await.map(drop)
    }

    fn authorship(&self, request: &Request, program: &AuthorizedProgram<Write>) -> Authorship {
        Authorship {
            author_id: request.actor.user_id,
            plan_version: program.plan_version(),
            time_zone: program.time_zone(),
            recorded_at: self.clock.now(),
        }
    }

    /// The answer that was given, with the change that the scores keep; none for a photo.
    async fn replay<A: Answer>(&self, scope: Scope, log_id: i64, answer: A) -> Result<A, Error> {
        let revision = self.store.revision(scope, log_id, answer.revision()).await?;
        let impact = match revision.filter(|revision| revision.status != Status::Processing) {
            Some(revision) => self.ask(&revision, false).await,
            None => None,
        };
        Ok(answer.with_impact(impact))
    }

    async fn tell(&self, revision: &Revision, backstop: Backstop) -> Option<String> {
        // the outbox does, for as long as that row is there
        let impact = self.ask(revision, true).await?;
        backstop.told();
        Some(impact)
    }

    async fn ask(&self, revision: &Revision, said_again: bool) -> Option<String> {
        match self.scores.record(revision, self.clock.now(), said_again).await {
            Ok(basis_points) => Some(impact::text(basis_points)),
            Err(error) => {
                error.log("could not tell the scores of a log; the outbox will");
                None
            }
        }
    }
}
