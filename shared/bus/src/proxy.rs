//! A TCP proxy in this process that tests put faults into.

use std::net::SocketAddr;

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// What the proxy does with connections, old and new.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Line {
    /// Bytes pass.
    Open,
    /// Connections are closed.
    Cut,
    /// Connections stand, and no byte passes.
    Stalled,
}

pub(crate) struct Proxy {
    address: SocketAddr,
    line: watch::Sender<Line>,
}

impl Proxy {
    /// Stands before `upstream`; lives as long as the test's runtime.
    pub async fn start(upstream: SocketAddr, line: Line) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (line, seen) = watch::channel(line);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(serve(client, upstream, seen.clone()));
            }
        });
        Self { address, line }
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    pub fn set(&self, line: Line) {
        self.line.send_replace(line);
    }

    /// Closes every connection and lets new ones through.
    pub async fn interrupt(&self) {
        self.set(Line::Cut);
        // Every connection sees the cut before the line is open again.
        while self.line.receiver_count() > 1 {
            tokio::task::yield_now().await;
        }
        self.set(Line::Open);
    }
}

async fn serve(mut client: TcpStream, upstream: SocketAddr, mut line: watch::Receiver<Line>) {
    let Ok(true) = line.wait_for(|line| *line != Line::Stalled).await.map(|line| *line == Line::Open) else {
        return;
    };
    let Ok(mut server) = TcpStream::connect(upstream).await else { return };
    loop {
        let now = *line.borrow_and_update();
        match now {
            Line::Cut => return,
            Line::Stalled => {}
            Line::Open => tokio::select! {
                _ = copy_bidirectional(&mut client, &mut server) => return,
                _ = line.changed() => continue,
            },
        }
        if line.changed().await.is_err() {
            return;
        }
    }
}
