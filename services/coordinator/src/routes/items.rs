//! A dataset's items, as managers see them.

use axum::extract::State;
use axum::http::{Method, StatusCode};
use axum::response::Response;
use serde::Deserialize;
use serde_json::json;
use serde_json::value::RawValue;
use swath_api::datasets::ItemView;
use swath_domain::ids::DatasetId;
use swath_domain::{ItemIndex, Range, Ranges, limits};
use swath_runtime::pages::{self, Page};
use swath_runtime::{Access, Caller, Context, Cursor, PathId, Problem, Result, Route, Search, budget};
use swath_store::{Dataset, ItemRow, ItemTexts, ItemTextsPage, MissingPicture};

use super::datasets::own;

/// The routes of this module.
pub(super) fn table() -> Vec<Route> {
    vec![
        Route::new(
            Method::GET,
            "/v1/datasets/{dataset_id}/items",
            Access::MANAGER,
            "A dataset's items.",
            list,
        )
        .query("missing", json!({"type": "boolean"}), "Only those whose picture could not be read.")
        .gives_page::<ItemView>(Cursor::Number),
    ]
}

/// While an answer is written, its content is in memory twice.
const COPIES: usize = 2;
/// The bytes of an item in an answer, beside its texts.
const ITEM_BYTES: usize = 256;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ItemsQuery {
    limit: Option<i64>,
    after: Option<i64>,
    #[serde(default)]
    missing: bool,
}

pub(crate) async fn list(
    State(context): State<Context>,
    caller: Caller,
    PathId(id): PathId<DatasetId>,
    Search(query): Search<ItemsQuery>,
) -> Result<Response> {
    let dataset = own(&context, &caller, id).await?;
    let (limit, after) = (pages::limit(query.limit)?, query.after.unwrap_or(-1).max(-1));
    let missing = context.store.missing_pictures(id, ItemIndex(after), limit).await?;
    let mut indices: Vec<ItemIndex> = match query.missing {
        true => missing.iter().map(|picture| picture.item).collect(),
        false => Range::of(after + 1, dataset.items.min(after.saturating_add(1).saturating_add(limit)))
            .iter()
            .collect(),
    };
    let is_full = indices.len() as i64 == limit;
    let ItemTextsPage { texts, covered } =
        context.store.item_texts(id, &indices, limits::PAGE_BYTES_MAX).await?;
    let is_cut = covered < indices.len();
    indices.truncate(covered);
    let rows = context.store.items(id, &Ranges::of_items(indices)).await?;
    let items = views(&context, rows, texts, &missing)?;
    let bytes: usize = items.iter().map(bytes_of).sum();
    let share = context.answers.share(Some(caller.user()), COPIES * bytes).await?;
    let is_last = !is_cut && (!is_full || is_end(&dataset, &items, &query));
    let page = Page::cut(items, !is_last, |item| item.index.to_string());
    Ok(budget::json_response(StatusCode::OK, &page, share))
}

/// Whether a full page is the last one.
fn is_end(dataset: &Dataset, items: &[ItemView], query: &ItemsQuery) -> bool {
    !query.missing && items.last().is_none_or(|last| last.index + 1 >= dataset.items)
}

fn views(
    context: &Context,
    rows: Vec<ItemRow>,
    texts: Vec<ItemTexts>,
    missing: &[MissingPicture],
) -> Result<Vec<ItemView>> {
    let mut texts = texts.into_iter().peekable();
    let mut views = Vec::with_capacity(rows.len());
    for row in rows {
        let own = texts.next_if(|texts| texts.item == row.index);
        let (labels, meta) = own.map_or_else(Default::default, |own| (own.labels, own.meta));
        let meta = meta.map(RawValue::from_string).transpose().map_err(|_| Problem::internal())?;
        let position = missing.binary_search_by_key(&row.index, |picture| picture.item).ok();
        views.push(ItemView {
            index: row.index.0,
            uri: context.media.files.shown_uri(&row.uri),
            labels,
            meta,
            width: row.size.map(|size| size.0),
            height: row.size.map(|size| size.1),
            size: match row.size {
                None => "unknown",
                Some(_) if row.is_provisional => "provisional",
                Some(_) => "known",
            }
            .to_owned(),
            orientation: row.orientation,
            missing_since: position.and_then(|position| missing.get(position)).map(|picture| picture.since),
        });
    }
    Ok(views)
}

/// About how many bytes an item takes in an answer.
fn bytes_of(item: &ItemView) -> usize {
    let labels: usize = item.labels.iter().map(String::len).sum();
    ITEM_BYTES + item.uri.len() + labels + item.meta.as_ref().map_or(0, |meta| meta.get().len())
}
