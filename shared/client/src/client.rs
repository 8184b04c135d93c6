//! The client. Its calls have a time limit, and are repeated under the same idempotency key after temporary failures.

use std::time::Duration;

use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue, RETRY_AFTER};
use reqwest::{Method, Response, Url};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::error::{ApiError, ClientError};

/// The result of a call.
pub(crate) type Result<T> = std::result::Result<T, ClientError>;

/// Names and values of a query string.
pub type Query<'a> = [(&'a str, String)];

/// The time limit of an ordinary request, including its response.
pub(crate) const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);
/// The time limit for opening a connection.
pub(crate) const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// The pauses before each repetition of a call, unless the server asks for another one.
pub(crate) const RETRY_PAUSES: [Duration; 4] =
    [Duration::from_millis(100), Duration::from_millis(400), Duration::from_secs(1), Duration::from_secs(3)];
/// The longest pause that the server may ask for.
pub(crate) const RETRY_PAUSE_MAX: Duration = Duration::from_secs(20);
/// The requested number of entries per page of a list.
pub(crate) const PAGE_LIMIT: usize = 1_000;

/// A client of one server, with a token. Clones share their connections.
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
    /// The cursor of the next page. `None` after the last page.
    pub next: Option<String>,
}

impl Client {
    /// A client of the server at `base`, without a token.
    ///
    /// # Errors
    /// [`ClientError::Address`] if `base` is not a URL.
    pub fn new(base: &str) -> Result<Self> {
        let base = base.trim_end_matches('/').to_owned();
        Url::parse(&base).map_err(|_| ClientError::Address(base.clone()))?;
        let http = reqwest::Client::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .tcp_nodelay(true)
            .redirect(reqwest::redirect::Policy::none())
            .build()?;
        Ok(Self { http, base, token: None })
    }

    /// The same client with this token.
    ///
    /// # Errors
    /// [`ClientError::Token`] if the token contains characters that a header cannot have.
    pub fn with_token(&self, token: &str) -> Result<Self> {
        let mut value = HeaderValue::from_str(&format!("Bearer {token}")).map_err(|_| ClientError::Token)?;
        value.set_sensitive(true);
        Ok(Self { token: Some(value), ..self.clone() })
    }

    /// `GET` of a document.
    ///
    /// # Errors
    /// If the server refuses the request, does not answer in time, or answers something else than a `T`.
    pub async fn get<T: DeserializeOwned>(&self, path: &str, query: &Query<'_>) -> Result<T> {
        self.call(Call::new(Method::GET, self.url(path, query)?)).await
    }

    /// `POST` under a new idempotency key.
    ///
    /// # Errors
    /// Those of [`Client::get`]. If the server did not answer, the outcome is unknown.
    pub async fn post<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> Result<T> {
        self.call(Call::new(Method::POST, self.url(path, &[])?).key(new_key()).body(body)?).await
    }

    /// `PUT` of a document.
    ///
    /// # Errors
    /// Those of [`Client::post`].
    pub async fn put<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> Result<T> {
        self.call(Call::new(Method::PUT, self.url(path, &[])?).body(body)?).await
    }

    /// `PATCH` of a document.
    ///
    /// # Errors
    /// Those of [`Client::post`].
    pub async fn patch<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> Result<T> {
        self.call(Call::new(Method::PATCH, self.url(path, &[])?).body(body)?).await
    }

    /// `DELETE`. Ignores the body of the response.
    ///
    /// # Errors
    /// Those of [`Client::post`].
    pub async fn delete(&self, path: &str) -> Result<()> {
        self.call::<Value>(Call::new(Method::DELETE, self.url(path, &[])?)).await.map(drop)
    }

    /// One page of a list, after the cursor `after`.
    ///
    /// # Errors
    /// Those of [`Client::get`].
    pub async fn page<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &Query<'_>,
        after: Option<&str>,
    ) -> Result<Page<T>> {
        let mut query = query.to_vec();
        query.push(("limit", PAGE_LIMIT.to_string()));
        query.extend(after.map(|after| ("after", after.to_owned())));
        self.get(path, &query).await
    }

    /// The address of the server.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// The text at an address. The request has no token and is not repeated.
    ///
    /// # Errors
    /// [`ClientError::Address`] if `address` is not a URL, and those of [`Client::get`].
    pub async fn text(&self, address: &str) -> Result<String> {
        let url = Url::parse(address).map_err(|_| ClientError::Address(address.to_owned()))?;
        let without_token = Self { token: None, ..self.clone() };
        Ok(without_token.once(&Call::new(Method::GET, url), REQUEST_TIMEOUT).await?.text().await?)
    }

    /// The same client at another address of the same installation.
    ///
    /// # Errors
    /// [`ClientError::Address`] if `base` is not a URL.
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

    /// Sends a call, and repeats it after temporary failures.
    pub(crate) async fn repeated(&self, call: &Call) -> Result<Response> {
        for pause in RETRY_PAUSES {
            match self.once(call, REQUEST_TIMEOUT).await {
                Err(error) if error.is_temporary() => {
                    tokio::time::sleep(error.retry_after().unwrap_or(pause).min(RETRY_PAUSE_MAX)).await;
                }
                answer => return answer,
            }
        }
        self.once(call, REQUEST_TIMEOUT).await
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

/// One attempt of a call over a [`Connection`](crate::Connection). To repeat the call, send the same attempt again.
#[derive(Debug, Clone)]
pub struct Attempt<'a> {
    /// The method.
    pub method: Method,
    /// The path with the query.
    pub path: &'a str,
    /// The idempotency key, if the call has one.
    pub key: Option<&'a str>,
    /// The JSON body, if the call has one.
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

/// Turns a response outside of 2xx and 3xx into the problem in its body.
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

/// Parses the body of a response. An empty body counts as `null`.
pub(crate) fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T> {
    serde_json::from_slice(if body.is_empty() { b"null" } else { body }).map_err(ClientError::Decode)
}

/// A new random idempotency key.
pub fn new_key() -> String {
    format!("{:032x}", rand::random::<u128>())
}
