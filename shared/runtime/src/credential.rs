//! The credential of a request: a bearer token, or the cookie of a browser's session.
//!
//! A browser also sends the cookie with requests that a foreign page makes. A cookie therefore counts only if the
//! browser reports the same origin or reports none. A request that changes something needs a header that a foreign
//! page cannot send.

use axum::http::header::{AUTHORIZATION, COOKIE};
use axum::http::{HeaderMap, HeaderName, Method, StatusCode};
use cookie::time::Duration;
use cookie::{Cookie, SameSite};

use crate::problem::{Problem, Result};

/// The name of the session's cookie.
const COOKIE_NAME: &str = "swath_session";
/// The header that Swath's own pages send, with any value.
pub const CLIENT: HeaderName = HeaderName::from_static("swath-client");
/// The header in which a browser reports the origin of a request.
const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
/// The header in which a proxy reports the scheme of a request.
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
/// The longest accepted secret, in bytes.
const SECRET_BYTES_MAX: usize = 512;

/// A secret, and how it was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Credential {
    /// A token in the `Authorization` header.
    Bearer(String),
    /// A session's secret in a cookie.
    Session(String),
}

impl Credential {
    /// The secret.
    pub fn secret(&self) -> &str {
        let (Self::Bearer(secret) | Self::Session(secret)) = self;
        secret
    }

    /// Whether it was sent in a cookie.
    pub fn is_session(&self) -> bool {
        matches!(self, Self::Session(_))
    }

    /// The credential of a request. A bearer token takes precedence over a cookie.
    ///
    /// # Errors
    /// 401 without a credential, 403 if a foreign page may have made a request with a cookie.
    pub fn of(method: &Method, headers: &HeaderMap) -> Result<Self> {
        if headers.contains_key(AUTHORIZATION) {
            return bearer(headers);
        }
        let Some(secret) = cookie(headers) else {
            return Err(Problem::unauthenticated("a bearer token or a session is needed"));
        };
        let is_own = match headers.get(FETCH_SITE) {
            None => true,
            Some(site) => site == "same-origin" || site == "none",
        };
        if !is_own {
            return Err(refused("a session is valid only for requests from Swath's own pages"));
        }
        if !method.is_safe() && !headers.contains_key(CLIENT) {
            return Err(refused(
                "a request that changes something with a session needs the header Swath-Client",
            ));
        }
        Ok(Self::Session(secret))
    }

    /// The credential of a request, if it has one.
    ///
    /// # Errors
    /// Those of [`Credential::of`], except that a missing credential is not an error.
    pub fn maybe(method: &Method, headers: &HeaderMap) -> Result<Option<Self>> {
        let is_there = headers.contains_key(AUTHORIZATION) || cookie(headers).is_some();
        is_there.then(|| Self::of(method, headers)).transpose()
    }
}

fn refused(detail: &str) -> Problem {
    Problem::new(StatusCode::FORBIDDEN, "forbidden", detail)
}

fn bearer(headers: &HeaderMap) -> Result<Credential> {
    let text = headers.get(AUTHORIZATION).and_then(|header| header.to_str().ok());
    let token = text
        .filter(|text| text.len() <= SECRET_BYTES_MAX)
        .and_then(|text| text.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    token
        .map(|(_, token)| Credential::Bearer(token.trim().to_owned()))
        .ok_or_else(|| Problem::unauthenticated("the authorization is not a bearer token"))
}

fn cookie(headers: &HeaderMap) -> Option<String> {
    let lines = headers.get_all(COOKIE).iter().filter_map(|line| line.to_str().ok());
    let mut cookies = lines.flat_map(Cookie::split_parse).filter_map(std::result::Result::ok);
    let found = cookies.find(|cookie| cookie.name() == COOKIE_NAME)?;
    Some(found.value().to_owned()).filter(|secret| !secret.is_empty() && secret.len() <= SECRET_BYTES_MAX)
}

/// The `Set-Cookie` header of a new session that lasts `seconds`.
pub fn session_cookie(headers: &HeaderMap, secret: &str, seconds: i64) -> String {
    let cookie = Cookie::build((COOKIE_NAME, secret.to_owned()))
        .path("/")
        .http_only(true)
        .same_site(SameSite::Strict)
        .secure(is_encrypted(headers))
        .max_age(Duration::seconds(seconds));
    cookie.build().to_string()
}

/// The `Set-Cookie` header that removes a session.
pub fn no_session_cookie(headers: &HeaderMap) -> String {
    session_cookie(headers, "", 0)
}

/// Whether the browser's connection is encrypted, as the proxy reports. Swath itself does not terminate TLS.
fn is_encrypted(headers: &HeaderMap) -> bool {
    headers.get(FORWARDED_PROTO).is_some_and(|proto| proto.as_bytes().eq_ignore_ascii_case(b"https"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(HeaderName, &str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.clone(), value.parse().unwrap())).collect()
    }

    const SESSION: (HeaderName, &str) = (COOKIE, "theme=dark; swath_session=secret; b=c");

    #[test]
    fn a_cookie_can_read_and_with_the_header_change_something() {
        let own = Credential::Session("secret".into());
        assert_eq!(Credential::of(&Method::GET, &headers(&[SESSION])).unwrap(), own);
        assert_eq!(Credential::of(&Method::POST, &headers(&[SESSION, (CLIENT, "console")])).unwrap(), own);
        for method in [Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
            let refused = Credential::of(&method, &headers(&[SESSION])).unwrap_err();
            assert_eq!(refused.status, StatusCode::FORBIDDEN, "{method}");
        }
    }

    #[test]
    fn a_cookie_does_not_count_for_requests_of_foreign_pages() {
        for (site, is_good) in
            [("same-origin", true), ("none", true), ("same-site", false), ("cross-site", false)]
        {
            let asked = headers(&[SESSION, (FETCH_SITE, site), (CLIENT, "console")]);
            assert_eq!(Credential::of(&Method::GET, &asked).is_ok(), is_good, "{site}");
        }
    }

    #[test]
    fn a_bearer_token_takes_precedence_over_a_cookie_and_needs_no_header() {
        let asked = headers(&[SESSION, (AUTHORIZATION, "bearer  token"), (FETCH_SITE, "cross-site")]);
        assert_eq!(Credential::of(&Method::POST, &asked).unwrap(), Credential::Bearer("token".into()));
        let wrong = Credential::of(&Method::POST, &headers(&[SESSION, (AUTHORIZATION, "Basic eA==")]));
        assert_eq!(wrong.unwrap_err().status, StatusCode::UNAUTHORIZED);
        let none = Credential::of(&Method::GET, &HeaderMap::new());
        assert_eq!(none.unwrap_err().status, StatusCode::UNAUTHORIZED);
    }

    #[test]
    fn a_session_cookie_is_hidden_from_scripts_and_secure_behind_tls() {
        let plain = session_cookie(&HeaderMap::new(), "secret", 60);
        assert_eq!(plain, "swath_session=secret; HttpOnly; SameSite=Strict; Path=/; Max-Age=60");
        let behind = session_cookie(&headers(&[(FORWARDED_PROTO, "https")]), "secret", 60);
        assert!(behind.contains("; Secure"), "{behind}");
        assert!(no_session_cookie(&HeaderMap::new()).contains("Max-Age=0"));
    }
}
