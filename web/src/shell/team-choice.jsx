// Which of a person's teams a page is about; nothing where they have only one.

import { text } from '../texts/texts.js';

/** @typedef {import('../api/types.js').Membership} Membership */

/** @param {{ teams: Membership[], team: string | undefined, onChange: (team: string) => void }} props */
export function TeamChoice({ teams, team, onChange }) {
  if (teams.length < 2) return null;
  return (
    <label class="field">
      {text('work.team')}
      <select value={team} onChange={(event) => onChange(event.currentTarget.value)}>
        {teams.map(({ id, name }) => <option key={id} value={id}>{name}</option>)}
      </select>
    </label>
  );
}
