//! Telling tests from the rest, in attributes and in tokens.

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// True if an attribute keeps its item out of every build but that of the tests: `test`, `tokio::test`, or a `cfg` that
/// asks for `test`.
pub fn is_for_tests(attribute: &TokenStream) -> bool {
    let text = attribute.to_string().replace(' ', "");
    text == "test"
        || text.starts_with("tokio::test")
        || (text.starts_with("cfg(") && asks_for_test(&text) && !text.contains("not(test"))
}

fn asks_for_test(cfg: &str) -> bool {
    cfg.split(|c: char| !(c.is_alphanumeric() || c == '_')).any(|word| word == "test")
}

/// The tokens of one group without what is for tests: from such an attribute to the end of the item that it stands on.
pub fn without_tests(tokens: TokenStream) -> Vec<TokenTree> {
    let mut kept = Vec::new();
    let mut trees = tokens.into_iter().peekable();
    while let Some(tree) = trees.next() {
        if is_punct(&tree, '#')
            && let Some(TokenTree::Group(group)) = trees.peek()
            && group.delimiter() == Delimiter::Bracket
            && is_for_tests(&group.stream())
        {
            trees.find(ends_item);
            continue;
        }
        kept.push(tree);
    }
    kept
}

fn ends_item(tree: &TokenTree) -> bool {
    match tree {
        TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
        TokenTree::Punct(punct) => matches!(punct.as_char(), ';' | ','),
        _ => false,
    }
}

/// True if a token is this punctuation character.
pub fn is_punct(tree: &TokenTree, character: char) -> bool {
    matches!(tree, TokenTree::Punct(punct) if punct.as_char() == character)
}

/// Calls `see` with every identifier, however deep.
pub fn each_identifier(tokens: TokenStream, see: &mut impl FnMut(&proc_macro2::Ident)) {
    for tree in tokens {
        match tree {
            TokenTree::Ident(ident) => see(&ident),
            TokenTree::Group(group) => each_identifier(group.stream(), see),
            _ => {}
        }
    }
}
