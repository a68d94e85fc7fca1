//! IP addresses and their ranges: cel-go's strict `ip` and `cidr`, and Cerbos's lenient
//! `inIPAddrRange`.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::{Call, Family, Mismatch, addresses, quoted::Quoted};
use crate::engine::cel::{
    eval::{Evaluated, Fault},
    value::{Cidr, V},
};

pub(super) const FAMILY: Family = Family {
    mismatch: Mismatch::Named,
    functions: &[
        ("inIPAddrRange: string.(string) -> bool", in_ip_addr_range),
        ("cidr: (string) -> cidr", cidr),
        ("ip: (string) -> ip", ip),
        ("ip: cidr.() -> ip", cidr_ip),
        ("ip.isCanonical: (string) -> bool", is_canonical),
        ("isCIDR: (string) -> bool", is_cidr),
        ("isIP: (string) -> bool", is_ip),
        ("family: ip.() -> int", family),
        ("isGlobalUnicast: ip.() -> bool", is_global_unicast),
        ("isLinkLocalMulticast: ip.() -> bool", is_link_local_multicast),
        ("isLinkLocalUnicast: ip.() -> bool", is_link_local_unicast),
        ("isLoopback: ip.() -> bool", is_loopback),
        ("isUnspecified: ip.() -> bool", is_unspecified),
        ("containsCIDR: cidr.(cidr) -> bool", contains_cidr),
        ("containsCIDR: cidr.(string) -> bool", contains_cidr),
        ("containsIP: cidr.(ip) -> bool", contains_ip),
        ("containsIP: cidr.(string) -> bool", contains_ip),
        ("isMask: cidr.() -> bool", is_mask),
        ("masked: cidr.() -> cidr", masked),
        ("prefixLength: cidr.() -> int", prefix_length),
    ],
};

/// Reads an address for `ip()`. The error is the whole text of cel-go's.
pub(in crate::engine::cel) fn parse_ip(text: &str) -> Result<IpAddr, String> {
    if addresses::is_zoned(text) {
        return Err(format!("IP address \"{text}\" with zone value is not allowed"));
    }
    let address = addresses::parse(text).map_err(|why| {
        let text = Quoted(text);
        format!("IP Address {text} parse error during conversion from string: {why}")
    })?;
    match address {
        IpAddr::V6(address) if address.to_ipv4_mapped().is_some() => {
            Err(format!("IPv4-mapped IPv6 address \"{text}\" is not allowed"))
        }
        address => Ok(address),
    }
}

/// Reads a range for `cidr()`.
pub(in crate::engine::cel) fn parse_cidr(text: &str) -> Result<Cidr, String> {
    let wrapped = |why: String| {
        let text = Quoted(text);
        format!(
            "CIDR {text} parse error during conversion from string: \
             netip.ParsePrefix({text}): {why}"
        )
    };
    let Some((address, prefix)) = text.rsplit_once('/') else {
        return Err(wrapped("no '/'".to_owned()));
    };
    if addresses::is_zoned(address) {
        return Err(wrapped("IPv6 zones cannot be present in a prefix".to_owned()));
    }
    let parsed = addresses::parse(address).map_err(wrapped)?;
    let cidr = prefix_of(parsed, prefix).ok_or_else(|| {
        let is_number = !prefix.starts_with('+') && prefix.parse::<i64>().is_ok();
        if is_number && (prefix.len() == 1 || prefix.starts_with(|c| ('1'..='9').contains(&c))) {
            wrapped("prefix length out of range".to_owned())
        } else {
            wrapped(format!("bad bits after slash: {}", Quoted(prefix)))
        }
    })?;
    match parsed {
        IpAddr::V6(address) if address.to_ipv4_mapped().is_some() => {
            Err(format!("IPv4-mapped IPv6 address \"{text}\" is not allowed"))
        }
        _ => Ok(cidr),
    }
}

fn prefix_of(address: IpAddr, prefix: &str) -> Option<Cidr> {
    let plain = prefix.bytes().all(|b| b.is_ascii_digit())
        && !prefix.is_empty()
        && (prefix.len() == 1 || !prefix.starts_with('0'));
    let bits = if address.is_ipv4() { 32 } else { 128 };
    let prefix: u8 = prefix.parse().ok()?;
    (plain && prefix <= bits).then_some(Cidr { address, prefix })
}

/// `08` is 8 here.
fn lenient_prefix(address: IpAddr, prefix: &str) -> Option<Cidr> {
    let significant = prefix.trim_start_matches('0');
    match (prefix.is_empty(), significant.is_empty()) {
        (false, true) => prefix_of(address, "0"),
        _ => prefix_of(address, significant),
    }
}

// === impl Cidr ===

impl Cidr {
    fn contains(self, address: IpAddr) -> bool {
        match (self.address, address) {
            (IpAddr::V4(own), IpAddr::V4(other)) => {
                (own.to_bits() ^ other.to_bits()) & mask_v4(self.prefix) == 0
            }
            (IpAddr::V6(own), IpAddr::V6(other)) => {
                (own.to_bits() ^ other.to_bits()) & mask_v6(self.prefix) == 0
            }
            _ => false,
        }
    }

    fn masked(self) -> Self {
        let address = match self.address {
            IpAddr::V4(own) => Ipv4Addr::from_bits(own.to_bits() & mask_v4(self.prefix)).into(),
            IpAddr::V6(own) => Ipv6Addr::from_bits(own.to_bits() & mask_v6(self.prefix)).into(),
        };
        Self { address, ..self }
    }

    /// The same range, with an IPv4 range that is written as an IPv6 one in its own family.
    fn unmapped(self) -> Self {
        match self.address {
            IpAddr::V6(own) if self.prefix >= 96 => match own.to_ipv4_mapped() {
                Some(own) => Self { address: own.into(), prefix: self.prefix - 96 },
                None => self,
            },
            _ => self,
        }
    }
}

fn mask_v4(prefix: u8) -> u32 {
    u32::MAX.checked_shl(32 - u32::from(prefix)).unwrap_or(0)
}

fn mask_v6(prefix: u8) -> u128 {
    u128::MAX.checked_shl(128 - u32::from(prefix)).unwrap_or(0)
}

fn in_ip_addr_range<'a>(call: &Call<'_, 'a>) -> Evaluated<'a> {
    let (address, range) = (call.string(0)?, call.string(1)?);
    let parsed: IpAddr = address
        .parse()
        .ok()
        .ok_or_else(|| call.run.fail(format_args!("invalid IP address: {address}")))?;
    let cidr = range
        .rsplit_once('/')
        .and_then(|(own, prefix)| lenient_prefix(own.parse().ok()?, prefix))
        .ok_or_else(|| call.run.fail(format_args!("invalid CIDR address: {range}")))?;
    Ok(V::Bool(cidr.unmapped().contains(parsed.to_canonical())))
}

impl<'a> Call<'_, 'a> {
    fn parsed_ip(&self, index: usize) -> Result<IpAddr, Fault<'a>> {
        match self.arg(index)? {
            V::Ip(address) => Ok(*address),
            V::String(text) => parse_ip(text).map_err(|why| self.run.fail(format_args!("{why}"))),
            _ => Err(Fault::NoOverload),
        }
    }

    fn parsed_cidr(&self, index: usize) -> Result<Cidr, Fault<'a>> {
        match self.arg(index)? {
            V::Cidr(cidr) => Ok(*cidr),
            V::String(text) => parse_cidr(text).map_err(|why| self.run.fail(format_args!("{why}"))),
            _ => Err(Fault::NoOverload),
        }
    }
}

fn ip<'a>(call: &Call<'_, 'a>) -> Evaluated<'a> {
    Ok(V::Ip(call.run.arena.alloc(call.parsed_ip(0)?)))
}

fn cidr<'a>(call: &Call<'_, 'a>) -> Evaluated<'a> {
    Ok(V::Cidr(call.run.arena.alloc(call.parsed_cidr(0)?)))
}

fn is_ip<'a>(call: &Call<'_, 'a>) -> Evaluated<'a> {
    Ok(V::Bool(parse_ip(call.string(0)?).is_ok()))
}

fn is_cidr<'a>(call: &Call<'_, 'a>) -> Evaluated<'a> {
    Ok(V::Bool(parse_cidr(call.string(0)?).is_ok()))
}

fn is_canonical<'a>(call: &Call<'_, 'a>) -> Evaluated<'a> {
    Ok(V::Bool(call.parsed_ip(0)?.to_string() == call.string(0)?))
}

fn family<'a>(call: &Call<'_, 'a>) -> Evaluated<'a> {
    Ok(V::Int(if call.ip(0)?.is_ipv4() { 4 } else { 6 }))
}

fn is_loopback<'a>(call: &Call<'_, 'a>) -> Evaluated<'a> {
    Ok(V::Bool(call.ip(0)?.is_loopback()))
}

fn is_unspecified<'a>(call: &Call<'_, 'a>) -> Evaluated<'a> {
    Ok(V::Bool(call.ip(0)?.is_unspecified()))
}

fn link_local_unicast(address: &IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => address.is_link_local(),
        IpAddr::V6(address) => address.is_unicast_link_local(),
    }
}

fn is_link_local_unicast<'a>(call: &Call<'_, 'a>) -> Evaluated<'a> {
    Ok(V::Bool(link_local_unicast(call.ip(0)?)))
}

fn is_link_local_multicast<'a>(call: &Call<'_, 'a>) -> Evaluated<'a> {
    Ok(V::Bool(match call.ip(0)? {
        IpAddr::V4(address) => matches!(address.octets(), [224, 0, 0, _]),
        IpAddr::V6(address) => address.segments().first().is_some_and(|s| s & 0xff0f == 0xff02),
    }))
}

/// Private addresses are global; those of no, one's own, all or the next machines are not.
fn is_global_unicast<'a>(call: &Call<'_, 'a>) -> Evaluated<'a> {
    let address = call.ip(0)?;
    let broadcast = *address == IpAddr::V4(Ipv4Addr::BROADCAST);
    Ok(V::Bool(
        !(address.is_unspecified()
            || broadcast
            || address.is_loopback()
            || address.is_multicast()
            || link_local_unicast(address)),
    ))
}

fn contains_ip<'a>(call: &Call<'_, 'a>) -> Evaluated<'a> {
    Ok(V::Bool(call.cidr(0)?.contains(call.parsed_ip(1)?)))
}

fn contains_cidr<'a>(call: &Call<'_, 'a>) -> Evaluated<'a> {
    let (outer, inner) = (call.cidr(0)?, call.parsed_cidr(1)?);
    Ok(V::Bool(outer.prefix <= inner.prefix && outer.contains(inner.address)))
}

fn cidr_ip<'a>(call: &Call<'_, 'a>) -> Evaluated<'a> {
    Ok(V::Ip(&call.cidr(0)?.address))
}

fn masked<'a>(call: &Call<'_, 'a>) -> Evaluated<'a> {
    Ok(V::Cidr(call.run.arena.alloc(call.cidr(0)?.masked())))
}

fn prefix_length<'a>(call: &Call<'_, 'a>) -> Evaluated<'a> {
    Ok(V::Int(i64::from(call.cidr(0)?.prefix)))
}

fn is_mask<'a>(call: &Call<'_, 'a>) -> Evaluated<'a> {
    let cidr = call.cidr(0)?;
    Ok(V::Bool(cidr.masked() == *cidr))
}
