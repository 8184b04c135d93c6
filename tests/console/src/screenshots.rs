//! Screenshots of every page, in both themes and at the width of a phone, for people to look at.

use std::path::{Path, PathBuf};

use crate::tour;
use swath_browser::{Browser, Theme};

/// Environment variable that names the folder for the screenshots. Without it they are deleted.
const SHOTS: &str = "SWATH_SHOTS";
/// The usual size of a screen.
const DESKTOP: (u32, u32) = (1280, 800);
const PHONE: (u32, u32) = (320, 640);

#[tokio::test(flavor = "multi_thread")]
async fn screenshots_of_every_page() {
    let made = tempfile::tempdir().unwrap();
    let folder = std::env::var_os(SHOTS).map_or_else(|| made.path().to_owned(), PathBuf::from);
    std::fs::create_dir_all(&folder).unwrap();
    tour::of_every_page(async |browser, page| {
        for (screen, size) in [("desk", DESKTOP), ("phone", PHONE)] {
            browser.resize(size.0, size.1).await;
            is_in_its_bounds(browser, page, screen).await;
            tour::in_both_themes(browser, async |theme| shoot(browser, &folder, page, screen, theme).await)
                .await;
        }
        browser.resize(DESKTOP.0, DESKTOP.1).await;
    })
    .await;
    assert!(std::fs::read_dir(&folder).unwrap().count() > 0);
}

/// The page is not wider than the screen.
async fn is_in_its_bounds(browser: &Browser, page: &str, screen: &str) {
    let wider = "return document.documentElement.scrollWidth - document.documentElement.clientWidth";
    assert_eq!(browser.script(wider).await, 0, "{page} is wider than the screen of a {screen}");
}

async fn shoot(browser: &Browser, folder: &Path, page: &str, screen: &str, theme: Theme) {
    browser.screenshot(&folder.join(format!("{page}-{screen}-{}.png", theme.name()))).await;
}
