//! A mouse or a finger.

use std::time::Duration;

use fantoccini::Locator;
use fantoccini::actions::{InputSource as _, MOUSE_BUTTON_LEFT, MouseActions, PointerAction, TouchActions};

use crate::{Browser, done};

/// The time of a movement, long enough that a browser sees it in progress.
const MOVE_TIME: Duration = Duration::from_millis(40);

/// A pointing device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pointer {
    /// A mouse with its left button pressed.
    Mouse,
    /// A single finger.
    Finger,
}

impl Browser {
    /// Drags from one position to another, in pixels from the centre of the element that a CSS selector matches.
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
            place(half, MOVE_TIME),
            place(to, MOVE_TIME),
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

    /// Taps on the element that a CSS selector matches.
    pub async fn tap(&self, selector: &str) {
        let element = self.see(selector).await;
        let finger = TouchActions::new("finger".to_owned())
            .then(PointerAction::MoveToElement { element, duration: Some(Duration::ZERO), x: 0.0, y: 0.0 })
            .then(PointerAction::Down { button: MOUSE_BUTTON_LEFT })
            .then(PointerAction::Up { button: MOUSE_BUTTON_LEFT });
        done("a tap", self.client.perform_actions(finger).await);
    }
}
