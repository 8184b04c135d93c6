//! How items that are refused are named to the client.

use swath_formats::manifest::ManifestItem;
use swath_runtime::problem::Fault;

/// By what the client knows an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Naming {
    /// By its line in a manifest.
    Line,
    /// By its place in `items`, which stands at this path.
    Index(&'static str),
    /// By the path of its file.
    Path,
}

impl Naming {
    /// A fault of an item's URI; `place` is its position in what the client sent, and `shown` its URI as people see it.
    pub(super) fn fault(self, item: &ManifestItem, place: i64, shown: &str, message: &str) -> Fault {
        let message = message.to_owned();
        match self {
            Self::Line => {
                Fault { field: Some("uri".into()), line: Some(item.line), message, ..Fault::default() }
            }
            Self::Index(path) => {
                let field = Some(format!("{path}[{place}].uri"));
                Fault { field, index: Some(place), message, ..Fault::default() }
            }
            Self::Path => {
                let field = Some("source.folder".into());
                Fault { field, message: format!("`{shown}` {message}"), ..Fault::default() }
            }
        }
    }
}
