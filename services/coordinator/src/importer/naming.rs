//! How refused items are named to the client.

use swath_formats::manifest::ManifestItem;
use swath_runtime::problem::Fault;

/// How the client knows an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Naming {
    /// By its line in a manifest.
    Line,
    /// By its index in the list at this path of the request.
    Index(&'static str),
    /// By the path of its file.
    Path,
}

impl Naming {
    /// A fault of an item's URI; `position` is its position in the request, and `shown` its URI as people see it.
    pub(super) fn fault(self, item: &ManifestItem, position: i64, shown: &str, message: &str) -> Fault {
        let message = message.to_owned();
        match self {
            Self::Line => {
                Fault { field: Some("uri".into()), line: Some(item.line), message, ..Fault::default() }
            }
            Self::Index(path) => {
                let field = Some(format!("{path}[{position}].uri"));
                Fault { field, index: Some(position), message, ..Fault::default() }
            }
            Self::Path => {
                let field = Some("source.folder".into());
                Fault { field, message: format!("`{shown}` {message}"), ..Fault::default() }
            }
        }
    }
}
