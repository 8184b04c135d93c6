//! Users at work on an installation, simulated by `swath load`.

use swath_harness::World;
use swath_harness::children::Running;
use swath_harness::process::{Environment, swath};

/// Starts `swath load` with these arguments. It ends when the returned process is dropped, or as the arguments say.
pub(crate) fn start_load(world: &World, words: &str) -> (Running, tempfile::TempDir) {
    let environment: Environment = [("SWATH_URL", world.origin()), ("SWATH_TOKEN", world.admin_token())]
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .into();
    let words: Vec<_> = ["load"].into_iter().chain(words.split(' ')).collect();
    let mut command = swath(&words, &environment).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let load = Running::start("the load", &mut command, &folder.path().join("log")).unwrap();
    (load, folder)
}
