//! Moving through a page with the Tab key.

use crate::Browser;
use crate::seeing::IS_CALLED;

/// The Tab key in WebDriver.
pub const TAB: char = '\u{e004}';
/// The most stops on a page. Some of them may be passed twice.
const STOPS_MAX: usize = 400;
/// True if the focused element has this name.
const HAS_FOCUS: &str = "return isCalled(document.activeElement, arguments[0]);";

impl Browser {
    /// Presses Tab until the button, link or field whose name begins with `name` has the focus.
    pub async fn tab_to(&self, name: &str) {
        for _ in 0..STOPS_MAX {
            self.press(&TAB.to_string()).await;
            if self.script_with(&format!("{IS_CALLED} {HAS_FOCUS}"), vec![name.into()]).await == true {
                return;
            }
        }
        panic!("Tab does not lead to `{name}`; the page says: {}", self.text().await);
    }

    /// Moves to a button or link with Tab, and presses Enter.
    pub async fn enter_on(&self, name: &str) {
        self.tab_to(name).await;
        self.enter().await;
    }

    /// Moves to a field with Tab, and types.
    pub async fn type_into(&self, name: &str, text: &str) {
        self.tab_to(name).await;
        self.press(text).await;
    }
}
