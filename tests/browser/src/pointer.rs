//! A mouse, or a finger.

use std::time::Duration;

use fantoccini::Locator;
use fantoccini::actions::{InputSource as _, MOUSE_BUTTON_LEFT, MouseActions, PointerAction, TouchActions};

use crate::{Browser, done};

/// How long a hand takes from one place to the next; a browser sees it on its way.
const WAY: Duration = Duration::from_millis(40);

/// What points.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pointer {
    /// With its left button.
    Mouse,
    /// One of them.
    Finger,
}

impl Browser {
    /// Drags from one place to another, both from the middle of what a CSS selector names, in pixels.
    pub async fn drag(&self, pointer: Pointer, selector: &str, from: (f64, f64), to: (f64, f64)) {
        let element = done(selector, self.client.find(Locator::Css(selector)).await);
        let place = |(x, y), duration| PointerAction::MoveToElement {
            element: element.clone(),
            duration: Some(duration),
            x,
            y,
        };
        let half = ((from.0 + to.0) / 2.0, (from.1 + to.1) / 2.0);
        let steps = [
            place(from, Duration::ZERO),
            PointerAction::Down { button: MOUSE_BUTTON_LEFT },
            place(half, WAY),
            place(to, WAY),
            PointerAction::Up { button: MOUSE_BUTTON_LEFT },
        ];
        let outcome = match pointer {
            Pointer::Mouse => {
                let mouse = MouseActions::new("mouse".to_owned());
                let mouse = steps.into_iter().fold(mouse, |mouse, step| mouse.then(step));
                self.client.perform_actions(mouse).await
            }
            Pointer::Finger => {
                let finger = TouchActions::new("finger".to_owned());
                let finger = steps.into_iter().fold(finger, |finger, step| finger.then(step));
                self.client.perform_actions(finger).await
            }
        };
        done("a drag", outcome);
    }

    /// Taps with a finger on what a CSS selector names.
    pub async fn tap(&self, selector: &str) {
        let element = self.see(selector).await;
        let finger = TouchActions::new("finger".to_owned())
            .then(PointerAction::MoveToElement { element, duration: Some(Duration::ZERO), x: 0.0, y: 0.0 })
            .then(PointerAction::Down { button: MOUSE_BUTTON_LEFT })
            .then(PointerAction::Up { button: MOUSE_BUTTON_LEFT });
        done("a tap", self.client.perform_actions(finger).await);
    }
}
