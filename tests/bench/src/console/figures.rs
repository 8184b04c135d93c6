//! Two thousand figures on one picture, edited by keys and by mouse.

use serde_json::{Value, json};
use swath_browser::Browser;
use swath_harness::until;

use super::pictures::SIZE;
use super::scene::{Scene, numbers, run};
use crate::table::{Row, Table, Target};

/// The figures form a grid.
const COLUMNS: usize = 50;
const ROWS: usize = 40;
/// How often each edit is repeated.
const REPETITIONS: usize = 20;
/// The steps of a drag, and their length in pixels of the screen.
const STEPS: usize = 15;
const STEP_PX: f64 = 2.0;
/// The picture's margin on the page, in pixels of the screen.
const MARGIN_PX: f64 = 12.0;
/// How long the server may take to store the changes.
const SAVE_TIMEOUT: std::time::Duration = std::time::Duration::from_secs(30);
/// Chromium's modifier bit of the Ctrl key.
const CTRL: u32 = 2;

pub async fn measure(table: &mut Table, scene: &Scene<'_>) -> anyhow::Result<()> {
    let user = scene.team.annotator("Franz").await;
    let lease = user.lease(&scene.job(1, 1).await).await;
    user.confirm(&lease, 0, annotation()).await.ok();
    let browser = scene.signed_in(&user).await?;
    browser.goto(&scene.url("/work")).await;
    let place = numbers(&browser, include_str!("scripts/actions.js"), Vec::new()).await?;
    let page = FiguresPage { browser: &browser, place };
    let drags = page.drags().await?;
    let actions = [
        ("next figure by key", page.keys(".", 0).await?),
        ("moved by key", page.keys("ArrowRight", 0).await?),
        ("selected by click", page.clicks().await?),
        ("moved by mouse, each step", drags),
        ("undo", page.keys("z", CTRL).await?),
    ];
    // Redoes an edit, so that the saved annotation differs from the first one.
    page.keys("y", CTRL).await?;
    page.key("Enter", 0).await?;
    let is_changed = || async {
        let items = user.items(&lease).await;
        (items[0]["revision"].as_u64() > Some(1) && items[0]["annotation"] != annotation()).then_some(())
    };
    let violations = u64::from(until("the changes to be saved", SAVE_TIMEOUT, is_changed).await.is_err());
    browser.close().await;
    for (name, times) in actions {
        let row = Row::of(format!("console: 2,000 figures, {name}"), "ms", &times).checked(violations);
        table.take(row.wanted(Target::EachAtMost(100.0)).noting(format!("{} times", times.len())));
    }
    Ok(())
}

/// The centre of a figure, in pixels of the picture.
fn middle(number: usize) -> (f64, f64) {
    let (wide, high) = cell();
    ((number % COLUMNS) as f64 * wide + wide / 2.0, (number / COLUMNS) as f64 * high + high / 2.0)
}

fn cell() -> (f64, f64) {
    (f64::from(SIZE.0) / COLUMNS as f64, f64::from(SIZE.1) / ROWS as f64)
}

/// Boxes and polygons of twelve points, alternating.
fn annotation() -> Value {
    let (wide, high) = cell();
    let figure = |number: usize| {
        let (x, y) = middle(number);
        if number.is_multiple_of(2) {
            let geometry = json!({"x": x - wide / 3.0, "y": y - high / 3.0, "width": wide * 0.66, "height": high * 0.66});
            return json!({"class": "thing", "shape": "rectangle", "geometry": geometry});
        }
        let corner = |part: u32| {
            let angle = f64::from(part) * std::f64::consts::TAU / 12.0;
            json!([x + angle.cos() * wide / 3.0, y + angle.sin() * high / 3.0])
        };
        let exterior: Vec<Value> = (0..12).map(corner).collect();
        json!({"class": "outline", "shape": "polygon", "geometry": {"exterior": exterior}})
    };
    json!({"figures": (0..COLUMNS * ROWS).map(figure).collect::<Vec<_>>(), "tags": []})
}

/// The page with the figures, and the position of its canvas: left, top, width and height.
struct FiguresPage<'a> {
    browser: &'a Browser,
    place: Vec<f64>,
}

impl FiguresPage<'_> {
    /// The position of a figure on the screen.
    fn spot(&self, number: usize) -> (f64, f64) {
        let (x, y) = middle(number);
        let (left, top, width, height) = (self.place[0], self.place[1], self.place[2], self.place[3]);
        let (wide, high) = (f64::from(SIZE.0), f64::from(SIZE.1));
        let scale = ((width - 2.0 * MARGIN_PX) / wide).min((height - 2.0 * MARGIN_PX) / high);
        (left + width / 2.0 + (x - wide / 2.0) * scale, top + height / 2.0 + (y - high / 2.0) * scale)
    }

    /// A figure that is far from the previous one.
    fn some(turn: usize) -> usize {
        (turn * 397 + 25) % (COLUMNS * ROWS)
    }

    async fn key(&self, key: &str, modifiers: u32) -> anyhow::Result<()> {
        for kind in ["rawKeyDown", "keyUp"] {
            let event = json!({"type": kind, "key": key, "modifiers": modifiers});
            self.browser.devtools("Input.dispatchKeyEvent", event).await?;
        }
        Ok(())
    }

    async fn mouse(&self, kind: &str, (x, y): (f64, f64), buttons: u32) -> anyhow::Result<()> {
        let button = if kind == "mouseMoved" { "none" } else { "left" };
        let event = json!({"type": kind, "x": x, "y": y, "button": button, "buttons": buttons, "clickCount": 1, "pointerType": "mouse"});
        self.browser.devtools("Input.dispatchMouseEvent", event).await?;
        Ok(())
    }

    async fn keys(&self, key: &str, modifiers: u32) -> anyhow::Result<Vec<f64>> {
        for _ in 0..REPETITIONS {
            self.key(key, modifiers).await?;
        }
        self.noted(&["keydown"]).await
    }

    async fn click(&self, spot: (f64, f64)) -> anyhow::Result<()> {
        self.mouse("mouseMoved", spot, 0).await?;
        self.mouse("mousePressed", spot, 1).await?;
        self.mouse("mouseReleased", spot, 0).await
    }

    async fn clicks(&self) -> anyhow::Result<Vec<f64>> {
        for turn in 0..REPETITIONS {
            self.click(self.spot(Self::some(turn))).await?;
        }
        self.noted(&["pointerdown", "pointerup"]).await
    }

    /// Selects figures and drags each of them.
    async fn drags(&self) -> anyhow::Result<Vec<f64>> {
        // Deselects the tool, so that figures can be selected.
        self.key("Escape", 0).await?;
        for turn in 0..REPETITIONS {
            let (x, y) = self.spot(Self::some(turn));
            self.click((x, y)).await?;
            self.mouse("mousePressed", (x, y), 1).await?;
            for step in 1..=STEPS {
                self.mouse("mouseMoved", (x + step as f64 * STEP_PX, y), 1).await?;
            }
            self.mouse("mouseReleased", (x + STEPS as f64 * STEP_PX, y), 0).await?;
        }
        self.noted(&["pointermove"]).await
    }

    /// The recorded durations of events of these kinds since the last call.
    async fn noted(&self, kinds: &[&str]) -> anyhow::Result<Vec<f64>> {
        let script = "nextFrame().then(nextFrame).then(() => answer(window.bench.splice(0)));";
        let noted = run(self.browser, script, Vec::new()).await?;
        let events = noted.as_array().cloned().unwrap_or_default();
        let wanted = events.iter().filter(|event| kinds.iter().any(|kind| event["type"] == *kind));
        Ok(wanted.filter_map(|event| event["ms"].as_f64()).collect())
    }
}
