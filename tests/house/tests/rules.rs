//! The rules of the house, played on the workspace as it stands.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use anyhow::Context;
use swath_house::layers::Layer;
use swath_house::retired::Retired;
use swath_house::tree::Tree;
use swath_house::workspace::{Crate, crates, root};
use swath_house::{citations, cycles, imports, layers, retired, signatures};

/// Crates whose modules still import each other in circles. Take out a crate when it has none; add none.
const STILL_WITH_CYCLES: &[&str] = &[];

/// Layers inside crates, lowest first.
const LAYERS: &[(&str, &[Layer])] = &[("shared/store", STORE)];

/// The layers of the store. Its facade, `store`, may import all of them.
const STORE: &[Layer] = &[
    Layer { modules: "error", may_import: &[] },
    Layer { modules: "model", may_import: &["error"] },
    Layer { modules: "engine", may_import: &["model", "error"] },
    Layer { modules: "tables", may_import: &["engine", "model", "error"] },
    Layer { modules: "verbs", may_import: &["tables", "engine", "model", "error"] },
    Layer { modules: "reads", may_import: &["tables", "engine", "model", "error"] },
];

/// Identifiers that were renamed. `crates` is the start of the names of the crates in which one is retired; empty for all.
const RETIRED: &[Retired] = &[
    Retired { word: "Facts", instead: "`LeaseContext`", crates: "" },
    Retired { word: "Errand", instead: "`PendingCall`", crates: "" },
    Retired { word: "Attention", instead: "`PollBackoff`", crates: "" },
    Retired { word: "Leaps", instead: "`ClockJumpDetector`", crates: "" },
    Retired { word: "Shelf", instead: "`Cache`", crates: "" },
    Retired { word: "Heads", instead: "`QueueCursors`", crates: "" },
    Retired { word: "Duty", instead: "`LeaderLease`", crates: "" },
    Retired { word: "Lane", instead: "`WriterConnections`", crates: "" },
    Retired { word: "Lanes", instead: "`WriterConnections`", crates: "" },
    Retired { word: "job_frame", instead: "`job_definition`", crates: "" },
    Retired { word: "yard", instead: "`fixture`", crates: "" },
    Retired { word: "lapse", instead: "`expire`", crates: "" },
    Retired { word: "lapsed", instead: "`expired`", crates: "" },
    Retired { word: "lapses", instead: "`expiries`", crates: "" },
    Retired { word: "Lapse", instead: "`Expire`", crates: "" },
    Retired { word: "leashed", instead: "`bound_to_parent`", crates: "tests/" },
    Retired { word: "Shape", instead: "`Deployment`", crates: "tests/harness" },
    Retired { word: "Said", instead: "`Reply`", crates: "tests/simulation" },
    Retired { word: "Unheard", instead: "`CountByUser`", crates: "shared/checker" },
    Retired { word: "SHAPE", instead: "`DEPLOYMENT`", crates: "tests/" },
    Retired { word: "Cast", instead: "`DemoUsers`", crates: "services/swath" },
    Retired { word: "Stage", instead: "`DemoServer`", crates: "services/swath" },
    Retired { word: "Remembered", instead: "`SortedHistory`", crates: "shared/load" },
    Retired { word: "Person", instead: "`User`", crates: "tests/harness" },
    Retired { word: "Terms", instead: "`LeasePolicy`", crates: "shared/" },
    Retired { word: "UNHURRIED", instead: "`NOT_URGENT_PACE`", crates: "" },
    Retired { word: "Confirmed", instead: "`ItemSaved`", crates: "shared/store" },
    Retired { word: "Asked", instead: "`UploadHead`", crates: "services/coordinator" },
    Retired { word: "Asked", instead: "`RangeRequest`", crates: "services/gateway" },
    Retired { word: "Person", instead: "`NamedUser`", crates: "services/coordinator" },
    Retired { word: "Standing", instead: "what stands", crates: "shared/store" },
    Retired { word: "LOOK", instead: "`POLL_INTERVAL`", crates: "shared/" },
    Retired { word: "passes", instead: "`is_temporary`", crates: "shared/client" },
    Retired { word: "PATIENCE", instead: "what it bounds, as `CALL_TIMEOUT`", crates: "shared/" },
    Retired { word: "Shape", instead: "`Deployment`", crates: "shared/runtime" },
    Retired { word: "Act", instead: "`Operation`", crates: "shared/bus" },
    Retired { word: "BELIEVED", instead: "a TTL", crates: "shared/" },
    Retired { word: "REMEMBERED", instead: "`CACHED_TOKENS_MAX`", crates: "shared/" },
    Retired { word: "Told", instead: "`StepOptions`", crates: "shared/runtime" },
    Retired { word: "MOURNING", instead: "`REDECLARE_DELAY`", crates: "" },
    Retired { word: "Standing", instead: "`State`", crates: "shared/bus" },
    Retired { word: "Mood", instead: "`FaultInjectingLocks`", crates: "shared/" },
    Retired { word: "Temper", instead: "`LockFault`", crates: "" },
    Retired { word: "moody", instead: "`fault_injecting`", crates: "" },
    Retired { word: "Chore", instead: "`LockWrite`", crates: "shared/" },
    Retired { word: "Chores", instead: "`BackgroundWriter`", crates: "shared/" },
];

#[test]
fn modules_do_not_import_each_other_in_circles() -> anyhow::Result<()> {
    let mut told = Vec::new();
    let mut with_cycles = BTreeSet::new();
    for found in workspace()? {
        for cycle in trees(&found)?.iter().flat_map(|tree| cycles::find(&imports::of(tree))) {
            with_cycles.insert(found.name.clone());
            if !STILL_WITH_CYCLES.contains(&found.name.as_str()) {
                told.push(format!("{}: {cycle}", found.name));
            }
        }
    }
    let mended = STILL_WITH_CYCLES.iter().filter(|name| !with_cycles.contains(**name));
    told.extend(mended.map(|name| format!("{name} has no cycle left: take it out of STILL_WITH_CYCLES")));
    expect_none(&told);
    Ok(())
}

#[test]
fn layers_import_downwards_only() -> anyhow::Result<()> {
    let mut told = Vec::new();
    for (name, table) in LAYERS {
        let found =
            workspace()?.into_iter().find(|found| found.name == *name).context("a crate of the workspace")?;
        let tree = Tree::of_root(&found.folder.join("src/lib.rs"))?;
        let violations = layers::violations(&imports::of(&tree), table);
        told.extend(violations.into_iter().map(|violation| format!("{name}: {violation}")));
    }
    expect_none(&told);
    Ok(())
}

#[test]
fn retired_identifiers_do_not_come_back() -> anyhow::Result<()> {
    let mut told = Vec::new();
    each_file(workspace()?, |found, file, text| {
        told.extend(retired::find(&found.name, file, text, RETIRED)?);
        Ok(())
    })?;
    expect_none(&told);
    Ok(())
}

#[test]
fn signatures_take_no_tuples_apart() -> anyhow::Result<()> {
    let mut told = Vec::new();
    let product = workspace()?.into_iter().filter(Crate::is_product).collect();
    each_file(product, |_, file, text| {
        if is_of_tests(file) {
            return Ok(());
        }
        for found in signatures::find(file, text)? {
            told.push(format!(
                "{file}:{}: {} takes a tuple apart in its signature",
                found.line, found.function
            ));
        }
        Ok(())
    })?;
    expect_none(&told);
    Ok(())
}

#[test]
fn comments_cite_only_documents_of_the_repository() -> anyhow::Result<()> {
    let mut told = Vec::new();
    each_file(workspace()?, |found, file, text| {
        // This crate's own tests have citations to find.
        if found.name != "tests/house" {
            told.extend(citations::find(file, text));
        }
        Ok(())
    })?;
    expect_none(&told);
    Ok(())
}

fn workspace() -> anyhow::Result<Vec<Crate>> {
    let crates = crates(&root())?;
    assert!(crates.iter().any(|found| found.name == "tests/house"), "the workspace was not found");
    Ok(crates)
}

/// One tree for each library, program, test and bench of a crate.
fn trees(found: &Crate) -> anyhow::Result<Vec<Tree>> {
    let roots = found.roots()?;
    assert!(!roots.is_empty(), "{} has no root", found.name);
    roots.iter().map(|root| Tree::of_root(root)).collect()
}

fn each_file(
    crates: Vec<Crate>,
    mut see: impl FnMut(&Crate, &str, &str) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let root = root();
    for found in crates {
        for file in found.files()? {
            let name = file.strip_prefix(&root)?.display().to_string();
            see(&found, &name, &fs::read_to_string(&file)?)?;
        }
    }
    Ok(())
}

/// True for the files that only tests and benches are compiled from.
fn is_of_tests(file: &str) -> bool {
    let path = Path::new(file);
    let folders = path.components().filter_map(|part| part.as_os_str().to_str());
    folders
        .into_iter()
        .any(|part| ["tests", "benches", "conformance", "tests.rs", "conformance.rs"].contains(&part))
}

fn expect_none(told: &[String]) {
    assert!(told.is_empty(), "\n{}\n", told.join("\n"));
}
