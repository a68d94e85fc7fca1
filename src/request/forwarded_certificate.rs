//! `x-forwarded-client-cert`: the client certificate of a connection that another Envoy has ended.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use super::{HttpRequest, PeerError, percent};

const NAME: &str = "x-forwarded-client-cert";

/// Longer than a certificate with its chain.
const LONGEST: usize = 64 * 1024;

const MALFORMED: PeerError = PeerError::MalformedCertificate;

// === impl HttpRequest ===

impl HttpRequest<'_> {
    /// SHA-256 of the certificate that the header names (`Hash`), base64url. To be asked only where a
    /// proxy of ours writes the header, as a client could write it, too.
    ///
    /// # Errors
    /// More than one element: which of them our proxy has added cannot be told.
    pub fn forwarded_thumbprint(&self) -> Result<Option<String>, PeerError> {
        let mut lines = self.headers.lines(NAME);
        let Some(line) = lines.next() else { return Ok(None) };
        if lines.next().is_some() || line.len() > LONGEST {
            return Err(MALFORMED);
        }
        let mut hash = None;
        for pair in pairs(line)? {
            let (name, value) = pair.split_once('=').ok_or(MALFORMED)?;
            if name.trim().eq_ignore_ascii_case("hash") && hash.replace(value.trim()).is_some() {
                return Err(MALFORMED);
            }
        }
        hash.map(thumbprint).transpose()
    }
}

/// The pairs of the only element. In quotes, a comma and a semicolon are text.
fn pairs(line: &[u8]) -> Result<Vec<&str>, PeerError> {
    let text = str::from_utf8(line).map_err(|_not_text| MALFORMED)?;
    let (mut quoted, mut escaped) = (false, false);
    let mut pairs = Vec::new();
    let mut rest = text;
    let mut length = 0;
    for character in text.chars() {
        match character {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            ',' if !quoted => return Err(MALFORMED),
            ';' if !quoted => {
                let (pair, after) = rest.split_at_checked(length).ok_or(MALFORMED)?;
                pairs.push(pair);
                rest = after.strip_prefix(';').ok_or(MALFORMED)?;
                length = 0;
                continue;
            }
            _ => (),
        }
        length += character.len_utf8();
    }
    pairs.push(rest);
    if quoted { Err(MALFORMED) } else { Ok(pairs) }
}

fn thumbprint(hash: &str) -> Result<String, PeerError> {
    let hash = hash.strip_prefix('"').and_then(|hash| hash.strip_suffix('"')).unwrap_or(hash);
    let digits: Option<Vec<u8>> = hash
        .as_bytes()
        .chunks(2)
        .map(|pair| match pair {
            [high, low] => percent::byte(*high, *low),
            _ => None,
        })
        .collect();
    let digest = digits.filter(|digest| digest.len() == 32).ok_or(MALFORMED)?;
    Ok(URL_SAFE_NO_PAD.encode(digest))
}
