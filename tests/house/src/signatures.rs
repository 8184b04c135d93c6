//! Functions that take a tuple apart in their signature.

use anyhow::Context;
use quote::ToTokens;
use syn::visit::{self, Visit};
use syn::{FnArg, Pat, Signature};

use crate::paths::line_of;
use crate::tokens::is_for_tests;

/// A function with a tuple pattern among its parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TupleParameter {
    /// Its name.
    pub function: String,
    /// The line of its name, from 1.
    pub line: usize,
}

/// Functions outside of tests that take a parameter apart as a tuple, as `fn f((a, b): (A, B))`. Patterns of structs are
/// allowed: they name what they take apart. Closures are: their parameters have the shape that an iterator gives them.
///
/// # Errors
/// When the text is not Rust.
pub fn find(file: &str, text: &str) -> anyhow::Result<Vec<TupleParameter>> {
    let mut finder = Finder { found: Vec::new() };
    finder.visit_file(&syn::parse_file(text).with_context(|| file.to_owned())?);
    Ok(finder.found)
}

struct Finder {
    found: Vec<TupleParameter>,
}

impl<'ast> Visit<'ast> for Finder {
    fn visit_signature(&mut self, signature: &'ast Signature) {
        if signature.inputs.iter().any(is_tuple) {
            let (function, line) = (signature.ident.to_string(), line_of(signature.ident.span()));
            self.found.push(TupleParameter { function, line });
        }
        visit::visit_signature(self, signature);
    }

    fn visit_item_mod(&mut self, module: &'ast syn::ItemMod) {
        if !module.attrs.iter().any(|attribute| is_for_tests(&attribute.meta.to_token_stream())) {
            visit::visit_item_mod(self, module);
        }
    }

    fn visit_item_fn(&mut self, function: &'ast syn::ItemFn) {
        if !function.attrs.iter().any(|attribute| is_for_tests(&attribute.meta.to_token_stream())) {
            visit::visit_item_fn(self, function);
        }
    }
}

fn is_tuple(parameter: &FnArg) -> bool {
    let FnArg::Typed(typed) = parameter else { return false };
    let mut pattern = &*typed.pat;
    loop {
        match pattern {
            Pat::Reference(reference) => pattern = &reference.pat,
            Pat::Paren(paren) => pattern = &paren.pat,
            pattern => return matches!(pattern, Pat::Tuple(_)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::find;

    fn functions(text: &str) -> Vec<String> {
        find("file.rs", text).unwrap().into_iter().map(|found| found.function).collect()
    }

    #[test]
    fn tuples_taken_apart_are_found_in_all_kinds_of_functions() {
        assert_eq!(functions("fn f((a, b): (A, B)) {}"), ["f"]);
        assert_eq!(functions("impl X { async fn g(&self, &(a, b): &(A, B)) {} }"), ["g"]);
        assert_eq!(functions("trait X { fn h(&self, (a, _): (A, B)) {} }"), ["h"]);
        assert_eq!(functions("fn outer() { fn inner((a,): (A,)) {} }"), ["inner"]);
    }

    #[test]
    fn named_patterns_closures_and_tests_are_allowed() {
        assert!(
            functions("fn f(State(a): State<A>, Path((b, c)): Path<(B, C)>, Pair { d, e }: Pair) {}")
                .is_empty()
        );
        assert!(functions("fn f() { x.map(|(a, b)| a) }").is_empty());
        assert!(functions("#[cfg(test)] mod tests { fn f((a, b): (A, B)) {} }").is_empty());
        assert!(functions("fn f(pair: (A, B)) {}").is_empty());
    }
}
