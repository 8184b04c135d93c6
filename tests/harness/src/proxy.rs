//! A TCP proxy between Swath and a server, with a switch: the wire that a fault cuts, stalls, slows or makes deaf.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Context;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::ports;

/// What a wire does with connections, old and new.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Line {
    /// Bytes pass.
    Open,
    /// Connections are closed, and new ones at once.
    Cut,
    /// Connections stand, and no byte passes.
    Stalled,
    /// What the server says is held back; what it is told arrives.
    Mute,
    /// What the server is told is held back; what it says arrives.
    Deaf,
    /// Bytes pass this much later.
    Slow(Duration),
}

/// Which way bytes go.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    ToServer,
    FromServer,
}

/// Bytes that are under way at once, in each direction of a connection.
const CHUNK: usize = 16 * 1024;

/// A wire to a server on this machine. Dropping it cuts it for good.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    line: watch::Sender<Line>,
    listening: JoinHandle<()>,
}

impl Proxy {
    /// Lays a wire to the loopback port of a server.
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

    /// Lays a wire to the server of a URL; the URL comes back with the wire's address in place of the server's.
    ///
    /// # Errors
    /// When the URL names no port on this machine, or none is free.
    pub async fn before(url: &str) -> anyhow::Result<(Self, String)> {
        let mut url = reqwest::Url::parse(url)?;
        let wire = Self::to(url.port().context("no port in the URL")?).await?;
        let changed = url.set_port(Some(wire.address.port()));
        anyhow::ensure!(changed.is_ok(), "{url} takes no port");
        Ok((wire, url.into()))
    }

    /// Where Swath connects instead of to the server.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// From now on the wire does this.
    pub fn set(&self, line: Line) {
        self.line.send_replace(line);
    }

    /// Ends every connection, and every new one at once, until [`Proxy::mend`].
    pub fn cut(&self) {
        self.set(Line::Cut);
    }

    /// Lets everything through again.
    pub fn mend(&self) {
        self.set(Line::Open);
    }

    /// Ends every connection and lets new ones through.
    pub async fn interrupt(&self) {
        self.cut();
        // Every connection sees the cut before the line is open again.
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

/// Carries one connection until either side ends it or the wire is cut.
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
        () = pump(from_client, to_server, Way::ToServer, line.clone()) => {}
        () = pump(from_server, to_client, Way::FromServer, line) => {}
        () = cut_of(cut) => {}
    }
    Ok(())
}

async fn cut_of(mut line: watch::Receiver<Line>) {
    let _ = line.wait_for(|line| *line == Line::Cut).await;
}

/// Carries bytes one way; what is held back is not lost, it comes once the line lets it.
async fn pump(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    way: Way,
    mut line: watch::Receiver<Line>,
) {
    let mut chunk = vec![0; CHUNK];
    while let Ok(count @ 1..) = from.read(&mut chunk).await {
        let held = |line: &Line| {
            matches!(
                (line, way),
                (Line::Stalled, _) | (Line::Mute, Way::FromServer) | (Line::Deaf, Way::ToServer)
            )
        };
        let Ok(now) = line.wait_for(|line| !held(line)).await.map(|line| *line) else { return };
        match now {
            // What was held back when the wire was cut never comes.
            Line::Cut => return,
            Line::Slow(by) => tokio::time::sleep(by).await,
            _ => {}
        }
        if to.write_all(&chunk[..count]).await.is_err() {
            return;
        }
    }
}
