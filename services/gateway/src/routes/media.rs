//! Pictures that lie on the server's own disk, by a signed URL.

use std::sync::Arc;

use axum::Extension;
use axum::body::Body;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use swath_domain::Ranges;
use swath_runtime::media_path;
use swath_runtime::{PathId, Problem, Result};
use tokio_util::io::ReaderStream;

use crate::Gateway;

pub(crate) async fn show(
    Extension(gateway): Extension<Arc<Gateway>>,
    PathId(signed): PathId<String>,
) -> Result<Response> {
    let context = &gateway.context;
    let ticket = context.signer.check(&signed, context.now()).ok_or_else(Problem::not_found)?;
    let items = context.store.items(ticket.dataset, &Ranges::of_items([ticket.item])).await?;
    let uri = items.into_iter().next().ok_or_else(Problem::not_found)?.uri;
    let path = media_path::resolve(&context.media_roots, &uri).map_err(|_| Problem::not_found())?;
    let file = tokio::fs::File::open(&path).await.map_err(|_| Problem::not_found())?;
    let length = file.metadata().await.map_err(|_| Problem::not_found())?.len();
    let kind = mime_guess::from_path(&path).first_or_octet_stream();
    let kind = HeaderValue::from_str(kind.as_ref()).map_err(|_| Problem::not_found())?;
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::CONTENT_LENGTH, HeaderValue::from(length)),
        (header::CACHE_CONTROL, HeaderValue::from_static("private, max-age=600")),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; sandbox")),
    ];
    Ok((headers, Body::from_stream(ReaderStream::new(file))).into_response())
}
