/** As a `ref`: takes the focus when the element appears, so that Enter is enough. @param {HTMLElement | null} element */
export function focus(element) {
  element?.focus();
}
