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
        let start = self.0.len();
        write(self);
        let end = self.0.len();
        // The length stands before what it is the length of, and is known behind it.
        self.varint((end - start) as u64);
        let digits = self.0.len() - end;
        if let Some(message) = self.0.get_mut(start..) {
            message.rotate_right(digits);
        }
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
