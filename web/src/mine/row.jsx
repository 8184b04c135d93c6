// One row of my list: whose work it is a part of, and what there is to say of it.

import { text } from '../texts/texts.js';

/** @param {{ row: import('../api/types.js').WorkRow, stage: 'annotation' | 'review', details: (string | null)[], children?: any }} props */
export function Row({ row, stage, details, children }) {
  const name = text(stage === 'review' ? 'review.title' : 'range.title', { number: row.number + 1 });
  const round = row.round > 1 ? text('range.round', { round: row.round }) : null;
  return (
    <li>
      <div>
        <strong>{row.job.title}</strong>
        <p>{[name, round, row.team.name].filter(Boolean).join(' · ')}</p>
        <p class="quiet">{details.filter(Boolean).join(' · ')}</p>
      </div>
      {children}
    </li>
  );
}
