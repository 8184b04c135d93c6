/** As a `ref`: takes the focus when the element appears, so that Enter is enough. @param {HTMLElement | null} element */
export function focus(element) {
  element?.focus();
}

/** On `mousedown`: a click must not take the keys away from the picture. @param {Event} event */
export function keepFocus(event) {
  event.preventDefault();
}
