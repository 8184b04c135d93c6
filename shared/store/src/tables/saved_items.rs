//! The statements over annotations that the verbs need: what is saved of an item, by assignment, author and item.

use std::collections::{HashMap, HashSet};

use swath_domain::ItemIndex;
use swath_domain::ids::{AssignmentId, LeaseId, UserId};
use uuid::Uuid;

use crate::engine::db::{Db, fetch_each, fetch_one, only, row};
use crate::error::Result;

/// The key of an annotation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct AnnotationKey {
    pub(crate) assignment: AssignmentId,
    pub(crate) author: UserId,
    pub(crate) item: ItemIndex,
}

/// An annotation as it is stored: its revision, its body, and the lease that saved it.
pub(crate) struct SavedItem {
    pub(crate) revision: i64,
    pub(crate) body: String,
    pub(crate) lease: LeaseId,
}

/// What the user has saved in an assignment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct WorkOf {
    pub(crate) assignment: AssignmentId,
    pub(crate) author: UserId,
}

row! {
    struct SavedItemRow { assignment: Uuid, author: Uuid, item: i64, revision: i64, body: String, lease: Uuid, }
}

/// Reads the annotations under these keys.
pub(crate) async fn read(
    db: &mut Db<'_>,
    keys: &[AnnotationKey],
) -> Result<HashMap<AnnotationKey, SavedItem>> {
    let rows = fetch_each!(
        db,
        SavedItemRow,
        "SELECT n.assignment, n.author, n.item, n.revision, n.body, n.lease FROM {rows} CROSS JOIN annotations n
         WHERE n.assignment = c.assignment AND n.author = c.author AND n.item = c.item",
        keys,
        |k| { assignment: uuid = k.assignment.0, author: uuid = k.author.0, item: bigint = k.item.0 };
        |t| t.annotations.get(&(k.assignment.0, k.author.0, k.item.0)).map(|n| SavedItemRow {
            assignment: k.assignment.0,
            author: k.author.0,
            item: k.item.0,
            revision: n.revision,
            body: n.body.clone(),
            lease: n.lease,
        })
    )?;
    let saved = |row: SavedItemRow| {
        let SavedItemRow { assignment, author, item, revision, body, lease } = row;
        let key = AnnotationKey {
            assignment: AssignmentId(assignment),
            author: UserId(author),
            item: ItemIndex(item),
        };
        (key, SavedItem { revision, body, lease: LeaseId(lease) })
    };
    Ok(rows.into_iter().map(saved).collect())
}

/// How many items of an assignment the author has saved, under whatever lease.
pub(crate) async fn count(db: &mut Db<'_>, of: WorkOf) -> Result<i64> {
    let row = fetch_one!(
        db,
        (i64,),
        "SELECT COUNT(*) FROM annotations WHERE assignment = $1 AND author = $2",
        of.assignment.0,
        of.author.0;
        |t| Some((t.annotations_by(of.assignment.0, of.author.0).count() as i64,))
    )?;
    Ok(only(row).0)
}

/// Which items are saved, by assignment.
pub(crate) async fn items(
    db: &mut Db<'_>,
    wanted: &[WorkOf],
) -> Result<HashMap<AssignmentId, HashSet<ItemIndex>>> {
    let rows = fetch_each!(
        db,
        (Uuid, i64),
        "SELECT n.assignment, n.item FROM {rows} CROSS JOIN annotations n
         WHERE n.assignment = c.assignment AND n.author = c.author",
        wanted,
        |w| { assignment: uuid = w.assignment.0, author: uuid = w.author.0 };
        |t| {
            let own = t.annotations_by(w.assignment.0, w.author.0);
            own.map(|(item, _)| (w.assignment.0, item)).collect::<Vec<_>>()
        }
    )?;
    let mut items: HashMap<_, HashSet<_>> = HashMap::new();
    for (assignment, item) in rows {
        items.entry(AssignmentId(assignment)).or_default().insert(ItemIndex(item));
    }
    Ok(items)
}
