//! Displayed pictures: turned as EXIF says, with their sizes reported, and with the item's shown metadata.

use std::time::Duration;

use serde_json::json;
use swath_browser::ENTER;
use swath_harness::{World, until};

use crate::scene::signed_in;

/// How long the server may take to know what the page has reported.
const SYNC_TIMEOUT: Duration = Duration::from_secs(30);

/// True if the page has reported the size, and the server has answered.
const REPORTED: &str = "return performance.getEntriesByType('resource')\
    .some((entry) => entry.name.endsWith('/picture') && entry.responseEnd > 0);";

/// A JPEG that is stored 40 by 30, and that EXIF turns upright.
const TURNED: &str = "data:image/jpeg;base64,\
/9j/4AAQSkZJRgABAQAAAQABAAD/4QAiRXhpZgAATU0AKgAAAAgAAQESAAMAAAABAAYAAAAAAAD/2wBDAAgGBgcGBQgHBwcJCQgKDBQNDAsL\
DBkSEw8UHRofHh0aHBwgJC4nICIsIxwcKDcpLDAxNDQ0Hyc5PTgyPC4zNDL/2wBDAQkJCQwLDBgNDRgyIRwhMjIyMjIyMjIyMjIyMjIyMjIy\
MjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjL/wAARCAAeACgDASIAAhEBAxEB/8QAHwAAAQUBAQEBAQEAAAAAAAAAAAECAwQFBgcI\
CQoL/8QAtRAAAgEDAwIEAwUFBAQAAAF9AQIDAAQRBRIhMUEGE1FhByJxFDKBkaEII0KxwRVS0fAkM2JyggkKFhcYGRolJicoKSo0NTY3ODk6\
Q0RFRkdISUpTVFVWV1hZWmNkZWZnaGlqc3R1dnd4eXqDhIWGh4iJipKTlJWWl5iZmqKjpKWmp6ipqrKztLW2t7i5usLDxMXGx8jJytLT1NXW\
19jZ2uHi4+Tl5ufo6erx8vP09fb3+Pn6/8QAHwEAAwEBAQEBAQEBAQAAAAAAAAECAwQFBgcICQoL/8QAtREAAgECBAQDBAcFBAQAAQJ3AAEC\
AxEEBSExBhJBUQdhcRMiMoEIFEKRobHBCSMzUvAVYnLRChYkNOEl8RcYGRomJygpKjU2Nzg5OkNERUZHSElKU1RVVldYWVpjZGVmZ2hpanN0\
dXZ3eHl6goOEhYaHiImKkpOUlZaXmJmaoqOkpaanqKmqsrO0tba3uLm6wsPExcbHyMnK0tPU1dbX2Nna4uPk5ebn6Onq8vP09fb3+Pn6/9oA\
DAMBAAIRAxEAPwDgqKKK8M/VAooooAKKKKACiiigAooooAKKKKAP/9k=";

#[tokio::test(flavor = "multi_thread")]
async fn two_browsers_report_the_size_of_a_picture_as_it_is_displayed() {
    let world = World::shared().await;
    let team = world.team("console").await;
    let items = json!([{"uri": TURNED, "meta": {"camera": "B-17", "secret": "s3cret"}}]);
    let dataset = team.dataset_from(json!({"items": items})).await;
    team.job(&dataset, json!({"title": "Turned", "slots": 2, "range_size": 1, "shown_meta": ["camera"]}))
        .await;
    let items_path = format!("/v1/datasets/{}/items", dataset.id);
    for name in ["Anna", "Bert"] {
        let user = team.annotator(name).await;
        let browser = signed_in(world.origin(), &team, &user, "/work").await;
        browser.see("main button.main").await;
        browser.press(&ENTER.to_string()).await;
        browser.says("B-17").await;
        browser.holds("the report to be with the server", REPORTED).await;
        if name == "Anna" {
            let shown = team.manager.list(&items_path).await;
            assert_eq!(shown[0]["size"], "unknown", "one report is not enough: {shown:?}");
            browser.close().await;
            continue;
        }
        let is_agreed = || async {
            let items = team.manager.list(&items_path).await;
            (items[0]["size"] == "provisional").then(|| items[0].clone())
        };
        let item = until("both to have reported the size", SYNC_TIMEOUT, is_agreed).await.unwrap();
        assert_eq!((&item["width"], &item["height"]), (&json!(30), &json!(40)), "{item}");
        browser.close().await;
    }
}
