// Stretches beside each other, in each the states of its items above each other.

import { sharesOf } from './stretches.js';

/** @param {{ buckets: import('../../api/types.js').Stretch[], here?: number }} props with the one that is looked at, if any */
export function Stretches({ buckets, here = -1 }) {
  return (
    <>
      {buckets.map((stretch, at) => (
        <span key={at} data-at={at} data-here={at === here ? '' : undefined}>
          {sharesOf(stretch).map(({ state, share }) => <i key={state} data-state={state} style={{ flexGrow: share }} />)}
        </span>
      ))}
    </>
  );
}
