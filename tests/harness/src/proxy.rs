//! A TCP proxy between Swath and a server that can cut, stall, slow down or block connections.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Context;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::ports;

/// What the proxy does with connections, old and new.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Line {
    /// Bytes pass in both directions.
    Open,
    /// Existing connections are closed, and new ones are closed at once.
    Cut,
    /// Connections stay open, and no byte passes.
    Stalled,
    /// What the server sends is held back; what is sent to it arrives.
    Mute,
    /// What is sent to the server is held back; what it sends arrives.
    Deaf,
    /// Bytes pass after this delay.
    Slow(Duration),
}

/// The direction in which bytes go.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Direction {
    ToServer,
    FromServer,
}

/// Bytes that are in transit at once, in each direction of a connection.
const CHUNK_BYTES: usize = 16 * 1024;

/// A proxy to a server on this machine. Dropping it closes all connections.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    line: watch::Sender<Line>,
    listening: JoinHandle<()>,
}

impl Proxy {
    /// Starts a proxy to a loopback port.
    ///
    /// # Errors
    /// When no port is free.
    pub async fn to(server: u16) -> anyhow::Result<Self> {
        let listener = TcpListener::bind(ports::local(0)).await?;
        let address = listener.local_addr()?;
        let (line, seen) = watch::channel(Line::Open);
        let listening = tokio::spawn(listen(listener, server, seen));
        Ok(Self { address, line, listening })
    }

    /// Starts a proxy to the server of a URL, and returns the URL with the proxy's port in it.
    ///
    /// # Errors
    /// When the URL names no port, or none is free.
    pub async fn before(url: &str) -> anyhow::Result<(Self, String)> {
        let mut url = reqwest::Url::parse(url)?;
        let wire = Self::to(url.port().context("no port in the URL")?).await?;
        let changed = url.set_port(Some(wire.address.port()));
        anyhow::ensure!(changed.is_ok(), "{url} takes no port");
        Ok((wire, url.into()))
    }

    /// The address to which Swath connects instead of the server's.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Changes what the proxy does from now on.
    pub fn set(&self, line: Line) {
        self.line.send_replace(line);
    }

    /// Closes every connection, and every new one, until [`Proxy::mend`].
    pub fn cut(&self) {
        self.set(Line::Cut);
    }

    /// Lets all bytes pass again.
    pub fn mend(&self) {
        self.set(Line::Open);
    }

    /// Closes every connection and accepts new ones.
    pub async fn interrupt(&self) {
        self.cut();
        // Waits until every connection has seen the cut.
        while self.line.receiver_count() > 1 {
            tokio::task::yield_now().await;
        }
        self.mend();
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.cut();
        self.listening.abort();
    }
}

async fn listen(listener: TcpListener, server: u16, line: watch::Receiver<Line>) {
    while let Ok((client, _)) = listener.accept().await {
        tokio::spawn(carry(client, server, line.clone()));
    }
}

/// Carries one connection until either side ends it or it is cut.
async fn carry(client: TcpStream, server: u16, mut line: watch::Receiver<Line>) -> std::io::Result<()> {
    match line.wait_for(|line| *line != Line::Stalled).await {
        Ok(now) if *now != Line::Cut => {}
        _ => return Ok(()),
    }
    let upstream = TcpStream::connect(ports::local(server)).await?;
    client.set_nodelay(true)?;
    upstream.set_nodelay(true)?;
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = upstream.into_split();
    let cut = line.clone();
    tokio::select! {
        () = pump(from_client, to_server, Direction::ToServer, line.clone()) => {}
        () = pump(from_server, to_client, Direction::FromServer, line) => {}
        () = cut_of(cut) => {}
    }
    Ok(())
}

async fn cut_of(mut line: watch::Receiver<Line>) {
    let _ = line.wait_for(|line| *line == Line::Cut).await;
}

/// Copies bytes in one direction. Bytes that are held back are sent once the line allows it.
async fn pump(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    direction: Direction,
    mut line: watch::Receiver<Line>,
) {
    let mut chunk = vec![0; CHUNK_BYTES];
    while let Ok(count @ 1..) = from.read(&mut chunk).await {
        let held = |line: &Line| {
            matches!(
                (line, direction),
                (Line::Stalled, _) | (Line::Mute, Direction::FromServer) | (Line::Deaf, Direction::ToServer)
            )
        };
        let Ok(now) = line.wait_for(|line| !held(line)).await.map(|line| *line) else { return };
        match now {
            // Bytes that were held back when the connection was cut are lost.
            Line::Cut => return,
            Line::Slow(by) => tokio::time::sleep(by).await,
            _ => {}
        }
        if to.write_all(&chunk[..count]).await.is_err() {
            return;
        }
    }
}
