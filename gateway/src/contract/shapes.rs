//! Reads shapes from descriptors, each message once.

use std::collections::HashMap;
use std::sync::Arc;

use chassis::Error;
use prost_reflect::{
    EnumDescriptor, FieldDescriptor, Kind as Wire, MessageDescriptor, OneofDescriptor, Value,
};

use super::shape::{Case, Choices};
use super::{Field, Kind, Many, Shape, ShapeId, Slot, Union, extension, text, unfit};

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
