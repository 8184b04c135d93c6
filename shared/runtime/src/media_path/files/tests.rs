use super::*;
use std::os::unix::fs::symlink;

/// A root with `a.png`, and a folder outside of it that must stay unreachable.
fn folders() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let top = folder.path().canonicalize().unwrap();
    for name in ["root", "root-evil"] {
        fs::create_dir(top.join(name)).unwrap();
        fs::write(top.join(name).join("a.png"), "x").unwrap();
    }
    (folder, top)
}

fn files(roots: &[PathBuf]) -> MediaFiles {
    MediaFiles::new(roots.to_vec(), Private::default())
}

fn below(roots: &[PathBuf], path: &Path) -> Result<PathBuf, MediaPathError> {
    files(roots).find(&Places::everything(), path).map(|found| found.path)
}

#[test]
fn a_file_below_a_root_is_found() {
    let (_folder, top) = folders();
    let roots = [top.join("missing"), top.join("root")];
    let file = top.join("root/a.png");
    let found = files(&roots).find_uri(&Places::everything(), &uri_of(&file));
    assert_eq!(found.map(|found| found.path), Ok(file.clone()));
    assert_eq!(below(&roots, Path::new("a.png")), Ok(file));
    assert_eq!(below(&roots, Path::new("b.png")), Err(MediaPathError::Missing));
}

#[test]
fn nothing_leads_out_of_the_roots() {
    let (_folder, top) = folders();
    let roots = [top.join("root")];
    symlink(top.join("root-evil/a.png"), top.join("root/link.png")).unwrap();
    symlink(top.join("root-evil"), top.join("root/sub")).unwrap();
    for path in ["root-evil/a.png", "root/../root-evil/a.png", "root/link.png", "root/sub/a.png", "nowhere"] {
        assert_eq!(below(&roots, &top.join(path)), Err(MediaPathError::Outside), "{path}");
    }
    assert_eq!(below(&roots, Path::new("../root-evil/a.png")), Err(MediaPathError::Outside));
    assert_eq!(below(&roots, Path::new("/../etc/passwd")), Err(MediaPathError::Outside));
    assert_eq!(below(&[], &top.join("root/a.png")), Err(MediaPathError::Outside));
}

#[test]
fn a_link_out_does_not_reveal_what_exists_outside() {
    let (_folder, top) = folders();
    symlink(top.join("root-evil"), top.join("root/sub")).unwrap();
    symlink(top.join("root-evil/b.png"), top.join("root/b.png")).unwrap();
    for path in ["sub/a.png", "sub/b.png", "b.png", "sub/../b.png"] {
        assert_eq!(below(&[top.join("root")], Path::new(path)), Err(MediaPathError::Outside), "{path}");
    }
}

#[test]
fn a_link_within_the_root_is_followed() {
    let (_folder, top) = folders();
    symlink(top.join("root/a.png"), top.join("root/link.png")).unwrap();
    assert_eq!(below(&[top.join("root")], &top.join("root/link.png")), Ok(top.join("root/a.png")));
}

#[test]
fn the_installations_own_files_are_unreachable_by_every_name() {
    let (_folder, top) = folders();
    let (root, data) = (top.join("root"), top.join("root/swath-data"));
    fs::create_dir_all(data.join("sub")).unwrap();
    fs::create_dir(top.join("root/db")).unwrap();
    let config = top.join("root/swath.toml");
    let database = top.join("root/db/elsewhere.db");
    fs::write(&config, "[server]").unwrap();
    let files = MediaFiles::new(vec![root.clone()], Private::new(&data, Some(&database), Some(&config)));
    let names = ["swath-data/secret", "swath-data/sub/later", "db/elsewhere.db", "db/elsewhere.db-wal"];
    for name in names {
        fs::write(root.join(name), "x").unwrap();
    }
    fs::hard_link(data.join("secret"), root.join("hard.png")).unwrap();
    fs::hard_link(root.join("db/elsewhere.db-wal"), root.join("hard-wal.png")).unwrap();
    symlink(data.join("secret"), root.join("soft.png")).unwrap();
    symlink(&data, root.join("soft")).unwrap();
    symlink(root.join("soft"), root.join("soft-soft")).unwrap();
    for name in [
        "swath-data",
        "swath-data/secret",
        "swath-data/sub",
        "swath-data/sub/later",
        "swath-data/missing",
        "./swath-data/../swath-data/secret",
        "db/elsewhere.db",
        "db/elsewhere.db-wal",
        "swath.toml",
        "hard.png",
        "hard-wal.png",
        "soft.png",
        "soft",
        "soft/secret",
        "soft-soft/secret",
    ] {
        for path in [PathBuf::from(name), root.join(name)] {
            let found = files.find(&Places::everything(), &path);
            assert_eq!(found.map(|found| found.path), Err(MediaPathError::Outside), "{name}");
        }
    }
    assert!(files.find(&Places::everything(), Path::new("a.png")).is_ok());
    let kernel = MediaFiles::new(vec![PathBuf::from("/")], Private::default());
    for path in ["/proc/self/environ", "/proc/self/fd", "/sys/kernel"] {
        assert!(kernel.find(&Places::everything(), Path::new(path)).is_err(), "{path}");
    }
}

#[test]
fn a_team_reaches_its_folders_and_no_others() {
    let (_folder, top) = folders();
    let files = files(std::slice::from_ref(&top));
    let places = Places::folders([top.join("root")]);
    assert!(files.find(&places, Path::new("a.png")).is_ok());
    for other in ["root-evil", "root-evil/a.png", "root-evil/missing", "root/../root-evil/a.png", "."] {
        let found = files.find(&places, &top.join(other)).map(|found| found.path);
        assert_eq!(found, Err(MediaPathError::Outside), "{other}");
    }
    let missing = files.find(&places, &top.join("root/b.png")).map(|found| found.path);
    assert_eq!(missing, Err(MediaPathError::Missing));
    assert!(files.find(&Places::default(), &top.join("root/a.png")).is_err());
}

#[test]
fn only_regular_files_are_read_and_nothing_blocks() {
    let (_folder, top) = folders();
    let pipe = top.join("root/pipe.png");
    nix::unistd::mkfifo(&pipe, nix::sys::stat::Mode::S_IRWXU).unwrap();
    let socket = top.join("root/socket.png");
    let _listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
    let files = files(&[top.clone(), PathBuf::from("/dev")]);
    for path in [&pipe, &socket, &top.join("root"), Path::new("/dev/null"), Path::new("/dev/zero")] {
        let found = files.find(&Places::everything(), path).unwrap();
        assert_eq!(found.read().map(|(_, length)| length), Err("it is not a regular file"), "{path:?}");
    }
}

#[test]
fn only_the_path_below_the_root_is_shown() {
    let (_folder, top) = folders();
    let files = files(std::slice::from_ref(&top));
    assert_eq!(files.shown_uri(&uri_of(&top.join("root/a b.png"))), "root/a%20b.png");
    assert_eq!(files.shown_uri("file:///somewhere/else/c.png"), "c.png");
    assert_eq!(files.shown_uri("FILE:///somewhere/else/c.png"), "c.png");
    assert_eq!(files.shown_uri("https://h/a.png"), "https://h/a.png");
    assert_eq!(files.shown_folder(&top.join("root")), "root");
    assert_eq!(files.shown_folder(&top), ".");
    assert_eq!(files.shown_folder(Path::new("/else/where")), "where");
}
