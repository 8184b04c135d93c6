//! Layers inside a crate: which modules may import which.

use crate::imports::Imports;

/// The modules that start with `modules` may import those that start with one of `may_import`, their own layer, and no other
/// layer of the table.
#[derive(Clone, Copy, Debug)]
pub struct Layer {
    /// The first segments of the layer's modules, as `engine`.
    pub modules: &'static str,
    /// The layers that it may import.
    pub may_import: &'static [&'static str],
}

/// The imports that go against the layers, one sentence each. Modules of no layer must not be imported from a layer either,
/// and a layer without modules is told: its name is wrong.
pub fn violations(imports: &Imports, layers: &[Layer]) -> Vec<String> {
    let mut found = Vec::new();
    for layer in layers {
        let mut modules =
            imports.by_module.iter().filter(|(module, _)| is_in(module, layer.modules)).peekable();
        if modules.peek().is_none() {
            found.push(format!("the layer {} has no modules", layer.modules));
        }
        for (module, imported) in modules {
            let wrong = imported.iter().filter(|(target, _)| !allows(layer, target));
            found.extend(wrong.map(|(target, line)| {
                let allowed = match layer.may_import {
                    [] => "nothing else".to_owned(),
                    allowed => allowed.join(", "),
                };
                format!("{module} imports {target} (line {line}); {} may import {allowed}", layer.modules)
            }));
        }
    }
    found
}

fn allows(layer: &Layer, target: &str) -> bool {
    is_in(target, layer.modules) || layer.may_import.iter().any(|allowed| is_in(target, allowed))
}

fn is_in(module: &str, layer: &str) -> bool {
    module.strip_prefix(layer).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

#[cfg(test)]
mod tests {
    use super::{Layer, violations};
    use crate::imports;
    use crate::tree::Tree;

    const LAYERS: [Layer; 3] = [
        Layer { modules: "engine", may_import: &[] },
        Layer { modules: "tables", may_import: &["engine"] },
        Layer { modules: "verbs", may_import: &["tables", "engine"] },
    ];

    fn told(texts: &[(&str, &str)]) -> Vec<String> {
        violations(&imports::of(&Tree::of_texts("lib", texts).unwrap()), &LAYERS)
    }

    #[test]
    fn imports_go_downwards() {
        let lib = ("lib", "mod engine; mod tables { pub mod jobs; } mod verbs; pub struct Top;");
        let good = [
            lib,
            ("engine", "pub struct Db;"),
            ("tables::jobs", "use crate::engine::Db; pub struct Row;"),
            ("verbs", "use crate::engine::Db; use crate::tables::jobs::Row;"),
        ];
        assert!(told(&good).is_empty());
        let climbing = [
            lib,
            ("engine", "use crate::tables::jobs::Row; pub struct Db;"),
            ("tables::jobs", "pub struct Row; fn f() { crate::verbs::g() }"),
            ("verbs", "use crate::Top; pub fn g() {}"),
        ];
        assert_eq!(
            told(&climbing),
            [
                "engine imports tables::jobs (line 1); engine may import nothing else",
                "tables::jobs imports verbs (line 1); tables may import engine",
                "verbs imports lib (line 1); verbs may import tables, engine",
            ]
        );
    }

    #[test]
    fn a_layer_without_modules_is_told() {
        let told = told(&[("lib", "mod engine; mod tables;"), ("engine", ""), ("tables", "")]);
        assert_eq!(told, ["the layer verbs has no modules"]);
    }
}
