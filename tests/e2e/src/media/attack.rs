//! The attack on the data folder, with media roots that contain everything.

use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use serde_json::json;
use swath_harness::{Deployment, Service, Settings, Team, User, World, ids};

use super::{lease, media_url, png, refused, uri_of};

/// A server that may read all files and shares them with all teams, so that only its own checks protect its data.
/// `None` for the distributed deployment, which has no data folder.
async fn open_world() -> Option<World> {
    if !Deployment::from_environment().unwrap().is_embedded() {
        return None;
    }
    let settings = Settings::default().with("SWATH__MEDIA__ROOTS", "/").with("SWATH__MEDIA__SHARED", "/");
    Some(World::start(settings).await.unwrap())
}

/// The data folder, with a file of each kind, whether this deployment keeps such files there or not.
fn data_of(world: &World) -> PathBuf {
    let data = world.services()[0].data();
    std::fs::create_dir_all(&data).unwrap();
    for name in ["secret", "swath.db", "swath.db-wal", "list.jsonl", "picture.png"] {
        let content = if name.ends_with(".png") { png() } else { b"private".to_vec() };
        if !data.join(name).exists() {
            std::fs::write(data.join(name), content).unwrap();
        }
    }
    data
}

/// All names by which a manager might ask for a file of the data folder. `own` is a folder of the manager.
fn names(data: &Path, own: &Path, name: &str) -> Vec<PathBuf> {
    let file = data.join(name);
    let (soft, hard, step) = (own.join("soft.png"), own.join("hard.png"), own.join("step"));
    for made in [&soft, &hard, &step] {
        let _ = std::fs::remove_file(made);
    }
    symlink(&file, &soft).unwrap();
    std::fs::hard_link(&file, &hard).unwrap();
    symlink(data, &step).unwrap();
    let parent = data.parent().unwrap();
    let around = parent.join("data/../").join(data.file_name().unwrap()).join(name);
    vec![file.clone(), soft, hard, step.join(name), around, data.join(".").join(name)]
}

#[tokio::test(flavor = "multi_thread")]
async fn the_data_folder_is_read_by_no_name() {
    let Some(world) = open_world().await else { return };
    let data = data_of(&world);
    let team = world.team("attack").await;
    let own = world.media_folder("own").unwrap();
    for name in ["secret", "swath.db", "swath.db-wal", "picture.png"] {
        for path in names(&data, &own, name) {
            let problem =
                refused(&team, json!({"items": [{"uri": uri_of(&path)}]}), "source.items[0].uri").await;
            assert!(problem.to_string().contains("media root"), "{}: {problem}", path.display());
        }
    }
    for folder in [data.clone(), data.join("."), own.join("step"), data.join("../data")] {
        refused(&team, json!({"folder": folder}), "source.folder").await;
    }
    for manifest in names(&data, &own, "list.jsonl").into_iter().filter(|path| path.ends_with("list.jsonl")) {
        let problem = refused(&team, json!({"manifest": manifest}), "source.manifest").await;
        assert!(problem.to_string().contains("media root"), "{problem}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_that_becomes_a_link_into_the_data_folder_is_not_there() {
    let Some(world) = open_world().await else { return };
    let data = data_of(&world);
    let team = world.team("attack").await;
    let own = world.media_folder("own").unwrap();
    std::fs::create_dir(own.join("sub")).unwrap();
    let picture = own.join("sub/picture.png");
    std::fs::write(&picture, png()).unwrap();
    let (_, _, lease) = lease(&team, json!({"folder": own})).await;
    let url = media_url(&lease.body, 0);
    let nobody = world.stranger(None);
    nobody.get(&url).await.is(200);
    for name in ["secret", "swath.db", "picture.png"] {
        std::fs::remove_file(&picture).unwrap();
        symlink(data.join(name), &picture).unwrap();
        nobody.get(&url).await.refused(404, "not-found");
        std::fs::remove_file(&picture).unwrap();
        std::fs::hard_link(data.join(name), &picture).unwrap();
        nobody.get(&url).await.refused(404, "not-found");
    }
    std::fs::remove_file(&picture).unwrap();
    std::fs::remove_dir(own.join("sub")).unwrap();
    symlink(&data, own.join("sub")).unwrap();
    nobody.get(&url).await.refused(404, "not-found");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_with_the_data_folder_in_it_is_imported_without_it() {
    let Some(world) = open_world().await else { return };
    let data = data_of(&world);
    let team = world.team("attack").await;
    let above = data.parent().unwrap();
    std::fs::write(above.join("own.png"), png()).unwrap();
    let dataset = team.dataset_from(json!({"folder": above})).await;
    let view = team.manager.get(&format!("/v1/datasets/{}", dataset.id)).await.ok();
    assert_eq!(view["count"], 1, "{view}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_start_folder_is_shared_and_said_so_and_the_data_folder_in_it_is_not() {
    if !Deployment::from_environment().unwrap().is_embedded() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let token = format!("admin-{}", ids::fresh());
    let settings = [("SWATH__ADMIN__TOKEN".to_owned(), token.clone())].into();
    let mut service = Service::new("alone", None, folder.path(), &settings).unwrap();
    service.start().await.unwrap();
    let started_in = service.data().parent().unwrap().to_owned();
    let said = format!("all teams may use the pictures below {}", started_in.display());
    assert!(service.log().contains(&said), "{}", service.log());
    std::fs::create_dir(started_in.join("pictures")).unwrap();
    std::fs::write(started_in.join("pictures/a.png"), png()).unwrap();

    let team = Team::found(&User::new(&service.url(), "admin", &token), "alone").await;
    for path in ["data/secret", "data/swath.db", "data/swath.db-wal", "data/swath.lock"] {
        assert!(started_in.join(path).is_file(), "{path}");
        refused(&team, json!({"items": [{"uri": uri_of(&started_in.join(path))}]}), "items[0]").await;
    }
    for folder in ["data", "./data", "pictures/../data"] {
        refused(&team, json!({"folder": folder}), "source.folder").await;
    }
    for folder in [".", "pictures"] {
        let dataset = team.dataset_from(json!({"folder": folder})).await;
        let view = team.manager.get(&format!("/v1/datasets/{}", dataset.id)).await.ok();
        assert_eq!(view["count"], 1, "{view}");
    }
    assert!(service.terminate().await.unwrap().success());
}
