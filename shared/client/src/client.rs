//! The client: calls with a deadline, repeated under the same idempotency key while the failure is temporary.

use std::time::Duration;

use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue, RETRY_AFTER};
use reqwest::{Method, Response, Url};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::error::{ApiError, ClientError};

/// What a call returns.
pub(crate) type Result<T> = std::result::Result<T, ClientError>;

/// Pairs for a query string.
pub type Query<'a> = [(&'a str, String)];

/// How long one ordinary request may take, answer included.
pub(crate) const REQUEST_DEADLINE: Duration = Duration::from_secs(30);
/// How long a connection may take to open.
pub(crate) const CONNECT_DEADLINE: Duration = Duration::from_secs(5);
/// Pauses before the repetitions of a call, unless the server names one.
pub(crate) const PAUSES: [Duration; 4] =
    [Duration::from_millis(100), Duration::from_millis(400), Duration::from_secs(1), Duration::from_secs(3)];
/// The longest pause that a server may name.
pub(crate) const PAUSE_MAX: Duration = Duration::from_secs(20);
/// Entries asked for per page of a list.
pub(crate) const PAGE_ENTRIES: usize = 1_000;

/// One caller of one server. Clones share their connections.
#[derive(Clone)]
pub struct Client {
    pub(crate) http: reqwest::Client,
    pub(crate) base: String,
    pub(crate) token: Option<HeaderValue>,
}

/// One page of a list.
#[derive(Debug, serde::Deserialize)]
pub struct Page<T> {
    /// The entries.
    pub items: Vec<T>,
    /// Where the next page begins; none after the last one.
    pub next: Option<String>,
}

impl Client {
    /// A client of the server at `base`, without a token.
    pub fn new(base: &str) -> Result<Self> {
        let base = base.trim_end_matches('/').to_owned();
        Url::parse(&base).map_err(|_| ClientError::Address(base.clone()))?;
        let http = reqwest::Client::builder()
            .connect_timeout(CONNECT_DEADLINE)
            .tcp_nodelay(true)
            .redirect(reqwest::redirect::Policy::none())
            .build()?;
        Ok(Self { http, base, token: None })
    }

    /// A client of the same server with this token.
    pub fn with_token(&self, token: &str) -> Result<Self> {
        let mut value = HeaderValue::from_str(&format!("Bearer {token}")).map_err(|_| ClientError::Token)?;
        value.set_sensitive(true);
        Ok(Self { token: Some(value), ..self.clone() })
    }

    /// `GET` of a document.
    pub async fn get<T: DeserializeOwned>(&self, path: &str, query: &Query<'_>) -> Result<T> {
        self.call(Call::new(Method::GET, self.url(path, query)?)).await
    }

    /// `POST` under a new idempotency key.
    pub async fn post<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> Result<T> {
        self.call(Call::new(Method::POST, self.url(path, &[])?).key(new_key()).body(body)?).await
    }

    /// `PUT` of a document.
    pub async fn put<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> Result<T> {
        self.call(Call::new(Method::PUT, self.url(path, &[])?).body(body)?).await
    }

    /// `PATCH` of a document.
    pub async fn patch<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> Result<T> {
        self.call(Call::new(Method::PATCH, self.url(path, &[])?).body(body)?).await
    }

    /// `DELETE`, whatever the answer's body.
    pub async fn delete(&self, path: &str) -> Result<()> {
        self.call::<Value>(Call::new(Method::DELETE, self.url(path, &[])?)).await.map(drop)
    }

    /// One page of a list, from behind `after`.
    pub async fn page<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &Query<'_>,
        after: Option<&str>,
    ) -> Result<Page<T>> {
        let mut query = query.to_vec();
        query.push(("limit", PAGE_ENTRIES.to_string()));
        query.extend(after.map(|after| ("after", after.to_owned())));
        self.get(path, &query).await
    }

    /// Where the server is.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// The text at an address, asked for without the token.
    pub async fn text(&self, address: &str) -> Result<String> {
        let url = Url::parse(address).map_err(|_| ClientError::Address(address.to_owned()))?;
        let anyone = Self { token: None, ..self.clone() };
        Ok(anyone.once(&Call::new(Method::GET, url), REQUEST_DEADLINE).await?.text().await?)
    }

    /// The same caller at another address of the same installation.
    pub fn at(&self, base: &str) -> Result<Self> {
        let base = base.trim_end_matches('/').to_owned();
        Url::parse(&base).map_err(|_| ClientError::Address(base.clone()))?;
        Ok(Self { base, ..self.clone() })
    }

    pub(crate) async fn attempt<T: DeserializeOwned>(
        &self,
        attempt: &Attempt<'_>,
        deadline: Duration,
    ) -> Result<T> {
        let Attempt { method, path, key, body } = attempt;
        let mut call = Call::new(method.clone(), self.url(path, &[])?);
        call.key = key.map(str::to_owned);
        if let Some(body) = body {
            call = call.body(body)?;
        }
        read(&self.once(&call, deadline).await?.bytes().await?)
    }

    pub(crate) fn url(&self, path: &str, query: &Query<'_>) -> Result<Url> {
        let mut url =
            Url::parse(&format!("{}{path}", self.base)).map_err(|_| ClientError::Address(path.to_owned()))?;
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        Ok(url)
    }

    pub(crate) async fn call<T: DeserializeOwned>(&self, call: Call) -> Result<T> {
        read(&self.repeated(&call).await?.bytes().await?)
    }

    /// Sends a call, and repeats it while the failure is a temporary one.
    pub(crate) async fn repeated(&self, call: &Call) -> Result<Response> {
        for pause in PAUSES {
            match self.once(call, REQUEST_DEADLINE).await {
                Err(error) if error.passes() => {
                    tokio::time::sleep(error.retry_after().unwrap_or(pause).min(PAUSE_MAX)).await;
                }
                answer => return answer,
            }
        }
        self.once(call, REQUEST_DEADLINE).await
    }

    pub(crate) async fn once(&self, call: &Call, deadline: Duration) -> Result<Response> {
        let mut request = self
            .http
            .request(call.method.clone(), call.url.clone())
            .headers(self.headers(call.key.as_deref())?)
            .timeout(deadline);
        if let Some(body) = &call.body {
            request = request.header(CONTENT_TYPE, "application/json").body(body.clone());
        }
        checked(request.send().await?).await
    }

    pub(crate) fn headers(&self, key: Option<&str>) -> Result<HeaderMap> {
        let mut headers = HeaderMap::new();
        if let Some(token) = &self.token {
            headers.insert(AUTHORIZATION, token.clone());
        }
        if let Some(key) = key {
            headers.insert("idempotency-key", HeaderValue::from_str(key).map_err(|_| ClientError::Token)?);
        }
        Ok(headers)
    }
}

/// One attempt of a call over a [`Connection`](crate::Connection). A repetition sends the same.
#[derive(Debug, Clone)]
pub struct Attempt<'a> {
    /// The method.
    pub method: Method,
    /// The path, query included.
    pub path: &'a str,
    /// The idempotency key, where the call takes one.
    pub key: Option<&'a str>,
    /// The body.
    pub body: Option<Value>,
}

/// A request that may be sent more than once.
pub(crate) struct Call {
    method: Method,
    url: Url,
    key: Option<String>,
    body: Option<Vec<u8>>,
}

impl Call {
    pub(crate) fn new(method: Method, url: Url) -> Self {
        Self { method, url, key: None, body: None }
    }

    fn key(mut self, key: String) -> Self {
        self.key = Some(key);
        self
    }

    fn body(mut self, body: &impl Serialize) -> Result<Self> {
        self.body = Some(serde_json::to_vec(body).map_err(ClientError::Encode)?);
        Ok(self)
    }
}

/// Turns an answer outside 2xx and 3xx into the problem that it carries.
pub(crate) async fn checked(response: Response) -> Result<Response> {
    let status = response.status();
    if status.is_success() || status.is_redirection() {
        return Ok(response);
    }
    let pause = retry_after(response.headers());
    let body = response.bytes().await?;
    Err(ClientError::Api(Box::new(ApiError::read(status.as_u16(), pause, &body))))
}

pub(crate) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers.get(RETRY_AFTER)?.to_str().ok()?.parse().ok()?;
    Some(Duration::from_secs(seconds))
}

/// Reads an answer; an empty one is `null`.
pub(crate) fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T> {
    serde_json::from_slice(if body.is_empty() { b"null" } else { body }).map_err(ClientError::Decode)
}

/// A key that no other call has.
pub fn new_key() -> String {
    format!("{:032x}", rand::random::<u128>())
}
