// Where the focus goes when another page is opened: to its title, once that is there. A page that is loaded leaves it alone.

let isDue = false;

/** Another page was opened. */
export function arrive() {
  isDue = true;
}

/** As a `ref` of a title. @param {HTMLElement | null} element */
export function takeFocus(element) {
  if (element === null || !isDue) return;
  isDue = false;
  element.focus();
}
