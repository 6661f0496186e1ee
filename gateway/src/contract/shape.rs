//! The shapes of messages as REST sees them, looked up once: names, kinds, presence, unions. Options are slow to read from
//! descriptors, and nothing here is read again for a request.

use std::collections::HashMap;
use std::sync::Arc;

use prost_reflect::{FieldDescriptor, MessageDescriptor};

/// Points at a shape of the contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ShapeId(pub(super) usize);

/// A message as REST sees it.
pub struct Shape {
    /// The message.
    pub descriptor: MessageDescriptor,
    /// Its fields, in the order of the contract.
    pub fields: Vec<Field>,
    /// Its oneofs, each shown as two properties.
    pub unions: Vec<Union>,
    /// Its properties, in the order of the contract.
    pub slots: Vec<Slot>,
    /// Where each property is among the slots.
    pub(super) names: HashMap<String, usize>,
}

/// What a property stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slot {
    /// A field, by its place in [`Shape::fields`].
    Field(usize),
    /// The name of the case of a union, by its place in [`Shape::unions`].
    Tag(usize),
    /// The content of the case of a union.
    Content(usize),
}

/// A field.
pub struct Field {
    /// The field.
    pub descriptor: FieldDescriptor,
    /// Its number on the wire.
    pub number: u32,
    /// How many values it holds.
    pub many: Many,
    /// What a value is.
    pub kind: Kind,
    /// Whether "not given" differs from the zero value.
    pub presence: bool,
    /// Whether it is printed as `null` when it is absent.
    pub nullable: bool,
    /// Whether the list is left out when it is empty.
    pub hidden_when_empty: bool,
}

/// How many values a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Many {
    /// One.
    One,
    /// A list.
    List,
    /// Values by name.
    Map,
}

/// What a value is.
#[derive(Clone)]
#[allow(missing_docs, reason = "named as in the protocol buffers")]
pub enum Kind {
    Bool,
    Int32,
    Int64,
    Uint32,
    Uint64,
    Float,
    Double,
    String,
    Bytes,
    Enum(Arc<Choices>),
    /// A `google.protobuf.Timestamp`.
    Time,
    /// A `google.protobuf.FieldMask`.
    Mask,
    Message(ShapeId),
}

/// The values of an enum as REST writes them: without the enum's own prefix, and without the zero value, which says nothing.
pub struct Choices {
    /// Number and name.
    pub names: Vec<(i32, String)>,
}

/// A oneof as two neighbouring properties.
pub struct Union {
    /// The property that names the case.
    pub tag: String,
    /// The property that holds the case's message.
    pub content: String,
    /// The oneof's name in the contract.
    pub oneof: String,
    /// The cases.
    pub cases: Vec<Case>,
}

/// A case of a union.
pub struct Case {
    /// How the tag names it.
    pub tag: String,
    /// Its field, by its place in [`Shape::fields`].
    pub field: usize,
}

impl Shape {
    /// The property with a name: its place among the slots, and what it stands for.
    pub fn slot(&self, name: &str) -> Option<(usize, Slot)> {
        let place = *self.names.get(name)?;
        Some((place, *self.slots.get(place)?))
    }

    /// The plain field with a name.
    pub fn field(&self, name: &str) -> Option<&Field> {
        match self.slot(name)?.1 {
            Slot::Field(index) => self.fields.get(index),
            Slot::Tag(_) | Slot::Content(_) => None,
        }
    }
}

impl Field {
    /// Its name.
    pub fn name(&self) -> &str {
        self.descriptor.name()
    }

    /// Whether a query can give it: everything but maps and messages.
    pub fn takes_parameter(&self) -> bool {
        self.many != Many::Map && !matches!(self.kind, Kind::Message(_))
    }
}

impl Choices {
    /// The number of a value.
    pub fn number(&self, name: &str) -> Option<i32> {
        self.names.iter().find(|(_, known)| known == name).map(|(number, _)| *number)
    }

    /// The name of a value; `None` for zero and for a value of a newer contract.
    pub fn name(&self, number: i32) -> Option<&str> {
        self.names.iter().find(|(known, _)| *known == number).map(|(_, name)| name.as_str())
    }

    /// All names, for a message.
    pub fn list(&self) -> String {
        self.names.iter().map(|(_, name)| name.as_str()).collect::<Vec<_>>().join(", ")
    }
}
