//! Modules that import each other in a circle.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt;

use crate::imports::Imports;

/// One import on the way round.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The module that imports.
    pub importer: String,
    /// The module that is imported.
    pub imported: String,
    /// The line in the importing module.
    pub line: usize,
}

/// Modules of which each reaches every other by imports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cycle {
    /// All of them.
    pub modules: Vec<String>,
    /// A shortest way round.
    pub way: Vec<Step>,
}

impl fmt::Display for Cycle {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "these modules import each other in a circle: {}", self.modules.join(", "))?;
        for step in &self.way {
            write!(out, "\n    {} imports {} (line {})", step.importer, step.imported, step.line)?;
        }
        Ok(())
    }
}

/// All cycles among a crate's modules.
pub fn find(imports: &Imports) -> Vec<Cycle> {
    let reached: BTreeMap<&str, BTreeSet<&str>> =
        imports.by_module.keys().map(|module| (module.as_str(), reachable(imports, module))).collect();
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    let mut cycles = Vec::new();
    for (module, reaches) in &reached {
        if !reaches.contains(module) || seen.contains(module) {
            continue;
        }
        let circle: BTreeSet<&str> =
            reaches.iter().copied().filter(|other| reached[other].contains(module)).collect();
        seen.extend(&circle);
        let ways = circle.iter().map(|start| way_round(imports, start));
        let way = ways.min_by_key(Vec::len).unwrap_or_default();
        cycles.push(Cycle { modules: circle.into_iter().map(str::to_owned).collect(), way });
    }
    cycles
}

fn reachable<'a>(imports: &'a Imports, start: &str) -> BTreeSet<&'a str> {
    let mut seen = BTreeSet::new();
    let mut next: Vec<&str> = imports.by_module[start].keys().map(String::as_str).collect();
    while let Some(module) = next.pop() {
        if seen.insert(module) {
            next.extend(imports.by_module[module].keys().map(String::as_str));
        }
    }
    seen
}

/// A shortest way from a module back to itself, searched in breadth.
fn way_round(imports: &Imports, start: &str) -> Vec<Step> {
    let mut before: BTreeMap<&str, Step> = BTreeMap::new();
    let mut next = VecDeque::from([start]);
    while let Some(module) = next.pop_front() {
        for (imported, line) in &imports.by_module[module] {
            if !before.contains_key(imported.as_str()) {
                let step = Step { importer: module.to_owned(), imported: imported.clone(), line: *line };
                before.insert(imported, step);
                next.push_back(imported);
            }
        }
        if before.contains_key(start) {
            break;
        }
    }
    let mut way: Vec<Step> = Vec::new();
    let mut at = start;
    while let Some(step) = before.get(at) {
        way.insert(0, step.clone());
        at = step.importer.as_str();
        if at == start {
            break;
        }
    }
    way
}

#[cfg(test)]
mod tests {
    use super::find;
    use crate::imports;
    use crate::tree::Tree;

    fn cycles(texts: &[(&str, &str)]) -> Vec<Vec<String>> {
        let tree = Tree::of_texts("lib", texts).unwrap();
        find(&imports::of(&tree)).into_iter().map(|cycle| cycle.modules).collect()
    }

    #[test]
    fn two_modules_that_import_each_other_are_found() {
        let found = cycles(&[
            ("lib", "mod a; mod b;"),
            ("a", "use crate::b::B; pub struct A;"),
            ("b", "use super::a::A; pub struct B;"),
        ]);
        assert_eq!(found, [["a", "b"]]);
    }

    #[test]
    fn a_cycle_is_told_in_plain_words() {
        let tree = Tree::of_texts(
            "lib",
            &[
                ("lib", "mod a; mod b;"),
                ("a", "use crate::b::B;\npub struct A;"),
                ("b", "pub struct B;\nfn f(a: crate::a::A) {}"),
            ],
        );
        let told = find(&imports::of(&tree.unwrap()))[0].to_string();
        assert_eq!(
            told,
            "these modules import each other in a circle: a, b\n    a imports b (line 1)\n    b imports a (line 2)"
        );
    }

    #[test]
    fn one_way_imports_are_no_cycle() {
        let found = cycles(&[
            ("lib", "mod a; mod b; pub use a::A; pub use b::B;"),
            ("a", "use crate::B; pub struct A;"),
            ("b", "pub struct B;"),
        ]);
        assert!(found.is_empty(), "{found:?}");
    }

    #[test]
    fn a_reexport_does_not_hide_a_cycle() {
        let found = cycles(&[
            ("lib", "mod a; mod b; pub use a::A; pub use b::B;"),
            ("a", "use crate::B; pub struct A;"),
            ("b", "use crate::A; pub struct B;"),
        ]);
        assert_eq!(found, [["a", "b"]]);
    }

    #[test]
    fn a_reexported_module_under_another_name_is_followed() {
        let found = cycles(&[
            ("lib", "mod a; mod b { pub mod c; } pub use b::c as known;"),
            ("a", "use crate::known; fn f() { known::g(); }"),
            ("b::c", "pub fn g() { crate::a::f(); }"),
        ]);
        assert_eq!(found, [["a", "b::c"]]);
    }

    #[test]
    fn an_import_in_the_body_of_a_macro_counts() {
        let found = cycles(&[
            ("lib", "mod a; mod b;"),
            ("a", "use crate::b::B; pub struct A;"),
            ("b", "pub struct B; macro_rules! make { () => { $crate::a::A } }"),
        ]);
        assert_eq!(found, [["a", "b"]]);
        let found = cycles(&[
            ("lib", "mod a; mod b;"),
            ("a", "use crate::b::B; pub struct A;"),
            ("b", "pub struct B; fn f() { vec![super::a::A] }"),
        ]);
        assert_eq!(found, [["a", "b"]]);
    }

    #[test]
    fn the_call_of_a_macro_imports_its_module() {
        let found = cycles(&[
            ("lib", "#[macro_use] mod a; mod b;"),
            ("a", "macro_rules! make { () => { $crate::b::B } }"),
            ("b", "pub struct B; fn f() { make!() }"),
        ]);
        assert_eq!(found, [["a", "b"]]);
    }

    #[test]
    fn a_parent_that_uses_its_child_must_not_be_imported_by_it() {
        let found = cycles(&[
            ("lib", "mod a;"),
            ("a", "mod child; pub const LIMIT: u8 = 1; fn f() { child::g(); }"),
            ("a::child", "use super::LIMIT; pub fn g() {}"),
        ]);
        assert_eq!(found, [["a", "a::child"]]);
        let found = cycles(&[
            ("lib", "mod a; pub use a::A; pub fn f(a: A) {} pub struct Error;"),
            ("a", "use crate::Error; pub struct A;"),
        ]);
        assert_eq!(found, [["a", "lib"]]);
    }

    #[test]
    fn a_variable_that_is_called_like_a_child_imports_nothing() {
        let found = cycles(&[
            ("lib", "mod a;"),
            ("a", "mod lease; pub struct A; fn f() -> u8 { let lease = 1; lease }"),
            ("a::lease", "use super::A; fn g(a: A) {}"),
        ]);
        assert!(found.is_empty(), "{found:?}");
    }

    #[test]
    fn a_parent_that_only_passes_names_on_may_be_imported() {
        let found = cycles(&[
            ("lib", "mod a; pub use a::A; pub struct Error;"),
            ("a", "mod child; pub use child::g; pub struct A; use crate::Error;"),
            ("a::child", "use super::A; pub fn g() {}"),
        ]);
        assert!(found.is_empty(), "{found:?}");
    }

    #[test]
    fn what_the_whole_crate_may_see_does_not_import_its_root() {
        let found = cycles(&[("lib", "mod a; pub fn f() { a::g(); }"), ("a", "pub(crate) fn g() {}")]);
        assert!(found.is_empty(), "{found:?}");
    }

    #[test]
    fn imports_of_tests_do_not_count() {
        let found = cycles(&[
            ("lib", "mod a; mod b;"),
            ("a", "use crate::b::B; pub struct A;"),
            ("b", "pub struct B; #[cfg(test)] mod tests { use crate::a::A; } #[cfg(test)] use crate::a::A;"),
        ]);
        assert!(found.is_empty(), "{found:?}");
    }

    #[test]
    fn names_of_other_crates_do_not_count() {
        let found = cycles(&[
            ("lib", "mod time; mod b;"),
            ("time", "use ::time::Date; use std::b::B; fn f(b: crate::b::B) {}"),
            ("b", "use time::Date; use tokio::time; pub struct B; fn f() { time::sleep(); }"),
        ]);
        assert!(found.is_empty(), "{found:?}");
    }
}
