//! Where everybody in the demo's world is to be found.

use std::{
    fs,
    net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener},
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use clap::{Args, ValueEnum};
use serde::{Deserialize, Serialize};

/// The addresses that `prepare` chose.
///
/// They are all on one loopback interface, as in a Kubernetes pod: only there may an issuer speak
/// plain HTTP, and only there is portcullis's gRPC without TLS a good idea.
#[derive(Debug, Serialize, Deserialize)]
pub struct World {
    pub envoy: SocketAddr,
    pub envoy_admin: SocketAddr,
    pub portcullis: SocketAddr,
    pub portcullis_admin: SocketAddr,
    pub issuer: SocketAddr,
    pub upstream: SocketAddr,
    /// Where those listen that are reached from outside, which are Envoy and the issuer.
    pub outside: IpAddr,
}

/// What differs between this machine, a test and a container.
#[derive(Args, Clone, Debug)]
pub struct Layout {
    #[arg(long, value_enum, default_value_t = Ports::Usual)]
    pub ports: Ports,
    /// Where Envoy and the issuer listen. A container's published port needs `0.0.0.0`.
    #[arg(long, default_value_t = LOOPBACK)]
    pub outside: IpAddr,
    /// The folder of the policies.
    #[arg(long, default_value = "policies")]
    pub policies: PathBuf,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Ports {
    /// The ones that `envoy/envoy.yaml` names, or others where those are taken.
    Usual,
    /// Any that are free, so that several worlds fit on a machine.
    Free,
}

pub const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

// === impl Layout ===

impl Layout {
    /// As written on a command line; what is as usual is left out.
    pub fn arguments(&self) -> Vec<String> {
        let Self { ports, outside, policies } = self;
        let mut arguments = Vec::new();
        if *ports == Ports::Free {
            arguments.extend(["--ports".to_owned(), "free".to_owned()]);
        }
        if *outside != LOOPBACK {
            arguments.extend(["--outside".to_owned(), outside.to_string()]);
        }
        arguments.extend(["--policies".to_owned(), policies.display().to_string()]);
        arguments
    }
}

// === impl World ===

impl World {
    /// The world as `envoy/envoy.yaml` describes it.
    pub fn usual(outside: IpAddr) -> Self {
        let at = |port| SocketAddr::new(LOOPBACK, port);
        Self {
            envoy: at(10000),
            envoy_admin: at(9901),
            portcullis: at(9191),
            portcullis_admin: at(9192),
            issuer: at(9180),
            upstream: at(9181),
            outside,
        }
    }

    /// Finds a port for everybody. All of them are held until the last one is found, so that no two
    /// are alike.
    pub fn choose(layout: &Layout) -> anyhow::Result<Self> {
        let mut world = Self::usual(layout.outside);
        let mut held = Vec::new();
        for address in world.addresses_mut() {
            if layout.ports == Ports::Free {
                address.set_port(0);
            }
            let listener = TcpListener::bind(*address)
                .or_else(|_taken| TcpListener::bind((LOOPBACK, 0)))
                .context("no free port")?;
            *address = listener.local_addr().context("no free port")?;
            held.push(listener);
        }
        Ok(world)
    }

    pub fn read(folder: &Path) -> anyhow::Result<Self> {
        let path = folder.join("world.json");
        let text = fs::read_to_string(&path)
            .with_context(|| format!("could not read `{}`: run `prepare` first", path.display()))?;
        serde_json::from_str(&text).with_context(|| format!("`{}` is damaged", path.display()))
    }

    pub fn write(&self, folder: &Path) -> anyhow::Result<()> {
        let text = serde_json::to_string_pretty(self)?;
        fs::write(folder.join("world.json"), text).context("could not write `world.json`")
    }

    /// Auth0's issuers end in a slash, and are compared byte for byte.
    pub fn issuer_url(&self) -> String {
        format!("http://{}/", self.issuer)
    }

    /// Where somebody who is reached from outside listens.
    pub fn listening(&self, address: SocketAddr) -> SocketAddr {
        SocketAddr::new(self.outside, address.port())
    }

    fn addresses_mut(&mut self) -> [&mut SocketAddr; 6] {
        let Self { envoy, envoy_admin, portcullis, portcullis_admin, issuer, upstream, outside: _ } =
            self;
        [envoy, envoy_admin, portcullis, portcullis_admin, issuer, upstream]
    }
}
