//! The codes of the columns `kind` and `state`, as macros so that the texts of statements can hold them.

use crate::model::files::FilePurpose;

/// The codes of the column `kind`.
macro_rules! kind {
    (upload) => {
        0
    };
    (thumbnail) => {
        1
    };
    (guideline) => {
        2
    };
}

/// The codes of the column `state`.
macro_rules! state {
    (arriving) => {
        0
    };
    (stored) => {
        1
    };
    (to_delete) => {
        2
    };
}

pub(super) use {kind, state};

/// The kind of the files for a purpose.
pub(super) fn kind_of(purpose: FilePurpose) -> i64 {
    match purpose {
        FilePurpose::Items => kind!(upload),
        FilePurpose::Thumbnail(..) => kind!(thumbnail),
        FilePurpose::Guideline => kind!(guideline),
    }
}
