//! `envoy.service.auth.v3.CheckRequest`, read where it lies in memory: what we use of it, and nothing
//! else. Envoy copies some of the rest from clients as it came (`tls_session.sni` may be any bytes), so
//! what nobody reads may be as it likes.
//!
//! As protobuf has it, of a field that is sent twice the last one counts, and a message that is sent
//! twice is one.

use std::{borrow::Cow, collections::BTreeMap};

use envoy_types::pb::{envoy::config::core::v3::Metadata, google::protobuf::Struct};
use prost::Message as _;

use super::fields::{Field, Fields, Malformed};
use crate::request::RawPeer;

/// The message's `attributes`.
#[derive(Debug, Default)]
pub(super) struct Attributes<'m> {
    pub(super) source: Peer<'m>,
    pub(super) http: Option<Http<'m>>,
    pub(super) context_extensions: BTreeMap<Cow<'m, str>, Cow<'m, str>>,
    /// Of `metadata_context` the only namespace that is read.
    pub(super) jwt_authn: Struct,
    pub(super) route_metadata: Metadata,
}

#[derive(Debug, Default)]
pub(super) struct Peer<'m> {
    address: Address<'m>,
    certificate: &'m str,
    principal: &'m str,
}

#[derive(Debug, Default)]
pub(super) struct Http<'m> {
    pub(super) id: &'m str,
    pub(super) method: &'m str,
    /// Not yet without the lines that a later one replaces.
    pub(super) headers: Vec<(Cow<'m, str>, Cow<'m, str>)>,
    pub(super) header_lines: Vec<(Cow<'m, str>, Cow<'m, [u8]>)>,
    pub(super) path: &'m str,
    pub(super) host: &'m str,
    pub(super) scheme: &'m str,
    pub(super) body: &'m str,
    pub(super) raw_body: &'m [u8],
}

/// `config.core.v3.Address`, of which one kind counts: the one that was sent last.
#[derive(Debug, Default)]
enum Address<'m> {
    Socket {
        address: &'m str,
        has_named_port: bool,
    },
    /// A pipe, or within Envoy.
    #[default]
    Other,
}

/// The filter whose metadata can hold the payload of a verified token.
pub(super) const JWT_AUTHN: &str = "envoy.filters.http.jwt_authn";

/// As many as Envoy sends with a request of a browser.
const USUAL_HEADERS: usize = 24;

// === impl Attributes ===

impl<'m> Attributes<'m> {
    pub(super) fn of(message: &'m [u8]) -> Result<Self, Malformed> {
        let mut attributes = Self::default();
        for field in Fields::of(message) {
            let field = field?;
            if field.number == 1 {
                attributes.merge(field.message()?)?;
            }
        }
        Ok(attributes)
    }

    fn merge(&mut self, fields: Fields<'m>) -> Result<(), Malformed> {
        for field in fields {
            let field = field?;
            match field.number {
                1 => self.source.merge(field.message()?)?,
                4 => self.merge_request(field.message()?)?,
                10 => {
                    let (name, value) = entry(field)?;
                    self.context_extensions.insert(name.into(), value.into());
                }
                11 => merge_namespace(&mut self.jwt_authn, field.message()?)?,
                13 => merge_metadata(&mut self.route_metadata, field)?,
                _ => (),
            }
        }
        Ok(())
    }

    fn merge_request(&mut self, fields: Fields<'m>) -> Result<(), Malformed> {
        for field in fields {
            let field = field?;
            if field.number == 2 {
                self.http.get_or_insert_default().merge(field.message()?)?;
            }
        }
        Ok(())
    }
}

// === impl Peer ===

impl<'m> Peer<'m> {
    fn merge(&mut self, fields: Fields<'m>) -> Result<(), Malformed> {
        for field in fields {
            let field = field?;
            match field.number {
                1 => self.address.merge(field.message()?)?,
                4 => self.principal = field.text()?,
                5 => self.certificate = field.text()?,
                _ => (),
            }
        }
        Ok(())
    }
}

impl<'m> From<Peer<'m>> for RawPeer<'m> {
    fn from(peer: Peer<'m>) -> Self {
        let Peer { address, certificate, principal } = peer;
        let address = match address {
            // A named port is no address of a connection.
            Address::Socket { has_named_port: true, .. } | Address::Other => "",
            Address::Socket { address, has_named_port: false } => address,
        };
        Self {
            address: address.into(),
            certificate: certificate.into(),
            principal: principal.into(),
        }
    }
}

// === impl Address ===

impl<'m> Address<'m> {
    fn merge(&mut self, fields: Fields<'m>) -> Result<(), Malformed> {
        for field in fields {
            let field = field?;
            match field.number {
                1 => self.merge_socket(field.message()?)?,
                // pipe, envoy_internal_address
                2 | 3 => {
                    field.bytes()?;
                    *self = Self::Other;
                }
                _ => (),
            }
        }
        Ok(())
    }

    fn merge_socket(&mut self, fields: Fields<'m>) -> Result<(), Malformed> {
        let (mut address, mut has_named_port) = match *self {
            Self::Socket { address, has_named_port } => (address, has_named_port),
            Self::Other => ("", false),
        };
        for field in fields {
            let field = field?;
            match field.number {
                2 => address = field.text()?,
                // port_value
                3 => {
                    field.check_varint()?;
                    has_named_port = false;
                }
                // named_port
                4 => {
                    field.bytes()?;
                    has_named_port = true;
                }
                _ => (),
            }
        }
        *self = Self::Socket { address, has_named_port };
        Ok(())
    }
}

// === impl Http ===

impl<'m> Http<'m> {
    fn merge(&mut self, fields: Fields<'m>) -> Result<(), Malformed> {
        for field in fields {
            let field = field?;
            match field.number {
                1 => self.id = field.text()?,
                2 => self.method = field.text()?,
                3 => {
                    let (name, value) = entry(field)?;
                    if self.headers.is_empty() {
                        self.headers.reserve(USUAL_HEADERS);
                    }
                    self.headers.push((name.into(), value.into()));
                }
                4 => self.path = field.text()?,
                5 => self.host = field.text()?,
                6 => self.scheme = field.text()?,
                11 => self.body = field.text()?,
                12 => self.raw_body = field.bytes()?,
                13 => self.merge_header_map(field.message()?)?,
                _ => (),
            }
        }
        Ok(())
    }

    fn merge_header_map(&mut self, fields: Fields<'m>) -> Result<(), Malformed> {
        for field in fields {
            let field = field?;
            if field.number == 1 {
                let (name, value) = header_line(field.message()?)?;
                self.header_lines.push((name.into(), value.into()));
            }
        }
        Ok(())
    }
}

/// `config.core.v3.HeaderValue`
fn header_line<'m>(fields: Fields<'m>) -> Result<(&'m str, &'m [u8]), Malformed> {
    let (mut name, mut value, mut raw_value) = ("", "", &[][..]);
    for field in fields {
        let field = field?;
        match field.number {
            1 => name = field.text()?,
            2 => value = field.text()?,
            3 => raw_value = field.bytes()?,
            _ => (),
        }
    }
    Ok((name, if raw_value.is_empty() { value.as_bytes() } else { raw_value }))
}

/// An entry of a map from text to text.
fn entry(field: Field<'_>) -> Result<(&str, &str), Malformed> {
    let (mut name, mut value) = ("", "");
    for field in field.message()? {
        let field = field?;
        match field.number {
            1 => name = field.text()?,
            2 => value = field.text()?,
            _ => (),
        }
    }
    Ok((name, value))
}

/// Metadata is rare and has any shape, so it is decoded in the usual way. It may lie some messages deeper
/// than it could inside of the whole message; what is that deep is not read.
fn merge_metadata(metadata: &mut Metadata, field: Field<'_>) -> Result<(), Malformed> {
    metadata.merge(field.bytes()?).map_err(|_malformed| Malformed)
}

/// Other namespaces may hold what their filters took from a client.
fn merge_namespace(jwt_authn: &mut Struct, metadata: Fields<'_>) -> Result<(), Malformed> {
    for field in metadata {
        let field = field?;
        // filter_metadata
        if field.number == 1 && name(field.message()?)? == JWT_AUTHN.as_bytes() {
            *jwt_authn = fields(field.message()?)?;
        }
    }
    Ok(())
}

/// Of an entry of a map.
fn name<'m>(entry: Fields<'m>) -> Result<&'m [u8], Malformed> {
    let mut name = &[][..];
    for field in entry {
        let field = field?;
        match field.number {
            1 => name = field.bytes()?,
            2 => drop(field.bytes()?),
            _ => (),
        }
    }
    Ok(name)
}

fn fields(entry: Fields<'_>) -> Result<Struct, Malformed> {
    let mut fields = Struct::default();
    for field in entry {
        let field = field?;
        if field.number == 2 {
            fields.merge(field.bytes()?).map_err(|_malformed| Malformed)?;
        }
    }
    Ok(fields)
}
