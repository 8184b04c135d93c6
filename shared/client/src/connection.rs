//! One connection that is kept open for many calls, for callers who would otherwise measure the pool of connections as well.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::Request;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HOST, HeaderValue};
use hyper_util::rt::TokioIo;
use serde::de::DeserializeOwned;
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::client::{Attempt, Client, Result, read, retry_after};
use crate::error::{ApiError, ClientError};

/// What `http:` addresses start with; others go through the client's own pool.
const PLAIN: &str = "http://";

type Sender = SendRequest<Full<Bytes>>;

/// A caller with a connection of its own.
pub struct Connection {
    client: Client,
    host: Option<HeaderValue>,
    sender: Option<Sender>,
}

impl Connection {
    /// A connection for this client. It opens with the first call.
    pub fn of(client: &Client) -> Self {
        let host = client.base().strip_prefix(PLAIN).filter(|rest| !rest.contains('/'));
        Self { client: client.clone(), host: host.and_then(|host| host.parse().ok()), sender: None }
    }

    /// The next calls are those of this client's caller, at the same server.
    pub fn serve(&mut self, client: &Client) {
        self.client = client.clone();
    }

    /// One attempt of a call, for callers who count every attempt. It ends within `deadline`. Dropping it closes the connection.
    ///
    /// # Errors
    /// What the server refuses, and everything that leaves the outcome unknown.
    pub async fn attempt<T: DeserializeOwned>(
        &mut self,
        attempt: &Attempt<'_>,
        deadline: Duration,
    ) -> Result<T> {
        let Some(host) = self.host.clone() else { return self.client.attempt(attempt, deadline).await };
        let silent = || ClientError::Broken(format!("nothing within {deadline:?}"));
        let body = timeout(deadline, self.exchange(host, attempt)).await.map_err(|_| silent())??;
        read(&body)
    }

    async fn exchange(&mut self, host: HeaderValue, attempt: &Attempt<'_>) -> Result<Bytes> {
        // Out of its place until the answer is whole: a call that is dropped takes the connection along.
        let mut sender = match self.sender.take() {
            Some(sender) if !sender.is_closed() => sender,
            _ => connect(&host).await?,
        };
        let request = self.request(host, attempt)?;
        let answer = sender.send_request(request).await.map_err(broken)?;
        let (parts, body) = answer.into_parts();
        let body = body.collect().await.map_err(broken)?.to_bytes();
        self.sender = Some(sender);
        if parts.status.is_success() || parts.status.is_redirection() {
            return Ok(body);
        }
        let pause = retry_after(&parts.headers);
        Err(ClientError::Api(Box::new(ApiError::read(parts.status.as_u16(), pause, &body))))
    }

    fn request(&self, host: HeaderValue, attempt: &Attempt<'_>) -> Result<Request<Full<Bytes>>> {
        let mut request =
            Request::builder().method(attempt.method.clone()).uri(attempt.path).header(HOST, host);
        if let Some(token) = &self.client.token {
            request = request.header(AUTHORIZATION, token.clone());
        }
        if let Some(key) = attempt.key {
            request = request.header("idempotency-key", key);
        }
        let mut body = Bytes::new();
        if let Some(value) = &attempt.body {
            request = request.header(CONTENT_TYPE, HeaderValue::from_static("application/json"));
            body = serde_json::to_vec(value).map_err(ClientError::Encode)?.into();
        }
        request.body(Full::new(body)).map_err(|_| ClientError::Address(attempt.path.to_owned()))
    }
}

async fn connect(host: &HeaderValue) -> Result<Sender> {
    let address = host.to_str().unwrap_or_default();
    let port = if address.rsplit(']').next().is_some_and(|rest| rest.contains(':')) { "" } else { ":80" };
    let stream = TcpStream::connect(format!("{address}{port}")).await.map_err(broken)?;
    stream.set_nodelay(true).map_err(broken)?;
    let (sender, connection) = handshake(TokioIo::new(stream)).await.map_err(broken)?;
    // It ends with the sender, or with the server.
    tokio::spawn(connection);
    Ok(sender)
}

fn broken(error: impl std::fmt::Display) -> ClientError {
    ClientError::Broken(error.to_string())
}
