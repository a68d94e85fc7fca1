//! The host that a request is for: without case, port and trailing dot.

use std::{borrow::Borrow, net::Ipv6Addr};

use super::HostError;

/// The longest name of RFC 1035.
const LONGEST: usize = 253;

/// A host name or an address. Two spellings of one host are equal.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Host(Box<str>);

// === impl Host ===

impl Host {
    /// # Errors
    /// Anything but a name, an IPv4 address or an IPv6 address in brackets, with or without a port.
    pub fn parse(text: &str) -> Result<Self, HostError> {
        if text.is_empty() {
            return Err(HostError::Missing);
        }
        if let Some(rest) = text.strip_prefix('[') {
            let (address, port) = rest.split_once(']').ok_or(HostError::Malformed)?;
            check_port(port)?;
            let address: Ipv6Addr = address.parse().map_err(|_invalid| HostError::Malformed)?;
            return Ok(Self(format!("[{address}]").into()));
        }
        let (name, port) = text.split_at(text.find(':').unwrap_or(text.len()));
        check_port(port)?;
        let name = name.strip_suffix('.').unwrap_or(name);
        if name.len() > LONGEST || !name.split('.').all(is_label) {
            return Err(HostError::Malformed);
        }
        Ok(Self(name.to_ascii_lowercase().into()))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Borrow<str> for Host {
    fn borrow(&self) -> &str {
        &self.0
    }
}

fn is_label(label: &str) -> bool {
    // Names of services in containers may have an underscore.
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    !label.is_empty() && label.bytes().all(fits)
}

/// Nothing, or a colon and a number.
fn check_port(port: &str) -> Result<(), HostError> {
    if port.is_empty() {
        return Ok(());
    }
    let digits = port.strip_prefix(':').ok_or(HostError::Malformed)?;
    let is_number = digits.bytes().all(|byte| byte.is_ascii_digit());
    if is_number && digits.parse::<u16>().is_ok() { Ok(()) } else { Err(HostError::BadPort) }
}
