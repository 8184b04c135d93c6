//! A TCP proxy between Swath and a server, with a switch: the wire that a fault cuts.

use std::net::SocketAddr;

use anyhow::Context;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::ports;

/// A wire to a server on this machine. Dropping it cuts it for good.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    whole: watch::Sender<bool>,
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
        let (whole, state) = watch::channel(true);
        let listening = tokio::spawn(listen(listener, server, state));
        Ok(Self { address, whole, listening })
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

    /// Ends every connection, and every new one at once, until [`Proxy::mend`].
    pub fn cut(&self) {
        self.whole.send_replace(false);
    }

    /// Lets connections through again.
    pub fn mend(&self) {
        self.whole.send_replace(true);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.cut();
        self.listening.abort();
    }
}

async fn listen(listener: TcpListener, server: u16, state: watch::Receiver<bool>) {
    while let Ok((client, _)) = listener.accept().await {
        tokio::spawn(carry(client, server, state.clone()));
    }
}

/// Carries one connection until either side ends it or the wire is cut.
async fn carry(mut client: TcpStream, server: u16, mut state: watch::Receiver<bool>) -> std::io::Result<()> {
    if !*state.borrow_and_update() {
        return Ok(());
    }
    let mut upstream = TcpStream::connect(ports::local(server)).await?;
    client.set_nodelay(true)?;
    upstream.set_nodelay(true)?;
    tokio::select! {
        ended = copy_bidirectional(&mut client, &mut upstream) => ended.map(|_| ()),
        _ = state.wait_for(|whole| !whole) => Ok(()),
    }
}
