//! What a request is to leave in the audit trail, beside what it writes.
//!
//! Where permissions are handed out or refused, it is noted here: [`granted`], [`refused`]. The layer [`Witness`] makes entries of the
//! notes when the answer is there: of every read that was answered, and of every denial. So no handler can forget to.

mod trail;

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use http::{Request, Response};
use proto::Access;
use tonic::Code;
use tonic::body::Body;

use crate::layers::{Concern, Inner, answer, refuse};
use crate::{Actor, Error, Origin, User};

pub use trail::{Line, Page};

tokio::task_local! {
    static NOTES: Notes;
}

/// What something is, and whose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Subject {
    /// The family; 0 for what belongs to none.
    pub family_id: i64,
    /// The member it is about, if it is about one.
    pub member_id: Option<i64>,
    /// What it is, such as `Program`.
    pub resource_type: &'static str,
    /// Its id.
    pub resource_id: i64,
}

/// One line of the audit trail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Who.
    pub actor: Actor,
    /// Did what.
    pub action: &'static str,
    /// To what.
    pub subject: Subject,
    /// And how it ended.
    pub outcome: Outcome,
}

/// How something ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was done.
    Success,
    /// It was refused.
    Denied,
}

impl Outcome {
    /// As it is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Success => "SUCCESS",
            Self::Denied => "DENIED",
        }
    }
}

/// Takes entries down.
#[async_trait]
pub trait Sink: Send + Sync + 'static {
    /// Takes an entry, to be durable within a second. Waits while there are too many.
    async fn record(&self, entry: Entry) -> Result<(), Error>;
}

#[derive(Clone, Default)]
struct Notes(Arc<Mutex<Noted>>);

#[derive(Default)]
struct Noted {
    action: Option<&'static str>,
    granted: Vec<Subject>,
    refused: Vec<Refusal>,
}

struct Refusal {
    user_id: i64,
    action: &'static str,
    subject: Subject,
}

/// Notes that the current request got the permission to reach something.
pub fn granted(subject: Subject) {
    note(|noted| {
        if !noted.granted.contains(&subject) {
            noted.granted.push(subject);
        }
    });
}

/// Notes what the current request does with what it reads, where that is more than to look.
pub fn doing(action: &'static str) {
    note(|noted| noted.action = Some(action));
}

/// Notes that somebody was refused something that is there, by the one who decides on it.
pub fn refused(user_id: i64, action: &'static str, subject: Subject) {
    note(|noted| noted.refused.push(Refusal { user_id, action, subject }));
}

/// The one member of a family whom the current request got a permission about.
pub fn member_of(family_id: i64) -> Option<i64> {
    let mut found = None;
    note(|noted| {
        let members = noted.granted.iter().filter(|subject| subject.family_id == family_id);
        let mut members: Vec<i64> = members.filter_map(|subject| subject.member_id).collect();
        members.dedup();
        found = if members.len() == 1 { members.pop() } else { None };
    });
    found
}

fn note(with: impl FnOnce(&mut Noted)) {
    // outside of a request nobody asked for permission
    let _ = NOTES.try_with(|notes| with(&mut notes.0.lock().unwrap_or_else(PoisonError::into_inner)));
}

/// Sees to it that what a request did is taken down before its answer leaves.
#[derive(Clone)]
pub struct Witness(pub Arc<dyn Sink>);

impl Concern for Witness {
    async fn around<S: Inner>(&self, request: Request<Body>, next: S) -> Response<Body> {
        let call = Seen::of(&request);
        let notes = Notes::default();
        let response = NOTES.scope(notes.clone(), answer(next, request)).await;
        let code =
            response.headers().get("grpc-status").map_or(Code::Ok, |code| Code::from_bytes(code.as_bytes()));
        let noted = std::mem::take(&mut *notes.0.lock().unwrap_or_else(PoisonError::into_inner));
        for entry in call.entries(noted, code) {
            if let Err(error) = self.0.record(entry).await {
                return refuse(error);
            }
        }
        response
    }
}

/// What a request says of itself.
struct Seen {
    method: Option<&'static str>,
    reads: bool,
    user: Option<User>,
    origin: Option<Origin>,
}

impl Seen {
    fn of(request: &Request<Body>) -> Self {
        let path = request.uri().path();
        let by_user = proto::access(path) == Some(Access::User);
        let extensions = request.extensions();
        Self {
            method: proto::short_name(path),
            reads: by_user && proto::reads(path),
            user: extensions.get::<User>().copied(),
            origin: extensions.get::<Origin>().cloned(),
        }
    }

    fn entries(&self, noted: Noted, code: Code) -> Vec<Entry> {
        let own = self.user.map(|user| user.id);
        match (code, own) {
            (Code::Ok, Some(user_id)) if self.reads => {
                let action = noted.action.unwrap_or("READ");
                let read = |subject| self.entry(user_id, action, subject, Outcome::Success);
                noted.granted.into_iter().map(read).collect()
            }
            (Code::PermissionDenied, user_id) => {
                let refused = noted.refused.into_iter();
                let mut entries: Vec<Entry> =
                    refused.map(|r| self.entry(r.user_id, r.action, r.subject, Outcome::Denied)).collect();
                if entries.is_empty()
                    && let Some(user_id) = user_id
                {
                    // whose it is, or whether it is there at all, others know
                    let resource_type = self.method.unwrap_or("Request");
                    let subject = Subject { family_id: 0, member_id: None, resource_type, resource_id: 0 };
                    let action = if self.reads { "READ" } else { "WRITE" };
                    entries.push(self.entry(user_id, action, subject, Outcome::Denied));
                }
                entries
            }
            _ => Vec::new(),
        }
    }

    fn entry(&self, user_id: i64, action: &'static str, subject: Subject, outcome: Outcome) -> Entry {
        let origin = self.origin.clone().unwrap_or_default();
        let actor = Actor { user_id, request_id: origin.request_id, address: origin.address };
        Entry { actor, action, subject, outcome }
    }
}
