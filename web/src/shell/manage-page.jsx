// The place of the manager's pages.

import { text } from '../texts/texts.js';

export function Page() {
  return <main id="main" class="calm"><h1>{text('manage.title')}</h1><p>{text('manage.later')}</p></main>;
}
