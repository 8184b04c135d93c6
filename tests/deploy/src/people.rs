//! People at work on an installation, as `swath load` sends them.

use swath_harness::World;
use swath_harness::children::Running;
use swath_harness::process::{Environment, swath};

/// Sends people to work, as these words say; they work for as long as this lives, or as the words say.
pub(crate) fn put_to_work(world: &World, words: &str) -> (Running, tempfile::TempDir) {
    let environment: Environment = [("SWATH_URL", world.origin()), ("SWATH_TOKEN", world.admin_token())]
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .into();
    let words: Vec<_> = ["load"].into_iter().chain(words.split(' ')).collect();
    let mut command = swath(&words, &environment).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let load = Running::start("the load", &mut command, &folder.path().join("log")).unwrap();
    (load, folder)
}
