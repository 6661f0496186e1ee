//! Messages that are made up: of every field something, and of every kind of value what is hard to carry.

use prost::Message;
use prost_reflect::{
    DynamicMessage, FieldDescriptor, Kind, MapKey, MessageDescriptor, ReflectMessage, Value,
};

/// The largest whole number that JSON carries exactly.
const MOST_EXACT: i64 = (1 << 53) - 1;
const TEXTS: [&str; 6] = ["Asha", "a b+c/d?e&f=g%h#i", "\"\\\u{7}\n\r\t", "आशा ☀ 💥", "", "null"];
const WHOLE: [i64; 6] = [7, -1, i32::MAX as i64, i32::MIN as i64, 0, 1];
const FLOATS: [f64; 8] = [22.5, -0.1, 1e-7, 1e300, 0.0, 0.30000000000000004, 9_007_199_254_740_993.0, 5e-324];
/// Seconds and nanoseconds: of this century, before 1970, and the first and last that there are.
const TIMES: [(i64, i32); 4] =
    [(1_772_352_000, 120_000_000), (-1, 999_999_999), (-62_135_596_800, 0), (253_402_300_799, 1)];

/// How many messages are made of each kind.
pub const VARIANTS: usize = 9;

/// The message number `variant`. The last has no field at all, the one before every other.
pub fn message(descriptor: &MessageDescriptor, variant: usize) -> DynamicMessage {
    sent(&Maker { count: variant * 31, variant }.message(descriptor, 0))
}

/// The message as it arrives: without what is as good as not set.
pub fn sent(message: &DynamicMessage) -> DynamicMessage {
    DynamicMessage::decode(message.descriptor(), message.encode_to_vec().as_slice()).unwrap()
}

struct Maker {
    count: usize,
    variant: usize,
}

impl Maker {
    fn next(&mut self) -> usize {
        self.count += 1;
        self.count
    }

    fn message(&mut self, descriptor: &MessageDescriptor, depth: usize) -> DynamicMessage {
        let mut message = DynamicMessage::new(descriptor.clone());
        match descriptor.full_name() {
            "google.protobuf.Timestamp" => {
                let (seconds, nanos) = TIMES[self.next() % TIMES.len()];
                message.set_field_by_name("seconds", Value::I64(seconds));
                message.set_field_by_name("nanos", Value::I32(nanos));
                return message;
            }
            "google.protobuf.FieldMask" => {
                let paths = ["name", "a.b_c"].map(|path| Value::String(path.to_owned()));
                message.set_field_by_name("paths", Value::List(paths.to_vec()));
                return message;
            }
            _ => {}
        }
        for field in descriptor.fields() {
            let left_out = match self.variant {
                8 => true,
                7 => self.next().is_multiple_of(2),
                _ => false,
            };
            // below here a message may hold itself
            let too_deep = depth > 4 && matches!(field.kind(), Kind::Message(_));
            // of a oneof the last case that is set stays
            let other_case = field.containing_oneof().is_some_and(|oneof| {
                !oneof.is_synthetic()
                    && oneof.fields().nth(self.variant % oneof.fields().len()) != Some(field.clone())
            });
            if !(left_out || too_deep || other_case) {
                let value = self.field(&field, depth);
                message.set_field(&field, value);
            }
        }
        message
    }

    fn field(&mut self, field: &FieldDescriptor, depth: usize) -> Value {
        if let (true, Kind::Message(entry)) = (field.is_map(), field.kind()) {
            let value = entry.map_entry_value_field();
            let entries =
                ["a", "b \"c\""].map(|key| (MapKey::String(key.to_owned()), self.value(&value, depth)));
            return Value::Map(entries.into_iter().collect());
        }
        if field.is_list() {
            return Value::List((0..self.next() % 3).map(|_| self.value(field, depth)).collect());
        }
        self.value(field, depth)
    }

    fn value(&mut self, field: &FieldDescriptor, depth: usize) -> Value {
        let count = self.next();
        let whole = WHOLE[count % WHOLE.len()];
        match field.kind() {
            Kind::Bool => Value::Bool(count.is_multiple_of(2)),
            Kind::Int32 => Value::I32(whole as i32),
            Kind::Int64 if count.is_multiple_of(4) => Value::I64(MOST_EXACT),
            Kind::Int64 if count % 4 == 1 => Value::I64(-MOST_EXACT),
            Kind::Int64 => Value::I64(whole),
            Kind::Double => Value::F64(FLOATS[count % FLOATS.len()]),
            Kind::String => Value::String(TEXTS[count % TEXTS.len()].to_owned()),
            Kind::Bytes => Value::Bytes(vec![0, 0xFF, count as u8].into()),
            // zero says nothing, and so counts as absent over REST
            Kind::Enum(choices) => {
                let numbers: Vec<i32> =
                    choices.values().map(|value| value.number()).filter(|n| *n != 0).collect();
                Value::EnumNumber(numbers[count % numbers.len()])
            }
            Kind::Message(descriptor) => Value::Message(self.message(&descriptor, depth + 1)),
            other => panic!("{}: make up a {other:?} here", field.full_name()),
        }
    }
}

/// The same without what REST cannot put into a path: a field that is bound there is given a plain value.
pub fn with_path(mut message: DynamicMessage, bound: &[&str]) -> DynamicMessage {
    for name in bound {
        let field = message.descriptor().get_field_by_name(name).unwrap();
        let value = match field.kind() {
            Kind::String => Value::String("a b/ü".to_owned()),
            Kind::Int32 => Value::I32(5),
            _ => Value::I64(5),
        };
        message.set_field(&field, value);
    }
    message
}
