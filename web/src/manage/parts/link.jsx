/**
 * A link to another of the console's pages, which is opened without loading anything anew, unless in another tab.
 * @param {{ to: string, onGo: (address: string) => void, class?: string, current?: boolean, children: any }} props
 */
export function Link({ to, onGo, class: name, current, children }) {
  /** @param {MouseEvent} event */
  const follow = (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    onGo(to);
  };
  return <a href={to} class={name} aria-current={current ? 'page' : undefined} onClick={follow}>{children}</a>;
}
