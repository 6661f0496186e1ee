//! Writes the protocol-buffer wire format: the few forms a request needs. A request goes from JSON to these bytes at once,
//! without a message in between.

const VARINT: u32 = 0;
const FIXED64: u32 = 1;
const DELIMITED: u32 = 2;
const FIXED32: u32 = 5;

/// A number in base 128. A signed one is sign-extended first.
pub fn varint(out: &mut Vec<u8>, field: u32, value: u64) {
    key(out, field, VARINT);
    raw_varint(out, value);
}

/// A double.
pub fn double(out: &mut Vec<u8>, field: u32, value: f64) {
    key(out, field, FIXED64);
    out.extend_from_slice(&value.to_le_bytes());
}

/// A float.
pub fn float(out: &mut Vec<u8>, field: u32, value: f32) {
    key(out, field, FIXED32);
    out.extend_from_slice(&value.to_le_bytes());
}

/// A text, bytes, or an encoded message.
pub fn delimited(out: &mut Vec<u8>, field: u32, value: &[u8]) {
    key(out, field, DELIMITED);
    raw_varint(out, value.len() as u64);
    out.extend_from_slice(value);
}

fn key(out: &mut Vec<u8>, field: u32, wire_type: u32) {
    raw_varint(out, u64::from(field << 3 | wire_type));
}

fn raw_varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}
