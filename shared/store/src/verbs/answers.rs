//! First answers, stored in the transaction of the work that they report: a request that is sent again under its key gets
//! the first answer again, and does nothing.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use swath_domain::Time;

use crate::engine::db::Db;
use crate::error::Result;
use crate::model::requests::Asked;
use crate::tables::answers;

/// The first answer to a request; none where it has no key or was not answered yet. Another request under the same key
/// is a conflict.
pub(crate) async fn first_answer<T: DeserializeOwned>(
    db: &mut Db<'_>,
    asked: Option<&Asked>,
) -> Result<Option<T>> {
    let Some(asked) = asked else { return Ok(None) };
    let Some(answer) = first_value(db, asked).await? else { return Ok(None) };
    serde_json::from_value(answer).map(Some).map_err(|error| answers::corrupt(asked.row_key(), &error))
}

async fn first_value(db: &mut Db<'_>, asked: &Asked) -> Result<Option<Value>> {
    let first = answers::find(db, asked.row_key()).await?;
    first.map(|first| first.to(asked)).transpose()
}

/// Stores the answer to a request that has a key.
#[expect(clippy::expect_used, reason = "answers have no maps, whose keys are all that JSON may refuse")]
pub(crate) async fn keep_answer<T: Serialize>(
    db: &mut Db<'_>,
    asked: Option<&Asked>,
    answer: &T,
    now: Time,
) -> Result<()> {
    let Some(asked) = asked else { return Ok(()) };
    let answer = serde_json::to_value(answer).expect("an answer is a value of JSON");
    answers::insert(db, asked, &answer, now).await
}
