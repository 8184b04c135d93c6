// The items of a dataset, page by page.

import { itemsOf } from '../../api/datasets.js';
import { text } from '../../texts/texts.js';
import { NotLive } from '../not-live.jsx';
import { ItemPicture } from './item-picture.jsx';
import { Pager, usePages } from './pager.jsx';
import { useAsked } from './use-asked.js';

/** @param {{ dataset: string, isMissing?: boolean, limit: number, onFailed: (error: unknown) => void }} props */
export function Items({ dataset, isMissing = false, limit, onFailed }) {
  const pages = usePages();
  const { told: page, isAway, isRefused, look } = useAsked(() => itemsOf(dataset, { isMissing, after: pages.after, limit }), [dataset, isMissing, pages.after], onFailed);
  return (
    <div class="items">
      <NotLive isAway={isAway} onLook={look} />
      {page === null && !isAway && !isRefused && <p role="status">{text('app.loading')}</p>}
      {page !== null && page.items.length === 0 && <p class="quiet">{text(isMissing ? 'datasets.none_missing' : 'datasets.no_items')}</p>}
      <ul class="pictures">
        {page?.items.map((item) => <li key={item.index}><ItemPicture dataset={dataset} item={item} /></li>)}
      </ul>
      <Pager pages={pages} next={page?.next ?? null} />
    </div>
  );
}
