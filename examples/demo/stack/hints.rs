//! What to try on a demo that stays up.

use crate::{
    people::{ACME, AUDIENCE, GLOBEX, PASSWORD, WEB},
    world::World,
};

pub fn print(world: &World) {
    let World { envoy, portcullis_admin, .. } = world;
    let (issuer, client, acme, globex) = (world.issuer_url(), WEB.id, ACME.id, GLOBEX.id);
    println!(
        r#"
The demo stays up until you press Ctrl-C. Try:

  TOKEN=$(curl -s {issuer}oauth/token -d grant_type=password -d username=vera -d password={PASSWORD} \
    -d client_id={client} -d organization={acme} --data-urlencode audience={AUDIENCE} \
    | sed 's/.*"access_token":"\([^"]*\)".*/\1/')

  curl -i http://{envoy}/v1/orgs/{acme}/invoices/1001 -H "authorization: Bearer $TOKEN"
  curl -i http://{envoy}/v1/orgs/{globex}/invoices/2001 -H "authorization: Bearer $TOKEN"
  curl -i http://{envoy}/v1/orgs/{acme}/invoices/1001
  curl -s http://{portcullis_admin}/metrics | grep decision
"#
    );
}
