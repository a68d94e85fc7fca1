//! The claims of the tokens that a call brings along, each verified with the key set that it names.

use jiff::Timestamp;
use tracing::info;

use super::{Fault, KeySets, KeySource, key_sets::NoKeySet};
use crate::cerbos_api::proto::cerbos::request::v1::{self as wire, aux_data::Jwt};
use crate::engine::model::{AuxData, Map};
use crate::identity::{AuxiliaryToken, TokenError, TokenLimits};
use crate::issuer::KeysUnavailable;
use crate::telemetry::Chain;

/// A token of which no claim is believed.
#[derive(Debug, thiserror::Error)]
enum Refused {
    #[error("a token names no key set")]
    KeySet(#[source] NoKeySet),
    #[error("a token does not hold")]
    Token(#[source] TokenError),
    #[error("the keys are not there")]
    Keys(#[source] KeysUnavailable),
}

// === impl KeySets ===

impl KeySets {
    /// One token that does not hold fails the call.
    pub(super) async fn aux_data(
        &self,
        aux_data: Option<wire::AuxData>,
        now: Timestamp,
    ) -> Result<AuxData, Fault> {
        let wire::AuxData { jwt, jwts } = aux_data.unwrap_or_default();
        self.claims_of_all(jwt, jwts.into_iter(), now).await.map_err(|refused| {
            info!(error = %Chain(&refused), "Refused auxiliary data");
            Fault::aux_data()
        })
    }

    async fn claims_of_all(
        &self,
        jwt: Option<Jwt>,
        jwts: impl Iterator<Item = (String, Jwt)>,
        now: Timestamp,
    ) -> Result<AuxData, Refused> {
        let mut aux_data = AuxData::default();
        if let Some(jwt) = jwt {
            aux_data.jwt = self.claims(&jwt, now).await?;
        }
        for (name, jwt) in jwts {
            let claims = self.claims(&jwt, now).await?;
            aux_data.jwts.push((name.into(), claims));
        }
        Ok(aux_data)
    }

    async fn claims(&self, jwt: &Jwt, now: Timestamp) -> Result<Map, Refused> {
        let Jwt { token, key_set_id } = jwt;
        let source = self.find(key_set_id).map_err(Refused::KeySet)?;
        let token = AuxiliaryToken::parse(token.as_bytes(), TokenLimits::default())
            .map_err(Refused::Token)?;
        let keys = match source {
            KeySource::Fixed(keys) => keys.clone(),
            KeySource::Fetched(keys) => {
                keys.current_with(token.key_id()).await.map_err(Refused::Keys)?
            }
        };
        token.claims(&keys, self.leeway, now).map_err(Refused::Token)
    }
}
