//! The connection, made when it is needed and forgotten when it fails.

use std::{
    fmt, fs, io,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use redis::{
    AsyncConnectionConfig, Client, Cmd, FromRedisValue, RedisError, TlsCertificates,
    aio::MultiplexedConnection,
};

use super::SharedMemoryConfig;

/// A handle to Redis. A clone shares its connection.
#[derive(Clone)]
pub struct SharedMemory(Arc<Shared>);

struct Shared {
    client: Client,
    prefix: Box<str>,
    timeout: Duration,
    /// Many commands share it; whoever sees one fail drops it for all.
    connection: Mutex<Option<MultiplexedConnection>>,
}

/// Settings that no connection can be made with.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    #[error("could not read the authority `{}`", path.display())]
    ReadAuthority {
        path: PathBuf,
        #[source]
        error: io::Error,
    },
    #[error("could not use the settings of Redis")]
    Client(#[source] RedisError),
}

/// Redis did not answer, or with an error. Whether it has done what it was told is not known.
#[derive(Debug, thiserror::Error)]
#[error("Redis did not do it")]
pub struct Unavailable(#[source] RedisError);

// === impl Unavailable ===

impl Unavailable {
    /// Redis has closed the connection, and may be there: a new one is made for the next command.
    #[must_use]
    pub fn was_closed(&self) -> bool {
        self.0.is_connection_dropped()
    }
}

// === impl SharedMemory ===

impl SharedMemory {
    /// Nothing is connected before the first command.
    ///
    /// # Errors
    /// Settings that do not fit together, or a file that cannot be read.
    pub fn build(config: &SharedMemoryConfig) -> Result<Self, BuildError> {
        let SharedMemoryConfig { url, ca_file, prefix, timeout } = config;
        let client = match ca_file {
            None => Client::open(url.as_str()),
            Some(path) => {
                let authority = fs::read(path)
                    .map_err(|error| BuildError::ReadAuthority { path: path.clone(), error })?;
                let tls = TlsCertificates { client_tls: None, root_cert: Some(authority) };
                Client::build_with_tls(url.as_str(), tls)
            }
        };
        let client = client.map_err(BuildError::Client)?;
        Ok(Self::with(client, prefix, *timeout))
    }

    /// The same Redis by a connection of its own, whose commands may take `patience` longer. A
    /// command that waits in Redis would hold up all others of its connection.
    #[must_use]
    pub fn patient(&self, patience: Duration) -> Self {
        let Shared { client, prefix, timeout, connection: _ } = &*self.0;
        Self::with(client.clone(), prefix, *timeout + patience)
    }

    fn with(client: Client, prefix: &str, timeout: Duration) -> Self {
        let connection = Mutex::default();
        Self(Arc::new(Shared { client, prefix: prefix.into(), timeout, connection }))
    }

    /// The full name of a key.
    #[must_use]
    pub fn key(&self, name: &str) -> String {
        format!("{}{name}", self.0.prefix)
    }

    /// One command and its answer, in one trip within the timeout.
    ///
    /// # Errors
    /// [`Unavailable`]; the next command makes a new connection.
    pub async fn ask<T: FromRedisValue>(&self, command: &Cmd) -> Result<T, Unavailable> {
        let answer = match self.connection().await {
            Ok(mut connection) => command.query_async(&mut connection).await,
            Err(error) => Err(error),
        };
        answer.map_err(|error| {
            // After a failover even a connection that answers may be to the wrong server.
            self.keep(None);
            Unavailable(error)
        })
    }

    async fn connection(&self) -> Result<MultiplexedConnection, RedisError> {
        let Shared { client, timeout, connection, .. } = &*self.0;
        let kept = connection.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(kept) = kept {
            return Ok(kept);
        }
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(*timeout))
            .set_response_timeout(Some(*timeout));
        // Two who find none at once make two, and one of these is kept.
        let connection = client.get_multiplexed_async_connection_with_config(&config).await?;
        self.keep(Some(connection.clone()));
        Ok(connection)
    }

    fn keep(&self, connection: Option<MultiplexedConnection>) {
        *self.0.connection.lock().unwrap_or_else(PoisonError::into_inner) = connection;
    }
}

impl fmt::Debug for SharedMemory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedMemory").field("prefix", &self.0.prefix).finish_non_exhaustive()
    }
}
