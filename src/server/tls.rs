//! TLS of our listeners: our certificate, and theirs where an authority is named.

use std::{fs, path::Path, sync::Arc};

use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        RootCertStore, ServerConfig,
        crypto::aws_lc_rs::default_provider,
        pki_types::{
            CertificateDer, PrivateKeyDer,
            pem::{self, PemObject},
        },
        server::WebPkiClientVerifier,
    },
};

use super::listener::{BindError, TlsConfig};

/// What is spoken over TLS.
#[derive(Clone, Copy, Debug)]
pub(super) enum Protocols {
    Http2,
    Http2Or1,
}

pub(super) fn acceptor(config: &TlsConfig, protocols: Protocols) -> Result<TlsAcceptor, BindError> {
    let TlsConfig { cert_file, key_file, client_ca_file } = config;
    let key = PrivateKeyDer::from_pem_slice(&read(key_file)?).map_err(malformed(key_file))?;
    let provider = Arc::new(default_provider());
    let builder = ServerConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .map_err(BindError::Certificate)?;
    let builder = match client_ca_file {
        None => builder.with_no_client_auth(),
        Some(authority) => {
            let mut roots = RootCertStore::empty();
            for certificate in certificates(authority)? {
                roots.add(certificate).map_err(BindError::Certificate)?;
            }
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider)
                .build()
                .map_err(BindError::Authority)?;
            builder.with_client_cert_verifier(verifier)
        }
    };
    let mut config =
        builder.with_single_cert(certificates(cert_file)?, key).map_err(BindError::Certificate)?;
    config.alpn_protocols = match protocols {
        Protocols::Http2 => vec![b"h2".to_vec()],
        Protocols::Http2Or1 => vec![b"h2".to_vec(), b"http/1.1".to_vec()],
    };
    Ok(TlsAcceptor::from(Arc::new(config)))
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, BindError> {
    CertificateDer::pem_slice_iter(&read(path)?)
        .collect::<Result<Vec<_>, _>>()
        .map_err(malformed(path))
}

fn malformed(path: &Path) -> impl Fn(pem::Error) -> BindError {
    move |error| BindError::NotPem { path: path.to_owned(), error: Box::new(error) }
}

fn read(path: &Path) -> Result<Vec<u8>, BindError> {
    fs::read(path).map_err(|error| BindError::Pem { path: path.to_owned(), error })
}
