//! Independent readers of exports, and a simple reader of Supervisely projects.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use panlabel::ir::Dataset;
use panlabel::ir::io_coco_json::read_coco_json;
use serde_json::Value;
use tokio::process::Command;

/// A picture's name and a box on it: left, top, right, bottom.
pub type Corners = (String, [f64; 4]);

/// A figure as pycocotools reads it.
#[derive(Debug)]
pub struct Read {
    /// The picture's file name.
    pub file: String,
    /// The category's name.
    pub class: String,
    /// Left, top, width, height.
    pub bbox: Vec<f64>,
    /// The area in the file.
    pub area: f64,
    /// The points of the outline, one after the other.
    pub outline: Vec<f64>,
    /// The number of pixels of the mask that the reader draws.
    pub pixels: Option<f64>,
    /// The attributes of the picture and of the figure.
    pub tags: Value,
}

/// What pycocotools finds in a COCO file.
pub async fn pycocotools(file: &Path) -> Vec<Read> {
    let text = python("SWATH_TEST_PYTHON", &[script("read_coco.py").as_os_str(), file.as_os_str()]).await;
    let found: Value = serde_json::from_str(&text).unwrap();
    found.as_array().unwrap().iter().map(read).collect()
}

fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src/pictures").join(name)
}

fn read(value: &Value) -> Read {
    let text = |key: &str| value[key].as_str().unwrap_or_default().to_owned();
    Read {
        file: text("file"),
        class: text("class"),
        bbox: numbers(&value["bbox"]),
        area: value["area"].as_f64().unwrap_or_default(),
        outline: numbers(&value["segmentation"][0]),
        pixels: value["pixels"].as_f64(),
        tags: value["tags"].clone(),
    }
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().into_iter().flatten().filter_map(Value::as_f64).collect()
}

/// Runs the Python interpreter that an environment variable names.
async fn python(variable: &str, arguments: &[&std::ffi::OsStr]) -> String {
    let python = std::env::var_os(variable);
    let python = python.unwrap_or_else(|| panic!("{variable} is not set: run this through tests/run"));
    let output = Command::new(python).args(arguments).output().await.unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The boxes that panlabel finds in a COCO file, in order.
pub fn panlabel_coco(file: &Path) -> Vec<Corners> {
    corners(&read_coco_json(file).unwrap())
}

fn corners(dataset: &Dataset) -> Vec<Corners> {
    let name = |id| {
        let image = dataset.images.iter().find(|image| image.id == id).unwrap();
        Path::new(&image.file_name).file_name().unwrap().to_str().unwrap().to_owned()
    };
    let boxes = dataset.annotations.iter().map(|annotation| {
        let (min, max) = (annotation.bbox.min, annotation.bbox.max);
        (name(annotation.image_id), [min.x, min.y, max.x, max.y])
    });
    let mut boxes: Vec<_> = boxes.collect();
    boxes.sort_by(|a, b| a.partial_cmp(b).unwrap());
    boxes
}

/// Unpacks a project, zip or tar, with Python's own library.
pub async fn unpack(archive: &[u8], folder: &Path) {
    let kind = if archive.starts_with(b"PK") { "zipfile" } else { "tarfile" };
    let file = folder.with_extension("archive");
    std::fs::write(&file, archive).unwrap();
    let arguments = ["-m".as_ref(), kind.as_ref(), "-e".as_ref(), file.as_os_str(), folder.as_os_str()];
    python("SWATH_TEST_PYTHON", &arguments).await;
    std::fs::remove_file(&file).unwrap();
}

/// The class of a figure, its outer points and its holes.
pub type Object = (String, Vec<[f64; 2]>, Vec<Vec<[f64; 2]>>);

/// A Supervisely project, reduced to what the tests compare.
pub struct Project {
    /// The titles of its classes, sorted.
    pub classes: Vec<String>,
    /// The objects of each picture: class, outer points and holes.
    pub objects: BTreeMap<String, Vec<Object>>,
}

/// Reads the project that was unpacked into `folder`.
///
/// Without panlabel, because version 0.7 reads a dialect in which an object's points are one level deeper, under
/// `geometry`, than in Supervisely's own SDK.
pub fn project(folder: &Path) -> Project {
    let root = root(folder);
    let meta = json(&root.join("meta.json"));
    let mut classes: Vec<String> = meta["classes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|class| class["title"].as_str().unwrap().to_owned())
        .collect();
    classes.sort();
    let annotations =
        files(&root).into_iter().filter(|file| file.parent().is_some_and(|up| up.ends_with("ann")));
    let objects = annotations.map(|file| {
        let name = file.file_stem().unwrap().to_str().unwrap().to_owned();
        (name, json(&file)["objects"].as_array().unwrap().iter().map(object).collect())
    });
    Project { classes, objects: objects.collect() }
}

/// What Supervisely's own SDK finds in the project below `folder`, after its pictures were added.
pub async fn sdk(folder: &Path, picture: impl Fn(&str) -> PathBuf) -> Value {
    for file in files(folder).iter().filter(|file| file.parent().is_some_and(|up| up.ends_with("ann"))) {
        let name = file.file_stem().unwrap().to_str().unwrap();
        let dataset = file.parent().unwrap().parent().unwrap();
        std::fs::copy(picture(name), dataset.join("img").join(name)).unwrap();
    }
    let script = script("read_supervisely.py");
    let text = python("SWATH_TEST_SUPERVISELY", &[script.as_os_str(), folder.as_os_str()]).await;
    serde_json::from_str(&text).unwrap()
}

/// The objects of a picture, as the SDK found them.
pub fn objects(picture: &Value) -> Vec<Object> {
    picture["objects"].as_array().unwrap().iter().map(object).collect()
}

fn object(value: &Value) -> Object {
    let class = value["classTitle"].as_str().unwrap().to_owned();
    let holes = value["points"]["interior"].as_array().unwrap();
    (class, ring(&value["points"]["exterior"]), holes.iter().map(ring).collect())
}

fn ring(value: &Value) -> Vec<[f64; 2]> {
    let points = value.as_array().unwrap().iter();
    points.map(|point| [point[0].as_f64().unwrap(), point[1].as_f64().unwrap()]).collect()
}

/// The folder of `meta.json`: a project may be packed with a top-level folder.
fn root(folder: &Path) -> PathBuf {
    let meta =
        files(folder).into_iter().find(|file| file.file_name().is_some_and(|name| name == "meta.json"));
    meta.expect("no meta.json in the project").parent().unwrap().to_owned()
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

fn json(file: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap()
}

/// The width and height of a photograph, from its header.
pub fn size_of(file: &Path) -> (u32, u32) {
    let size = imagesize::size(file).unwrap();
    (size.width as u32, size.height as u32)
}
