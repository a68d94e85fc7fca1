//! The servers, and requests to them, byte for byte.

use std::{
    borrow::Cow,
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    os::unix::net::UnixStream,
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::Mutex,
    thread,
    time::Duration,
};

use tempfile::TempDir;

use super::{Case, Reading};
use crate::tools;

/// Stopped when it is dropped.
pub(super) struct Servers {
    children: Vec<Child>,
    servers: Vec<(String, Address)>,
    _folder: TempDir,
}

pub(super) struct Server {
    pub(super) name: String,
    address: Address,
    connection: Mutex<Option<BufReader<Box<dyn Connection>>>>,
}

#[derive(Clone)]
enum Address {
    Port(u16),
    /// nginx cannot say which free port it has found.
    Socket(PathBuf),
}

trait Connection: Read + Write + Send {}

impl<T: Read + Write + Send> Connection for T {}

struct Response {
    status: u16,
    closes: bool,
    body: Vec<u8>,
}

const PATIENCE: Duration = Duration::from_secs(10);

// === impl Servers ===

impl Servers {
    pub(super) fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut servers = Self { children: Vec::new(), servers: Vec::new(), _folder: folder };
        let files = tools::root().join("tests/backends");
        let mut node = Command::new("node");
        node.arg(files.join("node.cjs")).arg(tools::express());
        servers.with_ports(node, 3);
        let mut python = Command::new("python3");
        python.arg(files.join("python.py")).arg(tools::werkzeug());
        servers.with_ports(python, 2);
        servers.nginx(&fs::read_to_string(files.join("nginx.conf")).unwrap());
        servers
    }

    pub(super) fn all(&self) -> Vec<Server> {
        let servers = self.servers.iter().cloned();
        servers
            .map(|(name, address)| Server { name, address, connection: Mutex::default() })
            .collect()
    }

    /// Starts a program that prints a name and a port for each of its servers.
    fn with_ports(&mut self, mut command: Command, count: usize) {
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let lines = BufReader::new(child.stdout.take().unwrap()).lines().take(count);
        self.children.push(child);
        for line in lines {
            let line = line.unwrap();
            let (name, port) = line.split_once('\t').unwrap();
            self.servers.push((name.to_owned(), Address::Port(port.parse().unwrap())));
        }
    }

    fn nginx(&mut self, config: &str) {
        let folder = self._folder.path();
        let socket = folder.join("socket");
        let config = config.replace("SOCKET", socket.to_str().unwrap());
        fs::write(folder.join("nginx.conf"), config).unwrap();
        let mut command = Command::new(tools::nginx());
        command.arg("-p").arg(folder).args(["-c", "nginx.conf"]);
        self.children.push(command.spawn().unwrap());
        let address = Address::Socket(socket);
        let mut tries = 0;
        while address.connect().is_none() {
            tries += 1;
            assert!(tries < 500, "nginx does not listen");
            thread::sleep(Duration::from_millis(10));
        }
        self.servers.push(("nginx".to_owned(), address));
    }
}

impl Drop for Servers {
    fn drop(&mut self) {
        for child in &mut self.children {
            drop(child.kill());
            drop(child.wait());
        }
    }
}

// === impl Address ===

impl Address {
    fn connect(&self) -> Option<Box<dyn Connection>> {
        match self {
            Self::Port(port) => {
                let stream = TcpStream::connect(("127.0.0.1", *port)).ok()?;
                stream.set_read_timeout(Some(PATIENCE)).unwrap();
                stream.set_nodelay(true).unwrap();
                Some(Box::new(stream))
            }
            Self::Socket(path) => {
                let stream = UnixStream::connect(path).ok()?;
                stream.set_read_timeout(Some(PATIENCE)).unwrap();
                Some(Box::new(stream))
            }
        }
    }
}

// === impl Server ===

impl Server {
    /// How this server reads a request; nothing if it refuses it.
    pub(super) fn ask(&self, case: &Case) -> Option<Reading> {
        let mut kept = self.connection.lock().unwrap();
        // A kept connection may have been closed since; a new one has not.
        let kept_response = kept.as_mut().and_then(|connection| exchange(connection, case));
        let response = kept_response.or_else(|| {
            let connection = self.address.connect().unwrap_or_else(|| panic!("{}", self.name));
            exchange(kept.insert(BufReader::new(connection)), case)
        });
        if response.as_ref().is_none_or(|response| response.closes) {
            *kept = None;
        }
        let Response { status, body, .. } = response?;
        match &self.address {
            _ if status != 200 => None,
            Address::Port(_) => serde_json::from_slice(&body).ok(),
            Address::Socket(_) => lines(&body),
        }
    }
}

/// nginx cannot write JSON, nor tell an empty header from none.
fn lines(body: &[u8]) -> Option<Reading> {
    let mut lines = body.split(|byte| *byte == b'\n').map(String::from_utf8_lossy);
    let tenant = lines.next()?.into_owned();
    let tenant = (!tenant.is_empty()).then(|| vec![tenant]);
    let route = lines.next().map(Cow::into_owned);
    let values = lines.map(Cow::into_owned).collect();
    Some(Reading { route, values, q: None, tenant })
}

fn exchange(connection: &mut BufReader<Box<dyn Connection>>, case: &Case) -> Option<Response> {
    connection.get_mut().write_all(&case.bytes()).ok()?;
    let status = line(connection)?.split(' ').nth(1)?.parse().ok()?;
    let (mut length, mut closes) = (0, false);
    loop {
        let header = line(connection)?.to_ascii_lowercase();
        match header.split_once(':') {
            Some(("content-length", value)) => length = value.trim().parse().ok()?,
            Some(("connection", value)) => closes = value.trim() == "close",
            Some(_) => {}
            None => break,
        }
    }
    let mut body = vec![0; length];
    connection.read_exact(&mut body).ok()?;
    Some(Response { status, closes, body })
}

fn line(connection: &mut BufReader<Box<dyn Connection>>) -> Option<String> {
    let mut line = Vec::new();
    let count = connection.read_until(b'\n', &mut line).ok()?;
    (count > 0).then(|| String::from_utf8_lossy(&line).trim_end().to_owned())
}
