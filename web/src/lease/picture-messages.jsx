// What is said where there is no picture.

import { text } from '../texts/texts.js';

/** @param {{ session: import('./showing.js').Showing<any, any> }} props */
export function PictureMessages({ session }) {
  switch (session.picture) {
    case 'loading':
      return <p class="over" role="status">{text('picture.loading')}</p>;
    case 'turned':
      return <p class="over" role="alert">{text('picture.turned')}</p>;
    case 'failed':
      return (
        <div class="over" role="alert">
          <p>{text('picture.failed')}</p>
          <button type="button" onClick={() => session.show()}>{text('app.try_again')}</button>
        </div>
      );
    default:
      return null;
  }
}
