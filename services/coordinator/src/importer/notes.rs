//! Collects the notes of an import: files that it ignored, and unusable ones that it was asked to leave out.

use swath_api::datasets::Notes;

/// Kinds of files that are counted separately.
const KINDS_MAX: usize = 30;
/// Left-out files that are listed; further ones are only counted.
const LEFT_OUT_MAX: usize = 100;
/// The kind under which the files of all further kinds are counted.
const OTHERS: &str = "others";

/// Counts a file that is no picture.
pub(super) fn ignore(notes: &mut Notes, kind: &str) {
    let is_known = notes.ignored.contains_key(kind) || notes.ignored.len() < KINDS_MAX;
    *notes.ignored.entry(if is_known { kind } else { OTHERS }.to_owned()).or_default() += 1;
}

/// Counts a file that cannot be used.
pub(super) fn leave_out(notes: &mut Notes, what: &str) {
    notes.left_out += 1;
    if notes.files_left_out.len() < LEFT_OUT_MAX {
        notes.files_left_out.push(what.to_owned());
    }
}

/// The notes as the store keeps them; `None` if there are none.
#[expect(clippy::expect_used, reason = "notes have only text keys, so they are always valid JSON")]
pub(super) fn text(notes: &Notes) -> Option<String> {
    (*notes != Notes::default()).then(|| serde_json::to_string(notes).expect("notes are valid JSON"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_and_files_are_counted_within_bounds() {
        let mut notes = Notes::default();
        assert_eq!(text(&notes), None);
        (0..100).for_each(|n| ignore(&mut notes, &format!(".{n}")));
        (0..200).for_each(|n| leave_out(&mut notes, &format!("{n}.png")));
        assert_eq!((notes.ignored.len(), notes.ignored[OTHERS]), (KINDS_MAX + 1, 70));
        assert_eq!((notes.files_left_out.len(), notes.left_out), (LEFT_OUT_MAX, 200));
    }
}
