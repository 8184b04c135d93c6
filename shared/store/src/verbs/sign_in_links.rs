//! Links with which users sign in from a browser. A link is valid once, for a short while, and only as long as its user
//! is in the team and its maker may make tokens for that user.

use serde::{Deserialize, Serialize};
use serde_json::json;
use swath_domain::Time;
use uuid::Uuid;

use crate::engine::db::Tx;
use crate::error::Result;
use crate::model::requests::{Asked, Created};
use crate::model::sign_in_links::NewSignInLink;
use crate::tables::sign_in_links;
use crate::verbs::answers::{first_answer, keep_answer};
use crate::verbs::audit_log::{Actor, Audit};
use crate::verbs::tokens::require_right_to_make;

/// A link that was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct MadeLink {
    /// The id of the link; its code is another.
    pub id: Uuid,
    /// Until when it is valid.
    pub expires: Time,
}

/// Stores a link. Answers it and true; or, where an earlier request under the same key has made one, that one and false.
pub(crate) async fn create(
    tx: &mut Tx,
    new: &NewSignInLink,
    actor: &Actor,
    asked: Option<&Asked>,
) -> Result<Created<MadeLink>> {
    let db = &mut tx.db();
    if let Some(first) = first_answer(db, asked).await? {
        return Ok(Created::before(first));
    }
    require_right_to_make(db, new.user, new.team, actor).await?;
    sign_in_links::insert(db, new, actor.user, actor.at).await?;
    let mut audit = Audit::of(actor);
    audit.note("sign-in-link-create", new.team, Some(new.user), Some(json!({"link": new.id})));
    audit.write(db).await?;
    let made = MadeLink { id: new.id, expires: new.expires };
    keep_answer(db, asked, &made, actor.at).await?;
    Ok(Created::now(made))
}
