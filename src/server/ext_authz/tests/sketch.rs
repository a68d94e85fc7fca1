//! Messages that follow the schema of a `CheckRequest` more or less: fields in any order, some of them
//! twice, some unknown, a few of another type, and sometimes a few bytes that are changed.

use fastrand::Rng;

#[derive(Clone, Copy)]
enum Kind {
    Text,
    Bytes,
    Varint,
    Double,
    Message(&'static [(u32, Self)]),
}

use Kind::{Bytes, Double, Message, Text, Varint};

const ENTRY: Kind = Message(&[(1, Text), (2, Text)]);
const SOCKET: Kind =
    Message(&[(1, Varint), (2, Text), (3, Varint), (4, Text), (5, Text), (6, Varint), (7, Text)]);
const ADDRESS: Kind = Message(&[
    (1, SOCKET),
    (1, SOCKET),
    (2, Message(&[(1, Text), (2, Varint)])),
    (3, Message(&[(1, Text), (2, Text)])),
]);
const PEER: Kind = Message(&[(1, ADDRESS), (2, Text), (3, ENTRY), (4, Text), (5, Text)]);
const HEADER_MAP: Kind = Message(&[(1, Message(&[(1, Text), (2, Text), (3, Bytes)]))]);
const HTTP: Kind = Message(&[
    (1, Text),
    (2, Text),
    (3, ENTRY),
    (3, ENTRY),
    (3, ENTRY),
    (4, Text),
    (5, Text),
    (6, Text),
    (7, Text),
    (8, Text),
    (9, Varint),
    (10, Text),
    (11, Text),
    (12, Bytes),
    (13, HEADER_MAP),
]);
const VALUE: Kind = Message(&[
    (1, Varint),
    (2, Double),
    (3, Text),
    (4, Varint),
    (5, Message(&[(1, Message(&[(1, Text), (2, Message(&[(3, Text), (2, Double)]))]))])),
    (6, Message(&[(1, Message(&[(3, Text), (4, Varint)]))])),
]);
const STRUCT: Kind = Message(&[(1, Message(&[(1, Text), (2, VALUE)]))]);
const METADATA: Kind = Message(&[
    (1, Message(&[(1, Text), (2, STRUCT)])),
    (2, Message(&[(1, Text), (2, Message(&[(1, Text), (2, Bytes)]))])),
]);
const ATTRIBUTES: Kind = Message(&[
    (1, PEER),
    (2, PEER),
    (4, Message(&[(1, Message(&[(1, Varint), (2, Varint)])), (2, HTTP), (2, HTTP)])),
    (4, Message(&[(2, HTTP)])),
    (10, ENTRY),
    (11, METADATA),
    (12, Message(&[(1, Text)])),
    (13, METADATA),
]);
const CHECK_REQUEST: Kind = Message(&[(1, ATTRIBUTES), (1, ATTRIBUTES)]);

const TEXTS: [&[u8]; 10] = [
    b"",
    b"GET",
    b"x-tenant",
    b"x-envoy-auth-partial-body",
    b"true",
    b"envoy.filters.http.jwt_authn",
    b"10.0.0.1",
    b"/documents/7?view=all",
    "é\u{1f600}".as_bytes(),
    b"\xff",
];

pub(super) fn message(seed: u64) -> Vec<u8> {
    let mut rng = Rng::with_seed(seed);
    // Most are without an error, so that errors come alone.
    let mut sketch = Sketch { wrong: if rng.u8(..4) == 0 { 40 } else { 0 }, rng };
    let mut bytes = Vec::new();
    sketch.value(&mut bytes, CHECK_REQUEST);
    // Without the length, as it is the outermost.
    let start = bytes.iter().position(|byte| *byte < 0x80).unwrap() + 1;
    bytes.drain(..start);
    if sketch.rng.u8(..4) == 0 {
        for _ in 0..sketch.rng.usize(1..4) {
            sketch.change(&mut bytes);
        }
    }
    bytes
}

struct Sketch {
    rng: Rng,
    /// In a thousand.
    wrong: u32,
}

impl Sketch {
    fn field(&mut self, bytes: &mut Vec<u8>, number: u32, kind: Kind) {
        let kind = if self.rng.u32(..1000) < self.wrong {
            [Text, Varint, Double, Bytes][self.rng.usize(..4)]
        } else {
            kind
        };
        let wire_type = match kind {
            Text | Bytes | Message(_) => 2,
            Varint => 0,
            Double => 1,
        };
        varint(bytes, u64::from(number << 3 | wire_type));
        self.value(bytes, kind);
    }

    fn value(&mut self, bytes: &mut Vec<u8>, kind: Kind) {
        let value = match kind {
            Varint => return varint(bytes, self.rng.u64(..) >> self.rng.u32(..64)),
            Double => return bytes.extend(self.rng.u64(..).to_le_bytes()),
            Text => {
                // The last one is not UTF-8.
                let some = if self.wrong > 0 { TEXTS.len() } else { TEXTS.len() - 1 };
                TEXTS[self.rng.usize(..some)].to_vec()
            }
            Bytes => TEXTS[self.rng.usize(..TEXTS.len())].to_vec(),
            Message(fields) => {
                let mut message = Vec::new();
                for _ in 0..self.rng.usize(..=fields.len() + 1) {
                    if self.rng.u8(..20) == 0 {
                        self.unknown(&mut message);
                    }
                    let (number, kind) = fields[self.rng.usize(..fields.len())];
                    self.field(&mut message, number, kind);
                }
                message
            }
        };
        varint(bytes, value.len() as u64);
        bytes.extend(value);
    }

    /// A field of a number that no message has, a group among them.
    fn unknown(&mut self, bytes: &mut Vec<u8>) {
        let number = self.rng.u32(14..1 << 20);
        match self.rng.u8(..6) {
            0 => self.field(bytes, number, Varint),
            1 => self.field(bytes, number, Double),
            2 => self.field(bytes, number, Bytes),
            3 => {
                varint(bytes, u64::from(number << 3 | 5));
                bytes.extend([1, 2, 3, 4]);
            }
            _ => {
                varint(bytes, u64::from(number << 3 | 3));
                self.unknown(bytes);
                let end = if self.rng.u32(..1000) < self.wrong { number + 1 } else { number };
                varint(bytes, u64::from(end << 3 | 4));
            }
        }
    }

    fn change(&mut self, bytes: &mut Vec<u8>) {
        let at = self.rng.usize(..=bytes.len());
        let end = bytes.len().min(at + self.rng.usize(..8));
        match self.rng.u8(..5) {
            0 => drop(bytes.drain(at..end)),
            1 => bytes.insert(at, self.rng.u8(..)),
            2 => bytes.truncate(at),
            3 => bytes.extend_from_within(at..end),
            _ => {
                if let Some(byte) = bytes.get_mut(at) {
                    *byte ^= 1 << self.rng.u8(..8);
                }
            }
        }
    }
}

pub(super) fn varint(bytes: &mut Vec<u8>, mut value: u64) {
    while value > 0x7f {
        bytes.push(value.to_le_bytes()[0] | 0x80);
        value >>= 7;
    }
    bytes.push(value.to_le_bytes()[0]);
}
