// The place of the reviewer's pages.

import { text } from '../texts/texts.js';

export function ReviewsPage() {
  return <main id="main" class="calm"><h1>{text('reviews.title')}</h1><p>{text('reviews.later')}</p></main>;
}
