import { useEffect } from 'preact/hooks';
import { text } from '../../texts/texts.js';
import { takeFocus } from './arrival.js';

/** The title of a page, which has the focus when the page is opened from another, and which the tab shows. @param {{ children: string }} props */
export function Title({ children }) {
  useEffect(() => { document.title = `${children} · ${text('app.name')}`; }, [children]);
  return <h1 tabIndex={-1} ref={takeFocus}>{children}</h1>;
}
