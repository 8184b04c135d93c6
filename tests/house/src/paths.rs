//! The paths that stand in tokens: `crate::x::Y`, `super::x`, `module::function`, also in the bodies of macros.

use proc_macro2::{Delimiter, Ident, Span, TokenStream, TokenTree};

use crate::tokens::{is_punct, without_tests};

/// A path as it is written, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// Its segments; `$crate` is `crate`.
    pub segments: Vec<String>,
    /// The line of its first segment, from 1.
    pub line: usize,
    /// True if an exclamation mark follows: a call of a macro.
    pub is_macro: bool,
}

/// All paths in tokens outside of tests. A name alone is a path of one segment; names after a dot are fields or methods, and
/// names before a single colon are fields or parameters.
pub fn in_tokens(tokens: TokenStream) -> Vec<Written> {
    let mut found = Vec::new();
    read_group(tokens, &mut found);
    // `pub(crate)` and `self.field` name no item.
    found.retain(|path| !matches!(path.segments.join("::").as_str(), "crate" | "self" | "super"));
    found
}

fn read_group(tokens: TokenStream, found: &mut Vec<Written>) {
    let trees = without_tests(tokens);
    let mut at = 0;
    while at < trees.len() {
        match &trees[at] {
            TokenTree::Group(group) => {
                read_group(group.stream(), found);
                at += 1;
            }
            TokenTree::Ident(ident) if starts_path(&trees, at) => at = read_path(&trees, at, ident, found),
            _ => at += 1,
        }
    }
}

/// A name starts a path unless it belongs to what stands before it: `.name`, `::name`, `'name`.
fn starts_path(trees: &[TokenTree], at: usize) -> bool {
    let Some(before) = at.checked_sub(1).map(|before| &trees[before]) else { return true };
    if is_punct(before, '.') {
        // `a..b` is a range of two names.
        return at >= 2 && is_punct(&trees[at - 2], '.');
    }
    !is_punct(before, '\'') && !is_separator(trees, at.saturating_sub(2))
}

/// Two colons in a row, of which the first is joined to the second.
fn is_separator(trees: &[TokenTree], at: usize) -> bool {
    let joined = |tree: &TokenTree| matches!(tree, TokenTree::Punct(punct) if punct.as_char() == ':' && punct.spacing() == proc_macro2::Spacing::Joint);
    trees.get(at).is_some_and(joined) && trees.get(at + 1).is_some_and(|tree| is_punct(tree, ':'))
}

/// Reads a path from its first name on; returns where to read on.
fn read_path(trees: &[TokenTree], mut at: usize, first: &Ident, found: &mut Vec<Written>) -> usize {
    let line = first.span().start().line;
    let mut segments = vec![first.to_string()];
    at += 1;
    while is_separator(trees, at) {
        match trees.get(at + 2) {
            Some(TokenTree::Ident(ident)) => segments.push(ident.to_string()),
            Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace => {
                read_branches(group.stream(), &segments, found);
                return at + 3;
            }
            _ => break,
        }
        at += 3;
    }
    let is_macro = trees.get(at).is_some_and(|tree| is_punct(tree, '!'))
        && matches!(trees.get(at + 1), Some(TokenTree::Group(_)));
    let names_field = segments.len() == 1
        && !is_separator(trees, at)
        && trees.get(at).is_some_and(|tree| is_punct(tree, ':'));
    if !names_field {
        found.push(Written { segments, line, is_macro });
    }
    at
}

/// The branches of a `use` inside a function: `crate::{a::B, c}`.
fn read_branches(tokens: TokenStream, prefix: &[String], found: &mut Vec<Written>) {
    let mut branches = Vec::new();
    read_group(tokens, &mut branches);
    found.extend(branches.into_iter().map(|branch| {
        let rest = branch.segments.into_iter().filter(|segment| segment != "self");
        Written { segments: prefix.iter().cloned().chain(rest).collect(), ..branch }
    }));
}

/// The line on which something stands, from 1.
pub fn line_of(span: Span) -> usize {
    span.start().line
}

#[cfg(test)]
mod tests {
    use super::in_tokens;

    fn paths(text: &str) -> Vec<String> {
        in_tokens(text.parse().unwrap()).into_iter().map(|path| path.segments.join("::")).collect()
    }

    #[test]
    fn paths_are_found_in_types_expressions_and_macros() {
        assert_eq!(paths("let x: crate::a::B = super::c::d(e);"), ["let", "crate::a::B", "super::c::d", "e"]);
        assert_eq!(paths("vec![$crate::a::b]"), ["vec", "crate::a::b"]);
        assert_eq!(
            paths("use crate::{a::B, c::{self, D}};"),
            ["use", "crate::a::B", "crate::c", "crate::c::D"]
        );
    }

    #[test]
    fn fields_and_methods_are_no_paths() {
        assert_eq!(paths("x.rows.take(); S { rows: y }"), ["x", "S", "y"]);
        assert_eq!(paths("Vec::<a::B>::new()"), ["Vec", "a::B"]);
    }

    #[test]
    fn a_visibility_is_no_path() {
        assert_eq!(
            paths("pub(crate) struct A; pub(super) use b::C; f(self)"),
            ["pub", "struct", "A", "pub", "use", "b::C", "f"]
        );
    }

    #[test]
    fn tests_are_left_out() {
        assert!(paths("#[cfg(test)] mod tests { use crate::a; }").is_empty());
        assert_eq!(paths("#[cfg(not(test))] fn f() {}"), ["cfg", "not", "test", "fn", "f"]);
    }
}
