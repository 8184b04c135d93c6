//! One connection for many calls. A load generator uses it so that it does not measure the connection pool as well.

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

/// The start of addresses without TLS. Calls to other addresses use the client's connection pool.
const PLAIN_SCHEME: &str = "http://";

type Sender = SendRequest<Full<Bytes>>;

/// A client with its own connection.
pub struct Connection {
    client: Client,
    host: Option<HeaderValue>,
    sender: Option<Sender>,
}

impl Connection {
    /// A connection for this client. The first call opens it.
    pub fn of(client: &Client) -> Self {
        let host = client.base().strip_prefix(PLAIN_SCHEME).filter(|rest| !rest.contains('/'));
        Self { client: client.clone(), host: host.and_then(|host| host.parse().ok()), sender: None }
    }

    /// Uses the token of another client of the same server for the next calls.
    pub fn switch_to(&mut self, client: &Client) {
        self.client = client.clone();
    }

    /// Makes one attempt of a call within `deadline`, without repeating it. Dropping the future closes the connection.
    ///
    /// # Errors
    /// If the server refuses the request, or the outcome is unknown.
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
        // Taken until the response is complete, so that a dropped call closes the connection.
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
    let address = host.to_str().map_err(broken)?;
    let port = if address.rsplit(']').next().is_some_and(|rest| rest.contains(':')) { "" } else { ":80" };
    let stream = TcpStream::connect(format!("{address}{port}")).await.map_err(broken)?;
    stream.set_nodelay(true).map_err(broken)?;
    let (sender, connection) = handshake(TokioIo::new(stream)).await.map_err(broken)?;
    // The task ends when the sender is dropped or the server closes the connection.
    tokio::spawn(connection);
    Ok(sender)
}

fn broken(error: impl std::fmt::Display) -> ClientError {
    ClientError::Broken(error.to_string())
}
