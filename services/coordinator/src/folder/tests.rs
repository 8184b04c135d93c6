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
        scan(files, Places::everything(), folder)
    }

    fn names(&self) -> Vec<String> {
        let top = media_path::uri_of(&self.root);
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
    assert_eq!(base, media_path::uri_of(&world.root.join("a/")));
    let first = world.scan().unwrap().remove(0);
    assert_eq!((first.line, first.width, first.height), (1, Some(3), Some(2)));
}

#[test]
fn a_folder_without_pictures_is_refused() {
    let world = World::new(&[".hidden.png"]);
    world.put("sub/readme.md", b"");
    assert_eq!(world.scan(), Err(FolderError::Empty));
    let file = world.root.join("sub/readme.md");
    assert_eq!(world.scan_at(&file).err(), Some(FolderError::NotAFolder));
}

#[test]
fn what_is_no_picture_is_named() {
    let cut = png(3, 2)[..18].to_vec();
    let bad: [&[u8]; 4] = [b"", b"plain text that calls itself a picture", &cut, &png(0, 2)];
    for bytes in bad {
        let world = World::new(&["a.png"]);
        world.put("sub/b.png", bytes);
        let Err(FolderError::Unreadable { path, .. }) = world.scan() else { panic!("{bytes:?} was taken") };
        assert_eq!(path, "sub/b.png");
    }
}

#[test]
fn the_scan_ends_with_its_first_error() {
    let world = World::new(&["b.png"]);
    world.put("a.png", b"");
    let mut pictures = world.scan_at(&world.root).unwrap();
    assert!(matches!(pictures.next(), Some(Err(_))));
    assert!(pictures.next().is_none());
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
    let (first, ended) = scan.batch(2, Duration::from_secs(60));
    assert_eq!((first.len(), ended), (2, None));
    let (rest, ended) = scan.batch(2, Duration::from_secs(60));
    assert_eq!((rest.len(), ended), (1, Some(Ok(()))));
}
