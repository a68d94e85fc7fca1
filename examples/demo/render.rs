//! The committed configuration files, with a world's addresses in them.
//!
//! `envoy/envoy.yaml` is complete and loads as it is; only its addresses are replaced. There is no
//! second copy of it, neither for the tests nor for containers.

use std::{fs, net::SocketAddr, path::Path};

use anyhow::{Context as _, ensure};
use jiff::{Timestamp, tz::TimeZone};

use crate::world::{LOOPBACK, Layout, World};

const ENVOY: &str = include_str!("../../envoy/envoy.yaml");
const PORTCULLIS: &str = include_str!("portcullis.yaml");

/// Writes `world.json`, `envoy.yaml` and `portcullis.yaml` into the folder.
pub fn prepare(folder: &Path, layout: &Layout) -> anyhow::Result<()> {
    fs::create_dir_all(folder)
        .with_context(|| format!("could not make the folder `{}`", folder.display()))?;
    let world = World::choose(layout)?;
    let policies = fs::canonicalize(&layout.policies)
        .with_context(|| format!("no policies in `{}`", layout.policies.display()))?;
    fs::write(folder.join("envoy.yaml"), envoy(&world)?).context("could not write `envoy.yaml`")?;
    fs::write(folder.join("portcullis.yaml"), portcullis(&world, &policies))
        .context("could not write `portcullis.yaml`")?;
    world.write(folder)
}

fn envoy(world: &World) -> anyhow::Result<String> {
    let usual = World::usual(LOOPBACK);
    let mut text = ENVOY.to_owned();
    for (from, to) in [
        (usual.envoy, world.listening(world.envoy)),
        (usual.envoy_admin, world.envoy_admin),
        (usual.portcullis, world.portcullis),
        (usual.upstream, world.upstream),
    ] {
        let written = socket_address(from);
        ensure!(text.contains(&written), "`envoy/envoy.yaml` has no `{written}`");
        text = text.replace(&written, &socket_address(to));
    }
    Ok(text)
}

/// As the file spells an address.
fn socket_address(address: SocketAddr) -> String {
    format!("address: {}, port_value: {}", address.ip(), address.port())
}

fn portcullis(world: &World, policies: &Path) -> String {
    let hour = utc_hour();
    let values = [
        ("ISSUER", world.issuer_url()),
        ("POLICIES", policies.display().to_string()),
        ("LISTEN", world.portcullis.to_string()),
        ("ADMIN", world.portcullis_admin.to_string()),
        ("ZONE_WHERE_IT_IS_NOON", zone_where_it_is(12, hour)),
        ("ZONE_WHERE_IT_IS_MIDNIGHT", zone_where_it_is(0, hour)),
    ];
    values.iter().fold(PORTCULLIS.to_owned(), |text, (name, value)| {
        text.replace(&format!("${{{name}}}"), value)
    })
}

/// The demo sets the hour by moving the offices, as the policies read the real clock: a rule about
/// office hours then allows at one office and denies at the other, whenever the demo runs.
fn zone_where_it_is(hour: i8, utc_hour: i8) -> String {
    let east = (hour - utc_hour).rem_euclid(24);
    let offset = if east > 12 { east - 24 } else { east };
    format!("{offset:+03}:00")
}

#[expect(clippy::disallowed_methods, reason = "the demo's own clock; portcullis reads its own")]
fn utc_hour() -> i8 {
    TimeZone::UTC.to_datetime(Timestamp::now()).hour()
}
