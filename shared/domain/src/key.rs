//! The numbers that tell the assignments of a job apart, and its items, as types: a round is no slot, and an item no range.

use std::ops::{Add, RangeInclusive};

use serde::{Deserialize, Serialize};

use crate::newtype::shown_as_its_value;

macro_rules! numbers {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema)]
        #[serde(transparent)]
        #[schema(value_type = i64)]
        pub struct $name(pub i64);

        shown_as_its_value!($name);
    )*};
}

numbers! {
    /// The round of an assignment: [`Round::FIRST`] for what was cut, and one more for each rework.
    Round;
    /// Which of several independent annotations of the same range it is, from 0.
    Slot;
    /// The number of an item in its dataset, from 0. As the end of a range it is one past the last item.
    ItemIndex;
}

impl ItemIndex {
    /// The first item of every dataset.
    pub const FIRST: Self = Self(0);

    /// All items, whatever the dataset has.
    pub const EVERY: RangeInclusive<Self> = Self(i64::MIN)..=Self(i64::MAX);

    /// The item after this one.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

impl Add<i64> for ItemIndex {
    type Output = Self;
    fn add(self, items: i64) -> Self {
        Self(self.0 + items)
    }
}

impl Round {
    /// The round in which a range is cut.
    pub const FIRST: Self = Self(1);

    /// The last round that the id of an assignment has room for.
    pub const LAST: Self = Self(63);

    /// The rounds that an assignment can have.
    pub fn all() -> impl Iterator<Item = Self> {
        (Self::FIRST.0..=Self::LAST.0).map(Self)
    }

    /// The round of a rework of this one.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }

    /// The round before this one.
    #[must_use]
    pub const fn previous(self) -> Self {
        Self(self.0 - 1)
    }
}

impl Slot {
    /// The slots of a job that asks for so many opinions.
    pub fn of_job(slots: i64) -> impl Iterator<Item = Self> {
        (0..slots).map(Self)
    }

    /// The last slot that the id of an assignment has room for.
    pub const LAST: Self = Self(63);

    /// The only slot of a job that asks for one opinion.
    pub const FIRST: Self = Self(0);
}
