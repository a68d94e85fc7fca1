//! A protobuf message, written straight into bytes.

/// Every field that is written is there, even where its value is the one that it has when it is absent.
#[derive(Debug)]
pub(super) struct Writer(Vec<u8>);

const VARINT: u32 = 0;
const BYTES: u32 = 2;

// === impl Writer ===

impl Writer {
    /// Writes behind what is in `buffer`.
    pub(super) fn behind(buffer: Vec<u8>) -> Self {
        Self(buffer)
    }

    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.0
    }

    /// A number, or the one of an enum.
    pub(super) fn number(&mut self, field: u32, value: u32) {
        self.key(field, VARINT);
        self.varint(value.into());
    }

    pub(super) fn text(&mut self, field: u32, text: &str) {
        self.key(field, BYTES);
        self.varint(text.len() as u64);
        self.0.extend_from_slice(text.as_bytes());
    }

    /// A message of what `write` writes.
    pub(super) fn message(&mut self, field: u32, write: impl FnOnce(&mut Self)) {
        self.key(field, BYTES);
        // The length stands before what it is the length of, and is known behind it. Most have one
        // digit, so that is the place which is left.
        let start = self.0.len();
        self.0.push(0);
        write(self);
        let length = self.0.len() - start - 1;
        match (u8::try_from(length), self.0.get_mut(start)) {
            (Ok(digit @ ..0x80), Some(place)) => *place = digit,
            _ => self.insert_length(start, length),
        }
    }

    /// Writes a length of several digits in place of the one at `start`.
    fn insert_length(&mut self, start: usize, length: usize) {
        let end = self.0.len();
        self.varint(length as u64);
        let digits = self.0.split_off(end);
        self.0.splice(start..=start, digits);
    }

    fn key(&mut self, field: u32, wire_type: u32) {
        self.varint((field << 3 | wire_type).into());
    }

    fn varint(&mut self, mut value: u64) {
        while value > 0x7f {
            self.0.push(value.to_le_bytes()[0] | 0x80);
            value >>= 7;
        }
        self.0.push(value.to_le_bytes()[0]);
    }
}
