//! Finding elements and texts, and waiting for them.

use std::time::Duration;

use fantoccini::Locator;
use fantoccini::elements::Element;
use serde_json::Value;
use swath_harness::until;

use crate::Browser;

/// How long something may take to appear on a page, even on a slow machine.
const APPEAR_TIMEOUT: Duration = Duration::from_secs(60);

/// A script function: true if the name of a button, a link or a field begins with a text.
pub(crate) const IS_CALLED: &str = "
    const CONTROLS = 'a, button, input, select, textarea, summary';
    const isCalled = (one, begin) => {
        if (!one.matches(CONTROLS)) return false;
        const labels = [...(one.labels ?? [])].map((label) => label.textContent);
        const own = one.matches('select, textarea') ? '' : one.textContent;
        return [one.getAttribute('aria-label'), own, ...labels].some((name) => (name ?? '').trim().startsWith(begin));
    };";
/// The first clickable element with a name.
const FIND_CALLED: &str = "
    const all = [...document.querySelectorAll(CONTROLS)];
    return all.find((one) => isCalled(one, arguments[0]) && one.checkVisibility() && !one.disabled);";

impl Browser {
    /// Waits until `look` returns something. Panics with the page's text otherwise.
    async fn wait<T, F, Fut>(&self, what: &str, look: F) -> T
    where
        F: FnMut() -> Fut,
        Fut: Future<Output = Option<T>>,
    {
        match until(what, APPEAR_TIMEOUT, look).await {
            Ok(seen) => seen,
            Err(error) => panic!("{error}; the page says: {}", self.text().await),
        }
    }

    /// Waits for an element that a CSS selector matches.
    pub async fn see(&self, selector: &str) -> Element {
        self.wait(selector, || async { self.client.find(Locator::Css(selector)).await.ok() }).await
    }

    /// Waits until a CSS selector matches no element.
    pub async fn misses(&self, selector: &str) {
        let look = || async { self.client.find_all(Locator::Css(selector)).await.ok().filter(Vec::is_empty) };
        self.wait(&format!("no {selector}"), look).await;
    }

    /// Clicks on the element that a CSS selector matches, once it can be clicked.
    pub async fn click(&self, selector: &str) {
        let look = || async { self.client.find(Locator::Css(selector)).await.ok()?.click().await.ok() };
        self.wait(&format!("a click on {selector}"), look).await;
    }

    /// Clicks on the button, link or summary that contains this text.
    pub async fn click_on(&self, words: &str) {
        let path =
            format!("//*[self::button or self::a or self::summary][contains(normalize-space(.), '{words}')]");
        let look = || async { self.client.find(Locator::XPath(&path)).await.ok()?.click().await.ok() };
        self.wait(&format!("a click on `{words}`"), look).await;
    }

    /// Clicks on the button, link or field whose name begins with `name`.
    pub async fn click_named(&self, name: &str) {
        let find = format!("{IS_CALLED} {FIND_CALLED}");
        let look = || async {
            let found = self.client.execute(&find, vec![name.into()]).await.ok()?;
            let id = found.as_object()?.values().next()?.as_str()?.to_owned();
            Element::from_element_id(self.client.clone(), id.into()).click().await.ok()
        };
        self.wait(&format!("a click on `{name}`"), look).await;
    }

    /// Waits until the page contains this text.
    pub async fn says(&self, words: &str) {
        self.wait(words, || async { self.text().await.contains(words).then_some(()) }).await;
    }

    /// Waits until a script returns `true`.
    pub async fn holds(&self, what: &str, script: &str) {
        let look = || async {
            let answer = self.client.execute(script, Vec::new()).await.ok()?;
            (answer == Value::Bool(true)).then_some(())
        };
        self.wait(what, look).await;
    }

    /// The current text of the page.
    pub async fn text(&self) -> String {
        match self.client.find(Locator::Css("body")).await {
            Ok(body) => body.text().await.unwrap_or_default(),
            Err(error) => error.to_string(),
        }
    }
}
