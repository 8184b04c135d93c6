//! Requests and responses of one connection.

use std::convert::Infallible;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::Router;
use axum::body::{Body, Bytes, HttpBody};
use axum::http::{HeaderValue, Request, Response, header};
use futures::future::BoxFuture;
use hyper::body::{Frame, Incoming, SizeHint};
use hyper::service::Service;
use hyper_util::service::TowerToHyperService;
use tokio::time::{Sleep, sleep};

use super::headers::Kind;
use super::state::{Reason, Shared, State};

/// The connection of a request, among the request's extensions.
#[derive(Clone)]
pub(super) struct Peer(Arc<State>);

impl Peer {
    /// Records that a request of this connection was authenticated.
    pub(super) fn authenticate(&self) {
        self.0.authenticate();
    }
}

/// Serves the requests of one connection.
pub(super) struct Exchange {
    router: TowerToHyperService<Router>,
    shared: Arc<Shared>,
    state: Arc<State>,
}

impl Exchange {
    pub(super) fn new(shared: Arc<Shared>, state: Arc<State>) -> Self {
        Self { router: TowerToHyperService::new(shared.router.clone()), shared, state }
    }
}

impl Service<Request<Incoming>> for Exchange {
    type Response = Response<ResponseBody>;
    type Error = Infallible;
    // Boxed, because hyper reserves the size of the future for the life of the connection.
    type Future = BoxFuture<'static, Result<Self::Response, Infallible>>;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        self.state.begin();
        let mut request = request.map(|body| {
            if body.is_end_stream() {
                return Body::empty();
            }
            Body::new(RequestBody { body, timer: None, shared: self.shared.clone() })
        });
        request.extensions_mut().insert(Peer(self.state.clone()));
        let kind = Kind::of(request.uri().path());
        let response = self.router.call(request);
        let (shared, state) = (self.shared.clone(), self.state.clone());
        Box::pin(async move {
            let mut response = response.await?;
            kind.protect(response.headers_mut());
            if (shared.is_ending)() {
                response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
            }
            Ok(response.map(|body| ResponseBody { body, state }))
        })
    }
}

/// The body of a request. It ends with an error if nothing arrives for too long.
struct RequestBody {
    body: Incoming,
    timer: Option<Pin<Box<Sleep>>>,
    shared: Arc<Shared>,
}

impl HttpBody for RequestBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        if let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(cx) {
            self.timer = None;
            return Poll::Ready(frame.map(|frame| frame.map_err(axum::Error::new)));
        }
        let timeout = self.shared.timeouts.body;
        let timer = self.timer.get_or_insert_with(|| Box::pin(sleep(timeout)));
        if timer.as_mut().poll(cx).is_pending() {
            return Poll::Pending;
        }
        self.timer = None;
        self.shared.metrics.closed(Reason::Body.label());
        Poll::Ready(Some(Err(axum::Error::new(io::Error::from(io::ErrorKind::TimedOut)))))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// The body of a response. Once it is dropped the connection waits for the next request.
pub(super) struct ResponseBody {
    body: Body,
    state: Arc<State>,
}

impl HttpBody for ResponseBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for ResponseBody {
    fn drop(&mut self) {
        self.state.end();
    }
}
