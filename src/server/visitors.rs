//! Connections from anywhere: few at a time, none for long, with TLS or without.
//!
//! Where every seat is taken, whoever has been there longest without a word makes room: connections are
//! cheap to open, and must not keep those out who have something to say.
//!
//! The handshake belongs to the connection's own task. Were it to happen before the next connection
//! is accepted, one client that says nothing would keep all others out.

use std::{
    collections::VecDeque,
    io,
    net::SocketAddr,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use axum::serve::Listener;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpStream, UnixStream},
    sync::{OwnedSemaphorePermit, Semaphore, oneshot},
    time::{Instant, Sleep, sleep},
};
use tokio_rustls::{Accept, TlsAcceptor, server::TlsStream};
use tokio_util::either::Either;

use super::{
    listener::{BindError, Bound, ListenAddress, Socket, TlsConfig},
    tls::{Protocols, acceptor},
};

/// A listener for anybody: `logout:` and `assertion.listen:` of the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DoorConfig {
    pub address: SocketAddr,
    pub tls: Option<TlsConfig>,
}

/// A bound socket that hands out [`Visit`]s.
pub(super) struct Visitors {
    bound: Bound,
    tls: Option<TlsAcceptor>,
    seats: Arc<Semaphore>,
    /// Those who have not said anything when they came, the first one in front.
    silent: VecDeque<oneshot::Sender<Leave>>,
    stay: Stay,
}

/// Said to one who is to make room.
#[derive(Debug)]
struct Leave;

/// How many may be there at one time (more wait in the system's queue), and how long.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stay {
    seats: usize,
    /// Until something is said, the handshake with it.
    arrival: Duration,
    /// From then on without a word; nothing where the arrival is all the time that there is.
    silence: Option<Duration>,
}

/// One connection.
pub(super) struct Visit {
    stream: Stream,
    /// When it is over.
    end: Pin<Box<Sleep>>,
    silence: Option<Duration>,
    /// Until something is said.
    asked_to_leave: Option<oneshot::Receiver<Leave>>,
    _seat: Option<OwnedSemaphorePermit>,
}

/// Over the network or within the machine.
type Wire = Either<TcpStream, UnixStream>;

enum Stream {
    Plain(Wire),
    Handshake(Box<Accept<Wire>>),
    Encrypted(Box<TlsStream<Wire>>),
    /// The handshake failed, or who came has left.
    Nobody,
}

// === impl Stay ===

impl Stay {
    /// For one request of somebody whom we do not know. An issuer waits five seconds for its
    /// answer; ours has its own deadlines below that.
    pub(super) const SHORT: Self =
        Self { seats: 256, arrival: Duration::from_secs(10), silence: None };

    /// For clients that keep their connections. Cerbos closes idle ones after two minutes, too.
    pub(super) const WHILE_TALKING: Self = Self {
        seats: 4096,
        arrival: Duration::from_secs(15),
        silence: Some(Duration::from_secs(120)),
    };
}

// === impl Visitors ===

impl Visitors {
    /// For anybody, who has no reason to stay.
    pub(super) async fn at_door(config: &DoorConfig) -> Result<Self, BindError> {
        let DoorConfig { address, tls } = config;
        Self::bind(&ListenAddress::Tcp(*address), tls.as_ref(), Stay::SHORT).await
    }

    pub(super) async fn bind(
        address: &ListenAddress,
        tls: Option<&TlsConfig>,
        stay: Stay,
    ) -> Result<Self, BindError> {
        let tls = tls.map(|tls| acceptor(tls, Protocols::Http2Or1)).transpose()?;
        let bound = Bound::open(address).await?;
        let seats = Arc::new(Semaphore::new(stay.seats));
        Ok(Self { bound, tls, seats, silent: VecDeque::new(), stay })
    }

    /// Where they come, such as `127.0.0.1:3592`.
    pub(super) fn address(&self) -> io::Result<String> {
        self.bound.address()
    }

    /// A seat, of somebody silent if none is free.
    async fn seat(&mut self) -> Option<OwnedSemaphorePermit> {
        if self.silent.len() >= 2 * self.stay.seats {
            self.silent.retain(|visit| !visit.is_closed());
        }
        if self.seats.available_permits() == 0 {
            while let Some(first) = self.silent.pop_front() {
                if first.send(Leave).is_ok() {
                    break;
                }
            }
        }
        // Nobody closes the semaphore; if somebody did, there would be no limit.
        self.seats.clone().acquire_owned().await.ok()
    }
}

impl Listener for Visitors {
    type Io = Visit;
    type Addr = ();

    async fn accept(&mut self) -> (Visit, ()) {
        // axum's own listeners wait out the errors of accepting.
        let wire = match &mut self.bound.socket {
            Socket::Tcp(listener) => {
                let (stream, _address) = Listener::accept(listener).await;
                // Answers are small; whoever waits for one should have it at once. It is no
                // matter if not.
                let _slower = stream.set_nodelay(true);
                Either::Left(stream)
            }
            Socket::Unix(listener) => Either::Right(Listener::accept(listener).await.0),
        };
        let seat = self.seat().await;
        let (leave, asked_to_leave) = oneshot::channel();
        self.silent.push_back(leave);
        let stream = match &self.tls {
            Some(acceptor) => Stream::Handshake(Box::new(acceptor.accept(wire))),
            None => Stream::Plain(wire),
        };
        let Stay { arrival, silence, seats: _ } = self.stay;
        let asked_to_leave = Some(asked_to_leave);
        let end = Box::pin(sleep(arrival));
        (Visit { stream, end, silence, asked_to_leave, _seat: seat }, ())
    }

    fn local_addr(&self) -> io::Result<()> {
        Ok(())
    }
}

impl std::fmt::Debug for Visitors {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Visitors").field("bound", &self.bound).finish_non_exhaustive()
    }
}

// === impl Visit ===

impl Visit {
    /// The stream, once the handshake is done and as long as there is time.
    fn poll_stream(&mut self, context: &mut Context<'_>) -> Poll<io::Result<&mut Stream>> {
        if self.end.as_mut().poll(context).is_ready() {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        if let Some(asked) = &mut self.asked_to_leave
            && let Poll::Ready(asked) = Pin::new(asked).poll(context)
        {
            self.asked_to_leave = None;
            if let Ok(Leave) = asked {
                self.stream = Stream::Nobody;
            }
        }
        if let Stream::Handshake(accept) = &mut self.stream {
            self.stream = match ready!(Pin::new(&mut **accept).poll(context)) {
                Ok(stream) => Stream::Encrypted(Box::new(stream)),
                Err(_not_tls) => Stream::Nobody,
            };
        }
        Poll::Ready(Ok(&mut self.stream))
    }

    /// Something was said, in one direction or the other.
    fn talk(&mut self) {
        self.asked_to_leave = None;
        if let Some(silence) = self.silence {
            self.end.as_mut().reset(Instant::now() + silence);
        }
    }
}

impl AsyncRead for Visit {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let read = match ready!(self.poll_stream(context))? {
            Stream::Plain(stream) => Pin::new(stream).poll_read(context, buffer),
            Stream::Encrypted(stream) => Pin::new(stream).poll_read(context, buffer),
            Stream::Handshake(_) | Stream::Nobody => Poll::Ready(Err(nobody())),
        };
        if read.is_ready() {
            self.talk();
        }
        read
    }
}

impl AsyncWrite for Visit {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = match ready!(self.poll_stream(context))? {
            Stream::Plain(stream) => Pin::new(stream).poll_write(context, bytes),
            Stream::Encrypted(stream) => Pin::new(stream).poll_write(context, bytes),
            Stream::Handshake(_) | Stream::Nobody => Poll::Ready(Err(nobody())),
        };
        if written.is_ready() {
            self.talk();
        }
        written
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match ready!(self.poll_stream(context))? {
            Stream::Plain(stream) => Pin::new(stream).poll_flush(context),
            Stream::Encrypted(stream) => Pin::new(stream).poll_flush(context),
            Stream::Handshake(_) | Stream::Nobody => Poll::Ready(Ok(())),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match ready!(self.poll_stream(context))? {
            Stream::Plain(stream) => Pin::new(stream).poll_shutdown(context),
            Stream::Encrypted(stream) => Pin::new(stream).poll_shutdown(context),
            Stream::Handshake(_) | Stream::Nobody => Poll::Ready(Ok(())),
        }
    }
}

fn nobody() -> io::Error {
    io::ErrorKind::ConnectionAborted.into()
}
