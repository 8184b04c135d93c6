// A draft that stays when the page is loaded again, in this browser, by person and team.

import { useLayoutEffect, useState } from 'preact/hooks';
import { draftOf, emptyDraft } from './draft.js';

/** @typedef {import('./draft.js').Draft} Draft */
/** Changes, or how they follow from what there is. @typedef {(changes: Partial<Draft> | ((now: Draft) => Partial<Draft>)) => void} Put */

/** @param {string} user @param {string} team @returns {{ draft: Draft, put: Put, forget: () => void, isBegun: boolean }} */
export function useDraft(user, team) {
  const place = `swath.job.${user}.${team}`;
  const [draft, setDraft] = useState(() => draftOf(localStorage.getItem(place)));
  const isBegun = JSON.stringify(draft) !== JSON.stringify(emptyDraft());
  // Before anything is seen of it, so that nothing that is seen is lost.
  useLayoutEffect(() => {
    if (isBegun) localStorage.setItem(place, JSON.stringify(draft));
    else localStorage.removeItem(place);
  }, [draft]);
  return {
    draft,
    put: (changes) => setDraft((now) => ({ ...now, ...(typeof changes === 'function' ? changes(now) : changes) })),
    forget: () => {
      localStorage.removeItem(place);
      setDraft(emptyDraft());
    },
    isBegun,
  };
}
