//! Which module a path leads to, through the re-exports on its way.

use crate::tree::{ModuleId, Tree, Use};

/// Re-exports that a path may go through. It ends walks that run in circles.
const REEXPORTS_MAX: usize = 16;

/// The module that defines what a path names, seen from `from`; `None` if it is of another crate.
pub fn resolve(tree: &Tree, from: ModuleId, segments: &[String]) -> Option<ModuleId> {
    Resolver { tree }.written_in(from, segments, REEXPORTS_MAX)
}

struct Resolver<'a> {
    tree: &'a Tree,
}

impl Resolver<'_> {
    /// A path as it is written in a module: it starts with a keyword or with a name that the module knows.
    fn written_in(&self, from: ModuleId, segments: &[String], left: usize) -> Option<ModuleId> {
        let first = segments.first()?;
        match first.as_str() {
            "crate" => self.below(0, &segments[1..], left),
            "self" => self.below(from, &segments[1..], left),
            "super" => {
                let supers = segments.iter().take_while(|segment| *segment == "super").count();
                let start = (0..supers).try_fold(from, |module, _| self.tree.modules[module].parent)?;
                self.below(start, &segments[supers..], left)
            }
            _ => self.named(from, segments, left),
        }
    }

    /// A path that goes down from a module. What the module does not know is taken for one of its own items: a macro may
    /// have made it.
    fn below(&self, module: ModuleId, segments: &[String], left: usize) -> Option<ModuleId> {
        if segments.is_empty() {
            return Some(module);
        }
        self.named(module, segments, left).or(Some(module))
    }

    /// A path whose first name is known in a module: an item, a child, or an import.
    fn named(&self, module: ModuleId, segments: &[String], left: usize) -> Option<ModuleId> {
        let left = left.checked_sub(1)?;
        let (first, rest) = segments.split_first()?;
        let here = &self.tree.modules[module];
        if rest.is_empty() && here.items.contains(first) {
            return Some(module);
        }
        if let Some(child) = here.children.get(first) {
            return self.below(*child, rest, left);
        }
        if here.items.contains(first) {
            return Some(module);
        }
        let import = here.uses.iter().find(|import| import.name == *first);
        if let Some(import) = import {
            let path = [&import.segments[..], rest].concat();
            // `use time::…` in a module that has imported `time` under its own name leads nowhere new.
            return self.import(module, import, &path, left);
        }
        let globs = here.uses.iter().filter(|import| import.name == "*");
        globs
            .filter_map(|glob| self.written_in(module, &glob.segments, left))
            .find_map(|target| (target != module).then(|| self.named(target, segments, left)).flatten())
    }

    fn import(&self, module: ModuleId, import: &Use, path: &[String], left: usize) -> Option<ModuleId> {
        let first = path.first()?;
        if *first == import.name && !self.tree.modules[module].children.contains_key(first) {
            return None;
        }
        self.written_in(module, path, left)
    }
}
