//! Annotations as they are stored and accepted.

use swath_domain::ids::{AssignmentId, LeaseId, UserId};
use swath_domain::{ItemIndex, Round, Slot, Time};

/// The size of an item that an author has saved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ItemSize {
    /// The number of the item in the dataset.
    pub item: ItemIndex,
    /// The revision that is saved now.
    pub revision: i64,
    /// Bytes of the annotation's JSON.
    pub bytes: i64,
    /// Bytes of the texts of the verdict, where one is read with the annotation.
    pub texts: i64,
}

impl ItemSize {
    /// The bytes that reading it brings into memory.
    pub fn total(&self) -> usize {
        usize::try_from(self.bytes + self.texts).unwrap_or(usize::MAX)
    }
}

/// The key of a stored annotation, and its size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AnnotationPlace {
    /// The assignment in which the item was annotated.
    pub assignment: AssignmentId,
    /// The user who saved it.
    pub author: UserId,
    /// The number of the item in the dataset.
    pub item: ItemIndex,
    /// Bytes of the annotation's JSON.
    pub bytes: i64,
}

/// An annotation as it is stored.
#[derive(Debug, Clone)]
pub struct StoredAnnotation {
    /// The assignment in which the item was annotated.
    pub assignment: AssignmentId,
    /// The user who saved it.
    pub author: UserId,
    /// The number of the item in the dataset.
    pub item: ItemIndex,
    /// The annotation as JSON, as it was saved.
    pub body: String,
    /// A number that grows with every change.
    pub revision: i64,
    /// Whether the item was skipped.
    pub skipped: bool,
    /// The lease under which it was last saved.
    pub lease: LeaseId,
    /// When it was last saved.
    pub updated: Time,
}

/// A stored annotation, and whether it is its item's accepted one.
#[derive(Debug, Clone)]
pub struct KeptAnnotation {
    /// The annotation as it is stored.
    pub annotation: StoredAnnotation,
    /// Whether it is its item's accepted one.
    pub accepted: bool,
}

/// The key of an accepted item within its job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AcceptedKey {
    /// The number of the item in the dataset.
    pub item: ItemIndex,
    /// The slot in which it was accepted.
    pub slot: Slot,
}

/// An accepted item with its final annotation.
#[derive(Debug, Clone)]
pub struct AcceptedItem {
    /// The annotation that was accepted.
    pub annotation: StoredAnnotation,
    /// The slot in which it was accepted.
    pub slot: Slot,
    /// The round in which it was accepted.
    pub round: Round,
    /// The reviewer who accepted it; `None` where the review rule did.
    pub reviewer: Option<UserId>,
    /// When it was accepted.
    pub accepted: Time,
}

impl AcceptedItem {
    /// Its key within its job.
    pub fn key(&self) -> AcceptedKey {
        AcceptedKey { item: self.annotation.item, slot: self.slot }
    }
}
