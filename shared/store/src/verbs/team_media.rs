//! Which folders and bucket prefixes a team may use as media, as the administrator has set it.

use swath_domain::ids::TeamId;

use crate::engine::db::Tx;
use crate::error::Result;
use crate::model::team_media::TeamMedia;
use crate::tables::{team_media, teams};

/// Sets what a team may use, in place of what it might use so far.
pub(crate) async fn put(tx: &mut Tx, team: TeamId, media: &TeamMedia) -> Result<()> {
    let db = &mut tx.db();
    // Of two transactions that set a team's media the later one counts, and not both together.
    teams::lock(db, team).await?;
    team_media::delete(db, team).await?;
    team_media::insert(db, team, media).await
}
