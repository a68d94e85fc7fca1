//! What is sent: the same principal, resource and action that our engine would get, and the token
//! itself where our engine would get its claims.

use uuid::Uuid;

use super::{PdpFault, TokenUse};
use crate::cerbos_api::convert::question_to_wire;
use crate::cerbos_api::proto::cerbos::request::v1::{
    AuxData, CheckResourcesRequest, aux_data::Jwt,
};
use crate::engine::model::CheckInput;
use crate::identity::BearerToken;

/// The token of a request, if it is one that the PDP gets. Only [`TokenUse`] makes one, so that what
/// is sent and what a cache's key covers are the same.
#[derive(Clone, Copy, Debug)]
pub struct SentToken<'t>(Option<&'t BearerToken>);

// === impl TokenUse ===

impl TokenUse {
    /// What is sent of the token that a request has.
    pub(super) fn of<'t>(&self, token: Option<&'t BearerToken>) -> Result<SentToken<'t>, PdpFault> {
        match (self, token) {
            (Self::Withheld, _) => Ok(SentToken(None)),
            (Self::Sent { .. }, Some(token)) => Ok(SentToken(Some(token))),
            // A rule that denies by a claim would not find it.
            (Self::Sent { .. }, None) => Err(PdpFault::NoToken),
        }
    }

    pub(super) fn question(
        &self,
        input: &CheckInput<'_>,
        token: SentToken<'_>,
    ) -> CheckResourcesRequest {
        let CheckInput { principal, resource, actions, .. } = *input;
        let aux_data = match (self, token.as_bytes()) {
            (Self::Sent { key_set_id }, Some(token)) => {
                // It was verified, so it is ASCII; another text would be refused as a token.
                let token = String::from_utf8_lossy(token).into_owned();
                let jwt = Jwt { token, key_set_id: key_set_id.to_string() };
                Some(AuxData { jwt: Some(jwt), ..AuxData::default() })
            }
            (Self::Sent { .. } | Self::Withheld, _) => None,
        };
        CheckResourcesRequest {
            // It is in the PDP's log, too, and its echo shows that an answer is to this question.
            request_id: Uuid::now_v7().to_string(),
            ..question_to_wire(principal, [(resource, actions)], aux_data)
        }
    }
}

// === impl SentToken ===

impl<'t> SentToken<'t> {
    #[must_use]
    pub fn as_bytes(self) -> Option<&'t [u8]> {
        self.0.map(BearerToken::as_bytes)
    }
}
