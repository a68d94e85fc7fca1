//! Who is at the other end of the connection: the client's address and its certificate.

use std::{
    borrow::Cow,
    net::{IpAddr, SocketAddr},
    str,
};

use aws_lc_rs::digest::{SHA256, digest};
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};

use super::{Headers, PeerError, RawPeer, percent};

/// A leaf certificate has a few kilobytes.
const LONGEST_CERTIFICATE: usize = 64 * 1024;

/// The client, as far as Envoy and the proxies that we trust know it.
#[derive(Clone, Debug)]
pub struct Peer<'m> {
    /// Refused only where it is asked for: health checks come without a chain of proxies.
    address: Result<Option<IpAddr>, PeerError>,
    certificate: Cow<'m, str>,
    principal: Cow<'m, str>,
}

// === impl Peer ===

impl<'m> Peer<'m> {
    pub(super) fn read(raw: RawPeer<'m>, headers: &Headers<'_>, trusted_hops: u8) -> Self {
        let RawPeer { address, certificate, principal } = raw;
        let peer = address.parse().ok().map(|address: IpAddr| address.to_canonical());
        let address = match trusted_hops {
            0 => Ok(peer),
            hops => behind(headers, peer, hops).map(Some),
        };
        Self { address, certificate, principal }
    }

    /// The address of the client. None where Envoy's peer has no address, such as a Unix socket.
    ///
    /// # Errors
    /// A chain of proxies from which the client cannot be told.
    pub fn address(&self) -> Result<Option<IpAddr>, PeerError> {
        self.address
    }

    /// SHA-256 of the client certificate, base64url: `x5t#S256` of RFC 8705.
    ///
    /// # Errors
    /// Something that is no certificate.
    pub fn thumbprint(&self) -> Result<Option<String>, PeerError> {
        if self.certificate.is_empty() {
            return Ok(None);
        }
        let der = leaf(&self.certificate).ok_or(PeerError::MalformedCertificate)?;
        Ok(Some(URL_SAFE_NO_PAD.encode(digest(&SHA256, &der))))
    }

    /// The URI SAN, DNS SAN or subject of the client certificate.
    ///
    /// # Errors
    /// Control characters, encoded or not: programs in C end a name at the first NUL.
    pub fn principal(&self) -> Result<Option<&str>, PeerError> {
        let is_clean = |text: &str| !text.chars().any(char::is_control);
        match &*self.principal {
            "" => Ok(None),
            text if is_clean(text) && percent::decode(text).is_ok_and(|text| is_clean(&text)) => {
                Ok(Some(text))
            }
            _ => Err(PeerError::MalformedPrincipal),
        }
    }
}

/// The client's address in `x-forwarded-for`: `trusted_hops` entries before the one that Envoy added.
///
/// Each proxy adds the address of its own peer on the right, so what a client wrote is always on the
/// left of what is counted here.
fn behind(
    headers: &Headers<'_>,
    peer: Option<IpAddr>,
    trusted_hops: u8,
) -> Result<IpAddr, PeerError> {
    let lines = headers.lines("x-forwarded-for");
    let chain: Vec<&[u8]> = lines.flat_map(|line| line.split(|byte| *byte == b',')).collect();
    let Some((last, before)) = chain.split_last() else { return Err(PeerError::ChainTooShort) };
    // For a peer on its own machine Envoy adds its own address in place of loopback's.
    let is_envoys = peer.is_some_and(|peer| peer.is_loopback() || forwarded(last) == Some(peer));
    if !is_envoys {
        return Err(PeerError::ForwardedByOther);
    }
    let client = before.len().checked_sub(trusted_hops.into()).and_then(|index| before.get(index));
    forwarded(client.ok_or(PeerError::ChainTooShort)?).ok_or(PeerError::NotAnAddress)
}

/// An entry of `x-forwarded-for`. Some load balancers write the port too.
fn forwarded(entry: &[u8]) -> Option<IpAddr> {
    let text = str::from_utf8(entry).ok()?.trim_matches([' ', '\t']);
    let address = text.parse().or_else(|_| text.parse().map(|address: SocketAddr| address.ip()));
    address.ok().map(|address| address.to_canonical())
}

/// The DER of the first certificate of a URL-encoded PEM text (RFC 7468).
fn leaf(certificate: &str) -> Option<Vec<u8>> {
    if certificate.len() > LONGEST_CERTIFICATE {
        return None;
    }
    let pem = percent::decode(certificate).ok()?;
    let (before, rest) = pem.split_once("-----BEGIN CERTIFICATE-----")?;
    let (body, _others) = rest.split_once("-----END CERTIFICATE-----")?;
    let base64: String = body.split_ascii_whitespace().collect();
    let der = STANDARD.decode(base64).ok()?;
    // A certificate is a sequence (0x30).
    (before.trim().is_empty() && der.first() == Some(&0x30)).then_some(der)
}
