//! The shapes of messages as REST sees them, looked up once: names, kinds, presence, unions. Options are slow to read from
//! descriptors, and nothing here is read again for a request.

use std::collections::HashMap;
use std::sync::Arc;

use chassis::Error;
use prost_reflect::{
    EnumDescriptor, FieldDescriptor, Kind as Wire, MessageDescriptor, OneofDescriptor, Value,
};

use super::{extension, text, unfit};

/// Points at a shape of the contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ShapeId(usize);

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
    names: HashMap<String, usize>,
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

/// Shapes, each read once.
#[derive(Default)]
pub(super) struct Shapes {
    shapes: Vec<Shape>,
    ids: HashMap<String, ShapeId>,
}

impl Shapes {
    pub(super) fn get(&self, ShapeId(index): ShapeId) -> &Shape {
        // an id is only ever made by `add`, and nothing is taken out
        &self.shapes[index]
    }

    /// Reads a message, and those within it.
    pub(super) fn add(&mut self, descriptor: &MessageDescriptor) -> Result<ShapeId, Error> {
        if let Some(id) = self.ids.get(descriptor.full_name()) {
            return Ok(*id);
        }
        let id = ShapeId(self.shapes.len());
        self.ids.insert(descriptor.full_name().to_owned(), id);
        // holds the place, so that a message may contain itself
        self.shapes.push(Shape::empty(descriptor));
        let mut shape = Shape::empty(descriptor);
        for field in descriptor.fields() {
            let index = shape.fields.len();
            shape.fields.push(self.field(&field)?);
            match field.containing_oneof().filter(|oneof| !oneof.is_synthetic()) {
                Some(oneof) => shape.case(&oneof, index)?,
                None => shape.put(field.name(), Slot::Field(index)),
            }
        }
        self.shapes[id.0] = shape;
        Ok(id)
    }

    fn field(&mut self, field: &FieldDescriptor) -> Result<Field, Error> {
        let (many, kind) = if field.is_map() {
            let Wire::Message(entry) = field.kind() else {
                return Err(unfit(field.full_name(), "not a map"));
            };
            if entry.map_entry_key_field().kind() != Wire::String {
                return Err(unfit(field.full_name(), "a map is by name"));
            }
            (Many::Map, entry.map_entry_value_field().kind())
        } else {
            (if field.is_list() { Many::List } else { Many::One }, field.kind())
        };
        let says = |option| matches!(extension(&field.options(), option), Some(Value::Bool(true)));
        Ok(Field {
            descriptor: field.clone(),
            number: field.number(),
            many,
            kind: self
                .kind(&kind)
                .map_err(|why| why.unwrap_or_else(|| unfit(field.full_name(), "of this kind")))?,
            presence: many == Many::One && field.supports_presence(),
            nullable: says("edge.v1.nullable"),
            hidden_when_empty: says("edge.v1.hidden_when_empty"),
        })
    }

    fn kind(&mut self, wire: &Wire) -> Result<Kind, Option<Error>> {
        Ok(match wire {
            Wire::Bool => Kind::Bool,
            Wire::Int32 => Kind::Int32,
            Wire::Int64 => Kind::Int64,
            Wire::Uint32 => Kind::Uint32,
            Wire::Uint64 => Kind::Uint64,
            Wire::Float => Kind::Float,
            Wire::Double => Kind::Double,
            Wire::String => Kind::String,
            Wire::Bytes => Kind::Bytes,
            Wire::Enum(descriptor) => Kind::Enum(Arc::new(choices(descriptor))),
            Wire::Message(message) => match message.full_name() {
                "google.protobuf.Timestamp" => Kind::Time,
                "google.protobuf.FieldMask" => Kind::Mask,
                _ => Kind::Message(self.add(message).map_err(Some)?),
            },
            _ => return Err(None),
        })
    }
}

impl Shape {
    fn empty(descriptor: &MessageDescriptor) -> Self {
        Self {
            descriptor: descriptor.clone(),
            fields: Vec::new(),
            unions: Vec::new(),
            slots: Vec::new(),
            names: HashMap::new(),
        }
    }

    fn put(&mut self, name: &str, slot: Slot) {
        self.names.insert(name.to_owned(), self.slots.len());
        self.slots.push(slot);
    }

    fn case(&mut self, oneof: &OneofDescriptor, field: usize) -> Result<(), Error> {
        let union = match self.unions.iter().position(|union| union.oneof == oneof.name()) {
            Some(known) => known,
            None => self.union(oneof)?,
        };
        if !matches!(self.fields[field].kind, Kind::Message(_)) {
            return Err(unfit(oneof.full_name(), "a case of a union is a message"));
        }
        let tag = self.fields[field].name().to_ascii_uppercase();
        self.unions[union].cases.push(Case { tag, field });
        Ok(())
    }

    fn union(&mut self, oneof: &OneofDescriptor) -> Result<usize, Error> {
        let Some(Value::Message(option)) = extension(&oneof.options(), "edge.v1.union") else {
            return Err(unfit(oneof.full_name(), "a public oneof says by edge.v1.union how it is shown"));
        };
        let (tag, content) = (text(&option, "tag"), text(&option, "content"));
        let index = self.unions.len();
        self.put(&tag, Slot::Tag(index));
        self.put(&content, Slot::Content(index));
        self.unions.push(Union { tag, content, oneof: oneof.name().to_owned(), cases: Vec::new() });
        Ok(index)
    }
}

fn choices(descriptor: &EnumDescriptor) -> Choices {
    let prefix = prefix(descriptor.name());
    let values = descriptor.values().filter(|value| value.number() != 0);
    let names = values.map(|value| {
        let name = value.name();
        (value.number(), name.strip_prefix(&prefix).unwrap_or(name).to_owned())
    });
    Choices { names: names.collect() }
}

/// The prefix that the values of an enum carry: `LogType` gives `LOG_TYPE_`.
fn prefix(name: &str) -> String {
    let mut prefix = String::with_capacity(name.len() + 4);
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && !prefix.is_empty() {
            prefix.push('_');
        }
        prefix.push(letter.to_ascii_uppercase());
    }
    prefix.push('_');
    prefix
}
