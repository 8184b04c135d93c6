//! The thumbnail of an item, for those who may see the dataset's items.

use std::sync::Arc;

use axum::Extension;
use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use swath_domain::ids::DatasetId;
use swath_domain::{ItemIndex, Ranges};
use swath_runtime::{Caller, Context, PathId, Problem, Result};

use super::datasets::own;
use super::tagged_picture::TaggedPicture;
use crate::thumbnails::{MEDIA_TYPE, Thumbnails, Wanted};

pub(crate) async fn show(
    State(context): State<Context>,
    Extension(thumbnails): Extension<Arc<Thumbnails>>,
    caller: Caller,
    PathId((id, index)): PathId<(DatasetId, ItemIndex)>,
    headers: HeaderMap,
) -> Result<Response> {
    let dataset = own(&context, &caller, id).await?;
    if !(0..dataset.items).contains(&index.0) {
        return Err(Problem::not_found());
    }
    let items = context.store.items(id, &Ranges::of_items([index])).await?;
    let uri = items.into_iter().next().ok_or_else(Problem::not_found)?.uri;
    let wanted = Wanted { team: dataset.team, dataset: id, item: index, uri };
    let thumbnail = thumbnails.of(&context, &wanted).await?;
    let shown = TaggedPicture::of(&thumbnail.digest, &headers);
    let picture = (!shown.is_known()).then(|| (MEDIA_TYPE, Body::from(thumbnail.bytes)));
    shown.answer(picture)
}
