use std::fs;
use std::os::unix::fs::symlink;

use swath_runtime::media_path::Private;

use super::*;

/// A PNG's signature and header, which is all that a scan reads.
fn png(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
    bytes.extend(width.to_be_bytes());
    bytes.extend(height.to_be_bytes());
    bytes.extend([8, 0, 0, 0, 0, 0, 0, 0, 0]);
    bytes
}

struct World {
    _folder: tempfile::TempDir,
    root: PathBuf,
}

impl World {
    fn new(pictures: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let top = folder.path().canonicalize().unwrap();
        let world = Self { _folder: folder, root: top.join("root") };
        fs::create_dir(&world.root).unwrap();
        fs::create_dir(top.join("root-evil")).unwrap();
        fs::write(top.join("root-evil/a.png"), png(1, 1)).unwrap();
        for name in pictures {
            world.put(name, &png(3, 2));
        }
        world
    }

    fn put(&self, name: &str, bytes: &[u8]) {
        let path = self.root.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    fn scan(&self) -> Result<Vec<ManifestItem>, FolderError> {
        self.scan_at(&self.root)?.collect()
    }

    fn scan_at(&self, folder: &Path) -> Result<Scan, FolderError> {
        let private = Private::new(&self.root.join("swath-data"), None, None);
        let files = Arc::new(MediaFiles::new(vec![self.root.clone()], private));
        scan(files, Places::everything(), folder, Order::Bytes)
    }

    fn names(&self) -> Vec<String> {
        let top = uri_of(&self.root);
        let name = |item: ManifestItem| item.uri.strip_prefix(&top).unwrap()[1..].to_owned();
        self.scan().unwrap().into_iter().map(name).collect()
    }
}

#[test]
fn pictures_come_in_byte_order_of_their_paths_with_their_size() {
    let world = World::new(&["b.png", "a/z.JPG", "a.png", "a-b/c.png", ".hidden/x.png", ".x.png", "ä b.png"]);
    world.put("notes.txt", b"not a picture");
    assert_eq!(world.names(), ["a-b/c.png", "a.png", "a/z.JPG", "b.png", "%C3%A4%20b.png"]);
    let base = world.scan_at(&world.root.join("a")).unwrap().base();
    assert_eq!(base, uri_of(&world.root.join("a/")));
    let first = world.scan().unwrap().remove(0);
    assert_eq!((first.line, first.width, first.height), (1, Some(3), Some(2)));
}

#[test]
fn a_folder_without_pictures_is_refused() {
    let world = World::new(&[".hidden.png"]);
    world.put("sub/readme.md", b"");
    let Err(empty) = world.scan() else { panic!("something was found") };
    assert!(empty.to_string().ends_with("what it holds: 1 .md, 1 hidden"), "{empty}");
    let file = world.root.join("sub/readme.md");
    assert_eq!(world.scan_at(&file).err(), Some(FolderError::NotAFolder));
}

#[test]
fn everything_that_is_no_picture_is_named_at_once() {
    let world = World::new(&["a.png", "sub/z.png"]);
    let cut = png(3, 2)[..18].to_vec();
    let bad: [&[u8]; 5] =
        [b"", b"plain text that calls itself a picture", &cut, &png(0, 2), b"II*\0\x08\0\0\0\0\0\0\0\0\0"];
    for (n, bytes) in bad.into_iter().enumerate() {
        world.put(&format!("sub/{n}.png"), bytes);
    }
    symlink("/etc/nothing.png", world.root.join("sub/9.png")).unwrap();
    let Step { items, bad, end } = world.scan_at(&world.root).unwrap().batch(100, Duration::from_secs(60));
    let named: Vec<_> = bad.iter().map(ToString::to_string).collect();
    assert_eq!((items.len(), named.len()), (2, 6), "{named:?}");
    assert!(
        named[..5].iter().enumerate().all(|(n, said)| said.contains(&format!("`sub/{n}.png`"))),
        "{named:?}"
    );
    assert!(matches!(end, Some(Ok(_))));
}

#[test]
fn frames_come_as_people_count_them_unless_bytes_are_asked_for() {
    let world = World::new(&["f10.png", "f2.png", "f1/b.png", "F3.png", "f02.png"]);
    let names = |order| -> Vec<String> {
        let private = Private::new(&world.root.join("swath-data"), None, None);
        let files = Arc::new(MediaFiles::new(vec![world.root.clone()], private));
        let scan = super::scan(files, Places::everything(), &world.root, order).unwrap();
        let top = uri_of(&world.root).len() + 1;
        scan.map(|item| item.unwrap().uri[top..].to_owned()).collect()
    };
    assert_eq!(names(Order::Bytes), ["F3.png", "f02.png", "f1/b.png", "f10.png", "f2.png"]);
    assert_eq!(names(Order::Natural), ["F3.png", "f1/b.png", "f2.png", "f02.png", "f10.png"]);
}

#[test]
fn what_is_passed_by_is_counted_by_kind() {
    let world = World::new(&[
        "a.png",
        ".b.png",
        "sub/.DS_Store",
        "Thumbs.db",
        "x.TXT",
        "y.txt",
        "z.heic",
        "noending",
    ]);
    let Step { end, .. } = world.scan_at(&world.root).unwrap().batch(100, Duration::from_secs(60));
    let kinds = end.unwrap().unwrap();
    let expected = [(".heic", 1), (".txt", 2), ("hidden", 3), ("others", 1)];
    assert_eq!(kinds, expected.map(|(kind, count)| (kind.to_owned(), count)).into());
}

#[test]
fn links_within_the_roots_are_followed() {
    let world = World::new(&["sub/a.png"]);
    symlink(world.root.join("sub/a.png"), world.root.join("z.png")).unwrap();
    assert_eq!(world.names(), ["sub/a.png", "sub/a.png"]);
}

#[test]
fn links_out_of_the_roots_are_refused() {
    for target in ["../root-evil/a.png", "../root-evil", "/etc/nothing.png"] {
        let world = World::new(&["a.png"]);
        symlink(target, world.root.join("b.png")).unwrap();
        assert_eq!(world.scan(), Err(FolderError::LinkOutside { path: "b.png".into() }), "{target}");
    }
}

#[test]
fn the_folder_itself_must_lie_below_a_root() {
    let world = World::new(&["a.png"]);
    symlink("../root-evil", world.root.join("evil")).unwrap();
    for path in ["../root-evil", "evil", ".."] {
        let refused = world.scan_at(&world.root.join(path)).err();
        assert_eq!(refused, Some(FolderError::Refused(MediaPathError::Outside)), "{path}");
    }
    let missing = world.scan_at(&world.root.join("b")).err();
    assert_eq!(missing, Some(FolderError::Refused(MediaPathError::Missing)));
}

#[test]
fn circles_and_depth_have_an_end() {
    let world = World::new(&["a.png"]);
    fs::create_dir(world.root.join("sub")).unwrap();
    symlink(&world.root, world.root.join("sub/up")).unwrap();
    let Err(FolderError::Unreadable { path, .. }) = world.scan() else { panic!("went round in circles") };
    assert_eq!(path, "sub/up/");

    let deep = World::new(&[&format!("{}a.png", "d/".repeat(DEPTH_MAX))]);
    assert!(matches!(deep.scan(), Err(FolderError::TooMuch { .. })));
}

#[test]
fn the_data_folder_is_passed_by_and_no_link_leads_into_it() {
    let world = World::new(&["a.png", "swath-data/b.png"]);
    assert_eq!(world.names(), ["a.png"]);
    for path in ["swath-data", "swath-data/.", "../root/swath-data"] {
        let refused = world.scan_at(&world.root.join(path)).err();
        assert_eq!(refused, Some(FolderError::Refused(MediaPathError::Outside)), "{path}");
    }
    let linked = world.root.join("z.png");
    for make in [|from: &Path, to: &Path| symlink(from, to), |from: &Path, to: &Path| fs::hard_link(from, to)]
    {
        make(&world.root.join("swath-data/b.png"), &linked).unwrap();
        assert_eq!(world.scan(), Err(FolderError::LinkOutside { path: "z.png".into() }));
        fs::remove_file(&linked).unwrap();
    }
    symlink(world.root.join("swath-data"), &linked).unwrap();
    assert_eq!(world.scan(), Err(FolderError::LinkOutside { path: "z.png".into() }));
}

#[test]
fn a_batch_ends_by_number_and_says_how_the_scan_ended() {
    let world = World::new(&["a.png", "b.png", "c.png"]);
    let mut scan = world.scan_at(&world.root).unwrap();
    let first = scan.batch(2, Duration::from_secs(60));
    assert_eq!((first.items.len(), first.end), (2, None));
    let rest = scan.batch(2, Duration::from_secs(60));
    assert_eq!((rest.items.len(), rest.end), (1, Some(Ok(BTreeMap::new()))));
}
