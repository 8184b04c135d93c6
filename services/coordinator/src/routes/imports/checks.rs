//! Checks of requests with items.

use swath_domain::{FieldError, names};
use swath_formats::manifest::{ManifestItem, check_base, check_item};
use swath_runtime::problem::Fault;
use swath_runtime::{Problem, Result};

/// A dataset's name in its normal form.
pub(super) fn checked_name(mut name: String) -> Result<String> {
    let mut errors = Vec::new();
    names::take("name", &mut name, &mut errors);
    if errors.is_empty() { Ok(name) } else { Err(Problem::invalid(errors)) }
}

/// Refuses a base that no path could be resolved against.
pub(crate) fn check_paths_below(field: &str, base: Option<&str>) -> Result<()> {
    match base.and_then(|base| check_base(field, base)) {
        Some(error) => Err(Problem::invalid(vec![error])),
        None => Ok(()),
    }
}

/// The faults in the fields of items in a request.
pub(crate) fn faults_of(path: &str, items: &[ManifestItem]) -> Vec<Fault> {
    let faults = |(index, item): (usize, &ManifestItem)| {
        let index = index as i64;
        let fault = move |error: FieldError| {
            let error = error.within(&format!("{path}[{index}]"));
            Fault { field: Some(error.field), index: Some(index), line: None, message: error.message }
        };
        check_item(item).into_iter().map(fault).collect::<Vec<_>>()
    };
    items.iter().enumerate().flat_map(faults).collect()
}
