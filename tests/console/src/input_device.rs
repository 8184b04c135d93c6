//! The two ways of working on a page: by keyboard alone, or with the mouse.

use swath_browser::{Browser, Pointer};

use crate::scene::{box_by_keys, hand_in, is_marked, is_shown, take};

/// Two corners of a box, in pixels from the centre of the picture.
pub const BOX: [(f64, f64); 2] = [(-60.0, -50.0), (40.0, 30.0)];

/// How the user works on a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InputDevice {
    Keys,
    Mouse,
}

impl InputDevice {
    /// Presses the button, or follows the link, whose name begins with `name`.
    pub async fn press(self, browser: &Browser, name: &str) {
        match self {
            Self::Keys => browser.enter_on(name).await,
            Self::Mouse => browser.click_named(name).await,
        }
    }

    /// Takes the next work, on a page where the user holds none.
    pub async fn take(self, browser: &Browser) {
        match self {
            Self::Keys => take(browser).await,
            Self::Mouse => browser.click("main.calm button.main:enabled").await,
        }
    }

    /// Submits or decides finished work.
    pub async fn finish(self, browser: &Browser) {
        match self {
            Self::Keys => hand_in(browser).await,
            Self::Mouse => browser.click(".done button.main").await,
        }
    }

    /// Moves to a field and types. Text is always typed by keyboard.
    pub async fn fill(self, browser: &Browser, name: &str, text: &str) {
        match self {
            Self::Keys => browser.type_into(name, text).await,
            Self::Mouse => {
                browser.click_named(name).await;
                browser.press(text).await;
            }
        }
    }

    /// Toggles a checkbox.
    pub async fn tick(self, browser: &Browser, name: &str) {
        match self {
            Self::Keys => browser.type_into(name, " ").await,
            Self::Mouse => browser.click_named(name).await,
        }
    }

    /// Draws a box on the current item, and saves it.
    pub async fn label(self, browser: &Browser, place: usize) {
        is_shown(browser, place).await;
        match self {
            Self::Keys => {
                browser.press(&box_by_keys()).await;
                browser.enter().await;
            }
            Self::Mouse => {
                browser.click("button[aria-label=Box]").await;
                browser.drag(Pointer::Mouse, ".picture", BOX[0], BOX[1]).await;
                browser.see(".figures li button").await;
                browser.click("footer.save button.main:enabled").await;
            }
        }
        is_marked(browser, place, "saved").await;
    }

    /// Accepts the current item of a submission, or rejects it with the first reason.
    pub async fn judge(self, browser: &Browser, accept: bool) {
        match (self, accept) {
            (Self::Keys, true) => browser.enter().await,
            (Self::Keys, false) => browser.press("1").await,
            (Self::Mouse, true) => browser.click("footer.save button.main:enabled").await,
            (Self::Mouse, false) => browser.click(".reject-reasons button:nth-child(1)").await,
        }
    }
}
