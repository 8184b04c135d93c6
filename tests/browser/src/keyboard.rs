//! The way through a page by Tab.

use crate::Browser;
use crate::seeing::IS_CALLED;

/// The way of WebDriver to name the key Tab.
pub const TAB: char = '\u{e004}';
/// Stops on a page at most, some of which are passed twice.
const STOPS_MAX: usize = 400;
/// Whether the focus is on something that is called so.
const HAS_FOCUS: &str = "return isCalled(document.activeElement, arguments[0]);";

impl Browser {
    /// Presses Tab until the focus is on the button, link or field whose name begins so.
    pub async fn tab_to(&self, name: &str) {
        for _ in 0..STOPS_MAX {
            self.press(&TAB.to_string()).await;
            if self.script_with(&format!("{IS_CALLED} {HAS_FOCUS}"), vec![name.into()]).await == true {
                return;
            }
        }
        panic!("Tab does not lead to `{name}`; the page says: {}", self.text().await);
    }

    /// Goes to a button or a link by Tab, and presses Enter.
    pub async fn enter_on(&self, name: &str) {
        self.tab_to(name).await;
        self.enter().await;
    }

    /// Goes to a field by Tab, and types.
    pub async fn type_into(&self, name: &str, text: &str) {
        self.tab_to(name).await;
        self.press(text).await;
    }
}
