//! The protocol-buffer wire format: the few forms that the contract needs. A request goes from JSON to these bytes at once, and an
//! answer from these bytes to JSON, without a message in between.

use chassis::Error;
use prost::encoding::decode_varint;

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

/// A value as it is on the wire.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Raw<'m> {
    /// A whole number, or what is counted: a truth value or an enum's.
    Varint(u64),
    /// A double.
    Fixed64([u8; 8]),
    /// A float.
    Fixed32([u8; 4]),
    /// A text, bytes, a message, or packed numbers.
    Delimited(&'m [u8]),
}

/// The fields of a message in the order in which they came, unread.
pub struct Fields<'m>(Vec<(u32, Raw<'m>)>);

impl<'m> Fields<'m> {
    /// Tells the fields of a message apart.
    pub fn read(mut message: &'m [u8]) -> Result<Self, Error> {
        let mut fields = Vec::new();
        while !message.is_empty() {
            let key = u32::try_from(number(&mut message)?).map_err(Error::internal)?;
            let value = match key & 7 {
                VARINT => Raw::Varint(number(&mut message)?),
                FIXED64 => Raw::Fixed64(fixed(&mut message)?),
                FIXED32 => Raw::Fixed32(fixed(&mut message)?),
                DELIMITED => {
                    let length = usize::try_from(number(&mut message)?).map_err(Error::internal)?;
                    Raw::Delimited(message.split_off(..length).ok_or_else(cut_off)?)
                }
                _ => return Err(Error::internal("a message has a field of a form that no contract uses")),
            };
            fields.push((key >> 3, value));
        }
        Ok(Self(fields))
    }

    /// All values of a field, in their order.
    pub fn all(&self, number: u32) -> impl Iterator<Item = Raw<'m>> {
        self.0.iter().filter(move |(of, _)| *of == number).map(|(_, value)| *value)
    }

    /// The value of a field; of several the last, as everybody reads it.
    pub fn last(&self, number: u32) -> Option<Raw<'m>> {
        self.last_of(|of| of == number).map(|(_, value)| value)
    }

    /// The last of some fields.
    pub fn last_of(&self, wanted: impl Fn(u32) -> bool) -> Option<(u32, Raw<'m>)> {
        self.0.iter().rfind(|(of, _)| wanted(*of)).copied()
    }
}

/// The numbers of a packed list of whole numbers.
pub fn packed(mut list: &[u8]) -> Result<Vec<Raw<'static>>, Error> {
    let mut values = Vec::new();
    while !list.is_empty() {
        values.push(Raw::Varint(number(&mut list)?));
    }
    Ok(values)
}

fn number(from: &mut &[u8]) -> Result<u64, Error> {
    decode_varint(from).map_err(Error::internal)
}

fn fixed<const N: usize>(from: &mut &[u8]) -> Result<[u8; N], Error> {
    from.split_off(..N).and_then(|bytes| bytes.try_into().ok()).ok_or_else(cut_off)
}

fn cut_off() -> Error {
    Error::internal("a message is cut off")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let mut message = Vec::new();
        varint(&mut message, 1, u64::MAX);
        delimited(&mut message, 16, b"text");
        double(&mut message, 3, 0.5);
        float(&mut message, 4, 1.5);
        varint(&mut message, 1, 7);
        let fields = Fields::read(&message).unwrap();
        let all: Vec<_> = fields.all(1).collect();
        assert_eq!(all, [Raw::Varint(u64::MAX), Raw::Varint(7)]);
        assert_eq!((fields.last(1), fields.last(2)), (Some(Raw::Varint(7)), None));
        assert_eq!(fields.last(16), Some(Raw::Delimited(b"text")));
        assert_eq!(fields.last(3), Some(Raw::Fixed64(0.5_f64.to_le_bytes())));
        assert_eq!(fields.last_of(|of| of == 3 || of == 4), Some((4, Raw::Fixed32(1.5_f32.to_le_bytes()))));
        assert_eq!(packed(&[1, 0x96, 1]).unwrap(), [Raw::Varint(1), Raw::Varint(150)]);
    }

    #[test]
    fn what_is_cut_off_or_of_no_known_form_is_refused() {
        for message in [&[8][..], &[8, 0x80], &[0x12, 2, 1], &[9, 1, 2], &[13, 1], &[11], &[0xff; 11]] {
            assert!(Fields::read(message).is_err(), "{message:?}");
        }
        assert!(packed(&[0x80]).is_err());
    }
}
