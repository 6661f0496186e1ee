//! From JSON, path and query to the bytes of a request message. Every fault is told with the path of its field, all of them
//! at once up to a bound; a body with one wrong field never reaches a service.

use std::collections::HashSet;

use chassis::{Error, FieldError};

use super::json::Json;
use super::{scalar, wire};
use crate::contract::{Contract, Field, Kind, Many, Shape, Slot, Union};

/// Enough faults to mend a form, and no answer of megabytes to a body of a million faults.
const MOST_FAULTS: usize = 50;
/// A name longer than this is not repeated in full.
const LONGEST_NAME: usize = 64;

/// Writes one request message.
pub struct Writer<'a> {
    contract: &'a Contract,
    path: Vec<Step<'a>>,
    faults: Vec<FieldError>,
}

#[derive(Clone, Copy)]
enum Step<'a> {
    Name(&'a str),
    Index(usize),
}

type Entries<'a> = [(std::borrow::Cow<'a, str>, Json<'a>)];

impl<'a> Writer<'a> {
    /// A writer for messages of the contract.
    pub fn new(contract: &'a Contract) -> Self {
        Self { contract, path: Vec::new(), faults: Vec::new() }
    }

    /// Succeeds when there was no fault.
    pub fn finish(self) -> Result<(), Error> {
        if self.faults.is_empty() { Ok(()) } else { Err(Error::invalid_fields(self.faults)) }
    }

    /// Writes the body. The fields in `bound` are the path's, and may not stand in the body.
    pub fn body(&mut self, out: &mut Vec<u8>, shape: &'a Shape, bound: &[&str], body: &'a Json<'a>) {
        let Json::Object(entries) = body else {
            return self.reject("body", "must be a JSON object");
        };
        for (name, _) in entries.iter().filter(|(name, _)| bound.contains(&name.as_ref())) {
            self.reject(name, "is given by the path");
        }
        if self.faults.is_empty() {
            self.message(out, shape, entries);
        }
    }

    /// Writes a value that came as text, if the message has such a field.
    pub fn parameter_named(&mut self, out: &mut Vec<u8>, shape: &'a Shape, name: &str, text: &str) {
        if let Some(field) = shape.field(name) {
            self.parameter(out, field, text);
        }
    }

    /// Refuses every parameter of a query, where the request travels in the body.
    pub fn no_query(&mut self, pairs: &[(String, String)]) {
        for (name, _) in pairs {
            self.reject(name, "is not known");
        }
    }

    /// Writes the parameters of a query. The fields in `bound` are the path's.
    pub fn query(
        &mut self,
        out: &mut Vec<u8>,
        shape: &'a Shape,
        bound: &[&str],
        pairs: &'a [(String, String)],
    ) {
        let mut seen = HashSet::new();
        for (name, text) in pairs {
            let field = shape.field(name).filter(|field| field.takes_parameter());
            let Some(field) = field.filter(|_| !bound.contains(&name.as_str())) else {
                self.reject(name, "is not known");
                continue;
            };
            if !seen.insert(name) && field.many == Many::One {
                self.reject(name, "must be given once");
                continue;
            }
            self.parameter(out, field, text);
        }
    }

    fn parameter(&mut self, out: &mut Vec<u8>, field: &'a Field, text: &str) {
        if let Err(misfit) = scalar::write_parameter(out, field.number, &field.kind, text) {
            self.reject(field.name(), &misfit);
        }
    }

    fn message(&mut self, out: &mut Vec<u8>, shape: &'a Shape, entries: &'a Entries<'a>) {
        let mut seen = vec![false; shape.slots.len()];
        let mut unions: Vec<(Option<&Json>, Option<&Json>)> = vec![(None, None); shape.unions.len()];
        for (name, value) in entries {
            if self.faults.len() >= MOST_FAULTS {
                return;
            }
            let Some((place, slot)) = shape.slot(name) else {
                self.reject(name, "is not known");
                continue;
            };
            if std::mem::replace(&mut seen[place], true) {
                self.reject(name, "must be given once");
                continue;
            }
            if *value == Json::Null {
                continue;
            }
            match slot {
                Slot::Field(index) => self.field(out, &shape.fields[index], value),
                Slot::Tag(index) => unions[index].0 = Some(value),
                Slot::Content(index) => unions[index].1 = Some(value),
            }
        }
        for (union, (tag, content)) in shape.unions.iter().zip(unions) {
            self.union(out, shape, union, tag, content);
        }
    }

    fn union(
        &mut self,
        out: &mut Vec<u8>,
        shape: &'a Shape,
        union: &'a Union,
        tag: Option<&'a Json<'a>>,
        content: Option<&'a Json<'a>>,
    ) {
        let tag = match (tag, content) {
            (Some(tag), _) => tag.as_text(),
            (None, Some(_)) => None,
            (None, None) => return,
        };
        let Some(case) = tag.and_then(|tag| union.cases.iter().find(|case| case.tag == tag)) else {
            let tags: Vec<_> = union.cases.iter().map(|case| case.tag.as_str()).collect();
            return self.reject(&union.tag, &format!("must be one of {}", tags.join(", ")));
        };
        let field = &shape.fields[case.field];
        self.path.push(Step::Name(&union.content));
        match content {
            None => wire::delimited(out, field.number, &[]),
            Some(content) => self.value(out, field.number, &field.kind, content),
        }
        self.path.pop();
    }

    fn field(&mut self, out: &mut Vec<u8>, field: &'a Field, value: &'a Json<'a>) {
        self.path.push(Step::Name(field.name()));
        match (field.many, value) {
            (Many::One, _) => self.value(out, field.number, &field.kind, value),
            (Many::List, Json::List(items)) => {
                for (index, item) in items.iter().enumerate() {
                    if self.faults.len() >= MOST_FAULTS {
                        break;
                    }
                    self.path.push(Step::Index(index));
                    self.value(out, field.number, &field.kind, item);
                    self.path.pop();
                }
            }
            (Many::Map, Json::Object(entries)) => self.map(out, field, entries),
            (Many::List, _) => self.reject_here("must be a list"),
            (Many::Map, _) => self.reject_here("must be an object"),
        }
        self.path.pop();
    }

    fn map(&mut self, out: &mut Vec<u8>, field: &'a Field, entries: &'a Entries<'a>) {
        let mut seen = HashSet::new();
        for (name, value) in entries {
            self.path.push(Step::Name(name));
            if self.faults.len() >= MOST_FAULTS {
                // nothing more is told
            } else if !seen.insert(name) {
                self.reject_here("must be given once");
            } else {
                let mut entry = Vec::new();
                wire::delimited(&mut entry, 1, name.as_bytes());
                self.value(&mut entry, 2, &field.kind, value);
                wire::delimited(out, field.number, &entry);
            }
            self.path.pop();
        }
    }

    fn value(&mut self, out: &mut Vec<u8>, number: u32, kind: &Kind, value: &'a Json<'a>) {
        match (kind, value) {
            (Kind::Message(id), Json::Object(entries)) => {
                let mut inner = Vec::new();
                self.message(&mut inner, self.contract.shape(*id), entries);
                wire::delimited(out, number, &inner);
            }
            (Kind::Message(_), _) => self.reject_here("must be an object"),
            _ => {
                if let Err(misfit) = scalar::write_json(out, number, kind, value) {
                    self.reject_here(&misfit);
                }
            }
        }
    }

    /// Notes a fault at a name below here.
    fn reject(&mut self, name: &str, message: &str) {
        let mut field = self.place();
        if !field.is_empty() {
            field.push('.');
        }
        push_name(&mut field, name);
        self.note(field, message);
    }

    fn reject_here(&mut self, message: &str) {
        let field = self.place();
        self.note(field, message);
    }

    fn note(&mut self, field: String, message: &str) {
        if self.faults.len() < MOST_FAULTS {
            self.faults.push(FieldError { field, message: message.to_owned() });
        }
    }

    fn place(&self) -> String {
        let mut place = String::new();
        for step in &self.path {
            match step {
                Step::Index(index) => place.push_str(&format!("[{index}]")),
                Step::Name(name) => {
                    if !place.is_empty() {
                        place.push('.');
                    }
                    push_name(&mut place, name);
                }
            }
        }
        place
    }
}

fn push_name(place: &mut String, name: &str) {
    place.extend(name.chars().take(LONGEST_NAME));
}
