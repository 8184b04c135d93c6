//! A team with jobs, and users who sign in with browsers of their own.

use anyhow::Context;
use serde_json::{Value, json};
use swath_browser::Browser;
use swath_harness::client::{Dataset, Job};
use swath_harness::{Team, User, World};

use super::pictures;

/// Functions that all scripts use.
const COMMON: &str = include_str!("scripts/common.js");
/// The number of pictures of the dataset.
const PICTURES: usize = 1_100;

/// A team with jobs in an installation.
pub struct Scene<'a> {
    world: &'a World,
    /// The team.
    pub team: Team,
    dataset: Dataset,
}

impl<'a> Scene<'a> {
    /// Creates a team with pictures.
    pub async fn set(world: &'a World) -> anyhow::Result<Self> {
        let team = world.team("bench").await;
        let folder = world.media_folder("pictures")?;
        pictures::fill(&folder, PICTURES)?;
        let dataset = team.dataset_from(json!({"folder": folder})).await;
        Ok(Self { world, team, dataset })
    }

    /// A job over the first `items` pictures.
    pub async fn job(&self, items: usize, range_size: usize) -> Job {
        let classes =
            json!([{"name": "thing", "shape": "rectangle"}, {"name": "outline", "shape": "polygon"}]);
        let wishes = json!({"range_size": range_size, "classes": classes, "selection": {"limit": items}});
        self.team.job(&self.dataset, wishes).await
    }

    /// A job over pictures that do not exist, in ranges of one item.
    pub async fn large_job(&self, ranges: usize) -> Job {
        let source = json!({"pattern": "https://pictures.example/{:08}.png", "count": ranges});
        let dataset = self.team.dataset_from(source).await;
        self.team.job(&dataset, json!({"range_size": 1})).await
    }

    /// The URL of a page.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.world.origin())
    }

    /// A browser in which the user is signed in.
    pub async fn signed_in(&self, user: &User) -> anyhow::Result<Browser> {
        let browser = Browser::open().await?;
        browser.goto(&self.url("/")).await;
        self.sign_in(&browser, user).await?;
        Ok(browser)
    }

    /// Signs a user in on the sign-in page.
    pub async fn sign_in(&self, browser: &Browser, user: &User) -> anyhow::Result<()> {
        let link = self.team.manager.post("/v1/sign-in-links", json!({"user": user.id})).await.created();
        let signed_in = run(browser, include_str!("scripts/sign-in.js"), vec![link["code"].clone()]).await?;
        anyhow::ensure!(signed_in == true, "{} was not signed in: {signed_in}", user.name);
        Ok(())
    }
}

/// Runs a script on the current page, and returns its result.
pub async fn run(browser: &Browser, script: &str, arguments: Vec<Value>) -> anyhow::Result<Value> {
    let result = browser.script_async(&format!("{COMMON}\n{script}"), arguments).await?;
    anyhow::ensure!(
        result["error"].is_null(),
        "{}; the page says: {}",
        result["error"],
        browser.text().await
    );
    Ok(result)
}

/// Runs a script, and returns its result as numbers.
pub async fn numbers(browser: &Browser, script: &str, arguments: Vec<Value>) -> anyhow::Result<Vec<f64>> {
    let result = run(browser, script, arguments).await?;
    let read = || result.as_array()?.iter().map(Value::as_f64).collect::<Option<Vec<_>>>();
    read().with_context(|| format!("no numbers: {result}"))
}
