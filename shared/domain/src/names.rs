//! Names: of people, teams, datasets, jobs, classes and tags. One form of each is kept, and two that people take for one
//! have one key. URIs and the names of files are no names in this sense: they are never changed.

use std::collections::HashSet;

use unicase::UniCase;
use unicode_normalization::UnicodeNormalization;

use crate::text::check_line;
use crate::{FieldError, limits};

/// The name as it is kept: composed (NFC), and without spaces around it.
pub fn tidy(name: &str) -> String {
    let name = name.trim();
    if name.is_ascii() { name.to_owned() } else { name.nfc().collect::<String>().trim().to_owned() }
}

/// Brings a name into the form that is kept. Most are in it, and are left as they are.
pub fn make_tidy(name: &mut String) {
    if !name.is_ascii() || name.trim().len() != name.len() {
        *name = tidy(name);
    }
}

/// Takes a name at the door: brings it into the form that is kept, and refuses what cannot be one.
pub fn take(field: &str, name: &mut String, errors: &mut Vec<FieldError>) {
    make_tidy(name);
    check_line(field, name, limits::NAME_MAX, errors);
}

/// What names have in common that people take for one: neither case nor the form of Unicode tells them apart.
pub fn key(name: &str) -> String {
    let form: String = tidy(name).nfkc().collect();
    let folded: String = UniCase::new(form).to_folded_case().nfkc().collect();
    folded.trim().to_owned()
}

/// Names the places in a list that hold what stands before them already.
pub(crate) fn check_once<'a>(
    at: impl Fn(usize) -> String,
    names: impl Iterator<Item = &'a String>,
    errors: &mut Vec<FieldError>,
) {
    let mut seen = HashSet::new();
    for (index, name) in names.enumerate() {
        if !seen.insert(key(name)) {
            errors.push(FieldError::new(at(index), format!("`{name}` stands here twice")));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn one_form_is_kept() {
        for (given, kept) in [
            (" car\t", "car"),
            ("u\u{308}", "ü"),
            ("\u{3000}犬 ", "犬"),
            ("שלום", "שלום"),
            ("می\u{200C}خواهم", "می\u{200C}خواهم"),
        ] {
            assert_eq!(tidy(given), kept);
            let mut name = given.to_owned();
            make_tidy(&mut name);
            assert_eq!(name, kept);
        }
    }

    #[test]
    fn what_people_take_for_one_has_one_key() {
        for (one, other) in
            [("car", "Car "), ("Straße", "STRASSE"), ("Ünit", "u\u{308}NIT"), ("ﬁsh", "FISH"), ("Ａ", "a")]
        {
            assert_eq!(key(one), key(other), "{one} {other}");
        }
        for (one, other) in [("car", "cart"), ("a b", "ab"), ("o", "ö")] {
            assert_ne!(key(one), key(other), "{one} {other}");
        }
    }

    #[test]
    fn a_name_that_stands_in_a_list_already_is_named_by_its_place() {
        let names = ["Car", "car ", "über", "u\u{308}BER", "Bus"].map(str::to_owned);
        let mut errors = Vec::new();
        check_once(|place| format!("classes[{place}]"), names.iter(), &mut errors);
        let fields: Vec<_> = errors.iter().map(|error| error.field.as_str()).collect();
        assert_eq!(fields, ["classes[1]", "classes[3]"]);
    }

    proptest! {
        #[test]
        fn a_tidy_name_stays_as_it_is_and_keeps_its_key(name: String) {
            let kept = tidy(&name);
            prop_assert_eq!(tidy(&kept), kept.clone());
            prop_assert_eq!(key(&kept), key(&name));
            prop_assert_eq!(key(&key(&name)), key(&name));
            prop_assert_eq!(kept.trim(), kept.as_str());
        }

        #[test]
        fn case_and_form_change_no_key(name in "[a-zäöüßéñçğиж]{0,12}") {
            prop_assert_eq!(key(&name.to_uppercase()), key(&name));
            prop_assert_eq!(key(&name.nfd().collect::<String>()), key(&name));
        }
    }
}
