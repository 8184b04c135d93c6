//! A socket that records when it reads and writes.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::body::Bytes;
use bytes::Buf;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use super::state::State;

/// The socket of a connection.
pub(super) struct Watched {
    stream: TcpStream,
    /// Bytes that were read but not used, which are read again.
    unread: Bytes,
    state: Arc<State>,
}

impl Watched {
    pub(super) fn new(stream: TcpStream, state: Arc<State>) -> Self {
        Self { stream, unread: Bytes::new(), state }
    }

    /// Whether there are bytes to read besides those of the socket.
    pub(super) fn has_unread(&self) -> bool {
        !self.unread.is_empty()
    }

    /// Puts back bytes that were read but not used.
    pub(super) fn put_back(&mut self, unread: Bytes) {
        self.unread = unread;
    }

    /// Waits until bytes arrive or the client closes.
    pub(super) async fn readable(&self) -> io::Result<()> {
        self.stream.readable().await
    }

    /// Records whether the client accepts more bytes.
    fn recorded<T>(&self, poll: Poll<T>) -> Poll<T> {
        self.state.written(poll.is_pending());
        poll
    }
}

impl AsyncRead for Watched {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let poll = if self.unread.is_empty() {
            Pin::new(&mut self.stream).poll_read(cx, buf)
        } else {
            let length = self.unread.len().min(buf.remaining());
            buf.put_slice(&self.unread[..length]);
            self.unread.advance(length);
            Poll::Ready(Ok(()))
        };
        if buf.filled().len() > before {
            self.state.arrived();
        }
        poll
    }
}

impl AsyncWrite for Watched {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let poll = Pin::new(&mut self.stream).poll_write(cx, buf);
        self.recorded(poll)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let poll = Pin::new(&mut self.stream).poll_write_vectored(cx, bufs);
        self.recorded(poll)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
