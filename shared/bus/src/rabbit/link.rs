//! One connection to the broker, from its handshake to its end.

use std::net::{Shutdown, TcpStream};
use std::os::fd::AsFd;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::{fmt, io};

use futures::Stream;
use lapin::options::ConfirmSelectOptions;
use lapin::tcp::{AMQPUriTcpExt, AsyncTcpStream, TLSConfig};
use lapin::uri::{AMQPScheme, AMQPUri};
use lapin::{Channel, Connection, ConnectionProperties, Event};
use tokio_util::sync::CancellationToken;

use super::fault::{Fault, within};
use super::shared::Shared;
use super::topology::Topology;
use crate::BadUrl;

/// Two missed heartbeats end a connection. RabbitMQ advises against less than five seconds.
const HEARTBEAT_SECONDS: u16 = 10;

pub(super) struct Link {
    connection: Connection,
    topology: Topology,
    ended: CancellationToken,
    _socket: Socket,
}

/// Parses an AMQP URL and adds our heartbeat unless it has one.
pub(super) fn parse(url: &str) -> Result<AMQPUri, BadUrl> {
    let mut uri: AMQPUri = url.parse().map_err(BadUrl)?;
    uri.query.heartbeat.get_or_insert(HEARTBEAT_SECONDS);
    Ok(uri)
}

impl Link {
    /// Connects. `purpose` is shown in the broker's list of connections.
    pub async fn open(shared: &Shared, purpose: &str) -> Result<Self, Fault> {
        let name = format!("{}.{purpose}", shared.options.prefix);
        let properties = ConnectionProperties::default().with_connection_name(name.into());
        let socket = Socket::default();
        let slot = Arc::downgrade(&socket.0);
        let connecting = Connection::connector(
            shared.uri.clone(),
            lapin::runtime::default_runtime()?,
            // The runtime sets TCP_NODELAY on every stream that it opens.
            async move |uri, runtime| {
                let plain = AMQPUri { scheme: AMQPScheme::AMQP, ..uri.clone() };
                let stream = plain.connect_async(&runtime).await?;
                if let AsyncTcpStream::Plain(stream) = &stream {
                    share_socket(stream.get_ref(), &slot)?;
                }
                match uri.scheme {
                    AMQPScheme::AMQP => Ok(stream),
                    AMQPScheme::AMQPS => {
                        Ok(stream.into_tls(&uri.authority.host, TLSConfig::default()).await?)
                    }
                }
            },
            properties,
        );
        Ok(Self {
            connection: within(shared.options.network_deadline, connecting).await?,
            topology: Topology::new(&shared.options),
            ended: CancellationToken::new(),
            _socket: socket,
        })
    }

    pub async fn channel(&self) -> Result<Channel, Fault> {
        within(self.topology.deadline(), self.connection.create_channel()).await
    }

    /// A channel on which the broker confirms every publish.
    pub async fn confirming_channel(&self) -> Result<Channel, Fault> {
        let channel = self.channel().await?;
        within(self.topology.deadline(), channel.confirm_select(ConfirmSelectOptions::default())).await?;
        Ok(channel)
    }

    /// Declares a queue, once per connection.
    pub async fn ensure(&self, queue: &str) -> Result<(), Fault> {
        self.topology.ensure(&self.connection, queue).await
    }

    /// Records that the queue was deleted, because the broker returned a message for it.
    pub async fn gone(&self, queue: &str) {
        self.topology.gone(queue).await;
    }

    /// Lets the queue be declared again.
    pub async fn forget(&self, queue: &str) {
        self.topology.forget(queue).await;
    }

    pub async fn depth(&self, queue: &str) -> Result<u64, Fault> {
        self.topology.depth(&self.connection, queue).await
    }

    pub fn is_connected(&self) -> bool {
        self.connection.status().connected()
    }

    pub fn is_blocked(&self) -> bool {
        self.connection.status().blocked()
    }

    pub fn events(&self) -> impl Stream<Item = Event> + Send + Unpin + 'static {
        Box::pin(self.connection.events_listener())
    }

    /// Tells the users of this link that it has ended.
    pub fn end(&self) {
        self.ended.cancel();
    }

    /// Returns once the link has ended.
    pub async fn ended(&self) {
        self.ended.cancelled().await;
    }

    /// Closes the connection properly.
    pub async fn close(&self) -> Result<(), Fault> {
        within(self.topology.deadline(), self.connection.close(200, "closing".into())).await
    }
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Link").field("connected", &self.is_connected()).finish_non_exhaustive()
    }
}

/// A second handle on the connection's socket, to shut it down when the link is dropped.
///
/// lapin runs each connection on a thread of its own, which waits without a deadline during the handshake and the
/// close. With a broker that accepts connections and then stays silent, every attempt would leak a thread.
#[derive(Default)]
struct Socket(Arc<Mutex<Option<TcpStream>>>);

impl Drop for Socket {
    fn drop(&mut self) {
        if let Some(stream) = self.0.lock().unwrap_or_else(PoisonError::into_inner).take() {
            // An error means that the socket is already shut.
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}

/// Puts a second handle on a new socket into its slot. Fails if the link was dropped meanwhile.
fn share_socket(socket: &impl AsFd, slot: &Weak<Mutex<Option<TcpStream>>>) -> io::Result<()> {
    let slot = slot.upgrade().ok_or(io::ErrorKind::ConnectionAborted)?;
    let second = socket.as_fd().try_clone_to_owned()?;
    *slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(second.into());
    Ok(())
}
