//! The bytes of messages: fields as numbers, wire types and values.

/// A field's value as it is on the wire.
#[derive(Clone, Copy, Debug)]
pub(super) enum Raw<'b> {
    Varint(u64),
    Fixed64([u8; 8]),
    Bytes(&'b [u8]),
}

/// Bytes that are no message. Ours always are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Malformed;

pub(super) fn put_varint(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push(u8::try_from(number & 0x7f).unwrap_or_default() | 0x80);
        number >>= 7;
    }
    bytes.push(u8::try_from(number).unwrap_or_default());
}

pub(super) fn put_number(bytes: &mut Vec<u8>, field: u32, number: u64) {
    put_varint(bytes, u64::from(field) << 3);
    put_varint(bytes, number);
}

pub(super) fn put_double(bytes: &mut Vec<u8>, field: u32, number: f64) {
    put_varint(bytes, u64::from(field) << 3 | 1);
    bytes.extend_from_slice(&number.to_le_bytes());
}

pub(super) fn put_bytes(bytes: &mut Vec<u8>, field: u32, value: &[u8]) {
    put_varint(bytes, u64::from(field) << 3 | 2);
    put_varint(bytes, u64::try_from(value.len()).unwrap_or(u64::MAX));
    bytes.extend_from_slice(value);
}

/// All fields of a message, in their order.
pub(super) fn fields(mut bytes: &[u8]) -> Result<Vec<(u32, Raw<'_>)>, Malformed> {
    let mut fields = Vec::new();
    while !bytes.is_empty() {
        let key = take_varint(&mut bytes)?;
        let number = u32::try_from(key >> 3).map_err(|_too_large| Malformed)?;
        let value = match key & 7 {
            0 => Raw::Varint(take_varint(&mut bytes)?),
            1 => {
                let (value, rest) = bytes.split_first_chunk().ok_or(Malformed)?;
                bytes = rest;
                Raw::Fixed64(*value)
            }
            2 => {
                let length = usize::try_from(take_varint(&mut bytes)?);
                let length = length.map_err(|_too_large| Malformed)?;
                let (value, rest) = bytes.split_at_checked(length).ok_or(Malformed)?;
                bytes = rest;
                Raw::Bytes(value)
            }
            _ => return Err(Malformed),
        };
        fields.push((number, value));
    }
    Ok(fields)
}

fn take_varint(bytes: &mut &[u8]) -> Result<u64, Malformed> {
    let mut number = 0;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = bytes.split_first().ok_or(Malformed)?;
        *bytes = rest;
        number |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Ok(number);
        }
    }
    Err(Malformed)
}
