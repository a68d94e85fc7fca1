//! HTTP/2 as bytes (RFC 9113): what a client library would not let anybody send.

/// A connection with one request on stream 1, given as frames: their kinds, flags and payloads.
pub(crate) fn exchange(request: &[(u8, u8, &[u8])]) -> Vec<u8> {
    let mut bytes = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec();
    bytes.extend(frame(4, 0, 0, &[]));
    for (kind, flags, payload) in request {
        bytes.extend(frame(*kind, *flags, 1, payload));
    }
    // GOAWAY: no more will come, so the server closes when it has answered.
    bytes.extend(frame(7, 0, 0, &[0; 8]));
    bytes
}

/// The block of a HEADERS frame. Nothing is in a table or Huffman-coded (RFC 7541, 6.2.2).
pub(crate) fn headers<N: AsRef<[u8]>, V: AsRef<[u8]>>(
    lines: impl IntoIterator<Item = (N, V)>,
) -> Vec<u8> {
    let mut block = Vec::new();
    for (name, value) in lines {
        block.push(0);
        text(&mut block, name.as_ref());
        text(&mut block, value.as_ref());
    }
    block
}

/// What the server has sent so far: whether the answer is whole, and its body.
pub(crate) fn answer(mut bytes: &[u8]) -> (bool, Vec<u8>) {
    let (mut is_whole, mut body) = (false, Vec::new());
    while let Some(([length @ .., kind, flags, _, _, _, _], rest)) = bytes.split_first_chunk::<9>()
    {
        let [high, middle, low] = *length;
        let length = usize::try_from(u32::from_be_bytes([0, high, middle, low])).unwrap();
        let Some((payload, after)) = rest.split_at_checked(length) else { break };
        if *kind == 0 {
            body.extend_from_slice(payload);
        }
        // RST_STREAM, or the end of the stream in DATA or HEADERS.
        is_whole |= *kind == 3 || (*kind < 2 && flags & 1 == 1);
        bytes = after;
    }
    (is_whole, body)
}

/// Section 4.1.
fn frame(kind: u8, flags: u8, stream: u8, payload: &[u8]) -> Vec<u8> {
    let [_, length @ ..] = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[..], &[kind, flags, 0, 0, 0, stream], payload].concat()
}

/// A length of seven bits and more (RFC 7541, 5.1), and the text.
fn text(block: &mut Vec<u8>, text: &[u8]) {
    match u8::try_from(text.len()) {
        Ok(short) if short < 127 => block.push(short),
        Ok(_) | Err(_) => {
            block.push(127);
            let mut rest = text.len() - 127;
            while rest >= 128 {
                block.push(u8::try_from(rest % 128).unwrap() | 128);
                rest /= 128;
            }
            block.push(u8::try_from(rest).unwrap());
        }
    }
    block.extend_from_slice(text);
}
