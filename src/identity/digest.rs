//! SHA-256, as the fixed number of bytes that it is.

use aws_lc_rs::digest::{Context, Digest, SHA256, digest};

/// The digest of some bytes.
#[must_use]
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    fixed(&digest(&SHA256, bytes))
}

/// The digest of some texts. Each goes in behind its length, so that no two lists of texts are written in
/// the same way.
#[must_use]
pub fn sha256_of_texts(texts: &[&str]) -> [u8; 32] {
    let mut context = Context::new(&SHA256);
    for text in texts {
        context.update(&(text.len() as u64).to_be_bytes());
        context.update(text.as_bytes());
    }
    fixed(&context.finish())
}

fn fixed(digest: &Digest) -> [u8; 32] {
    let mut bytes = [0; 32];
    // SHA-256 has 32 bytes; were it to have fewer, the rest would stay zero.
    for (to, from) in bytes.iter_mut().zip(digest.as_ref()) {
        *to = *from;
    }
    bytes
}
