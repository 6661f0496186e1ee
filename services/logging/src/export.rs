//! A copy of all that is kept about a member, as one document. It is written while it is read, page by page, so that it takes
//! the same memory however long somebody has been logging; a client that stops taking it, stops the reading.
//!
//! The order is that of the document: the member, each program with its logs, and, for the managers of the family, the grants
//! and the audit trail. Whether the caller still may is asked again with every page.

mod document;
mod fhir;
mod pieces;
mod plain;
mod record;
mod text;

use std::collections::HashMap;

use chassis::audit::Page;
use chassis::clock::Clock;
use chassis::shutdown::Tasks;
use chassis::{Error, User, time};
use chrono::{DateTime, Utc};
use futures_util::{StreamExt, TryStreamExt, stream};
use proto::google::api::HttpBody;
use proto::logging::v1::ExportFormat;
use proto::program::v1::{ListProgramRecordsResponse, ProgramRecord};
use tokio::sync::mpsc;
use tonic::Status;
use tracing::Instrument;

use crate::clients::families::{Copied, Families};
use crate::clients::programs::Programs;
use crate::clients::readings::Readings;
use crate::domain::Scope;
use crate::domain::log::Revision;
use crate::domain::moment;
use crate::domain::payload::LogType;
use crate::store::{After, History, Store};
use crate::trail::Trail;
use document::{Document, Section};
use pieces::Pieces;
use record::LogRecord;

/// How many logs, or entries of the trail, are read at a time.
const PAGE: u64 = 100;
/// How many readings of photos are asked for at once.
const AT_ONCE: usize = 8;

/// Makes copies.
#[derive(Clone)]
pub struct Exporter {
    pub store: Store,
    pub families: Families,
    pub programs: Programs,
    pub readings: Readings,
    pub trail: Trail,
    pub clock: Clock,
    pub tasks: Tasks,
}

impl Exporter {
    /// Begins to write a copy. What is wrong by now is the answer; what goes wrong later is the end of the stream.
    pub async fn begin(
        &self,
        user: User,
        member_id: i64,
        format: ExportFormat,
    ) -> Result<mpsc::Receiver<Result<HttpBody, Status>>, Error> {
        let of = self.families.copied(user, member_id).await?;
        let programs = self.programs.records(user, member_id, String::new()).await?;
        let document: Box<dyn Document> = match format {
            ExportFormat::Json => Box::new(plain::Plain::default()),
            ExportFormat::Fhir | ExportFormat::Unspecified => Box::new(fhir::Bundle::default()),
        };
        let (pieces, receiver) = Pieces::new(document.media_type());
        let copy =
            Copy { exporter: self.clone(), user, of, document, out: pieces.clone(), begun: self.clock.now() };
        let tasks = self.tasks.clone();
        let write = async move {
            let ended = tokio::select! {
                ended = copy.write(programs) => ended,
                () = tasks.stopping() => Err(Error::unavailable("the process is stopping")),
            };
            if let Err(error) = ended {
                pieces.fail(error).await;
            }
        };
        self.tasks.spawn("export", write.in_current_span());
        Ok(receiver)
    }
}

/// A copy that is being written.
struct Copy {
    exporter: Exporter,
    user: User,
    of: Copied,
    document: Box<dyn Document>,
    out: Pieces,
    begun: DateTime<Utc>,
}

impl Copy {
    async fn write(mut self, first: ListProgramRecordsResponse) -> Result<(), Error> {
        self.document.begin(&mut self.out.buffer, &self.of.member, self.begun);
        self.document.enter(&mut self.out.buffer, Section::Programs);
        let mut page = first;
        loop {
            for program in &page.data {
                self.program(program).await?;
            }
            let Some(cursor) = page.pagination.and_then(|pagination| pagination.next_cursor) else { break };
            page = self.exporter.programs.records(self.user, self.of.member.id, cursor).await?;
        }
        if self.of.manages {
            self.grants().await?;
            self.trail().await?;
        }
        self.document.end(&mut self.out.buffer);
        self.out.finish().await
    }

    async fn program(&mut self, record: &ProgramRecord) -> Result<(), Error> {
        let program = record.program.as_ref().ok_or_else(|| Error::internal("a record has no program"))?;
        self.document.program(&mut self.out.buffer, record);
        self.out.flush_full().await?;
        let scope = Scope { family_id: self.of.member.family_id, program_id: program.id };
        let start = time::date("start_date", &program.start_date)
            .map_err(|_| Error::internal("the program service answered what cannot be read"))?;
        let mut history = History {
            scope,
            span: moment::span(start, self.begun),
            log_types: self.of.log_types.clone(),
            after: None,
            limit: PAGE,
        };
        loop {
            self.ask_again().await?;
            let logs = self.exporter.store.history(&history).await?;
            let last = logs.last().filter(|_| logs.len() as u64 == PAGE);
            let after = last.map(|log| After { timestamp: log.moment.timestamp, log_id: log.log_id });
            for record in self.records(scope, logs).await? {
                self.document.log(&mut self.out.buffer, &record);
                self.out.flush_full().await?;
            }
            history.after = match after {
                Some(after) => Some(after),
                None => return Ok(()),
            };
        }
    }

    /// The logs with what they said before, and with the state of their photos.
    async fn records(&self, scope: Scope, logs: Vec<Revision>) -> Result<Vec<LogRecord>, Error> {
        let meals = logs.iter().filter(|log| log.payload.log_type() == LogType::Nutrition);
        let meals: Vec<i64> = meals.map(|log| log.log_id).collect();
        let mut images = self.exporter.store.images(scope, &meals).await?;
        let mut earlier = self.exporter.store.earlier(scope, &logs).await?;
        let photographed: Vec<i64> = images.keys().copied().collect();
        let models = stream::iter(photographed).map(async |log_id| {
            let model = self.exporter.readings.model(log_id).await?;
            Ok::<_, Error>((log_id, model))
        });
        let mut models: HashMap<i64, Option<String>> = models.buffer_unordered(AT_ONCE).try_collect().await?;
        let record = |log: Revision| LogRecord {
            earlier: earlier.remove(&log.log_id).unwrap_or_default(),
            image: images.remove(&log.log_id),
            model: models.remove(&log.log_id).flatten(),
            current: log,
        };
        Ok(logs.into_iter().map(record).collect())
    }

    async fn grants(&mut self) -> Result<(), Error> {
        self.document.enter(&mut self.out.buffer, Section::Grants);
        let mut cursor = String::new();
        loop {
            let page = self.exporter.families.grants(self.user, self.of.member.id, cursor).await?;
            for grant in &page.data {
                self.document.grant(&mut self.out.buffer, grant);
                self.out.flush_full().await?;
            }
            cursor = match page.pagination.and_then(|pagination| pagination.next_cursor) {
                Some(next) => next,
                None => return Ok(()),
            };
        }
    }

    async fn trail(&mut self) -> Result<(), Error> {
        self.document.enter(&mut self.out.buffer, Section::Trail);
        let (family_id, member_id) = (self.of.member.family_id, Some(self.of.member.id));
        // what this copy itself leaves behind comes after its beginning
        let wanted =
            Page { family_id, member_id, from: None, until: Some(self.begun), before: None, limit: PAGE };
        let mut after = None;
        loop {
            self.ask_again().await?;
            let (entries, more) = self.exporter.trail.page(wanted.clone(), after, PAGE).await?;
            for (_, entry) in &entries {
                self.document.entry(&mut self.out.buffer, entry);
                self.out.flush_full().await?;
            }
            after = match entries.last().filter(|_| more) {
                Some((place, _)) => Some(*place),
                None => return Ok(()),
            };
        }
    }

    /// Ends the copy of somebody who may not go on, or no longer may see all that was to be in it.
    async fn ask_again(&self) -> Result<(), Error> {
        let now = self.exporter.families.copied(self.user, self.of.member.id).await?;
        let same = (now.manages, &now.log_types) == (self.of.manages, &self.of.log_types);
        if same { Ok(()) } else { Err(Error::denied()) }
    }
}
