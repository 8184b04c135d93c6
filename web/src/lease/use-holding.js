// A page's work, from when the page opens until it closes, in the team that the person chose.

import { useEffect, useRef, useState } from 'preact/hooks';
import { useModel } from '../shell/use-model.js';

/**
 * @template {import('./holding.js').Held} T
 * @param {import('../api/types.js').Me} me
 * @param {string} role
 * @param {(team: string | undefined) => import('./holding.js').Holding<T>} begin
 * @param {string | null} lease what is gone on with, where the person chose
 * @param {(error: unknown) => void} onFailed
 */
export function useHolding(me, role, begin, lease, onFailed) {
  const teams = me.teams.filter((membership) => membership.roles.includes(role));
  const [team, setTeam] = useState(teams[0]?.id);
  const [holding, setHolding] = useState(() => begin(team));
  useModel(holding, 'change');
  const chosen = useRef(lease);
  useEffect(() => {
    const failed = (/** @type {any} */ event) => onFailed(event.detail);
    holding.addEventListener('failed', failed);
    holding.start(chosen.current);
    // In another team, or after it, something else comes.
    chosen.current = null;
    return () => {
      holding.removeEventListener('failed', failed);
      holding.stop();
    };
  }, [holding]);
  const onTeam = (/** @type {string} */ chosen) => {
    setTeam(chosen);
    setHolding(begin(chosen));
  };
  return { holding, teams, team, onTeam };
}
