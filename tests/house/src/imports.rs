//! Which module of a crate imports which, and on what line.

use std::collections::BTreeMap;

use crate::resolve::resolve;
use crate::tree::{Module, ModuleId, Tree};

/// The imports between the modules of a crate.
#[derive(Clone, Debug, Default)]
pub struct Imports {
    /// By module: the modules that it imports, each with the first line that does.
    pub by_module: BTreeMap<String, BTreeMap<String, usize>>,
}

/// Reads the imports of a crate.
///
/// A name that is re-exported counts as imported from the module that defines it. A module that declares its children and
/// passes their names on does not import them; one whose own items name them does.
pub fn of(tree: &Tree) -> Imports {
    let mut imports = Imports::default();
    for (id, module) in tree.modules.iter().enumerate() {
        let found = imports.by_module.entry(module.name.clone()).or_default();
        for (target, line) in targets(tree, id, module) {
            if target != id {
                let first = found.entry(tree.modules[target].name.clone()).or_insert(line);
                *first = line.min(*first);
            }
        }
    }
    imports
}

fn targets(tree: &Tree, id: ModuleId, module: &Module) -> Vec<(ModuleId, usize)> {
    let mut found = Vec::new();
    for import in &module.uses {
        let Some(target) = resolve(tree, id, &import.segments) else { continue };
        if !(import.is_public && tree.is_below(target, id)) {
            found.push((target, import.line));
        }
    }
    for path in &module.paths {
        // A child's bare name is no type and no value here: it is a variable that is called alike.
        if path.segments.len() == 1 && !path.is_macro && module.children.contains_key(&path.segments[0]) {
            continue;
        }
        let target = match resolve(tree, id, &path.segments) {
            None if path.is_macro => path.segments.last().and_then(|name| macro_home(tree, name)),
            target => target,
        };
        found.extend(target.map(|target| (target, path.line)));
    }
    found
}

/// The only module that has an item of this name: a macro is known without an import in what is declared below it.
fn macro_home(tree: &Tree, name: &str) -> Option<ModuleId> {
    let mut homes = tree.modules.iter().enumerate().filter(|(_, module)| module.items.contains(name));
    let (home, _) = homes.next()?;
    homes.next().is_none().then_some(home)
}
