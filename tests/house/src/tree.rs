//! The tree of a crate's modules, read from its root on as the compiler does, without what is only for tests.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;
use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::{Item, UseTree, Visibility};

use crate::paths::{Written, in_tokens, line_of};
use crate::tokens::is_for_tests;

/// A module's place in its [`Tree`].
pub type ModuleId = usize;

/// The modules of one crate; the first is its root.
#[derive(Debug, Default)]
pub struct Tree {
    /// All modules.
    pub modules: Vec<Module>,
}

/// A module: what it declares, imports and names.
#[derive(Debug, Default)]
pub struct Module {
    /// Its path below the root, as `rabbit::consumer`; the root has the name of its file.
    pub name: String,
    /// The module that declares it.
    pub parent: Option<ModuleId>,
    /// The modules that it declares.
    pub children: BTreeMap<String, ModuleId>,
    /// The names of its own items.
    pub items: BTreeSet<String>,
    /// Its imports.
    pub uses: Vec<Use>,
    /// The paths in its own items.
    pub paths: Vec<Written>,
}

/// One name that a `use` brings in; `*` for all names of a module.
#[derive(Clone, Debug)]
pub struct Use {
    /// The path as written.
    pub segments: Vec<String>,
    /// The name under which it is known here.
    pub name: String,
    /// True if others may import it from here.
    pub is_public: bool,
    /// The line, from 1.
    pub line: usize,
}

/// Where the texts of modules come from.
trait Texts {
    /// The text of a module's file.
    fn text(&self, module: &[String]) -> anyhow::Result<String>;
}

/// A crate on disk.
struct Files {
    root: PathBuf,
    folder: PathBuf,
}

impl Texts for Files {
    fn text(&self, module: &[String]) -> anyhow::Result<String> {
        if module.is_empty() {
            return read(&self.root);
        }
        let path: PathBuf = module.iter().fold(self.folder.clone(), |path, name| path.join(name));
        let file = path.with_extension("rs");
        read(if file.is_file() { file } else { path.join("mod.rs") })
    }
}

fn read(path: impl AsRef<Path>) -> anyhow::Result<String> {
    let path = path.as_ref();
    fs::read_to_string(path).with_context(|| path.display().to_string())
}

/// A crate in memory: texts by the modules' names, the root's under its own.
struct InMemory<'a> {
    root: &'a str,
    texts: &'a [(&'a str, &'a str)],
}

impl Texts for InMemory<'_> {
    fn text(&self, module: &[String]) -> anyhow::Result<String> {
        let name = if module.is_empty() { self.root.to_owned() } else { module.join("::") };
        let found = self.texts.iter().find(|(known, _)| *known == name);
        found.map(|(_, text)| (*text).to_owned()).with_context(|| format!("no text of {name}"))
    }
}

impl Tree {
    /// Reads the crate whose root is this file.
    ///
    /// # Errors
    /// When a file is missing or is not Rust.
    pub fn of_root(root: &Path) -> anyhow::Result<Self> {
        let name = root.file_stem().context("a root has a name")?.to_string_lossy().into_owned();
        let folder = root.parent().context("a root is in a folder")?.to_owned();
        Self::read(&name, &Files { root: root.to_owned(), folder })
    }

    /// Reads a crate from texts by module, as `("rabbit::consumer", "use …")`.
    ///
    /// # Errors
    /// When a text is missing or is not Rust.
    pub fn of_texts(root: &str, texts: &[(&str, &str)]) -> anyhow::Result<Self> {
        Self::read(root, &InMemory { root, texts })
    }

    fn read(name: &str, texts: &dyn Texts) -> anyhow::Result<Self> {
        let mut tree = Self::default();
        let root = Module { name: name.to_owned(), ..Module::default() };
        tree.modules.push(root);
        tree.read_file(0, &[], texts)?;
        Ok(tree)
    }

    fn read_file(&mut self, id: ModuleId, path: &[String], texts: &dyn Texts) -> anyhow::Result<()> {
        let file = syn::parse_file(&texts.text(path)?).with_context(|| path.join("::"))?;
        if file.attrs.iter().any(|attribute| is_for_tests(&attribute.meta.to_token_stream())) {
            return Ok(());
        }
        self.read_items(id, path, file.items, texts)
    }

    fn read_items(
        &mut self,
        id: ModuleId,
        path: &[String],
        items: Vec<Item>,
        texts: &dyn Texts,
    ) -> anyhow::Result<()> {
        let mut own = TokenStream::new();
        for item in items {
            let tokens = item.to_token_stream();
            if attributes(&item).iter().any(|attribute| is_for_tests(&attribute.meta.to_token_stream())) {
                continue;
            }
            match item {
                Item::Mod(module) => {
                    let name = module.ident.to_string();
                    let path = [path, std::slice::from_ref(&name)].concat();
                    let child = self.add(id, name, path.join("::"));
                    match module.content {
                        Some((_, items)) => self.read_items(child, &path, items, texts)?,
                        None => self.read_file(child, &path, texts)?,
                    }
                }
                Item::Use(import) => {
                    let is_public = !matches!(import.vis, Visibility::Inherited);
                    let line = line_of(import.use_token.span);
                    read_use(&import.tree, Vec::new(), &mut |segments, name| {
                        self.modules[id].uses.push(Use { segments, name, is_public, line });
                    });
                }
                item => {
                    self.modules[id].items.extend(name_of(&item));
                    own.extend(tokens);
                }
            }
        }
        self.modules[id].paths = in_tokens(own);
        Ok(())
    }

    fn add(&mut self, parent: ModuleId, name: String, path: String) -> ModuleId {
        let id = self.modules.len();
        self.modules.push(Module { name: path, parent: Some(parent), ..Module::default() });
        self.modules[parent].children.insert(name, id);
        id
    }

    /// True if `module` is below `above`.
    pub fn is_below(&self, module: ModuleId, above: ModuleId) -> bool {
        let parents =
            std::iter::successors(self.modules[module].parent, |parent| self.modules[*parent].parent);
        parents.into_iter().any(|parent| parent == above)
    }
}

/// Calls `found` with each name that a `use` brings in.
fn read_use(tree: &UseTree, mut prefix: Vec<String>, found: &mut impl FnMut(Vec<String>, String)) {
    match tree {
        UseTree::Path(path) => {
            prefix.push(path.ident.to_string());
            read_use(&path.tree, prefix, found);
        }
        UseTree::Name(name) if name.ident == "self" => {
            let last = prefix.last().cloned().unwrap_or_default();
            found(prefix, last);
        }
        UseTree::Name(name) => {
            prefix.push(name.ident.to_string());
            found(prefix, name.ident.to_string());
        }
        UseTree::Rename(rename) => {
            if rename.ident != "self" {
                prefix.push(rename.ident.to_string());
            }
            found(prefix, rename.rename.to_string());
        }
        UseTree::Glob(_) => found(prefix, "*".to_owned()),
        UseTree::Group(group) => {
            for tree in &group.items {
                read_use(tree, prefix.clone(), found);
            }
        }
    }
}

fn attributes(item: &Item) -> &[syn::Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

fn name_of(item: &Item) -> Option<String> {
    let ident = match item {
        Item::Const(item) => &item.ident,
        Item::Enum(item) => &item.ident,
        Item::Fn(item) => &item.sig.ident,
        Item::Macro(item) => item.ident.as_ref()?,
        Item::Static(item) => &item.ident,
        Item::Struct(item) => &item.ident,
        Item::Trait(item) => &item.ident,
        Item::Type(item) => &item.ident,
        Item::Union(item) => &item.ident,
        _ => return None,
    };
    Some(ident.to_string())
}
