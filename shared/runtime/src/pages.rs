//! Paged lists: the parameters `limit` and `after`, and the response `{"items": […], "next": cursor | null}`.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use swath_domain::limits::NAME_MAX;
use swath_domain::names;
use swath_store::{ListPage, Turn};
use uuid::Uuid;

use crate::problem::{Problem, Result};

/// The parameters of a paged list.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PageQuery {
    /// Entries per page, 1 to 1000.
    pub limit: Option<i64>,
    /// The `next` of the previous page.
    pub after: Option<String>,
}

/// The parameters of a paged list with an order and a filter by name.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct NamedPageQuery {
    /// Entries per page, 1 to 1000.
    pub limit: Option<i64>,
    /// The `next` of the previous page.
    pub after: Option<String>,
    /// The order, by default the oldest first.
    #[serde(default)]
    pub order: ListOrder,
    /// A part of the names that are listed.
    pub name: Option<String>,
}

/// The order of a list.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ListOrder {
    /// The oldest first.
    #[default]
    Oldest,
    /// The newest first.
    Newest,
}

impl NamedPageQuery {
    /// Checks the parameters.
    ///
    /// # Errors
    /// 422 for the parameter that is wrong.
    pub fn page(&self) -> Result<ListPage> {
        let after = self.after.as_deref().map(|_| after_id(self.after.as_deref())).transpose()?;
        let name = part_of_name(self.name.as_deref().unwrap_or_default())?;
        let is_newest_first = self.order == ListOrder::Newest;
        Ok(ListPage { after, is_newest_first, name, limit: limit(self.limit)? })
    }
}

/// A part of a name, normalized like stored names. Refuses a part that no name can contain.
fn part_of_name(part: &str) -> Result<String> {
    if part.chars().count() > NAME_MAX {
        return Err(Problem::field("name", format!("must not be longer than {NAME_MAX} characters")));
    }
    if part.contains(char::is_control) {
        return Err(Problem::field("name", "contains characters that names cannot have"));
    }
    Ok(names::tidy(part))
}

/// The form of a list's cursors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cursor {
    /// An id.
    Id,
    /// A number from 0 on.
    Number,
    /// An id, with a number before it unless the list is in the order of ids.
    Turn,
}

impl Cursor {
    /// An example for the API's document.
    pub(crate) fn example(self) -> Value {
        match self {
            Self::Id => json!("01890000-0000-7000-8000-000000000001"),
            Self::Number => json!("99"),
            Self::Turn => json!("1764288000000000.01890000-0000-7000-8000-000000000001"),
        }
    }

    /// The schema for the API's document.
    pub(crate) fn schema(self) -> Value {
        match self {
            Self::Id => json!({"type": "string", "format": "uuid"}),
            Self::Number => json!({"type": "string", "pattern": "^[0-9]{1,18}$"}),
            Self::Turn => json!({"type": "string", "pattern": TURN_PATTERN}),
        }
    }
}

const TURN_PATTERN: &str =
    "^(-?[0-9]{1,18}\\.)?[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$";

/// The default number of entries per page.
const LIMIT_DEFAULT: i64 = 100;
/// The largest number of entries per page.
const LIMIT_MAX: i64 = 1_000;

/// Checks a limit, or returns the default.
///
/// # Errors
/// 422 if it is out of range.
pub fn limit(asked: Option<i64>) -> Result<i64> {
    let limit = asked.unwrap_or(LIMIT_DEFAULT);
    if (1..=LIMIT_MAX).contains(&limit) {
        Ok(limit)
    } else {
        Err(Problem::field("limit", "must be between 1 and 1000"))
    }
}

/// Parses a cursor that is an id. Without one the page is the first.
///
/// # Errors
/// 422 if it is malformed.
pub fn after_id(cursor: Option<&str>) -> Result<Uuid> {
    let Some(cursor) = cursor else { return Ok(Uuid::nil()) };
    cursor.parse().map_err(|_| Problem::field("after", "is not a cursor of this list"))
}

/// Parses a cursor that is a number and an id. Without one the page is the first.
///
/// # Errors
/// 422 if it is malformed.
pub fn after_turn(cursor: Option<&str>) -> Result<Turn> {
    let Some(cursor) = cursor else { return Ok(Turn::FIRST) };
    let turn = cursor.split_once('.').and_then(|(at, id)| {
        // Only the spelling that a page contains, so that no two cursors mean the same.
        let at = at.parse::<i64>().ok().filter(|number| number.to_string() == at)?;
        Some(Turn { at, id: id.parse().ok()? })
    });
    turn.ok_or_else(|| Problem::field("after", "is not a cursor of this list"))
}

/// Parses a cursor that is a number from 0. Without one the page is the first.
///
/// # Errors
/// 422 if it is malformed.
pub fn after_number(cursor: Option<&str>) -> Result<Option<i64>> {
    let Some(cursor) = cursor else { return Ok(None) };
    let is_number = (1..=18).contains(&cursor.len()) && cursor.bytes().all(|digit| digit.is_ascii_digit());
    let number = cursor.parse().ok().filter(|_| is_number);
    number.map(Some).ok_or_else(|| Problem::field("after", "is not a cursor of this list"))
}

/// Parses a cursor that is an item's number. -1 without one.
///
/// # Errors
/// 422 if it is malformed.
pub fn after_item(cursor: Option<&str>) -> Result<i64> {
    Ok(after_number(cursor)?.unwrap_or(-1))
}

/// A page of a list.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct Page<T> {
    /// The entries.
    pub items: Vec<T>,
    /// The cursor of the next page. `None` at the end of the list.
    pub next: Option<String>,
}

impl<T> Page<T> {
    /// A page of at most `limit` entries. A full page has a cursor, because more may follow.
    pub fn new(items: Vec<T>, limit: i64, cursor: impl Fn(&T) -> String) -> Self {
        let next = items.last().filter(|_| items.len() as i64 >= limit).map(cursor);
        Self { items, next }
    }

    /// A page that ends at a limit in bytes. `more` says whether entries follow.
    pub fn cut(items: Vec<T>, more: bool, cursor: impl Fn(&T) -> String) -> Self {
        let next = items.last().filter(|_| more).map(cursor);
        Self { items, next }
    }

    /// A list that always fits into one page.
    pub fn whole(items: Vec<T>) -> Self {
        Self { items, next: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(name: &str) -> Result<ListPage> {
        NamedPageQuery { name: Some(name.to_owned()), ..NamedPageQuery::default() }.page()
    }

    #[test]
    fn a_part_of_a_name_is_normalized_like_stored_names() {
        assert_eq!(page(" u\u{308}ber ").unwrap().name, "\u{fc}ber");
        assert_eq!(page("").unwrap().name, "");
        assert!(page(&"\u{e4}".repeat(NAME_MAX)).is_ok());
        for bad in ["\0", "a\nb", &"a".repeat(NAME_MAX + 1)] {
            let problem = page(bad).unwrap_err();
            assert_eq!(problem.errors[0].field.as_deref(), Some("name"), "{bad:?}");
        }
    }
}
