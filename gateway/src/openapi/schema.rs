//! Messages as JSON Schema, each under a name of its own among the components.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::{Map, Value, json};

use super::comments::Comments;
use super::constraints::{self, Schema};
use crate::contract::{Contract, Field, Kind, Many, Shape, ShapeId, Slot, Union, extension};
use crate::rest::MOST_EXACT;

/// The schemas of the document, made as they are asked for.
pub struct Schemas<'c> {
    contract: &'c Contract,
    comments: &'c Comments,
    /// Names that more than one package uses.
    shared: BTreeSet<String>,
    /// Messages that requests are made of, and that are therefore closed to what is not known.
    inputs: BTreeSet<ShapeId>,
    done: BTreeMap<String, Value>,
}

impl<'c> Schemas<'c> {
    /// No schemas yet.
    pub fn new(contract: &'c Contract, comments: &'c Comments) -> Self {
        let mut uses: HashMap<&str, BTreeSet<&str>> = HashMap::new();
        let mut inputs = BTreeSet::new();
        let mut all = BTreeSet::new();
        for method in contract.methods() {
            reach(contract, method.input, &mut inputs);
            reach(contract, method.output, &mut all);
        }
        all.extend(&inputs);
        for id in all {
            let message = &contract.shape(id).descriptor;
            uses.entry(message.name()).or_default().insert(message.full_name());
        }
        let shared =
            uses.into_iter().filter(|(_, of)| of.len() > 1).map(|(name, _)| name.to_owned()).collect();
        Self { contract, comments, shared, inputs, done: BTreeMap::new() }
    }

    /// All schemas that were asked for, and the one of problems.
    pub fn finish(mut self, problem: Value) -> BTreeMap<String, Value> {
        self.done.insert("Problem".into(), problem);
        self.done
    }

    /// Points at the schema of a message.
    pub fn message(&mut self, id: ShapeId) -> Value {
        self.message_without(id, &[])
    }

    /// Points at the schema of a request's body, which leaves out what the path holds.
    pub fn message_without(&mut self, id: ShapeId, bound: &[&str]) -> Value {
        let shape = self.contract.shape(id);
        let name = self.name(shape);
        if !self.done.contains_key(&name) {
            // holds the place, so that a message may contain itself
            self.done.insert(name.clone(), Value::Null);
            let schema = self.object(id, shape, bound);
            self.done.insert(name.clone(), schema);
        }
        json!({"$ref": format!("#/components/schemas/{name}")})
    }

    /// The schema of a field that is given as a parameter.
    pub fn parameter(&mut self, field: &Field) -> Value {
        Value::Object(self.bare(field))
    }

    /// A message's own name, with that of its package before it where two packages use the same.
    fn name(&self, shape: &Shape) -> String {
        let name = shape.descriptor.name();
        if !self.shared.contains(name) {
            return name.to_owned();
        }
        let package = shape.descriptor.package_name().rsplit('.').nth(1).unwrap_or_default();
        let words = package.split('_').map(|word| word[..1].to_ascii_uppercase() + &word[1..]);
        words.collect::<String>() + name
    }

    fn object(&mut self, id: ShapeId, shape: &'c Shape, bound: &[&str]) -> Value {
        let input = self.inputs.contains(&id);
        let mut properties = Map::new();
        let mut required = Vec::new();
        for slot in &shape.slots {
            let Slot::Field(index) = slot else { continue };
            let field = &shape.fields[*index];
            if bound.contains(&field.name()) {
                continue;
            }
            let always = match input {
                true => constraints::required(field),
                false => always_printed(field),
            };
            if always {
                required.push(field.name());
            }
            let mut property = self.property(field, input && always);
            // to whoever asks, `null` is as good as nothing
            if field.nullable || (input && !always) {
                or_null(&mut property);
            }
            if let Kind::Mask = field.kind {
                property.insert("items".into(), json!({"type": "string", "enum": maskable(shape, bound)}));
            }
            properties.insert(field.name().to_owned(), Value::Object(property));
        }
        let mut schema = json!({
            "type": "object",
            "description": self.comments.message(&shape.descriptor),
            "properties": properties,
        });
        if !required.is_empty() {
            schema["required"] = json!(required);
        }
        for union in &shape.unions {
            schema["oneOf"] = self.union(shape, union);
        }
        if input {
            let closed =
                if shape.unions.is_empty() { "additionalProperties" } else { "unevaluatedProperties" };
            schema[closed] = json!(false);
        }
        schema
    }

    fn union(&mut self, shape: &'c Shape, union: &Union) -> Value {
        let cases = union.cases.iter().map(|case| {
            let field = &shape.fields[case.field];
            let content = match &field.kind {
                Kind::Message(id) => self.message(*id),
                _ => json!({}),
            };
            json!({
                "title": case.tag,
                "properties": {&union.tag: {"const": case.tag}, &union.content: content},
                "required": [&union.tag],
            })
        });
        Value::Array(cases.collect())
    }

    fn property(&mut self, field: &Field, must: bool) -> Schema {
        let mut schema = self.bare(field);
        if must {
            constraints::not_empty(&mut schema, field);
        }
        schema
    }

    fn bare(&mut self, field: &Field) -> Schema {
        let one = self.value(&field.kind);
        let mut schema = match field.many {
            Many::One => one,
            Many::List => object(json!({"type": "array", "items": one})),
            Many::Map => object(json!({"type": "object", "additionalProperties": one})),
        };
        constraints::add(&mut schema, field);
        let about = self.comments.field(&field.descriptor);
        if !about.is_empty() {
            schema.insert("description".into(), json!(about));
        }
        if let Some(prost_reflect::Value::String(unit)) =
            extension(&field.descriptor.options(), "edge.v1.unit")
        {
            schema.insert("x-unit".into(), json!(unit));
        }
        schema
    }

    fn value(&mut self, kind: &Kind) -> Schema {
        object(match kind {
            Kind::Bool => json!({"type": "boolean"}),
            Kind::Int32 => json!({"type": "integer", "format": "int32"}),
            Kind::Int64 => {
                json!({"type": "integer", "format": "int64", "minimum": -MOST_EXACT, "maximum": MOST_EXACT})
            }
            Kind::Uint32 => json!({"type": "integer", "minimum": 0, "maximum": u32::MAX}),
            Kind::Uint64 => json!({"type": "integer", "minimum": 0, "maximum": MOST_EXACT}),
            Kind::Float => json!({"type": "number", "format": "float"}),
            Kind::Double => json!({"type": "number", "format": "double"}),
            Kind::String => json!({"type": "string"}),
            Kind::Bytes => json!({"type": "string", "contentEncoding": "base64"}),
            Kind::Time => json!({"type": "string", "format": "date-time"}),
            Kind::Mask => json!({"type": "array", "items": {"type": "string"}}),
            Kind::Message(id) => self.message(*id),
            Kind::Enum(choices) => {
                let names: Vec<_> = choices.names.iter().map(|(_, name)| name).collect();
                json!({"type": "string", "enum": names})
            }
        })
    }
}

/// The fields of a body that its mask may name.
fn maskable<'s>(shape: &'s Shape, bound: &[&str]) -> Vec<&'s str> {
    let others = shape.fields.iter().filter(|field| !matches!(field.kind, Kind::Mask));
    others.map(Field::name).filter(|name| !bound.contains(name)).collect()
}

/// Whether every answer has the field.
fn always_printed(field: &Field) -> bool {
    field.nullable
        || (field.many != Many::One && !field.hidden_when_empty)
        || (field.many == Many::One && !(field.presence || matches!(field.kind, Kind::Enum(_))))
}

fn or_null(schema: &mut Schema) {
    if let Some(pointer) = schema.remove("$ref") {
        schema.insert("oneOf".into(), json!([{"$ref": pointer}, {"type": "null"}]));
    } else if let Some(kind) = schema.remove("type") {
        schema.insert("type".into(), json!([kind, "null"]));
        if let Some(Value::Array(names)) = schema.get_mut("enum") {
            names.push(Value::Null);
        }
    }
}

fn object(value: Value) -> Schema {
    match value {
        Value::Object(schema) => schema,
        _ => Schema::new(),
    }
}

fn reach(contract: &Contract, id: ShapeId, reached: &mut BTreeSet<ShapeId>) {
    if reached.insert(id) {
        for field in &contract.shape(id).fields {
            if let Kind::Message(inner) = field.kind {
                reach(contract, inner, reached);
            }
        }
    }
}
