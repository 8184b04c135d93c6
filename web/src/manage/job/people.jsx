// Who works on a job and in which rounds it is, counted over its assignments; each number leads to them.

import { useEffect, useState } from 'preact/hooks';
import { assignments } from '../../api/manage.js';
import { text } from '../../texts/texts.js';
import { Link } from '../parts/link.jsx';
import { messageOf } from '../parts/use-act.js';
import { addressOfJob, addressOfPeople } from '../place.js';
import { STATUSES } from './status-links.jsx';
import { tally } from './tally.js';

/** @typedef {import('./tally.js').Counts} Counts */
/** @typedef {import('../../api/types.js').AssignmentRow} Row */

/** Assignments of one page, and those that are counted at most: a browser counts them in seconds. */
const PAGE = 1_000;
const COUNTED_MOST = 20_000;

/** @param {import('../job-page.jsx').PartProps} props */
export function People({ job, onGo }) {
  const { rows, isWhole, isDone, fault, again } = useRows(job.id);
  const { people, rounds } = tally(rows);
  const there = STATUSES.map(([status]) => status).filter((status) => rows.some((row) => row.status === status));
  return (
    <>
      {!isDone && fault === '' && <p role="status">{text('job.counting', { count: rows.length })}</p>}
      {fault && <p class="warning" role="alert">{fault} <button type="button" onClick={again}>{text('app.try_again')}</button></p>}
      {isDone && !isWhole && <p class="warning">{text('job.counted_most', { count: rows.length })}</p>}
      {isDone && (
        <>
          <Table caption={text('job.by_person')} head={text('job.person')} states={there} none={text('job.nobody')} rows={people.map(({ id, name, counts }) => ({
            key: id,
            title: <Link to={addressOfPeople(name)} onGo={onGo}><bdi>{name}</bdi></Link>,
            counts,
            to: (status) => addressOfJob(job.id, status === 'IN_PROGRESS' || status === 'IN_REVIEW' ? { status, holder: id } : { status, author: id }),
          }))} onGo={onGo} />
          <Table caption={text('job.by_round')} head={text('job.round')} states={there} none={text('manage.no_assignments')} rows={rounds.map(({ round, counts }) => ({
            key: String(round),
            title: text('range.round', { round }),
            counts,
            to: (status) => addressOfJob(job.id, { status, round: String(round) }),
          }))} onGo={onGo} />
          <div class="row"><button type="button" onClick={again}>{text('job.count_again')}</button></div>
        </>
      )}
    </>
  );
}

/**
 * @typedef {{ key: string, title: any, counts: Counts, to: (status: Row['status']) => string }} TableRow
 * @param {{ caption: string, head: string, states: Row['status'][], rows: TableRow[], none: string, onGo: (address: string) => void }} props
 */
function Table({ caption, head, states, rows, none, onGo }) {
  if (rows.length === 0) return <p class="quiet">{none}</p>;
  return (
    <div class="table">
      <table>
        <caption>{caption}</caption>
        <thead><tr><th scope="col">{head}</th>{states.map((status) => <th key={status} scope="col">{text(`status.${status}`)}</th>)}</tr></thead>
        <tbody>
          {rows.map(({ key, title, counts, to }) => (
            <tr key={key}>
              <th scope="row">{title}</th>
              {states.map((status) => <td key={status}>{counts[status] ? <Link to={to(status)} onGo={onGo}>{text('job.number', { count: counts[status] })}</Link> : '–'}</td>)}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** A job's assignments, read page by page up to a bound. @param {string} job */
function useRows(job) {
  const [rows, setRows] = useState(/** @type {Row[]} */ ([]));
  const [state, setState] = useState({ isDone: false, isWhole: false, fault: '' });
  const [tries, setTries] = useState(0);
  useEffect(() => {
    let isOld = false;
    const read = async () => {
      /** @type {Row[]} */
      const all = [];
      let next = '';
      do {
        const page = await assignments(job, {}, next, PAGE);
        if (isOld) return;
        all.push(...page.items);
        next = page.next ?? '';
        setRows([...all]);
      } while (next !== '' && all.length < COUNTED_MOST);
      setState({ isDone: true, isWhole: next === '', fault: '' });
    };
    setState({ isDone: false, isWhole: false, fault: '' });
    setRows([]);
    read().catch((error) => !isOld && setState({ isDone: false, isWhole: false, fault: messageOf(error) }));
    return () => { isOld = true; };
  }, [job, tries]);
  return { rows, ...state, again: () => setTries((count) => count + 1) };
}
