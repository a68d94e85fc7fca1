//! A protobuf message as its fields, in the order in which they were sent and without a copy.
//!
//! It refuses what `prost` refuses: wire types that do not fit, text that is not UTF-8, lengths beyond
//! the end, and nesting without end; but only of what is asked for. A test holds both against each other.

/// How deep messages and groups may lie in each other. It is what `prost` and Google's own
/// implementations have.
const DEPTH: u32 = 100;

/// The bytes are not the message that they should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the message is malformed")]
pub(super) struct Malformed;

/// The fields of one message.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fields<'m> {
    rest: &'m [u8],
    depth: u32,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Field<'m> {
    pub(super) number: u32,
    value: Value<'m>,
    /// Of the message that it is a part of.
    depth: u32,
}

#[derive(Clone, Copy, Debug)]
enum Value<'m> {
    Varint,
    /// A text, bytes or a message: only the field's number tells.
    Bytes(&'m [u8]),
    /// What no field that we know has: numbers of a fixed width, and groups.
    Other,
}

// === impl Fields ===

impl<'m> Fields<'m> {
    pub(super) fn of(message: &'m [u8]) -> Self {
        Self { rest: message, depth: DEPTH }
    }

    fn field(&mut self) -> Result<Field<'m>, Malformed> {
        let (number, wire_type) = key(&mut self.rest)?;
        let value = value(&mut self.rest, number, wire_type, self.depth)?;
        Ok(Field { number, value, depth: self.depth })
    }
}

/// After an error there is nothing more: callers stop at it.
impl<'m> Iterator for Fields<'m> {
    type Item = Result<Field<'m>, Malformed>;

    fn next(&mut self) -> Option<Self::Item> {
        (!self.rest.is_empty()).then(|| self.field())
    }
}

// === impl Field ===

impl<'m> Field<'m> {
    pub(super) fn text(&self) -> Result<&'m str, Malformed> {
        str::from_utf8(self.bytes()?).map_err(|_not_utf8| Malformed)
    }

    pub(super) fn bytes(&self) -> Result<&'m [u8], Malformed> {
        match self.value {
            Value::Bytes(bytes) => Ok(bytes),
            Value::Varint | Value::Other => Err(Malformed),
        }
    }

    pub(super) fn message(&self) -> Result<Fields<'m>, Malformed> {
        let depth = self.depth.checked_sub(1).ok_or(Malformed)?;
        Ok(Fields { rest: self.bytes()?, depth })
    }

    /// A number, whichever it is.
    pub(super) fn check_varint(&self) -> Result<(), Malformed> {
        match self.value {
            Value::Varint => Ok(()),
            Value::Bytes(_) | Value::Other => Err(Malformed),
        }
    }
}

/// A field's number and wire type.
fn key(rest: &mut &[u8]) -> Result<(u32, u32), Malformed> {
    let key = u32::try_from(varint(rest)?).map_err(|_too_large| Malformed)?;
    let (number, wire_type) = (key >> 3, key & 7);
    if number == 0 { Err(Malformed) } else { Ok((number, wire_type)) }
}

#[inline]
fn value<'m>(
    rest: &mut &'m [u8],
    number: u32,
    wire_type: u32,
    depth: u32,
) -> Result<Value<'m>, Malformed> {
    // Nearly all are of this type.
    if wire_type == 2 {
        let length = usize::try_from(varint(rest)?).map_err(|_too_large| Malformed)?;
        return Ok(Value::Bytes(take(rest, length)?));
    }
    other_value(rest, number, wire_type, depth)
}

fn other_value<'m>(
    rest: &mut &'m [u8],
    number: u32,
    wire_type: u32,
    depth: u32,
) -> Result<Value<'m>, Malformed> {
    Ok(match wire_type {
        0 => varint(rest).map(|_| Value::Varint)?,
        1 => take(rest, 8).map(|_| Value::Other)?,
        3 => skip_group(rest, number, depth).map(|()| Value::Other)?,
        5 => take(rest, 4).map(|_| Value::Other)?,
        _ => return Err(Malformed),
    })
}

/// Fields up to the end of the group that has begun (wire types 3 and 4).
fn skip_group(rest: &mut &[u8], group: u32, depth: u32) -> Result<(), Malformed> {
    let depth = depth.checked_sub(1).ok_or(Malformed)?;
    loop {
        match key(rest)? {
            (number, 4) if number == group => return Ok(()),
            _ if depth == 0 => return Err(Malformed),
            (number, wire_type) => value(rest, number, wire_type, depth)?,
        };
    }
}

fn take<'m>(rest: &mut &'m [u8], length: usize) -> Result<&'m [u8], Malformed> {
    let (taken, after) = rest.split_at_checked(length).ok_or(Malformed)?;
    *rest = after;
    Ok(taken)
}

/// Seven bits a byte, the lowest first; at most 64 of them.
#[inline]
fn varint(rest: &mut &[u8]) -> Result<u64, Malformed> {
    // Keys and most lengths are of one byte.
    if let [byte @ ..0x80, after @ ..] = *rest {
        *rest = after;
        return Ok((*byte).into());
    }
    long_varint(rest)
}

fn long_varint(rest: &mut &[u8]) -> Result<u64, Malformed> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let (byte, after) = rest.split_first().ok_or(Malformed)?;
        *rest = after;
        let bits = u64::from(byte & 0x7f);
        if shift == 63 && *byte > 1 {
            return Err(Malformed);
        }
        value |= bits << shift;
        if *byte < 0x80 {
            return Ok(value);
        }
    }
    Err(Malformed)
}
